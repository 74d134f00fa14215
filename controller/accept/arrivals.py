"""How often readings come, as the drivers hand them over. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from drivers.api import Event, Sample, Unchanged


class Arrivals:
    """First and last arrival of each point, machine monotonic nanoseconds, and how many there were."""

    def __init__(self) -> None:
        self._first: dict[int, int] = {}
        self._last: dict[int, int] = {}
        self._count: dict[int, int] = {}

    def note(self, events: Iterable[Event]) -> None:
        for event in events:
            if isinstance(event, Sample):
                self._came(event.point, event.reading.mono_ns)
            elif isinstance(event, Unchanged):
                for point in event.points:
                    self._came(point, event.mono_ns)

    def last_ns(self, points: Iterable[int]) -> int | None:
        """When one of these came last."""
        return max((self._last[point] for point in points if point in self._last), default=None)

    def count(self, point: int) -> int:
        return self._count.get(point, 0)

    def period_s(self, point: int) -> float | None:
        """Machine seconds between two arrivals on average; None before the third."""
        between = self.count(point) - 1
        if between < 2:
            return None
        return (self._last[point] - self._first[point]) / between / 1e9

    def _came(self, point: int, mono_ns: int) -> None:
        if mono_ns <= self._last.get(point, -1):
            return
        self._first.setdefault(point, mono_ns)
        self._last[point] = mono_ns
        self._count[point] = self.count(point) + 1
