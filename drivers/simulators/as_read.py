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
        return _BacnetNumber(point, point.source) if point.kind == "number" else _BacnetReading(point)
    register = point.source
    long_way = _LongWay(point, register)
    if point.kind != "number" or register.bit is not None or register.on_raw or register.off_raw:
        return long_way
    if register.type in ("string", "bool"):
        return long_way
    if register.type == "float64":
        return long_way if register.not_available else _Doubles(point, register, long_way)
    if register.type in _FLOATS:
        return _Floats(point, register, long_way)
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
    plain = (scale, offset) == (1, 0)
    size = 16 * WORDS[register.type]
    signed = register.type.startswith("int")
    low, high = (-(1 << size - 1), (1 << size - 1) - 1) if signed else (0, (1 << size) - 1)
    absent = {raw - (1 << size) if signed and raw >> size - 1 else raw for raw in register.not_available}
    least, most = _range(point)
    modulus = _modulus(point)
    near, far, most_raw = _MIDDLE, -_MIDDLE, _MOST_RAW

    # A function with what it needs at hand: fifty thousand readings a day.
    def read(value: Value | None) -> Read:
        if not isinstance(value, float):
            return long_way(value)
        exact = ((value if modulus is None else value % modulus) - offset) / scale
        if not -most_raw < exact < most_raw:
            return long_way(value)
        raw = round(exact)
        if not far < exact - raw < near or not low <= raw <= high or raw in absent:
            return long_way(value)
        found = raw if plain else (raw * a + b) / c
        return found if least <= found <= most else _OUT_OF_RANGE

    return read


class _Floats:
    """A number in a float register: the shortest decimal that packs the same, scaled as a decimal.

    With so many digits a number of one decade is a whole number over a power of ten, so that here too whole
    numbers and one exact division do what decimals would.
    """

    def __init__(self, point: Point, register: Register, long_way: _LongWay) -> None:
        self._long_way = long_way
        self._absent = frozenset(
            raw.to_bytes(2 * WORDS[register.type], "big") for raw in register.not_available
        )
        form, self._digits, self._low, self._high, self._apart = _FLOATS[register.type]
        packing = struct.Struct(form)
        self._pack, self._unpack = packing.pack, packing.unpack
        self._plain = (register.scale, register.offset) == (1, 0)
        self._scale, self._offset = register.scale, register.offset
        self._line = _whole_line(register)
        self._range = _range(point)
        self._modulus = _modulus(point)
        self._decade = 0.0, 0.0
        """From where up to where `_tries` hold."""
        self._tries: list[_Try] = []
        self._turn(1.0)

    def _turn(self, size: float) -> None:
        """Numbers of this size are next."""
        place = math.floor(math.log10(size))
        self._decade = 10.0**place, 10.0 ** (place + 1)
        a, b, c = self._line
        self._tries = []
        for digits in self._digits:
            up, down = 10 ** max(digits - 1 - place, 0), 10 ** max(place + 1 - digits, 0)
            apart = self._apart * up / down
            self._tries.append(_Try(float(up), float(down), apart, down * a, up * b, up * c))

    def __call__(self, value: Value | None) -> Read:
        if not isinstance(value, float):
            return self._long_way(value)
        number = value if self._modulus is None else value % self._modulus
        if not self._plain:
            number = (number - self._offset) / self._scale
        if not -self._high < number < self._high:
            return self._long_way(value)
        pack = self._pack
        packed = pack(number)
        if self._absent and packed in self._absent:
            return self._long_way(value)
        held = self._unpack(packed)[0]
        size = held if held > 0.0 else -held
        low, high = self._decade
        if not low <= size < high and size != 0.0:
            if size < self._low:
                return self._long_way(value)
            self._turn(size)
        for up, down, apart, a, b, c in self._tries:
            exact = held * up / down
            whole = round(exact)
            off = exact - whole
            far = size * apart
            if not -far <= off <= far:
                continue
            if not -_MIDDLE < off < _MIDDLE:
                return self._long_way(value)
            if pack(whole * down / up) == packed:
                found = (whole * a + b) / c
                least, most = self._range
                return found if least <= found <= most else _OUT_OF_RANGE
        return self._long_way(value)


class _Try(NamedTuple):
    """With so many digits a number is whole × down / up."""

    up: float
    down: float
    apart: float
    """It surely packs otherwise if whole differs by more than this times the number."""
    a: int
    b: int
    c: int
    """In engineering units it is (whole × a + b) / c."""


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


class _BacnetNumber:
    """A present value that is a number: a Real is a float32, the rest are whole numbers and doubles."""

    def __init__(self, point: Point, source: BacnetObject) -> None:
        self._scale = source.scale
        kind = source.object_type.replace("-", "")
        self._whole = kind in _WHOLE or kind.startswith("multistate")
        self._double = kind == "largeanalogvalue"
        self._range = _range(point)

    def __call__(self, value: Value | None) -> Read:
        if value is None:
            return _UNRELIABLE
        if isinstance(value, str):
            return value
        number = value / self._scale
        if self._whole:
            number = round(number)
        elif not self._double:
            number = _REAL.unpack(_REAL.pack(number))[0]
        found = float(number) * self._scale
        least, most = self._range
        return found if least <= found <= most else _OUT_OF_RANGE


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
