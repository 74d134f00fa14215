"""What is made ready once says the same as the codec, of every register and every raw value."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pymodbus.pdu import DecodePDU

from config.plan.points import Order, Point, RawType, Register, Space
from drivers.codec import bits_of, decode_point, width, words_of
from drivers.decoding import decoder_of
from tests.drivers.build import point

PYMODBUS = DecodePDU(False)
SPACES: list[Space] = ["holding", "input", "coil", "discrete"]
TYPES: list[RawType] = ["bool", "uint16", "int16", "int32", "uint32", "int64", "uint64", "float32"]
ORDERS: list[Order] = ["ABCD", "DCBA", "BADC", "CDAB"]
SCALES = [1.0, 10.0, 0.1, 0.001, 0.06, 1 / 3, 1e-9, 1e20, 1e300, 5e-324, -0.5, 0.0]
OFFSETS = [0.0, -40.0, 0.5, 1e-12, 1e25, -1e300]


@st.composite
def registers(draw: st.DrawFn) -> Register:
    space = draw(st.sampled_from(SPACES))
    bits = space in ("coil", "discrete")
    type_ = draw(st.sampled_from(TYPES[:2] if bits else TYPES))
    bit = draw(st.none() | st.integers(0, 15)) if not bits and type_ != "float32" else None
    codes = st.lists(st.integers(0, 3), max_size=2).map(tuple)
    return Register(
        space,
        draw(st.integers(0, 100)),
        type_,
        draw(st.sampled_from([1, 4])) if bits else 1,
        draw(st.sampled_from(ORDERS)),
        bit=bit,
        bits=draw(st.sampled_from([1, 1, 3])) if bit is not None else 1,
        scale=draw(st.sampled_from(SCALES)),
        offset=draw(st.sampled_from(OFFSETS)),
        not_available=draw(st.sampled_from([(), (), (0xFFFF,), (0x8000, 0xFFFFFFFF)])),
        on_raw=draw(codes),
        off_raw=draw(codes),
    )


@st.composite
def points(draw: st.DrawFn) -> Point:
    return point(
        "p",
        draw(registers()),
        kind=draw(st.sampled_from(["number", "number", "bool", "enum", "text"])),
        normally_closed=draw(st.booleans()),
        states=((0, "off"), (1, "on"), (40, "fault")),
        valid_low=draw(st.sampled_from([None, None, -5.0, 0])),
        valid_high=draw(st.sampled_from([None, None, 100.0, 6553.5])),
    )


def same(one: Point, raw: list[int]) -> None:
    assert isinstance(one.source, Register)
    plain, ready = decode_point(one, one.source, raw), decoder_of(one, one.source)(raw)
    assert ready == plain
    assert type(ready) is type(plain)
    assert repr(ready) == repr(plain), "0.0 and -0.0 too"


@given(points(), st.data())
def test_a_ready_decoder_says_what_the_codec_says(one: Point, data: st.DataObject) -> None:
    assert isinstance(one.source, Register)
    top = 1 if one.source.space in ("coil", "discrete") else 0xFFFF
    word = st.sampled_from([0, 1, 2, 40, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF]) | st.integers(0, 0xFFFF)
    raw = data.draw(
        st.lists(word.map(lambda w: min(w, top)), min_size=width(one.source), max_size=width(one.source))
    )
    same(one, raw)


NUMBERS: list[dict[str, Any]] = [
    {"type": "uint16", "scale": 0.1},
    {"type": "int16", "scale": 0.01, "offset": -40.0},
    {"type": "int16"},
    {"type": "uint16", "scale": 1 / 3, "offset": 0.7},
]


@pytest.mark.parametrize("more", NUMBERS)
def test_every_word_is_told_alike(more: dict[str, Any]) -> None:
    one = point("p", Register("holding", 0, **more), kind="number")
    for raw in range(0, 0x10000, 7):
        same(one, [raw])


@given(st.binary(min_size=4, max_size=4), st.sampled_from(SCALES), st.sampled_from(ORDERS))
@example(b"\xff\xff\xff\xff", 0.001, "CDAB")
def test_double_words_are_told_alike(data: bytes, scale: float, order: Order) -> None:
    for type_ in TYPES[3:5]:
        same(point("p", Register("holding", 0, type_, order=order, scale=scale)), list(words_of(data)))


def test_what_is_usual_is_made_ready() -> None:
    """Meters' numbers, switches and states do not take the long way."""
    for one in (
        point("u", Register("holding", 0, "uint16", scale=0.1)),
        point("e", Register("input", 0, "uint32", order="CDAB", scale=0.01, not_available=(0xFFFFFFFF,))),
        point("i", Register("holding", 0, "int16"), valid_low=0.0),
        point("s", Register("coil", 0, "bool"), normally_closed=True),
        point("b", Register("holding", 0, "uint16", bit=3), kind="bool"),
        point("m", Register("holding", 0, "uint16"), kind="enum", states=((0, "off"),)),
    ):
        assert isinstance(one.source, Register)
        assert not isinstance(decoder_of(one, one.source), partial)


@pytest.mark.parametrize("function", [3, 4])
def test_words_are_pymodbuses_at_every_length(function: int) -> None:
    held = bytes((at * 37 + function) % 256 for at in range(250))
    for count in range(1, 126):
        theirs = PYMODBUS.decode(bytes((function, 2 * count)) + held[: 2 * count])
        assert theirs is not None
        assert words_of(held[: 2 * count]) == tuple(theirs.registers)


def test_bits_are_pymodbuses_at_every_length() -> None:
    held = bytes((at * 37 + 11) % 256 for at in range(250))
    for count in range(1, 2001):
        data, function = held[: (count + 7) // 8], 1 + count % 2
        theirs = PYMODBUS.decode(bytes((function, len(data))) + data)
        assert theirs is not None
        assert bits_of(data, count) == tuple(int(bit) for bit in theirs.bits[:count])


@given(st.binary(max_size=250).filter(lambda data: len(data) % 2 == 0))
def test_any_words_are_pymodbuses(data: bytes) -> None:
    theirs = PYMODBUS.decode(bytes((3, len(data))) + data) if data else None
    assert words_of(data) == (tuple(theirs.registers) if theirs else ())


@given(st.binary(min_size=1, max_size=250), st.data())
def test_any_bits_are_pymodbuses(data: bytes, draw: st.DataObject) -> None:
    count = draw.draw(st.integers(8 * len(data) - 7, 8 * len(data)))
    theirs = PYMODBUS.decode(bytes((1, len(data))) + data)
    assert theirs is not None
    assert bits_of(data, count) == tuple(int(bit) for bit in theirs.bits[:count])
