"""Registers and bits to values and back. Pure.

Raw data is a list of integers as it lies on the wire: 16-bit words for holding and input registers, 0 or 1
for coils and discrete inputs (several bits make an integer, lowest address = least significant bit, as drives
lay out their control words). `decode` and `encode` know one Register; `decode_point` and `encode_point` add
what the Point says: kind, normally closed contact, states, valid range.

Arithmetic is decimal: raw 3 with scale 0.1 is 0.3, not 0.30000000000000004. A float16 or float32 is taken as
the shortest decimal that means the same float, so 12.3 on the wire is 12.3 here.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from enum import Enum
from functools import lru_cache

from config.plan.points import Point, RawType, Register, Space
from config.plan.reading import Value


class Absent(Enum):
    """Why raw data carries no value; `value` is the reading's reason."""

    NOT_AVAILABLE = "not available"
    OUT_OF_RANGE = "out of range"
    UNKNOWN_STATE = "unknown state"


class EncodeError(ValueError):
    """The value cannot be written here: wrong kind, too large, or it would mean "not available"."""


WORDS: dict[RawType, int] = {
    "bool": 1,
    "int16": 1,
    "uint16": 1,
    "float16": 1,
    "int32": 2,
    "uint32": 2,
    "float32": 2,
    "int64": 4,
    "uint64": 4,
    "float64": 4,
}
"""Registers each type takes; a string takes `Register.count`."""

_FLOATS: dict[RawType, tuple[str, int]] = {"float16": (">e", 3), "float32": (">f", 6), "float64": (">d", 15)}
"""struct format and the decimal digits that are always exact."""

_ONE = Decimal(1)
_ZERO = Decimal(0)


_PLAIN_WORDS = tuple(struct.Struct(f">{count}H") for count in range(128))
_PLAIN_BITS = tuple(bytes(byte >> place & 1 for place in range(8)) for byte in range(256))


def words_of(data: bytes) -> tuple[int, ...]:
    """The registers in a read's answer: big-endian words, up to 127 of them."""
    return _PLAIN_WORDS[len(data) // 2].unpack(data)


def bits_of(data: bytes, count: int) -> tuple[int, ...]:
    """The first `count` coils or discrete inputs in a read's answer, 0 or 1: lowest bit first."""
    return tuple(b"".join([_PLAIN_BITS[byte] for byte in data])[:count])


def items_of(space: Space, data: bytes, count: int) -> tuple[int, ...]:
    """The `count` raw items in a read's answer."""
    return bits_of(data, count) if space in ("coil", "discrete") else words_of(data)


def width(register: Register) -> int:
    """How many words (holding, input) or bits (coil, discrete) the register takes."""
    if register.space in ("coil", "discrete"):
        return max(register.count, 1)
    return register.count if register.type == "string" else WORDS[register.type]


def decode(register: Register, raw: Sequence[int]) -> Value | Absent:
    """The engineering value in `raw`, which has exactly `width(register)` items (else ValueError).

    A bool for type bool, a single bit or a register with on/off codes; text for a string; an int for an
    integer that is neither scaled nor shifted; else a float.
    """
    if len(raw) != width(register):
        raise ValueError(f"{len(raw)} items where {width(register)} are needed")
    if register.type == "string":
        return _text(_bytes(register, raw))
    whole = _integer(register, raw)
    if whole in register.not_available:
        return Absent.NOT_AVAILABLE
    if register.type in _FLOATS and register.bit is None:
        return _number_of_float(register, whole)
    return _value_of_integer(register, whole)


def encode(register: Register, value: Value) -> list[int]:
    """The raw items that `decode` turns into `value`, rounded to the register's step; other bits are 0."""
    return modify(register, value, [0] * width(register))


def modify(register: Register, value: Value, raw: Sequence[int]) -> list[int]:
    """`raw` with `value` in it: for a bit field its neighbours are kept, otherwise all is replaced.

    Raises EncodeError.
    """
    if register.type == "string":
        return _words(register, _bytes_of_text(register, value))
    size = _bit_size(register)
    field = _raw_field(register, value)
    if register.bit is not None:
        mask = ((1 << register.bits) - 1) << register.bit
        whole = (_integer(register, raw) & ~mask) | (field << register.bit)
    else:
        whole = field
    if not 0 <= whole < 1 << size:
        raise EncodeError(f"{value!r} does not fit {register.type}")
    if whole in register.not_available:
        raise EncodeError(f"{value!r} would be read as not available")
    if register.space in ("coil", "discrete"):
        return [whole >> index & 1 for index in range(width(register))]
    return _words(register, whole.to_bytes(size // 8, "big"))


def decode_point(point: Point, register: Register, raw: Sequence[int]) -> Value | Absent:
    """What a person calls the point's value, or why there is none.

    `register` is the point's source or its command's register. A contact that is normally closed is turned
    over: the value says whether the condition is active.
    """
    value = decode(register, raw)
    if isinstance(value, Absent):
        return value
    if point.kind == "bool":
        return bool(value) != point.normally_closed
    if point.kind == "enum":
        state = int(value) if isinstance(value, (int, float)) else -1
        return state if point.state_name(state) is not None else Absent.UNKNOWN_STATE
    if point.kind == "number" and not isinstance(value, str):
        low, high = point.valid_low, point.valid_high
        number = int(value) if isinstance(value, bool) else value
        if (low is not None and number < low) or (high is not None and number > high):
            return Absent.OUT_OF_RANGE
        return number
    return value


def encode_point(
    point: Point, register: Register, value: Value, raw: Sequence[int] | None = None
) -> list[int]:
    """Raw items for the point's `value`, in the words `raw` if its field shares them. Raises EncodeError."""
    if point.kind == "bool":
        if not isinstance(value, bool):
            raise EncodeError(f"{value!r} is neither on nor off")
        value = value != point.normally_closed
    elif point.kind == "text":
        if not isinstance(value, str):
            raise EncodeError(f"{value!r} is not text")
    elif isinstance(value, (str, bool)):
        raise EncodeError(f"{value!r} is not a number")
    return modify(register, value, [0] * width(register) if raw is None else raw)


# Integers and bytes


def _bit_size(register: Register) -> int:
    return width(register) if register.space in ("coil", "discrete") else 16 * width(register)


def _integer(register: Register, raw: Sequence[int]) -> int:
    """The whole register as an unsigned integer, order applied."""
    if register.space in ("coil", "discrete"):
        return sum(1 << index for index, bit in enumerate(raw) if bit)
    if len(raw) == 1 and register.order in ("ABCD", "CDAB"):
        return raw[0]
    return int.from_bytes(_bytes(register, raw), "big")


def _bytes(register: Register, raw: Sequence[int]) -> bytes:
    """The words' bytes, most significant first."""
    words = raw if register.order in ("ABCD", "BADC") else raw[::-1]
    return b"".join(
        word.to_bytes(2, "big" if register.order in ("ABCD", "CDAB") else "little") for word in words
    )


def _words(register: Register, data: bytes) -> list[int]:
    """Inverse of `_bytes`."""
    end = "big" if register.order in ("ABCD", "CDAB") else "little"
    words = [
        int.from_bytes(data[at : at + 2], "big" if end == "big" else "little")
        for at in range(0, len(data), 2)
    ]
    return words if register.order in ("ABCD", "BADC") else words[::-1]


def _signed(register: Register) -> bool:
    return register.bit is None and register.type in ("int16", "int32", "int64")


# Raw to value


def _value_of_integer(register: Register, whole: int) -> Value | Absent:
    if register.bit is not None:
        raw = whole >> register.bit & (1 << register.bits) - 1
    elif _signed(register) and whole >> (_bit_size(register) - 1):
        raw = whole - (1 << _bit_size(register))
    else:
        raw = whole
    if register.on_raw or register.off_raw:
        return _switch(register, raw)
    if _is_bool(register):
        return raw != 0
    scale, offset = _scaling(register)
    if scale == _ONE and offset == _ZERO:
        return raw
    number = float(raw * scale + offset)
    return number if math.isfinite(number) else Absent.NOT_AVAILABLE


def _is_bool(register: Register) -> bool:
    """A single bit, or a register declared bool."""
    return register.type == "bool" if register.bit is None else register.bits == 1


def _switch(register: Register, raw: int) -> bool | Absent:
    if raw in register.on_raw:
        return True
    if raw in register.off_raw:
        return False
    if register.on_raw and register.off_raw:
        return Absent.UNKNOWN_STATE
    return not register.on_raw


def _number_of_float(register: Register, whole: int) -> float | Absent:
    form, digits = _FLOATS[register.type]
    data = whole.to_bytes(_bit_size(register) // 8, "big")
    number: float = struct.unpack(form, data)[0]
    if not math.isfinite(number):
        return Absent.NOT_AVAILABLE
    scale, offset = _scaling(register)
    exact = _shortest(number, form, digits)
    result = float(exact if scale == _ONE and offset == _ZERO else exact * scale + offset)
    return result if math.isfinite(result) else Absent.NOT_AVAILABLE


def _shortest(number: float, form: str, digits: int) -> Decimal:
    """The shortest decimal that packs to the same float."""
    if form == ">d":
        return Decimal(repr(number))
    for places in range(digits, digits + 4):
        text = f"{number:.{places}g}"
        try:
            if struct.unpack(form, struct.pack(form, float(text)))[0] == number:
                return Decimal(text)
        except OverflowError:
            continue
    return Decimal(number)


@lru_cache(maxsize=4096)
def _scaling(register: Register) -> tuple[Decimal, Decimal]:
    return Decimal(repr(float(register.scale))), Decimal(repr(float(register.offset)))


def _text(data: bytes) -> str:
    """Up to the first NUL, without trailing blanks. UTF-8 or, as Chinese panels send it, GB 18030."""
    plain = data.partition(b"\0")[0]
    try:
        return plain.decode("utf-8").rstrip()
    except UnicodeDecodeError:
        return plain.decode("gb18030", errors="replace").rstrip()


# Value to raw


def _raw_field(register: Register, value: Value) -> int:
    """The unsigned integer for the field (or the whole register)."""
    bits = register.bits if register.bit is not None else _bit_size(register)
    if isinstance(value, str):
        raise EncodeError(f"{value!r} is not a number")
    if register.on_raw or register.off_raw or _is_bool(register):
        return _raw_switch(register, value)
    if not math.isfinite(value):
        raise EncodeError(f"{value!r} is not a number")
    scale, offset = _scaling(register)
    exact = (_decimal(value) - offset) / scale
    if register.type in _FLOATS and register.bit is None:
        return _raw_float(register, float(exact))
    raw = int(exact.to_integral_value(ROUND_HALF_EVEN))
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if _signed(register) else (0, (1 << bits) - 1)
    if not low <= raw <= high:
        raise EncodeError(f"{value!r} does not fit {register.type}")
    return raw & (1 << bits) - 1


def _raw_switch(register: Register, value: bool | float) -> int:
    if value not in (0, 1):
        raise EncodeError(f"{value!r} is neither on nor off")
    if value:
        if register.on_raw:
            return register.on_raw[0]
        return next(raw for raw in range(1, len(register.off_raw) + 2) if raw not in register.off_raw)
    if register.off_raw:
        return register.off_raw[0]
    return next(raw for raw in range(len(register.on_raw) + 1) if raw not in register.on_raw)


def _raw_float(register: Register, number: float) -> int:
    form, _ = _FLOATS[register.type]
    try:
        return int.from_bytes(struct.pack(form, number), "big")
    except (OverflowError, struct.error) as error:
        raise EncodeError(f"{number!r} does not fit {register.type}") from error


def _decimal(value: bool | float) -> Decimal:
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(int(value))


def _bytes_of_text(register: Register, value: Value) -> bytes:
    if not isinstance(value, str):
        raise EncodeError(f"{value!r} is not text")
    data = value.encode("utf-8")
    if len(data) > 2 * width(register):
        raise EncodeError(f"{value!r} is longer than {2 * width(register)} bytes")
    return data.ljust(2 * width(register), b"\0")
