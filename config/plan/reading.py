"""One value of one point, with how good it is and when it was taken."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

Value = bool | int | float | str
"""A value in engineering units: contact or switch (bool), enum state (int), number (float), text (str)."""


class Quality(IntEnum):
    """How far a reading may be trusted."""

    GOOD = 0
    STALE = 1
    """Once good, now older than the point's maximum age."""
    BAD = 2
    """No usable value: never read, refused by the device, out of range, marked unreliable."""


class Reading(NamedTuple):
    """A point's latest reading.

    Made by a line worker (GOOD or BAD) and aged by the cycle (STALE); replaced, never changed. `value` is
    None exactly when `quality` is BAD; missing is never 0. A STALE reading keeps its last value for display
    and nothing may decide on it as if it were fresh. `reason` is a short English code for anything not GOOD
    ("never", "time-out", "exception 2", "not available", "out of range", "fault", "stale", …).
    """

    value: Value | None
    quality: Quality
    reason: str
    wall_ms: int
    """Site time, UTC milliseconds."""
    mono_ns: int
    """Machine monotonic time, nanoseconds; ageing uses only this."""


NEVER = Reading(None, Quality.BAD, "never", 0, 0)
"""The reading of a point that was never read."""
