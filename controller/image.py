"""The process image: the latest reading of every point, aged by the machine's monotonic clock."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import overload

from config.plan.clock import Pace
from config.plan.points import Point
from config.plan.reading import NEVER, Quality, Reading, Value
from config.plan.site import Plan
from drivers.api import Event, Sample, Unchanged

_GOOD = Quality.GOOD
_MOST = 2**63
"""An integer beyond this fits no database's column."""


class _Class:
    """Points that live equally long. Looked at when the oldest of their readings may have run out."""

    __slots__ = ("blocks", "due_ns", "life_ns", "members", "singles")

    def __init__(self, life_ns: int) -> None:
        self.life_ns = life_ns
        self.members: set[int] = set()
        """Points with a GOOD reading."""
        self.due_ns: int | None = None
        self.blocks: list[_Block] | None = None
        """Those that these are in; None: to be looked up anew."""
        self.singles: list[int] = []
        """Those that are in none; stands as long as `blocks` do."""


class _Block:
    """Points that came again together, and when they did last."""

    __slots__ = ("event", "logged", "whole")

    def __init__(self, event: Unchanged, logged: bool) -> None:
        self.event = event
        self.logged = logged
        self.whole = True
        """When it comes again, it does for all of its points: none has come again otherwise since."""


class Image(Sequence[Reading]):
    """Readings by point id. Written by `take` and `age` once a step; between steps it stands.

    A reading that only came again costs next to nothing: no record is made, no deadline moved, and a block
    that came again as a whole is one thing, whatever was read of single points since: of the two times a
    point has come, the later one counts. A class's oldest reading is sought when the one that was the oldest
    would have run out.
    """

    def __init__(self, plan: Plan, pace: Pace) -> None:
        self.good = 0
        """Points whose reading is GOOD."""
        self._readings: list[Reading] = [NEVER] * len(plan.points)
        self._again: list[_Block | None] = [None] * len(plan.points)
        """With what a point came again last."""
        self._blocks: dict[int, _Block] = {}
        """Those that are whole, by the identity of their points: a driver hands out the same tuple while
        nothing in it changes."""
        self._stale: dict[int, Reading] = {}
        """What points that have grown stale last said."""
        self._before: dict[int, tuple[Reading, Unchanged | None]] = {}
        """What points said before they changed, and with what that had come again."""
        classes: dict[int, _Class] = {}
        lives = [_life_ns(point, pace) for point in plan.points]
        self._class_of = [classes.setdefault(life_ns, _Class(life_ns)) for life_ns in lives]
        self._classes = list(classes.values())
        counters = {point.id: point.counter for point in plan.points if point.counter is not None}
        logged = {*counters, *(counter.power_point for counter in counters.values())}
        logged.update(item.point for item in plan.metering.integrated)
        self._logged = frozenset(point.id for point in plan.points if point.id in logged)

    @overload
    def __getitem__(self, index: int) -> Reading: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Reading]: ...
    def __getitem__(self, index: int | slice) -> Reading | Sequence[Reading]:
        if isinstance(index, slice):
            return [self[point] for point in range(*index.indices(len(self)))]
        reading, block = self._readings[index], self._again[index]
        if block is None or block.event[2] <= reading[4]:
            return reading
        # Kept, since it may be looked at often before it comes again: the same reading, of its later time.
        self._readings[index] = reading = _anew(reading, block.event)
        return reading

    def __len__(self) -> int:
        return len(self._readings)

    @property
    def said(self) -> Sequence[Reading]:
        """The same for those who do not ask when: what only came again has a time of before. Not to be
        written."""
        return self._readings

    def before(self, point: int) -> Reading:
        """What a point that has changed said until then, with the time it came last."""
        reading, came = self._before.get(point, (NEVER, None))
        return reading if came is None or came.mono_ns <= reading.mono_ns else _anew(reading, came)

    def take(
        self, events: Iterable[Event], counts: list[Sample | Unchanged], others: list[Event]
    ) -> list[int]:
        """Take the readings out of `events`. Returns the points whose value or quality changed, or
        that were read for the first time.

        Readings of counters, of the power beside them and of integrated meters are added to `counts`, changed
        or not (what came again with whatever else is in its block); what is no reading to `others`.
        """
        readings, again, logged, before = self._readings, self._again, self._logged, self._before
        changed: list[int] = []
        count, change, least, most = counts.append, changed.append, -math.inf, math.inf
        for event in events:
            if event.__class__ is Unchanged:
                if self._stale and not self._stale.keys().isdisjoint(event.points):
                    changed += self._revive(event)
                came = self._blocks.get(id(event[0]))
                if came is None:
                    came = self._gather(event)
                came.event = event
                if came.logged:
                    counts.append(event)
                continue
            if event.__class__ is not Sample:
                others.append(event)
                continue
            point, reading = event
            old, value = readings[point], reading[0]
            same = value == old[0]
            if not same and not (value.__class__ is float and least < value < most) and _beyond(value):
                reading = Reading(None, Quality.BAD, "out of range", reading[3], reading[4])
                event, same = Sample(point, reading), old[0] is None
            readings[point] = reading
            block, read_ns = again[point], reading[4]
            again_at = None if block is None else block.event
            if read_ns < old[4] or (again_at is not None and read_ns < again_at[2]):
                self._told_late(point, reading)
            if point in logged:
                count(event)
            if reading[1] is not old[1]:
                before[point] = old, again_at
                self._watch(point, old, reading)
            elif same and old is not NEVER:
                continue
            else:
                before[point] = old, again_at
            change(point)
        return changed

    def _gather(self, event: Unchanged) -> _Block:
        """These came again together, for the first time."""
        again = self._again
        block = _Block(event, not self._logged.isdisjoint(event.points))
        latest: _Block | None = block
        for point in event.points:
            former, again[point] = again[point], block
            if former is not latest and former is not None:
                latest = former
                self._part(former)
        if event.points:
            self._blocks[id(event.points)] = block
        self._seek_anew()
        return block

    def _told_late(self, point: int, reading: Reading) -> None:
        """Read before what was told before it: it counts, with its own time."""
        block, self._again[point] = self._again[point], None
        if block is not None:
            self._part(block)
        kin = self._class_of[point]
        if kin.due_ns is not None:
            kin.due_ns = min(kin.due_ns, reading.mono_ns + kin.life_ns)

    def _part(self, block: _Block) -> None:
        """It does not come again as a whole."""
        if block.whole:
            block.whole = False
            del self._blocks[id(block.event.points)]
            self._seek_anew()

    def _seek_anew(self) -> None:
        """Points are in other blocks than before."""
        for kin in self._classes:
            kin.blocks = None

    def take_over(self, former: Image, same: Mapping[int, int]) -> list[int]:
        """The readings of another Plan's image; `same`: its points → those here that mean the same. Returns
        those that have one now."""
        known: list[int] = []
        for old, new in same.items():
            reading = former[old]
            if reading is NEVER:
                continue
            self._readings[new] = reading
            self._watch(new, NEVER, reading)
            if (stale := former._stale.get(old)) is not None:
                self._stale[new] = stale
            known.append(new)
        return sorted(known)

    def age(self, mono_ns: int) -> list[int]:
        """Make readings past their age STALE. Returns their points."""
        changed: list[int] = []
        for kin in self._classes:
            due_ns = kin.due_ns
            if due_ns is None or due_ns > mono_ns:
                continue
            blocks = kin.blocks
            if blocks is not None and len(blocks) == 1 and not kin.singles:
                # Most often all of them come together.
                last_ns = blocks[0].event[2]
                if mono_ns - kin.life_ns < last_ns <= mono_ns:
                    kin.due_ns = last_ns + kin.life_ns
                    continue
            changed += self._age(kin, mono_ns)
        return changed

    def wake_ns(self) -> int | None:
        """Machine monotonic time at which a reading may next become stale."""
        return min((kin.due_ns for kin in self._classes if kin.due_ns is not None), default=None)

    def _age(self, kin: _Class, mono_ns: int) -> list[int]:
        changed: list[int] = []
        born_ns = mono_ns - kin.life_ns
        oldest_ns = self._oldest_ns(kin, mono_ns)
        if oldest_ns <= born_ns:
            changed = sorted(point for point in kin.members if self[point].mono_ns <= born_ns)
            # What is younger than its late block was read by itself since: from now on it is looked at so.
            for block in [block for block in kin.blocks or () if block.event.mono_ns <= born_ns]:
                self._part(block)
            kin.members.difference_update(changed)
            kin.blocks = None
            self.good -= len(changed)
            for point in changed:
                self._stale[point] = reading = self[point]
                self._readings[point] = reading._replace(quality=Quality.STALE, reason="stale")
                self._again[point] = None
            oldest_ns = self._oldest_ns(kin, mono_ns)
        kin.due_ns = oldest_ns + kin.life_ns if kin.members else None
        return changed

    def _oldest_ns(self, kin: _Class, mono_ns: int) -> int:
        """Nothing of this class was read before that; `mono_ns` for an empty one."""
        if kin.blocks is None:
            again = self._again
            blocks = {block for point in kin.members if (block := again[point]) is not None and block.whole}
            kin.blocks = list(blocks)
            kin.singles = [point for point in kin.members if again[point] not in blocks]
        oldest_ns = mono_ns
        for block in kin.blocks:
            if block.event[2] < oldest_ns:
                oldest_ns = block.event[2]
        for point in kin.singles:
            if (read_ns := self[point][4]) < oldest_ns:
                oldest_ns = read_ns
        return oldest_ns

    def _revive(self, event: Unchanged) -> list[int]:
        """What had grown stale was read again after all, and says what it said."""
        points = [point for point in event.points if point in self._stale]
        for point in points:
            stale = self._readings[point]
            self._before[point] = stale, None
            self._readings[point] = reading = _anew(self._stale[point], event)
            self._watch(point, stale, reading)
        return points

    def _watch(self, point: int, old: Reading, reading: Reading) -> None:
        """The quality changed: only GOOD readings grow stale."""
        kin = self._class_of[point]
        self._stale.pop(point, None)
        if reading.quality is _GOOD:
            self.good += 1
            kin.members.add(point)
            kin.blocks = None
            due_ns = reading.mono_ns + kin.life_ns
            kin.due_ns = due_ns if kin.due_ns is None else min(kin.due_ns, due_ns)
        elif old.quality is _GOOD:
            self.good -= 1
            kin.members.discard(point)
            kin.blocks = None
            if not kin.members:
                kin.due_ns = None


def _anew(reading: Reading, again: Unchanged) -> Reading:
    """The same reading, of the time it came again."""
    return Reading(reading.value, reading.quality, reading.reason, again.wall_ms, again.mono_ns)


def _beyond(value: Value | None) -> bool:
    """Whether a number cannot be reckoned with: not finite, or an integer beyond 64 bits. One that slipped
    through a driver must not reach what compares, counts and stores."""
    if isinstance(value, float):
        return not math.isfinite(value)
    return isinstance(value, int) and not -_MOST <= value < _MOST


def _life_ns(point: Point, pace: Pace) -> int:
    return round(pace.age_s(point.max_age_s, point.poll_s) * 1_000_000_000)
