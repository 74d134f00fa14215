"""The cycle of a rehearsal: what the daemon does once a second, on a clock that moves when told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from config.plan.clock import Now, Pace
from config.plan.reading import Reading
from config.plan.site import Plan
from controller.clock import VirtualClock
from controller.consumption.log import ConsumptionLog
from controller.consumption.meters import Meter, meters_of
from controller.consumption.records import Interval
from controller.consumption.slots import Slots
from controller.cycle import Engine
from controller.decide.records import Remembered
from controller.decide.step import Step
from drivers.api import Event, Write
from schedules.context import Context


class Field(Protocol):
    """The site's devices. In memory, or over real sockets in lock-step with the clock."""

    def advance(self) -> list[Event]:
        """Called once a cycle, after the clock has moved: all that has come back since the last call."""

    def submit(self, write: Write) -> None:
        """A command; its one WriteReport comes with a later `advance`."""

    def read_now(self, point: int) -> None:
        """Read a point with the next `advance`, due or not."""


class Watcher(Protocol):
    """What looks at each cycle and draws its own conclusions."""

    def look(self, now: Now, step: Step, readings: Sequence[Reading], /) -> None:
        """After each step. `readings`: what points say; when they were last read does not stand in them."""

    def intervals(self, rows: Sequence[Interval]) -> None:
        """Intervals that have closed."""


class Rehearsal:
    """One Plan, run from the clock's time on. `field` lives on the same clock."""

    def __init__(
        self, plan: Plan, context: Context, field: Field, clock: VirtualClock, cycle_s: float
    ) -> None:
        self.plan = plan
        self.meters: tuple[Meter, ...] = meters_of(plan)
        self.cycles = 0
        self.engine = Engine(plan, context, Pace(), Remembered(bookings=tuple(context.bookings)))
        self._field = field
        self._clock = clock
        self._cycle_s = cycle_s
        slots = Slots(plan.site.time_zone, plan.site.interval_s)
        self._log = ConsumptionLog(self.meters, slots, Pace(), {})
        self._seldom = [meter.point for meter in self.meters if meter.poll_s > cycle_s]
        """Counters that are not read in every cycle: out of turn at the end of an interval."""

    def run(
        self, until_ms: int, watchers: Sequence[Watcher], each_day: Callable[[int], None] | None = None
    ) -> None:
        """Cycle up to and with that site time. `each_day` is told when a day of 24 hours has gone by."""
        clock, day_ms = self._clock, self._clock.now().wall_ms + 86_400_000
        while (now := clock.now()).wall_ms <= until_ms:
            self._cycle(now, watchers)
            if each_day is not None and now.wall_ms >= day_ms:
                each_day(now.wall_ms)
                day_ms += 86_400_000
            clock.advance(self._cycle_s)

    def _cycle(self, now: Now, watchers: Sequence[Watcher]) -> None:
        if self._seldom and self._ends_by(now.wall_ms):
            for point in self._seldom:
                self._field.read_now(point)
        step = self.engine.step(now, self._field.advance())
        for write in step.writes:
            self._field.submit(write)
        closed = self._log.step(now, step.counts)
        said = self.engine.said
        for watcher in watchers:
            watcher.look(now, step, said)
            if closed.intervals:
                watcher.intervals(closed.intervals)
        self.cycles += 1

    def _ends_by(self, wall_ms: int) -> bool:
        """Whether an interval ends with this cycle."""
        return self._log.next_ms is not None and self._log.next_ms <= wall_ms
