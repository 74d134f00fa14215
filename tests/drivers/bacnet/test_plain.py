"""The hot path held against the general one and against bacpypes3's encoders, for every type."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from bacpypes3 import apdu as theirs
from bacpypes3.basetypes import (
    ReadAccessResult,
    ReadAccessResultElement,
    ReadAccessResultElementChoice,
    StatusFlags,
)
from bacpypes3.constructeddata import Any as TheirAny
from bacpypes3.primitivedata import (
    Boolean,
    CharacterString,
    Double,
    Enumerated,
    Integer,
    Null,
    ObjectIdentifier,
    Real,
    Unsigned,
)
from hypothesis import given, settings
from hypothesis import strategies as some

from config.plan.points import BacnetObject, Point
from drivers.api import BadFrame
from drivers.bacnet import services, values
from drivers.bacnet.names import Property, object_type
from drivers.bacnet.plain import Question
from drivers.bacnet.services import Ref
from drivers.bacnet.tags import ObjectId
from drivers.handover import Found
from tests.drivers.bacnet.bench import Spec, plan

whole = some.sampled_from([0, 1, 2, 3, 255, 256, 65_535, 65_536, 2**24 - 1, 2**24, 2**32 - 1])
signed = some.sampled_from([0, -1, 1, 127, -128, 128, 32_767, -32_769, 2**23, 2**31 - 1, -(2**31)])
TYPES: dict[str, Any] = {
    "real": some.floats(width=32).map(Real),
    "double": some.floats().map(Double),
    "unsigned": whole.map(Unsigned),
    "enumerated": some.integers(0, 70_000).map(Enumerated),
    "integer": signed.map(Integer),
    "boolean": some.booleans().map(Boolean),
    "null": some.just(Null(())),
    "text": some.text(max_size=8).map(CharacterString),
}
flags = some.one_of(some.just((0, 0, 0, 0)), some.just((0, 0, 0, 0)), some.tuples(*[some.integers(0, 1)] * 4))
specs = some.builds(
    lambda kind, scale, low, states: Spec(
        "p",
        "analog-input 1",
        kind=kind,
        scale=scale,
        rest={"valid_low": low, "valid_high": low and 1e6, "states": states},
    ),
    some.sampled_from(["number", "number", "number", "bool", "enum", "text"]),
    some.sampled_from([1.0, 0.1, 100.0]),
    some.sampled_from([None, -50.0]),
    some.sampled_from([(), ((1, "on"), (2, "off"))]),
)


def points(kinds: list[Spec]) -> tuple[Point, ...]:
    named = [replace(spec, name=f"p{n}", at=f"analog-input {n}") for n, spec in enumerate(kinds)]
    return plan({"it": named}).points


def payload(of: list[tuple[int, Any, tuple[int, ...] | None]]) -> bytes:
    """A ReadPropertyMultiple-ACK as bacpypes3 encodes it: of instances, values and flags."""

    def element(prop: str, value: Any) -> Any:
        return ReadAccessResultElement(
            propertyIdentifier=prop,
            readResult=ReadAccessResultElementChoice(propertyValue=TheirAny(value)),
        )

    results = []
    for instance, value, bits in of:
        parts = [element("presentValue", value)]
        if bits is not None:
            parts.append(element("statusFlags", StatusFlags(list(bits))))
        owner = ObjectIdentifier(f"analog-input,{instance}")
        results.append(ReadAccessResult(objectIdentifier=owner, listOfResults=parts))
    ack = theirs.ReadPropertyMultipleACK(listOfReadAccessResults=results)
    return bytes(ack.encode().pduData)


def generally(of: tuple[Point, ...], data: bytes) -> list[Found] | None:
    """What the general way makes of it; None where it asks on (faults, and what is not answered)."""
    answers = services.parse_read_property_multiple(data)
    found = []
    for point in of:
        assert isinstance(point.source, BacnetObject)
        owner = ObjectId(object_type(point.source.object_type), point.source.instance)
        present = answers.get(Ref(owner, Property.PRESENT_VALUE))
        said = answers.get(Ref(owner, Property.STATUS_FLAGS))
        if present is None or values.faulty(said):
            return None
        found.append(Found(point.id, *values.judge(point, present, said, None)))
    return found


def taken(question: Question, data: bytes, last: list[Found]) -> list[Found] | None:
    """What the hot path makes of it, with those of `last` that are said again in their places."""
    now = question.take(data)
    if now is None:
        return None
    new = {one.point: one for one in now}
    return [new[point] if point in new else last[number] for number, point in enumerate(question.points)]


def same(one: list[Found], other: list[Found]) -> bool:
    return str(one) == str(other)  # values that are not numbers are not equal to themselves


@pytest.mark.parametrize("kind", ["number", "text", "enum"])
def test_zero_is_one_whatever_its_sign(kind: Any) -> None:
    (point,) = points([Spec("p", "analog-input 1", kind=kind, rest={"states": ((1, "on"),)})])
    question = Question([point], frozenset({0}))
    one, other = (payload([(0, Double(zero), None)]) for zero in (0.0, -0.0))
    question.learn(one, services.parse_read_property_multiple(one))
    first = question.take(one)
    assert first is not None
    assert question.take(other) == []
    assert same(first, generally((point,), other) or [])


@settings(max_examples=60)
@given(some.data())
def test_what_is_taken_is_what_the_general_way_reads(data: some.DataObject) -> None:
    kinds = data.draw(some.lists(specs, min_size=1, max_size=6))
    made = points(kinds)
    types = [data.draw(some.sampled_from(sorted(TYPES))) for _ in made]
    flagless = frozenset(point.id for point in made if data.draw(some.integers(0, 4)) == 0)
    stand = {point.id: None if point.id in flagless else data.draw(flags) for point in made}
    question = Question(made, flagless)
    last: list[Found] = []
    for turn in range(3):
        if data.draw(some.integers(0, 9)) == 0:
            stand = {point: bits and data.draw(flags) for point, bits in stand.items()}
        said = payload(
            [
                (number, data.draw(TYPES[of]), stand[point.id])
                for number, (point, of) in enumerate(zip(made, types, strict=True))
            ]
        )
        right = generally(made, said)
        found = taken(question, said, last)
        if found is None:
            question.learn(said, services.parse_read_property_multiple(said))
        else:
            assert turn > 0
            assert right is not None
            assert same(found, right)
            assert question.repeats(said)
        last = right or []


@settings(max_examples=150)
@given(some.data())
def test_a_damaged_answer_is_taken_as_the_general_way_reads_it_or_not_at_all(data: some.DataObject) -> None:
    made = points([Spec("p", "analog-input 1")] * 3)
    question = Question(made)
    first = payload([(number, Real(20.0 + number), (0, 0, 0, 0)) for number in range(3)])
    question.learn(first, services.parse_read_property_multiple(first))
    last = taken(question, first, [])
    assert last is not None
    broken = bytearray(first)
    for _ in range(data.draw(some.integers(1, 3))):
        broken[data.draw(some.integers(0, len(broken) - 1))] = data.draw(some.integers(0, 255))
    cut = bytes(broken[: data.draw(some.sampled_from([len(broken), len(broken), len(broken) - 1]))])
    found = taken(question, cut, last)
    try:
        right = generally(made, cut)
    except BadFrame:
        right = None
    assert found is None or (right is not None and same(found, right))


def plain_pair(first: Any, second: Any, bits: tuple[int, ...] = (0, 0, 0, 0)) -> tuple[Question, bytes]:
    """A question that has learnt from `first`, and the answer with `second`."""
    question = Question(points([Spec("p", "analog-input 1")]))
    said = payload([(0, first, bits)])
    question.learn(said, services.parse_read_property_multiple(said))
    return question, payload([(0, second, bits)])


def test_plain_types_take_the_short_way() -> None:
    for first, second, number in (
        (Real(1.5), Real(-2.5), -2.5),
        (Double(1.5), Double(1e300), 1e300),
        (Unsigned(7), Unsigned(255), 255.0),
        (Unsigned(300), Unsigned(65_535), 65_535.0),
        (Unsigned(2**24), Unsigned(2**32 - 1), 4_294_967_295.0),
        (Enumerated(0), Enumerated(1), 1.0),
        (Integer(-1), Integer(-128), -128.0),
        (Integer(300), Integer(-300), -300.0),
    ):
        question, said = plain_pair(first, second)
        assert question.take(said) == [Found(0, number)]
        assert question.take(said) == []
    question, said = plain_pair(Real(1.5), Real(2.5), (1, 0, 1, 0))
    assert question.take(said) == [Found(0, 2.5, "overridden")]


def test_what_is_not_plain_goes_the_long_way() -> None:
    for first, second, bits in (
        (Real(1.5), Unsigned(1), (0, 0, 0, 0)),
        (Unsigned(255), Unsigned(256), (0, 0, 0, 0)),
        (Unsigned(2**16), Unsigned(2**17), (0, 0, 0, 0)),
        (Boolean(False), Boolean(True), (0, 0, 0, 0)),
        (Real(1.5), Real(2.5), (0, 1, 0, 0)),
        (Real(1.5), Real(2.5), (0, 0, 0, 1)),
    ):
        question, said = plain_pair(first, second, bits)
        assert question.take(said) is None
    question, said = plain_pair(Real(1.5), Real(2.5))
    assert question.take(payload([(0, Real(2.5), (0, 1, 0, 0))])) is None, "a flag that was not up before"
    assert question.take(said + b"\x00") is None


def test_a_point_that_was_read_otherwise_is_said_anew() -> None:
    question, said = plain_pair(Real(1.5), Real(2.5))
    question.take(said)
    assert question.latest
    assert question.repeats(said)
    question.forget()
    assert not question.repeats(said)
    assert question.take(said) == [Found(0, 2.5)]
