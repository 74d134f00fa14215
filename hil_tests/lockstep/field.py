"""A Field over real sockets: the real drivers against the real simulators, in lock-step with the clock.

Within one cycle all is one moment, as in memory. On the wire things take time, so a cycle has its window:
from its moment on its commands are carried out; shortly before the next one's moment the plant is brought to
that moment and what is due is polled. The plant's time is the cycle's, the wire's runs on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from types import TracebackType
from typing import Any, Self

from config.plan.clock import Clock, Now, Pace
from config.plan.site import Plan
from drivers.api import Driver, Event, Inbox, Write
from drivers.bacnet import open_line as open_bacnet
from drivers.modbus import open_line as open_modbus
from drivers.overlay import apply
from drivers.simulators.device import Had
from drivers.simulators.simulation import Simulation
from drivers.simulators.stepping import PLANT_STEP_S, Stepping
from hil_tests.lockstep.loop import LockstepLoop, LoopClock
from hil_tests.lockstep.plans import GRID_S, on_the_cycle, on_wire_s, over_sockets, writes_s

MOST_LEAD_S = 2.0
_LEAD = 0.7
"""Of a cycle, at most: twenty meters on one line take half a second to read, twenty writes a tenth."""


class OverSockets:
    """All lines of a plan: `with OverSockets(…) as field`."""

    def __init__(
        self,
        plan: Plan,
        facts: Mapping[str, Any],
        clock: Clock,
        cycle_s: float,
        seed: int = 1,
        watched: Collection[int] | None = None,
        spoilt: Callable[[Plan], Plan] = lambda plan: plan,
    ) -> None:
        """`clock` is the rehearsal's, at its first cycle. `spoilt` changes what the drivers are told of the
        devices: a profile that is wrong."""
        self._plan = plan
        self._clock = clock
        self._cycle_s = cycle_s
        self._lead_s = min(MOST_LEAD_S, _LEAD * cycle_s)
        start = clock.now()
        self.loop = LockstepLoop(start.mono_ns / 1e9 - self._lead_s)
        self._wire_clock = LoopClock(self.loop, start)
        self._simulation_plan = over_sockets(plan)
        self._driver_plan = spoilt(on_the_cycle(plan, cycle_s, self._lead_s))
        self.simulation = Simulation(
            self._simulation_plan, facts, clock, seed, tick_s=None, most_step_s=max(PLANT_STEP_S, cycle_s)
        )
        self._twins = list(self.simulation.devices.values())
        everything = range(len(plan.points))
        self._plant = Stepping(
            plan, self.simulation.world, self._twins, cycle_s, everything if watched is None else watched
        )
        self._inbox = Inbox()
        self._drivers: dict[int, Driver] = {}
        self._urgent: dict[int, None] = {}
        self._pulses: list[tuple[int, int, float]] = []
        """Site time and device at which momentary outputs go off again, and the wire's time then."""
        self._handed_over = False
        """Commands wait for `carry_out`."""

    def __enter__(self) -> Self:
        try:
            self.loop.run_until_complete(self.simulation.start())
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    async def _open_lines(self) -> None:
        plan = apply(self._driver_plan, self.simulation.overlay())
        await asyncio.sleep(GRID_S)
        for line in plan.lines:
            make = open_bacnet if line.transport == "bacnet-ip" else open_modbus
            self._drivers[line.id] = make(plan, line, self._inbox, self._wire_clock, Pace())
            await self._drivers[line.id].start()

    def _close(self) -> None:
        try:
            for driver in self._drivers.values():
                self.loop.run_until_complete(driver.stop())
            self.loop.run_until_complete(self.simulation.stop())
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        finally:
            self.loop.close()

    # The Field

    def advance(self) -> list[Event]:
        """All that has come back since the last call."""
        now = self._clock.now()
        self.carry_out()
        self._end_pulses(now)
        self._run_to(now.mono_ns / 1e9 - self._lead_s)
        self._show(now)
        if not self._drivers:
            self.loop.run_until_complete(self._open_lines())
        for point in self._urgent:
            self._driver_of(point).read_now(point)
        self._urgent.clear()
        self._run_to(now.mono_ns / 1e9)
        return self._inbox.take()

    def submit(self, write: Write) -> None:
        """A command; it is on the wire with `carry_out`."""
        now, point = self._clock.now(), self._plan.points[write.point]
        command = point.command
        assert command is not None
        self._driver_of(write.point).submit(write)
        self._handed_over = True
        if not write.reassert:
            self._plant.commanded(point.device, now.wall_ms)
        if command.pulse_s is not None and write.value is True:
            over_s = now.mono_ns / 1e9 + on_wire_s(command.pulse_s, self._cycle_s, self._lead_s)
            self._pulses.append((now.wall_ms + round(command.pulse_s * 1000), point.device, over_s))

    def read_now(self, point: int) -> None:
        """Read a point with the next `advance`, due or not."""
        self._urgent[point] = None

    def carry_out(self) -> None:
        """Let the cycle's commands reach their devices."""
        if self._handed_over:
            self._handed_over = False
            self._run_to(self.loop.time() + writes_s(self._cycle_s, self._lead_s))

    def had(self, point: int) -> Had:
        """What the device of a commanded point has now, the cycle's commands carried out."""
        self.carry_out()
        return self.simulation.had(self._plan.points[point])

    # Inside

    def _end_pulses(self, now: Now) -> None:
        """The plant is at the moment at which a momentary output goes off, shortly before it does."""
        over = sorted(pulse for pulse in self._pulses if pulse[0] <= now.wall_ms)
        for pulse in over:
            ends_ms, device, over_s = pulse
            self._run_to(over_s - GRID_S)
            self._plant.live_some(device, ends_ms)
            self._pulses.remove(pulse)

    def _show(self, now: Now) -> None:
        self._plant.live(now.wall_ms)
        for twin in self._twins:
            if twin.watch(self.loop.time()):
                self._plant.touched(twin.device.id)
        self._plant.show(now.wall_ms, frozenset())

    def _driver_of(self, point: int) -> Driver:
        return self._drivers[self._plan.devices[self._plan.points[point].device].line]

    def _run_to(self, time_s: float) -> None:
        assert self.loop.time() <= time_s + 1e-9, "the lines had too little time"
        self.loop.run_to(time_s)
