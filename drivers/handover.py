"""From what was read to the inbox: a Sample for each point that says something new, one Unchanged for the
rest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from config.plan.clock import Clock
from config.plan.reading import Quality, Reading, Value
from drivers.api import Inbox, Sample, Unchanged


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

    def give(self, found: Iterable[Found], again: tuple[int, ...] = ()) -> None:
        """Readings of this moment.

        `again`: all points that were read, those of `found` among them; when that is done each of them says
        what its last Sample said.
        """
        now, last = self._clock.now(), self._last
        same = []
        for one in found:
            point = one.point
            if last.get(point) == one:
                same.append(point)
                continue
            last[point] = one
            quality = Quality.BAD if one.value is None else Quality.GOOD
            reading = Reading(one.value, quality, one.reason, now.wall_ms, now.mono_ns)
            self._inbox.put(Sample(point, reading))
        if again:
            self._inbox.put(Unchanged(again, now.wall_ms, now.mono_ns))
        elif same:
            self._inbox.put(Unchanged(tuple(same), now.wall_ms, now.mono_ns))

    def repeat(self, points: tuple[int, ...]) -> None:
        """`points` were read and say what their last Samples said."""
        now = self._clock.now()
        self._inbox.put(Unchanged(points, now.wall_ms, now.mono_ns))
