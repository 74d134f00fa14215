"""When a building is occupied, as rules look at it that begin before people come. Pure."""

from __future__ import annotations

from typing import NamedTuple

from config.plan.programmes import Programme
from schedules.context import Context
from schedules.programme import course

AHEAD_MS = 2 * 86_400_000
"""So far ahead the next stay is looked for."""


class Stay(NamedTuple):
    """[start, end) without a gap in which people are there."""

    start_ms: int
    """If it has begun, not before `BEHIND_MS` ago."""
    end_ms: int
    """Not after AHEAD_MS from when it was asked for."""


BEHIND_MS = 86_400_000


def stay(occupied: Programme, context: Context, wall_ms: int) -> Stay | None:
    """The stay that has not ended yet at `wall_ms` and begins first; None where none begins within AHEAD_MS.

    `occupied` asks for a value while people are there and for nothing otherwise.
    """
    found: Stay | None = None
    for stretch in course(occupied, context, wall_ms - BEHIND_MS, wall_ms + AHEAD_MS):
        if not stretch.asks:
            if found is not None and found.end_ms > wall_ms:
                return found
            found = None
        elif found is None:
            found = Stay(stretch.start_ms, stretch.end_ms)
        else:
            found = Stay(found.start_ms, stretch.end_ms)
    return found if found is not None and found.end_ms > wall_ms else None
