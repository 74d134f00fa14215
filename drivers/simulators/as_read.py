"""What a value becomes on its way through a device's registers or object and the driver's decoding. Pure.

By the codec it costs some ten microseconds a value, which a month of readings cannot afford. So numbers take
a short way that gives the same, in whole numbers and one exact division; what lies near the middle between
two steps, beyond the register or beyond the range, and all that is no number, goes the long way once and is
remembered. Tests hold the short way against the long one for every profile.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple, TypeAlias

from config.plan.devices import Limits
from config.plan.points import BacnetObject, Point, Register
from config.plan.reading import Value
from drivers.codec import WORDS, Absent, decode_point, width
from drivers.simulators.modbus.memory import Memory

_NEAR = 1e-6
"""So near to the middle between two raw numbers a float cannot tell which one is meant."""
_MIDDLE = 0.5 - _NEAR
_MOST_RAW = 1e9
"""Raw numbers beyond it take the long way: a float no longer knows their middle that well."""
_ROUNDING = 1.5 * 2.0**52
"""Added to a float of up to that size and taken away again it leaves the whole number next to it, as `round`
would: floats from there on have no smaller step."""
_EXACT = 2**53
"""Whole numbers up to it are floats without loss."""
_REMEMBERED = 64
_FLOATS: dict[str, tuple[str, tuple[int, ...], float, float, float]] = {
    "float16": (">e", (3, 4, 5, 6), 1e-4, 65_000.0, 2.0**-10),
    "float32": (">f", (6, 7, 8, 9), 1e-12, 1e9, 2.0**-23),
}
"""How they pack, the digits that may be enough, from where on and up to where the short way goes, and by what
share of itself a number differs that surely packs otherwise."""
_WHOLE = {"accumulator", "integervalue", "positiveintegervalue"}


class Missing(NamedTuple):
    """A reading without a value: it is BAD for `reason`."""

    reason: str


Read: TypeAlias = Value | Missing
"""What a reading says."""
AsRead: TypeAlias = Callable[[Value | None], Read]
_UNRELIABLE = Missing("unreliable-other")
_OUT_OF_RANGE = Missing(Absent.OUT_OF_RANGE.value)
_REAL = struct.Struct(">f")


def as_read(point: Point) -> AsRead:
    """What the driver reads when the plant says a value of `point`, in engineering units."""
    if isinstance(point.source, BacnetObject):
        return _bacnet_number(point, point.source) if point.kind == "number" else _BacnetReading(point)
    register = point.source
    long_way = _LongWay(point, register)
    if point.kind != "number" or register.bit is not None or register.on_raw or register.off_raw:
        return long_way
    if register.type in ("string", "bool"):
        return long_way
    if register.type == "float64":
        return long_way if register.not_available else _Doubles(point, register, long_way)
    if register.type in _FLOATS:
        return _floats(point, register, long_way)
    return _integers(point, register, long_way)


class _LongWay:
    """Encoded into registers of its own and decoded by the codec."""

    def __init__(self, point: Point, register: Register) -> None:
        self._point = point
        self._register = register
        self._memory = Memory([point], Limits(max_registers=1000))
        self._remembered: dict[Value, Read] = {}

    def __call__(self, value: Value | None) -> Read:
        if isinstance(value, float) or value is None:
            return self._ask(value)
        found = self._remembered.get(value)
        if found.__class__ is not value.__class__:
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.clear()
            self._remembered[value] = found = self._ask(value)
        assert found is not None
        return found

    def _ask(self, value: Value | None) -> Read:
        register = self._register
        self._memory.put(self._point, value)
        raw = self._memory.read(register.space, register.address, width(register))
        found = decode_point(self._point, register, raw)
        return Missing(found.value) if isinstance(found, Absent) else found


def _integers(point: Point, register: Register, long_way: AsRead) -> AsRead:
    """A number in an integer register: engineering = (raw × a + b) / c with whole a, b and c, so that one
    division rounds as the codec's decimals do."""
    a, b, c = _whole_line(register)
    scale, offset = register.scale, register.offset
    size = 16 * WORDS[register.type]
    signed = register.type.startswith("int")
    low, high = (-(1 << size - 1), (1 << size - 1) - 1) if signed else (0, (1 << size) - 1)
    absent = {raw - (1 << size) if signed and raw >> size - 1 else raw for raw in register.not_available}
    least, most = _range(point)
    modulus = _modulus(point)
    near, far = _MIDDLE, -_MIDDLE

    def with_care(value: Value | None) -> Read:
        if not isinstance(value, float):
            return long_way(value)
        exact = ((value if modulus is None else value % modulus) - offset) / scale
        if not -_MOST_RAW < exact < _MOST_RAW:
            return long_way(value)
        raw = round(exact)
        if not far < exact - raw < near or not low <= raw <= high or raw in absent:
            return long_way(value)
        found = raw if (scale, offset) == (1, 0) else (raw * a + b) / c
        return found if least <= found <= most else _OUT_OF_RANGE

    if max(_MOST_RAW * abs(a) + abs(b), c) > _EXACT:
        return with_care
    # Between these no raw number is absent, beyond the range or the register, or begins anew.
    ends = [least, most] if modulus is None else [max(least, 0.0), min(most, modulus)]
    first, last = sorted(min(max((end - offset) / scale, -_MOST_RAW), _MOST_RAW) for end in ends)
    bottom = max(low, first + 1.0, *(raw + 1.0 for raw in absent if raw <= 0))
    top = min(high, last - 1.0, *(raw - 1.0 for raw in absent if raw > 0))
    along, above, parts, rounding = float(a), float(b), float(c), _ROUNDING

    # Functions with what they need at hand: fifty thousand readings a day.
    def read(value: Value | None) -> Read:
        if isinstance(value, float):
            exact = (value - offset) / scale
            if bottom < exact < top:
                raw = exact + rounding - rounding
                if far < exact - raw < near:
                    return (raw * along + above) / parts
        return with_care(value)

    def read_raw(value: Value | None) -> Read:
        if isinstance(value, float) and bottom < value < top:
            raw = value + rounding - rounding
            if far < value - raw < near:
                return int(raw)
        return with_care(value)

    return read_raw if (scale, offset) == (1, 0) else read


def _floats(point: Point, register: Register, long_way: AsRead) -> AsRead:
    """A number in a float register: the shortest decimal that packs the same, scaled as a decimal.

    With so many digits a number of one decade is a whole number over a power of ten, so that here too whole
    numbers and one exact division do what decimals would.
    """
    absent = frozenset(raw.to_bytes(2 * WORDS[register.type], "big") for raw in register.not_available)
    form, digits, smallest, greatest, share = _FLOATS[register.type]
    packing = struct.Struct(form)
    pack, unpack = packing.pack, packing.unpack
    plain = (register.scale, register.offset) == (1, 0)
    scale, offset = register.scale, register.offset
    line = _whole_line(register)
    least, most = _range(point)
    modulus = _modulus(point)
    middle, rounding, lowest = _MIDDLE, _ROUNDING, -greatest
    begins = ends = 0.0
    """The decade of which these are, as far as the short way goes."""
    tries: list[_Try] = []

    def turned(number: float) -> bool:
        """Whether numbers of this size go the short way, which they do from now on."""
        nonlocal begins, ends, tries
        size = abs(number)
        if not lowest < number < greatest or (size < smallest and size != 0.0):
            return False
        if size != 0.0 and not begins <= size < ends:
            place = math.floor(math.log10(size))
            begins, ends = 10.0**place, min(10.0 ** (place + 1), greatest)
            tries = [_try(count, place, share, line) for count in digits]
        return True

    def read(value: Value | None) -> Read:
        if not isinstance(value, float):
            return long_way(value)
        number = value if modulus is None else value % modulus
        if not plain:
            number = (number - offset) / scale
        if not begins < number < ends and not turned(number):
            return long_way(value)
        packed = pack(number)
        if absent and packed in absent:
            return long_way(value)
        held = unpack(packed)[0]
        size = held if held > 0.0 else -held
        for up, down, apart, scaled in tries:
            exact = held * up / down
            whole = exact + rounding - rounding
            off = exact - whole
            far = size * apart
            if off > far or off < -far:
                continue
            if not -middle < off < middle:
                return long_way(value)
            decimal = whole * down / up
            if pack(decimal) == packed:
                if not plain:
                    along, above, parts = scaled
                    decimal = (int(whole) * along + above) / parts
                return decimal if least <= decimal <= most else _OUT_OF_RANGE
        return long_way(value)

    turned(1.0)
    return read


_Try: TypeAlias = tuple[float, float, float, tuple[int, int, int]]
"""With so many digits a number is whole × the first / the second; it surely packs otherwise if whole differs
by more than the third times it; by the last three engineering = (whole × a + b) / c."""


def _try(digits: int, place: int, share: float, line: tuple[int, int, int]) -> _Try:
    """So many digits, the first of them at this power of ten."""
    up, down = 10 ** max(digits - 1 - place, 0), 10 ** max(place + 1 - digits, 0)
    a, b, c = line
    return float(up), float(down), share * up / down, (down * a, up * b, up * c)


class _Doubles:
    """A number in a float64 register: what the decimals of the codec make of it, without the registers."""

    def __init__(self, point: Point, register: Register, long_way: _LongWay) -> None:
        self._long_way = long_way
        self._scale = Decimal(repr(float(register.scale)))
        self._offset = Decimal(repr(float(register.offset)))
        self._range = _range(point)
        self._modulus = _modulus(point)

    def __call__(self, value: Value | None) -> Read:
        if not isinstance(value, float):
            return self._long_way(value)
        number = value if self._modulus is None else value % self._modulus
        if not math.isfinite(number):
            return self._long_way(value)
        held = float((Decimal(repr(number)) - self._offset) / self._scale)
        found = float(Decimal(repr(held)) * self._scale + self._offset)
        least, most = self._range
        return found if least <= found <= most else _OUT_OF_RANGE


class _BacnetReading:
    """A present value that is a state or a text."""

    def __init__(self, point: Point) -> None:
        self._kind = point.kind
        self._states = {number for number, _ in point.states}

    def __call__(self, value: Value | None) -> Read:
        if value is None:
            return _UNRELIABLE
        if self._kind == "bool":
            return bool(value)
        if self._kind == "text" or isinstance(value, str):
            return str(value)
        known = not self._states or value in self._states
        return int(value) if known else Missing(f"unknown state {value:g}")


def _bacnet_number(point: Point, source: BacnetObject) -> AsRead:
    """A present value that is a number: a Real is a float32, the rest are whole numbers and doubles."""
    scale = source.scale
    kind = source.object_type.replace("-", "")
    whole = kind in _WHOLE or kind.startswith("multistate")
    double = kind == "largeanalogvalue"
    least, most = _range(point)
    pack, unpack = _REAL.pack, _REAL.unpack

    def read(value: Value | None) -> Read:
        if value is None:
            return _UNRELIABLE
        if isinstance(value, str):
            return value
        number: float = value / scale
        if whole:
            number = round(number)
        elif not double:
            (number,) = unpack(pack(number))
        found = float(number) * scale
        return found if least <= found <= most else _OUT_OF_RANGE

    return read


def _whole_line(register: Register) -> tuple[int, int, int]:
    """engineering = (raw × a + b) / c, all three whole."""
    scale, offset = Fraction(repr(float(register.scale))), Fraction(repr(float(register.offset)))
    a, b = scale.numerator * offset.denominator, offset.numerator * scale.denominator
    return a, b, scale.denominator * offset.denominator


def _range(point: Point) -> tuple[float, float]:
    low, high = point.valid_low, point.valid_high
    return -math.inf if low is None else low, math.inf if high is None else high


def _modulus(point: Point) -> float | None:
    """In the point's unit: where its counter begins anew."""
    counter = point.counter
    if counter is None or counter.modulus is None:
        return None
    return counter.modulus * float(counter.quantum)
