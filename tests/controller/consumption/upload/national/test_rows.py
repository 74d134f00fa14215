"""Rows to documents, row by row."""

from __future__ import annotations

from dataclasses import replace

import pytest

from config.dialects import Dialect, load_dialect
from config.plan.sinks import NationalMeter
from controller.consumption.records import Flag
from controller.consumption.upload.national.documents import Function, Identity, MeterValues
from controller.consumption.upload.national.rows import Packet, packets_of, sequence_of
from controller.consumption.upload.port import Row
from tests.controller.consumption.upload.rows import row

A = load_dialect("a")
WHO = Identity("510116A001", "01")
NUMBERS = {
    name: NationalMeter(name, number, "01A10", function)
    for name, number, function in [("main-1", "0001", "1"), ("main-2", "0002", "1"), ("back-1", "0001", "2")]
}


def packets(*rows: Row, dialect: Dialect = A, key: str = "k") -> list[Packet]:
    made, refused = packets_of(dialect, WHO, NUMBERS, key, rows)
    assert refused == {}
    return made


def only(row: Row, dialect: Dialect = A) -> Function:
    (packet,) = packets(row, dialect=dialect)
    return packet.report.meters[0].functions[0]


@pytest.mark.parametrize(
    ("changes", "error", "value"),
    [
        ({}, "192", "10.07"),  # 1007 quanta of 0.01 kWh
        ({"quantum": "1"}, "192", "1007"),
        ({"quantum": "10"}, "192", "10070"),
        ({"quantum": "0.0000001", "count_end": 1}, "192", "0.0000001"),
        ({"flags": int(Flag.RECOVERED | Flag.ROLLOVER | Flag.CLOCK | Flag.SPAN)}, "192", "10.07"),
        ({"flags": int(Flag.PARTIAL)}, "64", "10.07"),
        ({"flags": int(Flag.SUSPECT)}, "64", "10.07"),
        ({"flags": int(Flag.PARTIAL), "count_end": None}, "0", ""),
        ({"consumption": None}, "192", "10.07"),  # the total is what is sent
    ],
)
def test_value_and_error(changes: dict[str, object], error: str, value: str) -> None:
    one = row(1)._replace(**changes)  # type: ignore[arg-type]
    assert only(one, replace(A, error_doubtful="64")) == Function("1", "01A10", error, value)


def test_one_document_a_time_stamped_by_its_end() -> None:
    made = packets(row(2, slot=2), row(1, slot=1), row(3, "main-2", slot=2))
    assert [packet.report.time_ms for packet in made] == [row(1).end_ms, row(2).end_ms]
    assert [sorted(packet.rows) for packet in made] == [[1], [2, 3]]
    assert [meter.id for meter in made[1].report.meters] == ["0001", "0002"]
    assert [(packet.report.total, packet.report.current) for packet in made] == [(2, 1), (2, 2)]


def test_total_and_current_may_count_documents_of_a_time_from_zero() -> None:
    dialect = replace(A, packets_counted="time", current_from=0, packet_meters=1)
    made = packets(row(1, slot=1), row(2, "main-2", slot=1), row(3, slot=2), dialect=dialect)
    assert [(packet.report.total, packet.report.current) for packet in made] == [(2, 0), (2, 1), (1, 0)]


def test_two_counters_may_be_two_functions_of_one_meter() -> None:
    dialect = replace(A, packet_meters=1)
    made = packets(row(1, slot=1), row(2, "main-2", slot=1), row(3, "back-1", slot=1), dialect=dialect)
    assert [sorted(packet.rows) for packet in made] == [[1, 3], [2]]
    (meter,) = made[0].report.meters
    assert isinstance(meter, MeterValues)
    assert [function.id for function in meter.functions] == ["1", "2"]


def test_only_the_highest_revision_is_sent_and_settles_the_lower_ones() -> None:
    old, new = row(2, slot=1), row(1, slot=1)._replace(revision=1, count_end=5)
    for order in ((old, new), (new, old)):
        (packet,) = packets(*order)
        assert packet.rows == {1, 2}
        assert packet.report.meters[0].functions[0].value == "0.05"


def test_a_meter_without_number_is_refused_with_its_name() -> None:
    made, refused = packets_of(A, WHO, NUMBERS, "k", [row(1), row(2, "attic")])
    assert [sorted(packet.rows) for packet in made] == [[1]]
    assert refused == {2: 'meter "attic" has no number at the centre'}


def test_sequences() -> None:
    first = packets(row(1), row(2))
    assert [packet.report.sequence for packet in first] == [
        packet.report.sequence for packet in packets(row(1), row(2))
    ], "the same rows, sent again, are told by it"
    other = packets(row(1), row(2), key="other")
    elsewhere = sequence_of(A, Identity("510116A002", "01"), "k#0")
    said = [packet.report.sequence for packet in first + other] + [elsewhere]
    assert len(set(said)) == len(said)
    assert all(len(sequence) == 20 and sequence.isdecimal() for sequence in said)


def test_many_documents_cost_little() -> None:
    assert len(packets(*(row(number) for number in range(1, 10_001)))) == 10_000
