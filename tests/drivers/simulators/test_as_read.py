"""A reading in memory is what the simulator's registers and the driver's codec make of it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from config.plan.devices import Limits
from config.plan.points import BacnetObject, Point, Register
from config.plan.reading import Value
from config.plan.site import Plan
from drivers.bacnet import tags, values
from drivers.codec import Absent, EncodeError, decode_point, width
from drivers.simulators.as_read import Missing, Read, as_read
from drivers.simulators.modbus.memory import Memory
from tests.drivers.simulators import sites


@cache
def each() -> Plan:
    with tempfile.TemporaryDirectory() as folder:
        return sites.one_of_each(Path(folder))[0]


def over_the_wire(point: Point, value: Value) -> Read:
    """By the simulator's memory and the driver's codec, or the driver's BACnet values."""
    source = point.source
    if isinstance(source, Register):
        memory = Memory([point], Limits(max_registers=1000))
        memory.put(point, value)
        found = decode_point(point, source, memory.read(source.space, source.address, width(source)))
        return Missing(found.value) if isinstance(found, Absent) else found
    if source.object_type == "accumulator":  # counts are not written, by us or anybody
        data = tags.app_unsigned(round(float(value) / source.scale))
    else:
        data = values.encode(point, value)
    try:
        return values.engineering(point, tags.atom(tags.walk(data)[0]))
    except values.Unusable as error:
        return Missing(str(error))


def some_value(point: Point, share: float, sign: int) -> Value:
    """One in or around the point's range."""
    if point.kind == "bool":
        return sign > 0
    if point.kind == "enum":
        return point.states[int(share * (len(point.states) - 1))][0]
    if point.kind == "text":
        return f"v{share:.3}"[:4]
    low = point.valid_low if point.valid_low is not None else -1e5 * (sign < 0)
    high = point.valid_high if point.valid_high is not None else 1e6
    return low - 0.01 * (high - low) + 1.02 * share * (high - low)


@settings(max_examples=6, deadline=None)
@given(share=st.floats(0, 1), sign=st.sampled_from([-1, 1]))
def test_every_point_of_every_profile_reads_the_same(share: float, sign: int) -> None:
    for point in each().points:
        value = some_value(point, share, sign)
        if isinstance(point.source, BacnetObject) and point.kind == "number" and float(value) < 0:
            continue
        assert as_read(point)(value) == over_the_wire(point, value), point.key


@given(value=st.floats(-300, 300) | st.integers(-5000, 5000).map(lambda whole: whole / 20))
def test_what_lies_between_two_steps_is_rounded_as_the_codec_rounds(value: float) -> None:
    numbers = [
        point for point in each().points if point.kind == "number" and isinstance(point.source, Register)
    ]
    shapes = {
        (point.source.type, point.source.scale, point.source.offset, point.source.not_available): point
        for point in numbers
        if isinstance(point.source, Register)
    }
    for point in shapes.values():
        assert as_read(point)(value) == over_the_wire(point, value), point.key


@settings(deadline=None)
@given(
    value=st.floats(-1e10, 1e10)
    | st.builds(lambda place, near: 10.0**place * near, st.integers(-16, 10), st.floats(0.9999999, 1.0000001))
)
def test_floats_of_any_size_are_the_shortest_decimals_of_the_codec(value: float) -> None:
    shapes = {
        (point.source.type, point.source.scale): point
        for point in each().points
        if isinstance(point.source, Register) and point.source.type.startswith("float")
    }
    assert {kind for kind, _ in shapes} == {"float16", "float32", "float64"}
    for point in shapes.values():
        assert as_read(point)(value) == over_the_wire(point, value), point.key


@settings(deadline=None, max_examples=40)
@given(
    values=st.lists(
        st.floats(-2000, 2000)
        | st.integers(-70_000, 70_000).map(float)
        | st.builds(lambda place, share: 10.0**place * share, st.integers(-3, 7), st.floats(0.9, 1.1))
        | st.just(0.0),
        min_size=1,
        max_size=12,
    )
)
def test_what_was_read_before_changes_no_reading(values: list[float]) -> None:
    shapes = {
        (point.source.type, point.source.scale, point.source.offset, point.counter is None): point
        for point in each().points
        if isinstance(point.source, Register) and point.kind == "number"
    }
    assert len(shapes) > 10
    for point in shapes.values():
        read = as_read(point)
        for value in values:
            found, plain = reading(read, value), reading(partial(over_the_wire, point), value)
            assert (found, type(found)) == (plain, type(plain)), point.key


def reading(read: Callable[[Value], Read], value: Value) -> Read | None:
    """None: the registers do not take the value."""
    try:
        return read(value)
    except EncodeError:
        return None
