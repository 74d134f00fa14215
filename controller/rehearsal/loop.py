"""The cycle of a rehearsal: what the daemon does once a second, on a clock that moves when told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

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


_Look: TypeAlias = Callable[[Now, Step, Sequence[Reading]], None]


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
        clock = self._clock
        now = clock.now()
        wall_ms = now.wall_ms
        day_ms = wall_ms + 86_400_000
        looks = [watcher.look for watcher in watchers]
        while wall_ms <= until_ms:
            self._cycle(now, wall_ms, looks, watchers)
            if each_day is not None and wall_ms >= day_ms:
                each_day(wall_ms)
                day_ms += 86_400_000
            now = clock.advance(self._cycle_s)
            wall_ms = now.wall_ms

    def _cycle(self, now: Now, wall_ms: int, looks: Sequence[_Look], watchers: Sequence[Watcher]) -> None:
        field, log, engine = self._field, self._log, self.engine
        if self._seldom and log.next_ms is not None and log.next_ms <= wall_ms:
            # An interval ends with this cycle.
            for point in self._seldom:
                field.read_now(point)
        step = engine.step(now, field.advance())
        for write in step.writes:
            field.submit(write)
        intervals = log.step(now, step.counts).intervals
        said = engine.said
        for look in looks:
            look(now, step, said)
        if intervals:
            for watcher in watchers:
                watcher.intervals(intervals)
        self.cycles += 1
