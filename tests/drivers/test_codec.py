"""The codec: tables of what real devices send, and round trips of everything."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.client.mixin import ModbusClientMixin

from config.plan.points import Order, RawType, Register
from drivers.codec import (
    WORDS,
    Absent,
    EncodeError,
    decode,
    decode_point,
    encode,
    encode_point,
    modify,
    width,
)
from tests.drivers.build import point, word

ORDERS: tuple[Order, ...] = ("ABCD", "DCBA", "BADC", "CDAB")
INTEGERS: tuple[RawType, ...] = ("int16", "uint16", "int32", "uint32", "int64", "uint64")
FLOATS: dict[RawType, str] = {"float16": ">e", "float32": ">f", "float64": ">d"}


def holding(type_: RawType, **more: object) -> Register:
    return Register("holding", 0, type_, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("register", "raw", "value"),
    [
        (holding("float32"), [0x4366, 0x199A], 230.1),
        (holding("float32", order="CDAB"), [0x199A, 0x4366], 230.1),
        (holding("float32", order="DCBA"), [0x9A19, 0x6643], 230.1),
        (holding("float32", order="BADC"), [0x6643, 0x9A19], 230.1),
        (holding("float32", scale=0.1), [0x450F, 0xD000], 230.1),
        (holding("float32"), [0x4974, 0x2401], 1000000.06),
        (holding("float16"), [0x4A40], 12.5),
        (holding("uint16", scale=0.1), [3], 0.3),
        (holding("uint16", scale=0.01), [2301], 23.01),
        (holding("int16", scale=0.1, offset=-40.0), [0xFFFB], -40.5),
        (holding("int16"), [0x8000], -32768),
        (holding("uint16", order="BADC"), [0x3412], 0x1234),
        (holding("uint32", order="CDAB"), [0x5678, 0x1234], 0x12345678),
        (holding("uint64", order="CDAB"), [4, 3, 2, 1], 0x0001000200030004),
        (holding("int64", order="DCBA"), [0xFEFF, 0xFFFF, 0xFFFF, 0xFFFF], -2),
        (holding("uint16", bit=4, bits=4), [0x5A5], 0xA),
        (holding("uint16", bit=4, bits=4, scale=10.0), [0x5A5], 100.0),
        (holding("uint16", bit=3), [0b1000], True),
        (holding("bool"), [2], True),
        (holding("uint16", on_raw=(1, 2), off_raw=(6,)), [2], True),
        (holding("uint16", on_raw=(1, 2), off_raw=(6,)), [6], False),
        (holding("uint16", on_raw=(1, 2), off_raw=(6,)), [5], Absent.UNKNOWN_STATE),
        (holding("int64", scale=1e300), [0x7FFF, 0, 0, 0], Absent.NOT_AVAILABLE),
        (holding("int64", scale=1e300), [0x8000, 0, 0, 0], Absent.NOT_AVAILABLE),
        (holding("uint16", on_raw=(1,)), [5], False),
        (holding("uint16", off_raw=(0,)), [5], True),
        (holding("uint16", not_available=(0xFFFF,)), [0xFFFF], Absent.NOT_AVAILABLE),
        (holding("int16", not_available=(0x8000,)), [0x8000], Absent.NOT_AVAILABLE),
        (holding("float32"), [0x7FC0, 0], Absent.NOT_AVAILABLE),
        (holding("float32"), [0xFF80, 0], Absent.NOT_AVAILABLE),
        (holding("string", count=4), [0x4142, 0x4320, 0x2000, 0x5858], "ABC"),
        (holding("string", count=2), [0xD6D0, 0xCEC4], "中文"),
        (holding("string", count=2, order="BADC"), [0x4241, 0x4443], "ABCD"),
        (Register("coil", 0, "bool"), [1], True),
        (Register("coil", 0, "uint16", count=16), [0, 1] + [0] * 13 + [1], 0x8002),
    ],
)
def test_devices_words_mean(register: Register, raw: list[int], value: object) -> None:
    assert decode(register, raw) == value
    assert type(decode(register, raw)) is type(value)


def test_a_scaled_register_shows_its_steps_clean() -> None:
    register = holding("uint16", scale=0.1)
    assert [str(decode(register, [raw])) for raw in range(1000)] == [
        f"{raw // 10}.{raw % 10}" for raw in range(1000)
    ]


@given(st.sampled_from(INTEGERS), st.sampled_from(ORDERS), st.data())
def test_integers_return(type_: RawType, order: Order, data: st.DataObject) -> None:
    register = holding(type_, order=order)
    bits = 16 * WORDS[type_]
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if type_.startswith("i") else (0, (1 << bits) - 1)
    value = data.draw(st.integers(low, high))
    assert decode(register, encode(register, value)) == value
    for outside in (low - 1, high + 1):
        with pytest.raises(EncodeError):
            encode(register, outside)


@given(st.sampled_from(sorted(FLOATS)), st.sampled_from(ORDERS), st.data())
def test_floats_return(type_: RawType, order: Order, data: st.DataObject) -> None:
    register = holding(type_, order=order)
    size = {"float16": 16, "float32": 32, "float64": 64}[type_]
    number = data.draw(st.floats(allow_nan=False, allow_infinity=False, width=size))  # type: ignore[arg-type]
    value = decode(register, encode(register, number))
    assert struct.pack(FLOATS[type_], value) == struct.pack(FLOATS[type_], number)
    assert len(repr(value)) <= len(repr(number))


@given(
    st.sampled_from(INTEGERS),
    st.sampled_from(ORDERS),
    st.sampled_from([0.001, 0.01, 0.1, 0.5, 2.0, 10.0, 0.06]),
    st.sampled_from([0.0, -40.0, 0.5]),
    st.data(),
)
def test_scaled_raw_returns(
    type_: RawType, order: Order, scale: float, offset: float, data: st.DataObject
) -> None:
    register = holding(type_, order=order, scale=scale, offset=offset)
    # Beyond 2**50 a float cannot hold every step.
    raw = data.draw(st.lists(st.integers(0, 0xFFFF), min_size=width(register), max_size=width(register)))
    if width(register) == 4:
        top = {"ABCD": 0, "BADC": 0, "CDAB": 3, "DCBA": 3}[order]
        raw[top] = 0
    value = decode(register, raw)
    assert isinstance(value, float)
    assert encode(register, value) == raw


@given(st.lists(st.integers(0, 0xFFFF), min_size=4, max_size=4), st.sampled_from(ORDERS))
def test_registers_agree_with_pymodbus(raw: list[int], order: Order) -> None:
    """pymodbus has no byte orders of its own: bytes are swapped by hand, words by its word_order."""
    types = ModbusClientMixin.DATATYPE
    for type_, theirs in (
        ("int16", types.INT16),
        ("uint16", types.UINT16),
        ("int32", types.INT32),
        ("uint32", types.UINT32),
        ("int64", types.INT64),
        ("uint64", types.UINT64),
        ("float32", types.FLOAT32),
        ("float64", types.FLOAT64),
    ):
        words = raw[: WORDS[type_]]  # type: ignore[index]
        swapped = [int.from_bytes(item.to_bytes(2, "big"), "little") for item in words]
        by_hand = swapped if order in ("BADC", "DCBA") else words
        expected = ModbusClientMixin.convert_from_registers(
            by_hand, theirs, word_order="little" if order in ("DCBA", "CDAB") else "big"
        )
        ours = decode(holding(type_, order=order), words)  # type: ignore[arg-type]
        if isinstance(ours, Absent):
            assert expected != expected or abs(expected) == float("inf")  # type: ignore[arg-type]
        elif type_ == "float32":
            assert struct.pack(">f", ours) == struct.pack(">f", expected)
        else:
            assert ours == expected


@given(st.text(max_size=8), st.sampled_from(ORDERS))
def test_strings_return(text: str, order: Order) -> None:
    register = holding("string", count=16, order=order)
    text = text.replace("\0", "").rstrip()
    assert decode(register, encode(register, text)) == text


@given(st.integers(0, 0xFFFF), st.integers(0, 12), st.integers(1, 4), st.data(), st.sampled_from(ORDERS))
def test_a_field_leaves_its_neighbours(
    word_: int, bit: int, bits: int, data: st.DataObject, order: Order
) -> None:
    register = holding("uint16", bit=bit, bits=bits, order=order)
    plain = holding("uint16", order=order)
    value = data.draw(st.integers(0, (1 << bits) - 1))
    before = encode(plain, word_)
    after = modify(register, value, before)
    assert decode(register, after) == value
    mask = (1 << bits) - 1 << bit
    assert decode(plain, after) & ~mask == word_ & ~mask  # type: ignore[operator]


@pytest.mark.parametrize(
    ("register", "value"),
    [
        (holding("uint16"), -1),
        (holding("uint16", scale=0.1), 6553.6),
        (holding("float16"), 1e6),
        (holding("float32"), 1e39),
        (holding("uint16", bit=0, bits=3), 8),
        (holding("uint16"), float("nan")),
        (holding("uint16"), "on"),
        (holding("bool"), 2),
        (holding("string", count=1), "ABC"),
        (holding("string", count=1), 3),
        (holding("uint16", not_available=(0xFFFF,)), 0xFFFF),
    ],
)
def test_what_does_not_fit_is_refused(register: Register, value: object) -> None:
    with pytest.raises(EncodeError):
        encode(register, value)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [1, 3])
def test_the_wrong_number_of_words_is_an_error(size: int) -> None:
    with pytest.raises(ValueError, match="where 2 are needed"):
        decode(holding("uint32"), [0] * size)


def test_codes_for_on_and_off_are_written_by_their_first() -> None:
    drive = holding("uint16", on_raw=(1, 2), off_raw=(6, 5))
    assert encode(drive, True) == [1]
    assert encode(drive, False) == [6]
    assert encode(holding("uint16", on_raw=(0,)), False) == [1]
    assert encode(holding("uint16", off_raw=(1,)), True) == [2]


@pytest.mark.parametrize(("raw", "active"), [(1, False), (0, True)])
def test_a_normally_closed_contact_is_active_when_open(raw: int, active: bool) -> None:
    contact = point("smoke", Register("discrete", 0, "bool"), normally_closed=True)
    assert isinstance(contact.source, Register)
    assert decode_point(contact, contact.source, [raw]) is active
    assert encode_point(contact, contact.source, active) == [raw]


def test_an_enum_knows_its_states_only() -> None:
    mode = word("mode", 0, kind="enum", states=((0, "stop"), (2, "manual")))
    assert isinstance(mode.source, Register)
    assert decode_point(mode, mode.source, [2]) == 2
    assert decode_point(mode, mode.source, [1]) is Absent.UNKNOWN_STATE


def test_a_number_outside_its_valid_range_is_none() -> None:
    level = word("level", 0, valid_low=0.0, valid_high=100.0)
    assert isinstance(level.source, Register)
    assert [decode_point(level, level.source, [raw]) for raw in (0, 100)] == [0, 100]
    assert decode_point(level, level.source, [101]) is Absent.OUT_OF_RANGE
    signed = replace(level.source, type="int16")
    assert decode_point(level, signed, [0xFFFF]) is Absent.OUT_OF_RANGE


@pytest.mark.parametrize(("kind", "value"), [("bool", 1), ("number", True), ("text", 3), ("number", "3")])
def test_a_point_takes_its_own_kind_of_value(kind: str, value: object) -> None:
    one = word("one", 0, kind=kind)
    assert isinstance(one.source, Register)
    with pytest.raises(EncodeError):
        encode_point(one, one.source, value)  # type: ignore[arg-type]
