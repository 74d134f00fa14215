"""Sparkplug B: payloads by an independent library, and what a node says in which order."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.consumption.upload.edgenode import EdgeNode
from controller.consumption.upload.port import Stream
from controller.consumption.upload.sparkplug import DataType, Metric, Value, decode, encode
from tests.controller.consumption.upload.rows import row
from tests.controller.consumption.upload.sparkplug_table import Payload, metrics, parsed, rebirth_command

NOW_MS = 1_772_700_000_000
TYPED: list[tuple[DataType, st.SearchStrategy[Value]]] = [
    (DataType.INT32, st.integers(-(2**31), 2**31 - 1)),
    (DataType.INT64, st.integers(-(2**63), 2**63 - 1)),
    (DataType.DATE_TIME, st.integers(0, 2**63)),
    (DataType.DOUBLE, st.floats(allow_nan=False)),
    (DataType.BOOLEAN, st.booleans()),
    (DataType.STRING, st.text()),
]
METRICS = st.sampled_from(TYPED).flatmap(
    lambda typed: st.builds(
        Metric, st.text(), st.integers(0, 2**63), st.just(typed[0]), st.none() | typed[1], st.booleans()
    )
)
FIELD = {
    DataType.INT32: "int_value",
    DataType.INT64: "long_value",
    DataType.DATE_TIME: "long_value",
    DataType.DOUBLE: "double_value",
    DataType.BOOLEAN: "boolean_value",
    DataType.STRING: "string_value",
}
BITS = {DataType.INT32: 2**32, DataType.INT64: 2**64, DataType.DATE_TIME: 2**64}


def node(meters: tuple[str, ...] = ("main-1",)) -> EdgeNode:
    return EdgeNode("city", "shuangliu", meters, lambda: NOW_MS)


@given(st.lists(METRICS, max_size=4), st.none() | st.integers(0, 2**63), st.none() | st.integers(0, 255))
def test_what_we_write_an_independent_library_reads(
    made: list[Metric], time_ms: int | None, seq: int | None
) -> None:
    found = parsed(encode(made, time_ms=time_ms, seq=seq, typed=True))
    assert (found.timestamp if time_ms is not None else None) == time_ms
    assert found.HasField("seq") == (seq is not None)
    assert found.seq == (seq or 0)
    assert len(found.metrics) == len(made)
    for one, metric in zip(found.metrics, made, strict=True):
        assert (one.name, one.timestamp, one.datatype) == (metric.name, metric.time_ms, metric.type)
        assert one.is_historical is metric.historical
        if metric.value is None:
            assert one.is_null
            assert one.WhichOneof("value") is None
            continue
        assert one.WhichOneof("value") == FIELD[metric.type]
        value = getattr(one, FIELD[metric.type])
        if metric.type in BITS:
            assert isinstance(metric.value, int)
            assert value == metric.value % BITS[metric.type]
        else:
            assert value == metric.value


@given(st.binary(max_size=200))
def test_no_command_does_harm(payload: bytes) -> None:
    node().wants_rebirth(payload)


@given(st.data())
def test_a_damaged_command_does_no_harm(data: st.DataObject) -> None:
    command = bytearray(rebirth_command())
    at = data.draw(st.integers(0, len(command) - 1))
    command[at] = data.draw(st.integers(0, 255))
    node().wants_rebirth(bytes(command[: data.draw(st.integers(0, len(command)))]))


def test_commands_are_read() -> None:
    command = Payload()
    command.metrics.add(name="text", string_value="x")
    command.metrics.add(name="number", double_value=0.5)
    command.metrics.add(name="whole", long_value=7)
    command.metrics.add(name="single", float_value=1.5)
    assert decode(command.SerializeToString()) == [
        ("text", "x"), ("number", 0.5), ("whole", 7), ("single", None),
    ]  # fmt: skip
    assert node().wants_rebirth(rebirth_command())
    assert not node().wants_rebirth(command.SerializeToString())
    with pytest.raises(ValueError, match="too long"):
        decode(bytes(100_000))


def test_death_and_birth_have_the_same_number_and_each_connection_another() -> None:
    made = EdgeNode("city", "shuangliu", (), lambda: NOW_MS, first_bd_seq=255)
    numbers = []
    for _ in range(3):
        will, birth = made.connecting(), made.births()[0]
        assert (will.topic, will.qos) == ("spBv1.0/city/NDEATH/shuangliu", 1)
        assert not parsed(will.payload).HasField("seq")
        assert list(metrics(will.payload)) == ["bdSeq"]
        assert metrics(will.payload)["bdSeq"] == metrics(birth.payload)["bdSeq"]
        assert metrics(will.payload)["bdSeq"].datatype == 4
        numbers.append(metrics(will.payload)["bdSeq"].value)
    assert numbers == [255, 0, 1]


def test_births_name_all_metrics_and_data_only_values() -> None:
    made = node(("main-1", "main-2"))
    births = made.births()
    assert [message.topic for message in births] == [
        "spBv1.0/city/NBIRTH/shuangliu",
        "spBv1.0/city/DBIRTH/shuangliu/main-1",
        "spBv1.0/city/DBIRTH/shuangliu/main-2",
    ]
    control = metrics(births[0].payload)["Node Control/Rebirth"]
    assert (control.datatype, control.value) == (11, False)
    unborn = metrics(births[1].payload)
    assert all(one.value is None and one.datatype for one in unborn.values())
    (data,) = made.data(row(5), Stream.LIVE)
    assert (data.topic, data.qos) == ("spBv1.0/city/DDATA/shuangliu/main-1", 0)
    said = metrics(data.payload)
    assert set(said) == set(unborn)
    assert all(one.datatype is None for one in said.values())
    assert {one.timestamp for one in said.values()} == {row(5).end_ms}
    assert said["consumption"].value == 0.07
    assert json.loads(said["row"].value)["count_end"] == "50.07"
    assert metrics(made.births()[1].payload)["consumption"].value == 0.07


def test_what_waited_is_historical_and_no_birth_shows_it_as_new() -> None:
    made = node()
    made.births()
    made.data(row(9), Stream.LIVE)
    (old,) = made.data(row(3), Stream.BACKFILL)
    assert all(one.historical for one in metrics(old.payload).values())
    assert metrics(made.births()[1].payload)["start"].value == row(9).start_ms


def test_a_meter_that_was_not_told_of_is_born_before_its_data() -> None:
    made = node(())
    made.births()
    born, data = made.data(row(1, meter="new/meter"), Stream.LIVE)
    assert born.topic == "spBv1.0/city/DBIRTH/shuangliu/new-meter"
    assert [parsed(one.payload).seq for one in (born, data)] == [1, 2]


def test_the_sequence_goes_round_and_starts_anew_with_a_birth() -> None:
    made = node()
    seqs = [parsed(one.payload).seq for one in made.births()]
    for number in range(1, 600):
        seqs += [parsed(one.payload).seq for one in made.data(row(number), Stream.LIVE)]
    assert seqs == [number % 256 for number in range(601)]
    assert parsed(made.births()[0].payload).seq == 0


@given(st.integers(1, 300), st.sampled_from(Stream))
def test_the_size_told_is_never_less_than_what_is_sent(number: int, stream: Stream) -> None:
    made = node()
    made.births()
    topic, size = made.size(row(number), stream)
    (message,) = made.data(row(number), stream)
    assert topic == message.topic
    assert len(message.payload) <= size
