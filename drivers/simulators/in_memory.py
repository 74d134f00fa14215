"""A whole site without a wire: the plant in memory, read and commanded as the drivers would, on a clock that
is handed in.

What a driver does over the wire is done here at once: each point is read at its declared poll period (in
whole cycles), what changed comes as a Sample and what did not as Unchanged, a write is carried out, read back
and answered by one WriteReport. What needs bytes to go wrong (late, damaged and foreign answers) cannot be
had here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from config.plan.clock import Clock
from config.plan.reading import Quality, Reading
from config.plan.site import Plan
from drivers.api import Event, Fate, Sample, SetUp, SlotState, Unchanged, Write, WriteReport
from drivers.simulators.answering import Answering, Due
from drivers.simulators.as_read import Read
from drivers.simulators.device import SimulatedDevice
from drivers.simulators.faults import FaultError, Faults, Number
from drivers.simulators.plant.world import World
from drivers.simulators.rounds import IDLE_MS, Round, rounds_of
from drivers.simulators.silence import Silence
from drivers.simulators.unwired import UnwiredDevice
from drivers.simulators.unwired_faults import UnwiredFaults

PLANT_STEP_S = 60.0
"""Longest step of the plant between commands, site seconds: its machines ramp within it, its tanks and
heaters move by a few percent of what switches them."""
LIVELY_S = 60.0
"""So long after a command to a device, it and what works with it step with every cycle."""


class InMemory:
    """All devices of a plan. `advance` once a cycle, after the clock has moved."""

    def __init__(
        self,
        plan: Plan,
        facts: Mapping[str, Any],
        clock: Clock,
        cycle_s: float,
        seed: int = 1,
        plant_step_s: float = PLANT_STEP_S,
        watched: Collection[int] | None = None,
    ) -> None:
        """`facts` is the site's plant.yaml as plain data ({} without one). `watched`: the points that
        something depends on, beside those that are logged; None: all. Raises PlantError."""
        self._plan = plan
        self._clock = clock
        self._plant_step_ms = plant_step_s * 1000
        now = clock.now()
        self.world = World(plan, facts, seed, now.wall_ms, max(plant_step_s, cycle_s))
        lines = {line.name: Faults() for line in plan.lines}
        self._units: list[UnwiredDevice] = []
        self._moved: set[int] = set()
        for device in plan.devices:
            own = [plan.points[number] for number in device.points]
            twin = SimulatedDevice(
                device,
                {point.name: point for point in own},
                self.world.models[device.name],
                Faults(lines[plan.lines[device.line].name]),
            )
            self._units.append(UnwiredDevice(twin, own, self._moved.add))
        self._said: dict[int, Read] = {}
        self._rounds = rounds_of(
            plan, self._units, cycle_s, range(len(plan.points)) if watched is None else watched
        )
        self._cycle = 0
        self._version = 0
        """Counts what may have changed a reading: steps of the plant, commands, faults."""
        self._lively: dict[int, int] = {}
        """Devices, and until when they step with every cycle, site time."""
        self._together = [
            tuple(unit for unit in self._units if unit.device.name in self.world.together(device.name))
            for device in plan.devices
        ]
        """By device: those that step with it."""
        self._events: list[Event] = []
        self._urgent: dict[int, None] = {}
        self._answering = Answering(plan, self._units)
        self._silence = Silence(plan, self._units)
        self._faults = UnwiredFaults(plan, self._units, lines, self._silence)
        self._timed = [unit for unit in self._units if unit.twin.timed]

    # What the cycle asks of it

    def advance(self) -> list[Event]:
        """What has come back since the last call: the plant is brought to the clock's time, what is due is
        read."""
        now = self._clock.now()
        self._live(now.wall_ms)
        now_s = now.mono_ns / 1e9
        for state in self._silence.look(now_s):
            self._events.append(state)
            self._changed(self._units)
            if state.online:
                self._found(state.device)
        for unit in self._timed:
            if self._silence.silent(unit.device.id):
                if unit.twin.watch(now_s):
                    self._changed(self._together[unit.device.id])
            else:
                unit.twin.hear(now_s)
        for due in self._answering.due(now.wall_ms):
            self._answer(due, now.wall_ms, now.mono_ns)
        for one in self._rounds:
            slot = one.slots[self._cycle % one.every] if self._cycle else None
            for asked in one.slots if slot is None else (slot,):
                self._read(asked, now.wall_ms, now.mono_ns)
        if self._urgent:
            self._read_urgently(now.wall_ms, now.mono_ns)
        if not self._cycle:
            for unit in self._units:
                self._found(unit.device.id)
        self._cycle += 1
        events, self._events = self._events, []
        return events

    def submit(self, write: Write) -> None:
        """A command; its report comes with a later `advance`."""
        point = self._plan.points[write.point]
        now = self._clock.now()
        if self._silence.lost(point.device):
            self._report(write, Fate.NOT_SENT, "the device does not answer")
        elif self._silence.silent(point.device):
            self._report(write, Fate.NO_ANSWER, "time-out")
        elif refused := self._answering.take(write, now.wall_ms):
            self._report(write, refused.fate, refused.detail)
        elif not write.reassert:
            self._lively[point.device] = now.wall_ms + round(LIVELY_S * 1000)
            self._changed(self._together[point.device])

    def read_now(self, point: int) -> None:
        """Read a point with the next `advance`, due or not."""
        self._urgent[point] = None

    def fault(
        self, name: str, on: bool = True, *, device: str = "", line: str = "", **numbers: Number
    ) -> None:
        """Begin or end a fault, in the words of `faults`. Raises FaultError, also if it needs a wire."""
        if bool(device) == bool(line):
            raise FaultError("a fault is aimed at one device or one line")
        self._faults.switch(name, on, device, line, numbers, self._clock.now().mono_ns / 1e9)
        self._changed(self._units)

    # The plant

    def _live(self, wall_ms: int) -> None:
        while (end := self._answering.next_end(wall_ms)) is not None:
            device = self._plan.points[end.write.point].device
            self._move_some(end.at_ms, device)
            self._answering.end(end)
        behind_ms = wall_ms - self.world.wall_ms
        if behind_ms >= self._plant_step_ms:
            self.world.advance(wall_ms)
            self._changed(self._units)
        elif behind_ms > 0 and self._lively:
            for device, until_ms in list(self._lively.items()):
                if wall_ms > until_ms:
                    del self._lively[device]
                else:
                    self._move_some(wall_ms, device)

    def _move_some(self, wall_ms: int, device: int) -> None:
        """A device and what works with it."""
        self.world.advance_some(wall_ms, self.world.together(self._plan.devices[device].name))
        self._changed(self._together[device])

    def _changed(self, units: Iterable[UnwiredDevice]) -> None:
        """What these say may have changed."""
        self._version += 1
        for unit in units:
            unit.version = self._version

    # Reading

    def _read(self, asked: Round, wall_ms: int, mono_ns: int) -> None:
        silent = self._silence.some
        fresh: set[int] = set()
        if asked.version != self._version:
            seen, asked.version = asked.version, self._version
            every = wall_ms >= asked.all_due_ms
            if every:
                asked.all_due_ms = wall_ms + IDLE_MS
            for read in asked.reads:
                names = read.every if every else read.names
                if not every and read.unit.version <= seen:
                    continue
                if names and not (silent and self._silence.silent(read.unit.device.id)):
                    read.unit.show(names)
            fresh = self._tell(wall_ms, mono_ns)
        for points in (asked.logged, asked.others):
            if silent:
                points = tuple(
                    point for point in points if not self._silence.silent(self._plan.points[point].device)
                )
            if fresh:
                points = tuple([point for point in points if point not in fresh])
            if points:
                self._events.append(Unchanged(points, wall_ms, mono_ns))

    def _tell(self, wall_ms: int, mono_ns: int) -> set[int]:
        """A Sample of each point that says something new. Returns them."""
        moved, said = self._moved, self._said
        fresh: set[int] = set()
        for point in sorted(moved):
            if self._silence.some and self._silence.silent(self._plan.points[point].device):
                continue
            found = self._units[self._plan.points[point].device].says(point)
            moved.discard(point)
            if said.get(point) == found:
                continue
            said[point] = found
            fresh.add(point)
            quality = Quality.BAD if found.value is None else Quality.GOOD
            self._events.append(Sample(point, Reading(found.value, quality, found.reason, wall_ms, mono_ns)))
        return fresh

    def _read_urgently(self, wall_ms: int, mono_ns: int) -> None:
        urgent, self._urgent = self._urgent, {}
        points = [self._plan.points[point] for point in urgent]
        points = [point for point in points if not self._silence.silent(point.device)]
        for point in points:
            self._units[point.device].show((point.name,))
        fresh = self._tell(wall_ms, mono_ns)
        same = tuple(point.id for point in points if point.id not in fresh and point.id in self._said)
        if same:
            self._events.append(Unchanged(same, wall_ms, mono_ns))

    # Devices and writes

    def _found(self, device: int) -> None:
        """A device answers, for the first time or again: its priority arrays, its set-up registers."""
        unit = self._units[device]
        for number in self._plan.devices[device].points:
            slots = unit.slots(number)
            if slots is not None:
                self._events.append(SlotState(number, slots))
        unheard = self._plan.devices[device].unheard
        for number, value in () if unheard is None else unheard.set_up:
            if unit.set_up(self._plan.points[number], value):
                self._events.append(SetUp(device, number, value, Fate.READ_BACK, ""))
                self._changed((unit,))

    def _answer(self, due: Due, wall_ms: int, mono_ns: int) -> None:
        target = self._plan.points[due.target]
        if self._silence.silent(target.device):
            self._report(due.write, Fate.NO_ANSWER, "acknowledged; read-back: time-out")
            return
        unit = self._units[target.device]
        if due.reads:
            if target.name in unit.twin.shown_names:
                unit.show((target.name,))
            self._tell(wall_ms, mono_ns)
        fate, value, detail = self._answering.judge(due)
        self._events.append(WriteReport(due.write.seq, due.write.point, fate, value, detail))
        slots = self._units[self._plan.points[due.write.point].device].slots(due.write.point)
        if slots is not None:
            self._events.append(SlotState(due.write.point, slots))

    def _report(self, write: Write, fate: Fate, detail: str) -> None:
        self._events.append(WriteReport(write.seq, write.point, fate, None, detail))
