"""The process image: the latest reading of every point, aged by the machine's monotonic clock."""

from __future__ import annotations

from collections.abc import Iterable

from config.plan.clock import Pace
from config.plan.points import Point
from config.plan.reading import NEVER, Quality, Reading
from config.plan.site import Plan
from drivers.api import Event, Sample

_GOOD = Quality.GOOD


class _Class:
    """Points that live equally long. Looked at when the oldest of their readings may have run out."""

    __slots__ = ("due_ns", "life_ns", "members")

    def __init__(self, life_ns: int) -> None:
        self.life_ns = life_ns
        self.members: set[int] = set()
        """Points with a GOOD reading."""
        self.due_ns: int | None = None


class Image:
    """Readings by point id. Written by `take` and `age` once a step; between steps it stands.

    A sample that only refreshes what is known costs next to nothing: no deadline is moved, a class's oldest
    reading is sought when the one that was the oldest would have run out.
    """

    def __init__(self, plan: Plan, pace: Pace) -> None:
        self.readings: list[Reading] = [NEVER] * len(plan.points)
        self.good = 0
        """Points whose reading is GOOD."""
        classes: dict[int, _Class] = {}
        lives = [_life_ns(point, pace) for point in plan.points]
        self._class_of = [classes.setdefault(life_ns, _Class(life_ns)) for life_ns in lives]
        self._classes = list(classes.values())
        counters = {point.id: point.counter for point in plan.points if point.counter is not None}
        logged = {*counters, *(counter.power_point for counter in counters.values())}
        self._logged = [point.id in logged for point in plan.points]

    def take(self, events: Iterable[Event], counts: list[Sample], others: list[Event]) -> list[int]:
        """Take the samples out of `events`. Returns the points whose value or quality changed, or
        that were read for the first time.

        Samples of counters and of the power beside them are added to `counts`, changed or not; what is no
        sample to `others`.
        """
        readings, logged = self.readings, self._logged
        changed: list[int] = []
        for event in events:
            if event.__class__ is not Sample:
                others.append(event)
                continue
            point, reading = event
            old = readings[point]
            readings[point] = reading
            if logged[point]:
                counts.append(event)
            if reading[0] == old[0] and reading[1] is old[1] and old is not NEVER:
                continue
            if reading[1] is not old[1]:
                self._watch(point, old, reading)
            changed.append(point)
        return changed

    def age(self, mono_ns: int) -> list[int]:
        """Make readings past their age STALE. Returns their points."""
        changed: list[int] = []
        for kin in self._classes:
            if kin.due_ns is not None and kin.due_ns <= mono_ns:
                changed += self._age(kin, mono_ns)
        return changed

    def wake_ns(self) -> int | None:
        """Machine monotonic time at which a reading may next become stale."""
        return min((kin.due_ns for kin in self._classes if kin.due_ns is not None), default=None)

    def _age(self, kin: _Class, mono_ns: int) -> list[int]:
        readings = self.readings
        oldest_ns = min([readings[point][4] for point in kin.members])
        changed: list[int] = []
        if oldest_ns + kin.life_ns <= mono_ns:
            changed = [point for point in kin.members if readings[point][4] + kin.life_ns <= mono_ns]
            kin.members.difference_update(changed)
            self.good -= len(changed)
            for point in changed:
                old = readings[point]
                readings[point] = Reading(old.value, Quality.STALE, "stale", old.wall_ms, old.mono_ns)
            oldest_ns = min([readings[point][4] for point in kin.members], default=mono_ns)
        kin.due_ns = oldest_ns + kin.life_ns if kin.members else None
        return sorted(changed)

    def _watch(self, point: int, old: Reading, reading: Reading) -> None:
        """The quality changed: only GOOD readings grow stale."""
        kin = self._class_of[point]
        if reading.quality is _GOOD:
            self.good += 1
            kin.members.add(point)
            due_ns = reading.mono_ns + kin.life_ns
            kin.due_ns = due_ns if kin.due_ns is None else min(kin.due_ns, due_ns)
        elif old.quality is _GOOD:
            self.good -= 1
            kin.members.discard(point)
            if not kin.members:
                kin.due_ns = None


def _life_ns(point: Point, pace: Pace) -> int:
    return round(pace.age_s(point.max_age_s, point.poll_s) * 1_000_000_000)
