"""The highest demand: the mean power of 15 minutes, sliding by one, over the meters at the top."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from config.plan.clock import Now
from config.plan.reading import Reading
from config.plan.site import Plan
from controller.consumption.records import Interval
from controller.decide.rules.demand import WINDOW, Minutes, demand, later
from controller.decide.rules.look import number_of
from controller.decide.step import Step
from controller.rehearsal.metering import Consumption

_MINUTE_MS = 60_000


class Demand:
    """By the powers beside the counters that `consumption` adds up; without them nothing is known."""

    def __init__(self, plan: Plan, consumption: Consumption) -> None:
        counters = [plan.points[used.meter.point].counter for used in consumption.roots("electricity")]
        powers = [None if counter is None else counter.power_point for counter in counters]
        known = [point for point in powers if point is not None]
        self._order = known if len(known) == len(powers) else []
        self._powers = frozenset(self._order)
        self._drawn: float | None = None
        """By all of them when one changed last; None: not known."""
        self._minutes: Minutes = ()
        self._sum = 0.0
        self._looks = 0
        self._minute_ms: int | None = None
        self.highest_kw: float | None = None
        """None: no quarter of an hour was measured."""
        self.ended_ms = 0
        """The end of it."""

    def look(self, now: Now, step: Step, readings: Sequence[Reading]) -> None:
        if not self._powers:
            return
        if self._minute_ms is None or not self._powers.isdisjoint(step.changed):
            self._drawn = _sum(number_of(readings[point]) for point in self._order)
        if self._drawn is not None:
            self._sum += self._drawn
            self._looks += 1
        if self._minute_ms is None:
            self._minute_ms = now.wall_ms
        while now.wall_ms >= self._minute_ms + _MINUTE_MS:
            self._minute_ms += _MINUTE_MS
            self._minutes = later(self._minutes, (self._sum / self._looks if self._looks else None,))
            self._sum, self._looks = 0.0, 0
            self._close(self._minute_ms)

    def intervals(self, rows: Sequence[Interval]) -> None:
        """Nothing: only readings count."""

    def _close(self, ended_ms: int) -> None:
        found = demand(self._minutes)
        if len(self._minutes) < WINDOW or None in self._minutes or found is None:
            return
        if self.highest_kw is None or found > self.highest_kw:
            self.highest_kw, self.ended_ms = found, ended_ms


def _sum(numbers: Iterable[float | None]) -> float | None:
    """Of all, if all are known."""
    found = list(numbers)
    known = [number for number in found if number is not None]
    return sum(known) if len(known) == len(found) else None
