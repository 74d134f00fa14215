"""From what was read to the inbox: a Sample for each point that says something new, one Unchanged for the
rest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from config.plan.clock import Clock
from config.plan.reading import Quality, Reading, Value
from drivers.api import Inbox, Sample, Unchanged

_GOOD, _BAD = Quality.GOOD, Quality.BAD
"""Looked up here: a member of an enumeration costs as much as a record."""


class Found(NamedTuple):
    """What a point was found to say. `value` is None exactly when it is BAD for `reason`."""

    point: int
    value: Value | None
    reason: str = ""


class Handover:
    """One line's. Knows what the last Sample of each of its points said; nobody else samples them."""

    def __init__(self, inbox: Inbox, clock: Clock) -> None:
        self._inbox = inbox
        self._clock = clock
        self._last: dict[int, Found] = {}

    def give(self, found: Iterable[Found], whole: tuple[int, ...] = ()) -> None:
        """Readings of this moment.

        `whole`: all points that were read, of which the others are known to say what their last Sample said.
        It is handed on as it is, and the same tuple each time spares whoever takes it to look into it.
        """
        now, last, put = self._clock.now(), self._last, self._inbox.put
        wall_ms, mono_ns = now.wall_ms, now.mono_ns
        same: list[int] = []
        samples = 0
        for one in found:
            point, value, reason = one
            if last.get(point) == one:
                same.append(point)
                continue
            last[point] = one
            samples += 1
            quality = _BAD if value is None else _GOOD
            put(Sample(point, Reading(value, quality, reason, wall_ms, mono_ns)))
        if samples < len(whole):
            put(Unchanged(whole, wall_ms, mono_ns))
        elif same:
            put(Unchanged(tuple(same), wall_ms, mono_ns))

    def repeat(self, points: tuple[int, ...]) -> None:
        """`points` were read and say what their last Samples said."""
        now = self._clock.now()
        self._inbox.put(Unchanged(points, now.wall_ms, now.mono_ns))
