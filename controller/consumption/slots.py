"""Where intervals begin and end: aligned to local time, kept in UTC milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


class Slots:
    """The partition of time into slots of `interval_s` in a time zone.

    A slot begins where the local time of day is a multiple of the interval. The hour that is repeated or
    skipped when clocks change has its slots like any other; where a change is no multiple of the interval,
    the slot around it is shorter. The interval divides the day.
    """

    def __init__(self, time_zone: str, interval_s: int) -> None:
        if interval_s <= 0 or 86_400 % interval_s:
            raise ValueError(f"an interval of {interval_s} s does not divide the day")
        self._zone = ZoneInfo(time_zone)
        self.length_ms = interval_s * 1000
        self._cached = (0, 0)

    def floor(self, wall_ms: int) -> int:
        """The latest boundary at or before `wall_ms`."""
        offset = self._offset_ms(wall_ms)
        found = wall_ms - (wall_ms + offset) % self.length_ms
        if (before := self._offset_ms(found)) != offset:
            # Clocks changed since: only the walk from before the change knows the boundaries around it.
            found -= (found + before) % self.length_ms
            while (following := self.next(found)) <= wall_ms:
                found = following
        return found

    def next(self, boundary_ms: int) -> int:
        """The boundary after `boundary_ms`. Given any other time, the first boundary after it."""
        if self._cached[0] == boundary_ms and self._cached[1]:
            return self._cached[1]
        before = self._offset_ms(boundary_ms)
        by_old = boundary_ms + self.length_ms - (boundary_ms + before) % self.length_ms
        after = self._offset_ms(by_old - 1)
        found = by_old
        if after != before:
            by_new = boundary_ms + self.length_ms - (boundary_ms + after) % self.length_ms
            if self._offset_ms(by_new - 1) == after:
                found = by_new
        self._cached = (boundary_ms, found)
        return found

    def said(self, wall_ms: int) -> str:
        """That time as people read it: local, to the minute."""
        return datetime.fromtimestamp(wall_ms // 1000, UTC).astimezone(self._zone).strftime("%Y-%m-%d %H:%M")

    def _offset_ms(self, wall_ms: int) -> int:
        offset = datetime.fromtimestamp(wall_ms // 1000, UTC).astimezone(self._zone).utcoffset()
        assert offset is not None
        return round(offset.total_seconds()) * 1000
