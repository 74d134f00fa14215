"""What one meter measured hour by hour: eight bytes an hour, for a year has many."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from decimal import Decimal

HOUR_MS = 3_600_000
_UNKNOWN = -1
"""Nothing is known of that hour; a meter counts nothing negative."""


class Hourly:
    """By the start of the hour, UTC milliseconds, from the one of `from_ms` on."""

    def __init__(self, quantum: str, from_ms: int) -> None:
        """`quantum`: decimal text."""
        self._quantum = Decimal(quantum)
        self._first_ms = from_ms - from_ms % HOUR_MS
        self._quanta = array("q")

    def add(self, wall_ms: int, quanta: int) -> None:
        """So much was used from that time on, which is not before `from_ms`."""
        hour = (wall_ms - self._first_ms) // HOUR_MS
        missing = hour + 1 - len(self._quanta)
        if missing > 0:
            self._quanta.extend([_UNKNOWN] * missing)
        self._quanta[hour] = max(0, self._quanta[hour]) + quanta

    def items(self) -> Iterator[tuple[int, Decimal]]:
        """Each hour of which anything is known."""
        for hour, quanta in enumerate(self._quanta):
            if quanta != _UNKNOWN:
                yield self._first_ms + hour * HOUR_MS, quanta * self._quantum

    def get(self, hour_ms: int) -> Decimal | None:
        """What was used in the hour that begins then; None: nobody knows."""
        hour, rest = divmod(hour_ms - self._first_ms, HOUR_MS)
        if rest or not 0 <= hour < len(self._quanta) or self._quanta[hour] == _UNKNOWN:
            return None
        return self._quanta[hour] * self._quantum
