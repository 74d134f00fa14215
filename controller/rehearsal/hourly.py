"""What one meter measured, or one motor ran, hour by hour: eight bytes an hour, for a year has many."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from decimal import Decimal

HOUR_MS = 3_600_000
_UNKNOWN = -1
"""Nothing is known of that hour; nobody counts anything negative."""


class Hours:
    """Whole numbers by the start of the hour, UTC milliseconds, from the one of `from_ms` on."""

    def __init__(self, from_ms: int) -> None:
        self._first_ms = from_ms - from_ms % HOUR_MS
        self._sums = array("q")

    def add(self, wall_ms: int, count: int) -> None:
        """So much from that time on, which is not before `from_ms`."""
        hour = (wall_ms - self._first_ms) // HOUR_MS
        missing = hour + 1 - len(self._sums)
        if missing > 0:
            self._sums.extend([_UNKNOWN] * missing)
        self._sums[hour] = max(0, self._sums[hour]) + count

    def items(self) -> Iterator[tuple[int, int]]:
        """Each hour of which anything is known."""
        for hour, count in enumerate(self._sums):
            if count != _UNKNOWN:
                yield self._first_ms + hour * HOUR_MS, count

    def get(self, hour_ms: int) -> int | None:
        """Of the hour that begins then; None: nothing is known."""
        hour, rest = divmod(hour_ms - self._first_ms, HOUR_MS)
        if rest or not 0 <= hour < len(self._sums) or self._sums[hour] == _UNKNOWN:
            return None
        return self._sums[hour]


class Hourly:
    """What a meter measured, in quanta, and told in its unit."""

    def __init__(self, quantum: str, from_ms: int) -> None:
        """`quantum`: decimal text."""
        self._quantum = Decimal(quantum)
        self._quanta = Hours(from_ms)

    def add(self, wall_ms: int, quanta: int) -> None:
        """So much was used from that time on, which is not before `from_ms`."""
        self._quanta.add(wall_ms, quanta)

    def items(self) -> Iterator[tuple[int, Decimal]]:
        """Each hour of which anything is known."""
        return ((hour_ms, quanta * self._quantum) for hour_ms, quanta in self._quanta.items())

    def get(self, hour_ms: int) -> Decimal | None:
        """What was used in the hour that begins then; None: nobody knows."""
        quanta = self._quanta.get(hour_ms)
        return None if quanta is None else quanta * self._quantum
