"""A whole site without a wire: the plant in memory, read and commanded as the drivers would, on a clock that
is handed in.

What a driver does over the wire is done here at once: each point is read at its declared poll period (in
whole cycles), what changed comes as a Sample and what did not as Unchanged, a write is carried out, read back
and answered by one WriteReport. What needs bytes to go wrong (late, damaged and foreign answers) cannot be
had here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from config.plan.clock import Clock
from config.plan.reading import Value
from config.plan.site import Plan
from drivers.api import DeviceState, Event, Fate, SetUp, SlotState, Unchanged, Write, WriteReport
from drivers.simulators.answering import Answering, Due
from drivers.simulators.as_read import Missing
from drivers.simulators.device import Had, SimulatedDevice
from drivers.simulators.faults import FaultError, Faults, Number
from drivers.simulators.plant.world import World
from drivers.simulators.rounds import Round, rounds_of
from drivers.simulators.silence import Silence
from drivers.simulators.stepping import PLANT_STEP_S, Stepping
from drivers.simulators.unwired import Readings, UnwiredDevice
from drivers.simulators.unwired_faults import UnwiredFaults


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
        booked: Callable[[str, float], bool] | None = None,
    ) -> None:
        """`facts` is the site's plant.yaml as plain data ({} without one). `watched`: the points that
        something depends on, beside those that are logged; None: all. `booked`: whether a place is booked at
        that site time; None: nobody says. Raises PlantError."""
        self._plan = plan
        self._clock = clock
        now = clock.now()
        self.world = World(plan, facts, seed, now.wall_ms, max(plant_step_s, cycle_s), booked)
        lines = {line.name: Faults() for line in plan.lines}
        self._units: list[UnwiredDevice] = []
        rounds = rounds_of(plan, cycle_s)
        self._readings = Readings([one.points for one in rounds])
        self._moved = {one.every: self._readings.moved_with(min(one.points)) for one in rounds}
        """By round: those of it that may say something new."""
        for device in plan.devices:
            own = [plan.points[number] for number in device.points]
            twin = SimulatedDevice(
                device,
                {point.name: point for point in own},
                self.world.models[device.name],
                Faults(lines[plan.lines[device.line].name]),
            )
            self._units.append(UnwiredDevice(twin, own, self._readings))
        self._unit_of = [self._units[point.device] for point in plan.points]
        self._plant = Stepping(
            plan,
            self.world,
            [unit.twin for unit in self._units],
            cycle_s,
            range(len(plan.points)) if watched is None else watched,
            plant_step_s,
        )
        self._anew = {unit.device.id for unit in self._units}
        """Devices that whoever reads them has not heard of yet."""
        self._events: list[Event] = []
        self._urgent: dict[int, None] = {}
        self._answering = Answering(plan, self._units)
        self._silence = Silence(plan, self._units)
        self._silent = self._silence.devices
        self._faults = UnwiredFaults(plan, self._units, lines, self._silence)
        self._timed = [unit for unit in self._units if unit.twin.timed]
        self._heard_s: float | None = None
        """When all of those were talked to last, if they do not know it yet: they need to when something goes
        wrong, and devices fall silent by nothing else."""

    # What the cycle asks of it

    def advance(self) -> list[Event]:
        """What has come back since the last call: the plant is brought to the clock's time, what is due is
        read."""
        wall_ms, mono_ns = self._clock.now()[:2]
        self._live(wall_ms)
        now_s = mono_ns / 1e9
        if self._silent:
            for state in self._silence.look(now_s):
                self._events.append(state)
                self._plant.touched(state.device)
                if state.online:
                    self._found(state.device)
        if self._silent:
            self._listen(now_s)
        else:
            self._heard_s = now_s
        for device in sorted(self._anew - self._silent) if self._anew else ():
            self._anew.discard(device)
            self._events.append(DeviceState(device, True, "answers"))
            self._found(device)
        self._plant.show(wall_ms, self._silent)
        for due in self._answering.due(wall_ms):
            self._answer(due, wall_ms, mono_ns)
        for asked in self._plant.due():
            self._read(asked, wall_ms, mono_ns)
        if self._urgent:
            self._read_urgently(wall_ms, mono_ns)
        events, self._events = self._events, []
        return events

    def _listen(self, now_s: float) -> None:
        """What acts when nobody talks to it: talk to it, or let it see that nobody does."""
        for unit in self._timed:
            if unit.device.id not in self._silent:
                unit.twin.hear(now_s)
            elif unit.twin.watch(now_s):
                self._plant.touched(unit.device.id)

    def submit(self, write: Write) -> None:
        """A command; its report comes with a later `advance`."""
        point = self._plan.points[write.point]
        wall_ms = self._clock.now().wall_ms
        if self._silent and point.device in self._silent:
            if self._silence.lost(point.device):
                self._report(write, Fate.NOT_SENT, "the device does not answer")
            else:
                self._report(write, Fate.NO_ANSWER, "time-out")
        elif refused := self._answering.take(write, wall_ms):
            self._report(write, refused.fate, refused.detail)
        elif not write.reassert:
            self._plant.commanded(point.device, wall_ms)

    def read_now(self, point: int) -> None:
        """Read a point with the next `advance`, due or not."""
        self._urgent[point] = None

    def had(self, point: int) -> Had:
        """What the device of a commanded point has now."""
        unit = self._units[self._plan.points[point].device]
        slots = unit.slots(point)
        if slots is None:
            return Had(unit.twin.model.told.get(self._plan.points[point].name))
        found = unit.says(point)
        return Had(None if isinstance(found, Missing) else found, slots)

    def fault(
        self, name: str, on: bool = True, *, device: str = "", line: str = "", **numbers: Number
    ) -> None:
        """Begin or end a fault, in the words of `faults`. Raises FaultError, also if it needs a wire."""
        if bool(device) == bool(line):
            raise FaultError("a fault is aimed at one device or one line")
        if self._heard_s is not None:
            for unit in self._timed:
                unit.twin.hear(self._heard_s)
            self._heard_s = None
        self._faults.switch(name, on, device, line, numbers, self._clock.now().mono_ns / 1e9)
        self._plant.touched()

    def machines(self, device: str) -> Collection[str]:
        """Its motors by name, for the fault of one."""
        return self._named(device).twin.model.machines()

    def force(self, point: int, value: Value | None) -> None:
        """What the plant says of a point is this; None: its own again. Raises FaultError."""
        of = self._plan.points[point]
        self._units[of.device].twin.force(of.name, value)
        self._plant.touched(of.device)

    def by_hand(self, point: int, value: Value, slot: int) -> None:
        """A person changes a commanded point at the device; `slot` is where on BACnet."""
        of = self._plan.points[point]
        self._units[of.device].by_hand(of, value, slot)
        self._plant.commanded(of.device, self._clock.now().wall_ms)

    def reopen(self, devices: Collection[int] | None = None) -> None:
        """These devices are met for the first time: all is said again. None: whoever read and commanded all
        of them is gone, and what he was still to be answered is nobody's."""
        gone = set(range(len(self._units)) if devices is None else devices)
        of = self._plan.points
        if devices is None:
            self._events.clear()
            self._answering.forget()
        self._readings.forget(point.id for point in of if point.device in gone)
        self._silence.forget(gone, self._clock.now().mono_ns / 1e9)
        self._anew |= gone

    def _named(self, device: str) -> UnwiredDevice:
        return next(unit for unit in self._units if unit.device.name == device)

    # The plant

    def _live(self, wall_ms: int) -> None:
        while (end := self._answering.next_end(wall_ms)) is not None:
            self._plant.live_some(self._plan.points[end.write.point].device, end.at_ms)
            self._answering.end(end)
        self._plant.live(wall_ms)

    # Reading

    def _read(self, asked: Round, wall_ms: int, mono_ns: int) -> None:
        if moved := self._moved[asked.every]:
            self._tell(moved, wall_ms, mono_ns)
        # By now what has moved says what its Sample says, too: so the round stays one and the same block.
        self._again(asked.logged, wall_ms, mono_ns)
        self._again(asked.others, wall_ms, mono_ns)

    def _heard(self, point: int) -> bool:
        return self._unit_of[point].device.id not in self._silent

    def _again(self, points: tuple[int, ...], wall_ms: int, mono_ns: int) -> None:
        """These say what they said, as far as they are heard."""
        if self._silent:
            points = tuple(point for point in points if self._heard(point))
        if points:
            self._events.append(tuple.__new__(Unchanged, (points, wall_ms, mono_ns)))

    def _tell(self, points: Iterable[int], wall_ms: int, mono_ns: int) -> None:
        """A Sample of each of these that says something new."""
        if self._silent:
            points = [point for point in points if self._heard(point)]
        self._events += self._readings.news(points, wall_ms, mono_ns)

    def _read_urgently(self, wall_ms: int, mono_ns: int) -> None:
        """A Sample of each, new or not: as a block of their own they would break up those that they are read
        in."""
        urgent, self._urgent = [point for point in self._urgent if self._heard(point)], {}
        self._readings.news(filter(self._readings.moved, urgent), wall_ms, mono_ns)
        self._events += self._readings.told(urgent, wall_ms, mono_ns)

    # Devices and writes

    def _found(self, device: int) -> None:
        """A device answers, for the first time or again: what moved, priority arrays, set-up registers."""
        unit = self._units[device]
        now = self._clock.now()
        self._tell(filter(self._readings.moved, unit.device.points), now.wall_ms, now.mono_ns)
        for number in self._plan.devices[device].points:
            slots = unit.slots(number)
            if slots is not None:
                self._events.append(SlotState(number, slots))
        unheard = self._plan.devices[device].unheard
        for number, value in () if unheard is None else unheard.set_up:
            if unit.set_up(self._plan.points[number], value):
                self._events.append(SetUp(device, number, value, Fate.READ_BACK, ""))
                self._plant.touched(device)

    def _answer(self, due: Due, wall_ms: int, mono_ns: int) -> None:
        _, _, write, target, _, reads = due
        if self._silent and self._plan.points[target].device in self._silent:
            self._report(write, Fate.NO_ANSWER, "acknowledged; read-back: time-out")
            return
        point = write.point
        moved = self._readings.moved
        if reads and (moved(target) or moved(point)):
            self._tell(filter(moved, {target, point}), wall_ms, mono_ns)
        fate, value, detail = self._answering.judge(due)
        self._events.append(tuple.__new__(WriteReport, (write.seq, point, fate, value, detail)))
        slots = self._unit_of[point].slots(point)
        if slots is not None:
            self._events.append(SlotState(point, slots))

    def _report(self, write: Write, fate: Fate, detail: str) -> None:
        self._events.append(WriteReport(write.seq, write.point, fate, None, detail))
