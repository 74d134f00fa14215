"""A point's registers to its value, made ready once for what is read again and again. Pure.

What decode_point works out anew each time (type, order, scale, limits) is worked out here before. Plain
integers, single bits and states are told in a few steps; for whatever is rarer decode_point itself is asked.
Both say the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import lru_cache, partial
from typing import TypeAlias

from config.plan.points import Point, Register
from config.plan.reading import Value
from drivers.codec import Absent, decode_point, width

Decoder: TypeAlias = Callable[[Sequence[int]], Value | Absent]
"""As decode_point for one point and register; the raw items are as many as the register is wide."""

_ALIKE = 1024
"""Decoders that points share: a site has few that differ."""
_MOST_DIGITS = 10**27
"""Below this, decimal arithmetic is exact, and a fraction of integers is the same number."""


def decoder_of(point: Point, register: Register) -> Decoder:
    """What tells the point's value in raw items of `register`."""
    plain = not (register.on_raw or register.off_raw or register.not_available)
    if point.kind == "bool" and plain:
        made = _of_bit(register, point.normally_closed)
    elif point.kind == "number" and register.bit is None:
        made = _of_number(point, register)
    elif point.kind == "enum" and plain and register.bit is None:
        made = _of_state(point, register)
    else:
        made = None
    return made or partial(decode_point, point, register)


def _of_bit(register: Register, normally_closed: bool) -> Decoder | None:
    if width(register) != 1 or register.order not in ("ABCD", "CDAB"):
        return None
    if register.bit is None:
        return _bit(None, normally_closed) if register.type == "bool" else None
    return _bit(1 << register.bit, normally_closed) if register.bits == 1 else None


@lru_cache(_ALIKE)
def _bit(mask: int | None, normally_closed: bool) -> Decoder:
    if mask is None:
        return lambda raw: (raw[0] != 0) != normally_closed
    return lambda raw: (raw[0] & mask != 0) != normally_closed


def _of_state(point: Point, register: Register) -> Decoder | None:
    if register.space in ("coil", "discrete") or register.type != "uint16":
        return None
    if (register.scale, register.offset) != (1.0, 0.0) or register.order not in ("ABCD", "CDAB"):
        return None
    return _state(frozenset(number for number, _ in point.states))


@lru_cache(_ALIKE)
def _state(known: frozenset[int]) -> Decoder:
    return lambda raw: raw[0] if raw[0] in known else Absent.UNKNOWN_STATE


def _of_number(point: Point, register: Register) -> Decoder | None:
    """Whole numbers of one or two registers, scaled or not."""
    size = width(register)
    if register.type not in ("int16", "uint16", "int32", "uint32") or register.space in ("coil", "discrete"):
        return None
    if register.on_raw or register.off_raw or register.order not in ("ABCD", "CDAB"):
        return None
    scaled = _fraction(register.scale, register.offset, 1 << 16 * size)
    if scaled is None:
        return None
    first = 0 if register.order == "ABCD" or size == 1 else 1
    signed = register.type.startswith("int")
    missing = frozenset(register.not_available)
    return _number(size, first, signed, missing, scaled, (point.valid_low, point.valid_high))


@lru_cache(_ALIKE)
def _number(
    size: int,
    first: int,
    signed: bool,
    missing: frozenset[int],
    scaled: tuple[int, int, int],
    valid: tuple[float | None, float | None],
) -> Decoder:
    times, plus, divisor = scaled
    whole = scaled == (1, 0, 1)
    half, full = 1 << 16 * size - 1, 1 << 16 * size
    low, high = valid

    def decode(raw: Sequence[int]) -> Value | Absent:
        number = raw[0] if size == 1 else raw[first] << 16 | raw[1 - first]
        if number in missing:
            return Absent.NOT_AVAILABLE
        if signed and number >= half:
            number -= full
        value = number if whole else (number * times + plus) / divisor
        if (low is not None and value < low) or (high is not None and value > high):
            return Absent.OUT_OF_RANGE
        return value

    return decode


@lru_cache(_ALIKE)
def _fraction(scaled: float, shifted: float, raw_below: int) -> tuple[int, int, int] | None:
    """Scale and offset as (times, plus, divisor) of whole numbers; None where decimals would be rounded."""
    scale, offset = Decimal(repr(float(scaled))), Decimal(repr(float(shifted)))
    try:
        times, plus, divisor = _over_one(scale, offset)
    except ValueError:
        return None
    exact = raw_below * abs(times) + abs(plus) < _MOST_DIGITS
    return (times, plus, divisor) if exact else None


def _over_one(scale: Decimal, offset: Decimal) -> tuple[int, int, int]:
    places = 0
    for number in (scale, offset):
        exponent = number.as_tuple().exponent
        if not isinstance(exponent, int):
            raise ValueError("not finite")
        places = max(places, -exponent)
    if places > 22:
        raise ValueError("too fine")
    times, plus, divisor = int(scale.scaleb(places)), int(offset.scaleb(places)), 10**places
    common = math.gcd(times, plus, divisor)
    return times // common, plus // common, divisor // common
