"""The four Modbus tables of one unit, laid out by its points."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from config.plan.devices import Limits
from config.plan.points import Point, RawType, Register, Space
from config.plan.reading import Value
from drivers.codec import Absent, EncodeError, decode_point, encode, encode_point, width

ILLEGAL_FUNCTION = 1
ILLEGAL_ADDRESS = 2
ILLEGAL_VALUE = 3

_BITS: tuple[Space, ...] = ("coil", "discrete")
_SAME_FUNCTION = {5: (5, 15), 15: (5, 15), 6: (6,), 16: (16,)}
"""Relay boxes take single and multiple coils alike; drives and meters often take one register function
only."""
_UNSIGNED: dict[int, RawType] = {1: "uint16", 2: "uint32", 4: "uint64"}


class Illegal(Exception):
    """What the device refuses, by Modbus exception `code`."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exception {code}")
        self.code = code


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a point is written."""

    point: Point
    register: Register
    functions: tuple[int, ...]


def _span(register: Register) -> range:
    return range(register.address, register.address + width(register))


class Memory:
    """Registers and bits of one unit.

    Written by the plant (`put`) and by the master (`write`), read by the master (`read`), all in one event
    loop. An address that no point covers is refused, unless the device answers gaps (limits.max_gap) and
    it lies in one.
    """

    def __init__(self, points: Iterable[Point], limits: Limits) -> None:
        self._limits = limits
        self._words: dict[Space, dict[int, int]] = {"coil": {}, "discrete": {}, "holding": {}, "input": {}}
        self._places: dict[tuple[Space, int], list[_Place]] = {}
        for point in points:
            if not isinstance(point.source, Register):
                continue
            self._lay(point.source)
            if point.command is not None:
                register = point.command.register or point.source
                self._lay(register)
                place = _Place(point, register, _SAME_FUNCTION[point.command.function])
                for address in _span(register):
                    self._places.setdefault((register.space, address), []).append(place)

    def _lay(self, register: Register) -> None:
        words = self._words[register.space]
        for address in _span(register):
            words.setdefault(address, 0)

    def _held(self, register: Register) -> list[int]:
        words = self._words[register.space]
        return [words[address] for address in _span(register)]

    def _hold(self, register: Register, words: Sequence[int]) -> None:
        self._words[register.space].update(zip(_span(register), words, strict=True))

    def put(self, point: Point, value: Value | None) -> None:
        """Hold `value` (engineering units) where `point` is read.

        None is the device's own "not available" code; without one the registers keep what they hold. A
        counter starts anew after its modulus. A number the register cannot hold is held at the register's
        end, as a device's own arithmetic does.
        """
        place = point.source
        assert isinstance(place, Register)
        if value is None:
            if place.not_available:
                size = width(place)
                whole = Register(place.space, place.address, _UNSIGNED[size], size, place.order)
                self._hold(place, encode(whole, place.not_available[0]))
            return
        if point.counter is not None and point.counter.modulus is not None:
            value = float(value) % (point.counter.modulus * float(point.counter.quantum))
        held = self._held(place)
        try:
            self._hold(place, encode_point(point, place, value, held))
        except EncodeError:
            if isinstance(value, (str, bool)):
                raise
            self._hold(place, encode_point(point, place, _within(place, value), held))

    def read(self, space: Space, address: int, count: int) -> list[int]:
        """`count` registers or bits (0, 1). Raises Illegal."""
        if count > (self._limits.max_bits if space in _BITS else self._limits.max_registers):
            raise Illegal(ILLEGAL_VALUE)
        held = self._words[space]
        if address not in held or address + count - 1 not in held:
            raise Illegal(ILLEGAL_ADDRESS)
        found: list[int] = []
        gap = 0
        for where in range(address, address + count):
            word = held.get(where)
            gap = gap + 1 if word is None else 0
            if gap > self._limits.max_gap:
                raise Illegal(ILLEGAL_ADDRESS)
            found.append(word or 0)
        return found

    def write(
        self, space: Space, address: int, words: Sequence[int], function: int
    ) -> list[tuple[Point, Value]]:
        """Take what a master writes; what the written points now are to be, in the order of their addresses.

        All or nothing: raises Illegal when one of the registers is not written with this function (1), is no
        output (2), or is given a value the point does not take or only part of it (3). Bits of a word that
        are no output stay as they are.
        """
        after = dict(zip(range(address, address + len(words)), words, strict=True))
        places: dict[int, _Place] = {}
        for where in after:
            found = self._places.get((space, where))
            if not found:
                raise Illegal(ILLEGAL_ADDRESS)
            places.update((place.point.id, place) for place in found)
        if any(function not in place.functions for place in places.values()):
            raise Illegal(ILLEGAL_FUNCTION)
        wishes = [(place, self._wish(place, after)) for place in places.values()]
        accepted = []
        for place, value in wishes:
            if value is not None:
                held = self._held(place.register)
                self._hold(place.register, encode_point(place.point, place.register, value, held))
                accepted.append((place.point, value))
        return accepted

    def _wish(self, place: _Place, after: dict[int, int]) -> Value | None:
        """What one place is asked for; None when its own bits of a shared word stay as they are."""
        span = _span(place.register)
        if any(where not in after for where in span):
            raise Illegal(ILLEGAL_VALUE)
        value = decode_point(place.point, place.register, [after[where] for where in span])
        if place.register.bit is not None:
            before = decode_point(place.point, place.register, self._held(place.register))
            if before == value:
                return None
        if isinstance(value, Absent) or not _allowed(place.point, value):
            raise Illegal(ILLEGAL_VALUE)
        return value


def _allowed(point: Point, value: Value) -> bool:
    command = point.command
    assert command is not None
    if point.kind == "enum":
        return not command.states or value in command.states
    if point.kind == "number" and not isinstance(value, str):
        slack = 1e-6 + 1e-6 * abs(value)
        return (command.low is None or value >= command.low - slack) and (
            command.high is None or value <= command.high + slack
        )
    return True


def _within(place: Register, value: float) -> float:
    """The nearest number to `value` that the register can hold and that does not mean "not available"."""
    low, high = _ends(place)
    while low in place.not_available:
        low += 1
    while high in place.not_available:
        high -= 1
    ends = sorted((low * place.scale + place.offset, high * place.scale + place.offset))
    return min(max(float(value), ends[0]), ends[1])


def _ends(place: Register) -> tuple[float, float]:
    """The least and the greatest raw number of a register's type."""
    if place.bit is not None:
        return 0, (1 << place.bits) - 1
    size = 16 * width(place)
    if place.type.startswith("int"):
        return -(1 << (size - 1)), (1 << (size - 1)) - 1
    return {"float16": (-65504.0, 65504.0), "float32": (-3.4e38, 3.4e38)}.get(
        place.type, (0, (1 << size) - 1)
    )
