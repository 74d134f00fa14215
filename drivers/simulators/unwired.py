"""One device without a wire: what its readings say, what a write does to it, what is wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from config.plan.points import BacnetObject, Point, Register
from config.plan.reading import Quality, Reading, Value
from config.plan.slots import WRITABLE
from drivers.api import Event, Fate, Sample, Write
from drivers.codec import Absent, EncodeError, decode_point, encode_point
from drivers.permit import refusal
from drivers.simulators.as_read import AsRead, Missing, Read, as_read
from drivers.simulators.beginning import initial
from drivers.simulators.device import SimulatedDevice

_LOCAL_SLOT = 16
_GOOD = Quality.GOOD
_AS_READ: Any = object()
"""In place of what a device shows: what was read of it stands."""


class Refusal(NamedTuple):
    """Why a write was not carried out."""

    fate: Fate
    detail: str


class Readings:
    """What the points of all devices say, by id."""

    def __init__(self, rounds: Iterable[Collection[int]]) -> None:
        """`rounds`: the points, by what is read together."""
        self.as_read: dict[int, AsRead] = {}
        self.masks: dict[int, str] = {}
        """Why reads of a point are BAD, whatever its value."""
        self._waiting: dict[int, dict[int, object]] = {}
        """By any point of a round: those of it that may say something new, and what their devices show, until
        somebody reads it: a point may show much between two reads."""
        for points in rounds:
            together: dict[int, object] = {}
            for point in points:
                self._waiting[point] = together
        self._told: dict[int, Read] = {}
        """What was said of each last."""
        self._read: dict[int, Read] = {}

    def show(self, point: Point, value: Value | None) -> None:
        """Let the device show this, in engineering units."""
        number = point.id
        self._waiting[number][number] = value

    def hold(self, point: int, read: Read) -> None:
        """Let reads of the point say this until the device shows something."""
        before, waiting = self._read.get(point), self._waiting[point]
        shown = waiting.get(point, _AS_READ) is not _AS_READ
        if shown or before != read or before.__class__ is not read.__class__:
            self._read[point] = read
            waiting[point] = _AS_READ

    def stir(self, point: int) -> None:
        """The point may say something new."""
        self._waiting[point].setdefault(point, _AS_READ)

    def moved(self, point: int) -> bool:
        """Whether it may say something new since it was told."""
        return point in self._waiting[point]

    def moved_with(self, point: int) -> Collection[int]:
        """Those that may, of all that are read together with it; as it is whenever one looks into it."""
        return self._waiting[point]

    def news(self, points: Iterable[int], wall_ms: int, mono_ns: int) -> list[Event]:
        """A Sample, of that time, of those of these that say something else than when they were asked
        last."""
        asked = sorted(points)
        if asked and (waiting := self._waiting[asked[0]]) is points:
            shown = waiting.copy()
            waiting.clear()
        else:
            shown = {point: self._waiting[point].pop(point, _AS_READ) for point in asked}
        told, masks, read, as_read = self._told, self.masks, self._read, self.as_read
        found: list[Event] = []
        new, good, told_of, add, nothing = tuple.__new__, _GOOD, told.get, found.append, _AS_READ
        for point in asked:
            value: Any = shown[point]
            if value is not nothing:
                says = read[point] = as_read[point](value)
                if masks:
                    says = self.says(point)
            else:
                says = self.says(point)
            if told_of(point) != says:
                told[point] = says
                # A hundred thousand a day: by tuple's own way, which costs half of a named one's.
                if says.__class__ is Missing:
                    add(_sample(point, says, wall_ms, mono_ns))
                else:
                    add(new(Sample, (point, new(Reading, (says, good, "", wall_ms, mono_ns)))))
        return found

    def told(self, points: Iterable[int], wall_ms: int, mono_ns: int) -> list[Event]:
        """What `news` has given last of these, of that time."""
        return [
            _sample(point, self._told[point], wall_ms, mono_ns) for point in points if point in self._told
        ]

    def forget(self, points: Iterable[int]) -> None:
        """Whatever these say is new."""
        for point in self._told.keys() & set(points):
            del self._told[point]
            self.stir(point)

    def says(self, point: int) -> Read:
        """What a read of the point gives now."""
        if point in self.masks:
            return Missing(self.masks[point])
        waiting = self._waiting[point]
        value: Any = waiting.get(point, _AS_READ)
        if value is not _AS_READ:
            waiting[point] = _AS_READ
            self._read[point] = self.as_read[point](value)
        return self._read[point]


def _sample(point: int, says: Read, wall_ms: int, mono_ns: int) -> Sample:
    if isinstance(says, Missing):
        return Sample(point, Reading(None, Quality.BAD, says.reason, wall_ms, mono_ns))
    return Sample(point, Reading(says, _GOOD, "", wall_ms, mono_ns))


class UnwiredDevice:
    """Readings as its driver would give them, and the device's side of a write. Knows no time."""

    def __init__(self, twin: SimulatedDevice, points: Iterable[Point], readings: Readings) -> None:
        """What it says stands in `readings`."""
        self.twin = twin
        self.device = twin.device
        self.says = readings.says
        self._readings = readings
        self._as_read, self._masks = readings.as_read, readings.masks
        self._arrays: dict[int, dict[int, Value]] = {}
        self._taken: dict[int, tuple[Value, Value]] = {}
        """By point: the value that was written last, and what the register made of it."""
        self.bacnet = False
        self._slots: dict[int, tuple[tuple[int, Value], ...]] = {}
        """Of arrays that have not changed since they were asked for."""
        self._echoing: set[int] = set()
        """Modbus: points that are read where they are written."""
        twin.put = readings.show
        for point in points:
            self._as_read[point.id] = as_read(point)
            if isinstance(point.source, BacnetObject):
                self.bacnet = True
                self._begin(point)
            elif point.command is not None and point.command.register in (None, point.source):
                self._echoing.add(point.id)

    def _begin(self, point: Point) -> None:
        assert isinstance(point.source, BacnetObject)
        model = self.twin.model
        array: dict[int, Value] = {}
        if point.source.commandable:
            self._arrays[point.id] = array
            if point.name in model.start:
                array[_LOCAL_SLOT] = model.told[point.name]
            self._readings.hold(point.id, self._as_read[point.id](self._in_force(point)))
        if point.command is not None:
            model.command(point.name, self._in_force(point) if point.source.commandable else initial(point))

    def mask(self, points: Iterable[int], reason: str) -> None:
        """Let reads of them be BAD for this reason; "": no more."""
        for point in points:
            if reason:
                self._masks[point] = reason
            else:
                self._masks.pop(point, None)
            self._readings.stir(point)

    def slots(self, point: int) -> tuple[tuple[int, Value], ...] | None:
        """The priority array of a commandable BACnet point."""
        array = self._arrays.get(point)
        if array is None:
            return None
        reading = self._as_read[point]
        found = self._slots.get(point)
        if found is None:
            entries = [(slot, reading(value)) for slot, value in sorted(array.items())]
            found = tuple((slot, value) for slot, value in entries if not isinstance(value, Missing))
            self._slots[point] = found
        return found

    # Commands

    def carry_out(self, point: Point, write: Write) -> Refusal | Value | None:
        """The write reaches the device. What it took the value for, or why it did not take it."""
        value = write.value
        if value is None and not self.bacnet:
            return Refusal(Fate.REJECTED, "there is no slot to release on Modbus")
        took = value is not None and self._took(point, value)
        why = "" if value is None or took else refusal(point, value)
        if self.bacnet and not why:
            why = self._misplaced(point, write)
        if not why and self.twin.faults.some:
            why = self._refused(point)
        if why:
            return Refusal(Fate.REJECTED, why)
        if self.bacnet:
            return self._slot(point, write)
        assert value is not None
        return self._register(point, value, took=took)

    def _took(self, point: Point, value: Value) -> bool:
        """Whether a register was written this last: most writes are repeats."""
        before = self._taken.get(point.id)
        return before is not None and before[0] == value and before[0].__class__ is value.__class__

    def _refused(self, point: Point) -> str:
        """By a fault."""
        if self.twin.faults.has("refuse-writes"):
            return "write-access-denied"
        mask = self._masks.get(point.id, "")
        return mask if mask.startswith("exception") else ""

    def by_hand(self, point: Point, value: Value, slot: int) -> None:
        """A person changes it at the device; on BACnet in that slot."""
        if point.id in self._arrays:
            self._fill(point, slot, value)
            return
        self.twin.model.command(point.name, value)
        if point.command is None or point.id in self._echoing:
            self._readings.hold(point.id, value)

    def end_pulse(self, point: Point, slot: int) -> None:
        """The momentary output goes off again."""
        if self.bacnet:
            self._fill(point, slot, None)
        else:
            self._register(point, False, took=self._took(point, False))

    def set_up(self, point: Point, value: Value) -> bool:
        """Let a set-up register hold this. Says whether it had to be written."""
        if self.twin.model.told.get(point.name) == value:
            return False
        self.twin.model.command(point.name, value)
        return True

    def restart(self) -> None:
        """Power came back: commands are gone."""
        self.twin.restart()
        self._slots.clear()
        for number, array in self._arrays.items():
            for slot in WRITABLE:
                array.pop(slot, None)
            self._command(next(point for point in self.twin.points.values() if point.id == number))

    def _misplaced(self, point: Point, write: Write) -> str:
        if point.id not in self._arrays:
            return "no priority array"
        wrong = write.slot not in WRITABLE or any(slot not in WRITABLE for slot in write.null_slots)
        return "slot not ours to write" if wrong else ""

    def _register(self, point: Point, value: Value, *, took: bool) -> Refusal | Value | None:
        assert point.command is not None
        assert isinstance(point.source, Register)
        if took:
            taken = self._taken[point.id][1]
        else:
            place = point.command.register or point.source
            try:
                decoded = decode_point(point, place, encode_point(point, place, value))
            except EncodeError as error:
                return Refusal(Fate.REJECTED, str(error))
            if isinstance(decoded, Absent):
                return Refusal(Fate.REJECTED, "exception 3")
            taken = decoded
            self._taken[point.id] = value, taken
        faults = self.twin.faults
        if not (faults.some and faults.has("lying-write")):
            self.twin.model.command(point.name, taken)
            if point.id in self._echoing:
                # It stands in the register until the device itself shows another value.
                self._readings.hold(point.id, taken)
        return taken

    def _slot(self, point: Point, write: Write) -> Value | None:
        faults = self.twin.faults
        if not (faults.some and faults.has("lying-write")):
            self._fill(point, write.slot, write.value)
            for slot in write.null_slots:
                self._fill(point, slot, None)
        return write.value

    def _fill(self, point: Point, slot: int, value: Value | None) -> None:
        array = self._arrays[point.id]
        if value is array.get(slot):
            return  # what was sent again, as most is
        self._slots.pop(point.id, None)
        before = self._in_force(point)
        if value is None:
            array.pop(slot, None)
        else:
            array[slot] = value
        if self._in_force(point) != before:
            self._command(point)

    def _command(self, point: Point) -> None:
        value = self._in_force(point)
        self.twin.model.command(point.name, value)
        self._readings.hold(point.id, self._as_read[point.id](value))

    def _in_force(self, point: Point) -> Value:
        array = self._arrays[point.id]
        return array[min(array)] if array else initial(point)
