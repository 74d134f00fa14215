"""The devices of a story: they read what the script says, do as they are told, and can fall silent."""

from __future__ import annotations

from collections.abc import Mapping

from config.plan.clock import Now
from config.plan.points import BacnetObject, Point
from config.plan.reading import Quality, Reading, Value
from config.plan.site import Plan
from drivers.api import DeviceState, Event, Fate, Sample, SlotState, Unchanged, Write, WriteReport

NOTICED_S = 3.0
"""A device that is silent for so long is lost."""
AWAY_S = 5.0
"""So long a device takes to restart."""


class Field:
    """Every point is polled at its declared period, in whole seconds; what changed comes as a Sample."""

    def __init__(
        self, plan: Plan, reads: Mapping[str, str], follows: Mapping[str, tuple[str, float]]
    ) -> None:
        self._plan = plan
        self._values: dict[int, Value] = {point.id: rest(point) for point in plan.points}
        self._slots: dict[int, dict[int, Value]] = {
            point.id: {}
            for point in plan.points
            if isinstance(point.source, BacnetObject) and point.source.commandable
        }
        for key, written in reads.items():
            point = self.point(key)
            self._values[point.id] = value_of(point, written)
        self._follows = {
            self.point(key).id: (self.point(whom).id, after_s) for key, (whom, after_s) in follows.items()
        }
        self._due: list[tuple[float, int, Value]] = []
        self._said: dict[int, Value] = {}
        self._silent: dict[int, float] = {}
        """By device: since when."""
        self._until: dict[int, float] = {}
        self._lost: set[int] = set()
        self._events: list[Event] = []
        self._began_s: float | None = None

    def point(self, key: str) -> Point:
        found = self._plan.point_named(key)
        assert found is not None, f"no point {key}"
        return found

    def set(self, key: str, written: str, now: Now) -> None:
        """It is so from now on, whoever did it."""
        point = self.point(key)
        self._put(point.id, value_of(point, written), now.mono_ns / 1e9)

    def others(self, key: str, slot: int, written: str | None) -> None:
        """Somebody else's slot."""
        point = self.point(key)
        slots = self._slots[point.id]
        if written is None:
            slots.pop(slot, None)
        else:
            slots[slot] = value_of(point, written)
        self._show(point)

    def wire(self, kind: str, name: str, does: str, now: Now) -> None:
        """A device or all of a line fall silent, answer again, or restart: then outputs are at rest."""
        now_s = now.mono_ns / 1e9
        devices = [
            device.id
            for device in self._plan.devices
            if (device.name if kind == "device" else self._plan.lines[device.line].name) == name
        ]
        assert devices, f"no {kind} {name}"
        for device in devices:
            if does == "answers":
                self._until[device] = now_s
                continue
            self._silent.setdefault(device, now_s)
            self._until[device] = now_s + AWAY_S if does == "restarts" else float("inf")
            if does == "restarts":
                for number in self._plan.devices[device].points:
                    if self._plan.points[number].command is not None:
                        self._slots.get(number, {}).clear()
                        self._put(number, rest(self._plan.points[number]), now_s)

    def forget(self) -> None:
        """The daemon starts: its drivers know nothing."""
        self._said.clear()
        self._events.clear()
        self._lost.clear()
        self._began_s = None

    def submit(self, write: Write, now: Now) -> None:
        """A command: done at once, answered with the next `advance`."""
        point = self._plan.points[write.point]
        if point.device in self._silent:
            fate = Fate.NOT_SENT if point.device in self._lost else Fate.NO_ANSWER
            self._events.append(WriteReport(write.seq, write.point, fate, None, "time-out"))
            return
        slots = self._slots.get(point.id)
        if slots is not None:
            for slot in write.null_slots:
                slots.pop(slot, None)
            if write.value is None:
                slots.pop(write.slot, None)
            else:
                slots[write.slot] = write.value
            self._show(point)
        elif write.value is not None:
            self._put(point.id, write.value, now.mono_ns / 1e9)
        self._tell(point.id, now)
        self._events.append(WriteReport(write.seq, write.point, Fate.READ_BACK, write.value, ""))

    def advance(self, now: Now) -> list[Event]:
        """What comes in this cycle."""
        now_s = now.mono_ns / 1e9
        first = self._began_s is None
        self._began_s = now_s if self._began_s is None else self._began_s
        for device in sorted(self._silent):
            self._look(device, now_s)
        for due_s, number, value in [item for item in self._due if item[0] <= now_s]:
            self._due.remove((due_s, number, value))
            self._put(number, value, now_s)
        again: list[int] = []
        for point in self._plan.points:
            if point.device in self._silent:
                continue
            due = round(now_s - self._began_s) % max(1, round(point.poll_s)) == 0
            pushed = isinstance(point.source, BacnetObject) and point.source.cov_increment is not None
            if not (due or (pushed and self._said.get(point.id) != self._values[point.id])):
                continue
            if point.id in self._said and self._said[point.id] == self._values[point.id]:
                again.append(point.id)
            else:
                self._tell(point.id, now)
        if again:
            self._events.append(Unchanged(tuple(again), now.wall_ms, now.mono_ns))
        if first:
            for number in self._slots:
                if self._plan.points[number].device not in self._silent:
                    self._see(number)
        events, self._events = self._events, []
        return events

    def _look(self, device: int, now_s: float) -> None:
        if self._until[device] <= now_s:
            del self._silent[device], self._until[device]
            if device in self._lost:
                self._lost.discard(device)
                self._events.append(DeviceState(device, True, "answers"))
                for number in self._plan.devices[device].points:
                    if number in self._slots:
                        self._see(number)
        elif device not in self._lost and now_s - self._silent[device] >= NOTICED_S:
            self._lost.add(device)
            self._events.append(DeviceState(device, False, "time-out"))

    def _tell(self, number: int, now: Now) -> None:
        value = self._values[number]
        self._said[number] = value
        self._events.append(Sample(number, Reading(value, Quality.GOOD, "", now.wall_ms, now.mono_ns)))

    def _put(self, number: int, value: Value, now_s: float) -> None:
        if self._values[number] == value:
            return
        self._values[number] = value
        for point, (whom, after_s) in self._follows.items():
            if whom == number:
                self._due.append((now_s + after_s, point, value))

    def _show(self, point: Point) -> None:
        """A priority array has changed."""
        slots = self._slots[point.id]
        self._values[point.id] = slots[min(slots)] if slots else rest(point)
        self._see(point.id)

    def _see(self, number: int) -> None:
        self._events.append(SlotState(number, tuple(sorted(self._slots[number].items()))))


def rest(point: Point) -> Value:
    """What a point reads that nobody has touched."""
    match point.kind:
        case "bool":
            return False
        case "enum":
            return point.states[0][0]
        case "number":
            return 0.0
        case _:
            return ""


def value_of(point: Point, written: str) -> Value:
    """ "on", "off", "80 %", "auto"."""
    if point.kind == "bool":
        return {"on": True, "off": False}[written]
    if point.kind == "enum":
        return next(number for number, name in point.states if name == written)
    return float(written.partition(" ")[0])
