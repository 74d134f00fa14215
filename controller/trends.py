"""Which samples of a point's course are kept. Pure.

A point's value is kept at every boundary of the log, when it has changed by more than its deadband, not more
often than its trend says, and at once when its quality changes. What is not GOOD is kept as None: from there
on nothing is known, until the next sample. So is the begin of a run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from config.plan.clock import Now, Pace
from config.plan.metering import Trend
from config.plan.reading import NEVER, Quality, Reading
from controller.consumption.slots import Slots

_WHOLE = 2**53
"""Up to here every whole number is exact as a float, and is kept as an integer, which takes less room."""

Number: TypeAlias = int | float


class Kept(NamedTuple):
    """One sample."""

    point: int
    """Point id."""
    time_ms: int
    """Site time as it was known then."""
    value: Number | None
    """A switch is 0 or 1, an enum its state's number; None = not known from then on."""


@dataclass(slots=True)
class _Course:
    """One point's, and what was kept of it last."""

    trend: Trend
    pause_ns: int
    value: Number | None = None
    seen: Number | None = None
    """What it was at the last look, kept or not."""
    due_ns: int = 0
    """Machine monotonic time from which on it may be kept again."""


class Trends:
    """The courses of all points of a Plan that are kept. Costs something when one of them changes."""

    def __init__(self, trends: Iterable[Trend], slots: Slots, pace: Pace) -> None:
        self._slots = slots
        self._speed = pace.speed
        self._courses = {
            trend.point: _Course(trend, round(trend.every_s / pace.speed * 1e9)) for trend in trends
        }
        self._early: set[int] = set()
        """Changed too soon after they were kept."""
        self._next_ms: int | None = None

    def step(self, now: Now, changed: Sequence[int], readings: Sequence[Reading]) -> list[Kept]:
        """One cycle: `changed` are the points whose value or quality has, `readings` by point id. Returns the
        samples to be kept, by time unless the clock was put right."""
        kept: list[Kept] = []
        if self._next_ms is None:
            self._begin(now, readings, kept)
            self._next_ms = self._slots.next(self._slots.floor(now.wall_ms))
            return kept
        mine = [point for point in changed if point in self._courses]
        if now.wall_ms >= self._next_ms:
            boundary_ms = self._slots.floor(now.wall_ms)
            for point in [one for one in mine if self._time(readings[one], now) <= boundary_ms]:
                mine.remove(point)
                self._look(point, now, readings, kept)
            # What has changed since is not the boundary's value.
            for point, course in self._courses.items():
                self._keep(point, boundary_ms, course.seen, now, kept)
            self._next_ms = self._slots.next(boundary_ms)
        elif now.wall_ms < self._next_ms - self._slots.length_ms:  # the clock was set back
            self._next_ms = self._slots.next(self._slots.floor(now.wall_ms))
        for point in mine:
            self._look(point, now, readings, kept)
        if self._early:
            self._look_again(now, kept)
        return kept

    def _begin(self, now: Now, readings: Sequence[Reading], kept: list[Kept]) -> None:
        for point, course in self._courses.items():
            course.seen = _value(readings[point])
            self._keep(point, now.wall_ms, course.seen, now, kept)

    def _look(self, point: int, now: Now, readings: Sequence[Reading], kept: list[Kept]) -> None:
        course, reading = self._courses[point], readings[point]
        value = course.seen = _value(reading)
        if (value is None) is not (course.value is None):
            self._keep(point, self._time(reading, now), value, now, kept)
        elif not _differs(value, course.value, course.trend.deadband):
            self._early.discard(point)
        elif now.mono_ns < course.due_ns:
            self._early.add(point)
        else:
            self._keep(point, self._time(reading, now), value, now, kept)

    def _look_again(self, now: Now, kept: list[Kept]) -> None:
        for point in [point for point in self._early if now.mono_ns >= self._courses[point].due_ns]:
            self._keep(point, now.wall_ms, self._courses[point].seen, now, kept)

    def _keep(self, point: int, time_ms: int, value: Number | None, now: Now, kept: list[Kept]) -> None:
        course = self._courses[point]
        course.value, course.due_ns = value, now.mono_ns + course.pause_ns
        self._early.discard(point)
        kept.append(Kept(point, time_ms, value))

    def _time(self, reading: Reading, now: Now) -> int:
        """When it became so, by the clock as it is now: a reading that is stale is so since now."""
        if reading.quality is Quality.STALE or reading is NEVER:
            return now.wall_ms
        return now.wall_ms - round((now.mono_ns - reading.mono_ns) / 1e6 * self._speed)


def _value(reading: Reading) -> Number | None:
    value = reading.value
    if reading.quality is not Quality.GOOD or isinstance(value, str) or value is None:
        return None
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < _WHOLE else value
    return int(value)


def _differs(value: Number | None, kept: Number | None, deadband: float) -> bool:
    if value is None or kept is None:
        return value is not kept
    return value != kept if not deadband else abs(value - kept) > deadband
