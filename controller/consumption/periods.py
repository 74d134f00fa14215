"""The hours, days and months of a time zone. Days and months begin at local midnight: the nights in which
clocks change make days of 23 and 25 hours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeAlias

from controller.consumption.slots import Slots
from schedules.local import LocalTime

Span: TypeAlias = tuple[int, int]
"""[start, end) in UTC milliseconds."""
Partition: TypeAlias = Callable[[int], Span]
"""The part of time in which a moment lies; all of them together leave no gap and do not overlap."""

_HOUR_S = 3600
_DAY_MS = 86_400_000


class Periods:
    """Those of one time zone."""

    def __init__(self, time_zone: str) -> None:
        self._local = LocalTime(time_zone)
        self._slots = Slots(time_zone, _HOUR_S)
        self._hour: Span = (0, 0)
        self._day: Span = (0, 0)
        self._month: Span = (0, 0)

    def hour(self, wall_ms: int) -> Span:
        """The local hour; where clocks change by less, the one beside the change is shorter."""
        if not self._hour[0] <= wall_ms < self._hour[1]:
            start_ms = self._slots.floor(wall_ms)
            self._hour = start_ms, self._slots.next(start_ms)
        return self._hour

    def day(self, wall_ms: int) -> Span:
        """The local day. A time that no calendar reaches has its day by universal time."""
        found = self._day
        if not found[0] <= wall_ms < found[1]:
            try:
                day = self._local.date_at(wall_ms)
                found = self._local.midnight(day), self._local.midnight(day + timedelta(days=1))
            except (ValueError, OverflowError, OSError):
                start_ms = wall_ms - wall_ms % _DAY_MS
                found = start_ms, start_ms + _DAY_MS
            self._day = found
        return found

    def month(self, wall_ms: int) -> Span:
        """The local month. A time that no calendar reaches has its day alone."""
        found = self._month
        if not found[0] <= wall_ms < found[1]:
            try:
                first = self._local.date_at(wall_ms).replace(day=1)
                following = (first + timedelta(days=31)).replace(day=1)
                found = self._local.midnight(first), self._local.midnight(following)
            except (ValueError, OverflowError, OSError):
                found = self.day(wall_ms)
            self._month = found
        return found
