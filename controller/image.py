"""The process image: the latest reading of every point, aged by the machine's monotonic clock."""

from __future__ import annotations

import heapq
from collections.abc import Iterable

from config.plan.clock import Pace
from config.plan.points import Point
from config.plan.reading import NEVER, Quality, Reading
from config.plan.site import Plan
from drivers.api import Event, Sample

_GOOD = Quality.GOOD


class Image:
    """Readings by point id. Written by `take` and `age` once a step; between steps it stands.

    A sample that only refreshes what is known costs next to nothing: its point's deadline is looked at when
    the one before it runs out, not moved by every sample.
    """

    def __init__(self, plan: Plan, pace: Pace) -> None:
        self.readings: list[Reading] = [NEVER] * len(plan.points)
        self.good = 0
        """Points whose reading is GOOD."""
        self._life_ns = [_life_ns(point, pace) for point in plan.points]
        self._counter = [point.counter is not None for point in plan.points]
        self._deadlines: list[tuple[int, int]] = []
        self._watched = [False] * len(plan.points)

    def take(self, events: Iterable[Event], counts: list[Sample], others: list[Event]) -> list[int]:
        """Take the samples out of `events`. Returns the points whose value or quality changed.

        Samples of counters are added to `counts`, changed or not; what is no sample to `others`.
        """
        readings, counter = self.readings, self._counter
        changed: list[int] = []
        for event in events:
            if event.__class__ is not Sample:
                others.append(event)
                continue
            point, reading = event
            old = readings[point]
            readings[point] = reading
            if counter[point]:
                counts.append(event)
            if reading[0] == old[0] and reading[1] is old[1]:
                continue
            self._note(point, old, reading)
            changed.append(point)
        return changed

    def age(self, mono_ns: int) -> list[int]:
        """Make readings past their age STALE. Returns their points."""
        deadlines = self._deadlines
        changed: list[int] = []
        while deadlines and deadlines[0][0] <= mono_ns:
            point = deadlines[0][1]
            reading = self.readings[point]
            ends_ns = reading.mono_ns + self._life_ns[point]
            if reading.quality is _GOOD and ends_ns > mono_ns:
                heapq.heapreplace(deadlines, (ends_ns, point))
                continue
            heapq.heappop(deadlines)
            self._watched[point] = False
            if reading.quality is _GOOD:
                self.readings[point] = Reading(
                    reading.value, Quality.STALE, "stale", reading.wall_ms, reading.mono_ns
                )
                self.good -= 1
                changed.append(point)
        return changed

    def wake_ns(self) -> int | None:
        """Machine monotonic time at which a reading may next become stale."""
        return self._deadlines[0][0] if self._deadlines else None

    def _note(self, point: int, old: Reading, reading: Reading) -> None:
        self.good += (reading.quality is _GOOD) - (old.quality is _GOOD)
        if reading.quality is _GOOD and not self._watched[point]:
            self._watched[point] = True
            heapq.heappush(self._deadlines, (reading.mono_ns + self._life_ns[point], point))


def _life_ns(point: Point, pace: Pace) -> int:
    return round(pace.age_s(point.max_age_s, point.poll_s) * 1_000_000_000)
