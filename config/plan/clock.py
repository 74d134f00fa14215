"""Time as the rest of the house may know it: handed in, never asked of the machine."""

from __future__ import annotations

import math
from typing import NamedTuple, Protocol

LEAP_MS = 3_600_000
"""The machine's clock has leapt when it differs by more than this from what was counted; up to it, it is
followed at once."""
LASTING_MS = 600_000
"""A leap is followed after it has stood for this long, machine time."""
STEP_MS = 60_000
"""A step of the clock up to this size is not worth a word."""


class Now(NamedTuple):
    """One moment."""

    wall_ms: int
    """Site time: UTC milliseconds, scaled by the clock's speed."""
    mono_ns: int
    """Machine monotonic nanoseconds, never scaled."""
    trusted: bool
    """False while the wall time cannot be believed (boot without RTC or NTP)."""
    leap_ms: int = 0
    """How far the machine's clock is ahead of site time (behind: negative) after a leap that is not followed;
    0 = it has not leapt."""
    put_right_ms: int = 0
    """By how much site time was put right since the start, all steps added up: site time less this has passed
    as the machine counts."""
    booted_ms: int | None = None
    """Site time at which the machine has booted, sleep counted: by it a start in the same boot counts on.
    None: not known."""


class Clock(Protocol):
    """Where time comes from. `speed` is site seconds per machine second (1 except in demos and tests)."""

    speed: float

    def now(self) -> Now: ...


class Pace(NamedTuple):
    """How `speed` changes what waits for the wire.

    A declared time in site seconds is kept as max(declared, real floor × speed) in site time, that is
    max(declared / speed, floor) in machine seconds. Wire time-outs, serial gaps and back-off are never
    scaled.
    """

    speed: float = 1.0
    poll_floor_s: float = 1.0
    """Fastest poll in machine seconds when speed > 1, of what is declared to be polled every 10 s or faster.
    What is declared slower keeps a slower floor, so that a line that was laid out for its declared polls can
    still carry them."""

    def poll_s(self, declared_s: float) -> float:
        """Machine seconds between two polls of something declared to be polled every `declared_s`."""
        if self.speed <= 1:
            return declared_s
        floor_s = self.poll_floor_s * math.sqrt(max(1.0, declared_s / 10))
        return max(declared_s / self.speed, min(declared_s, floor_s))

    def age_s(self, declared_s: float, poll_declared_s: float) -> float:
        """Machine seconds after which a reading is stale: at least three real polls and 5 s when sped up."""
        if self.speed <= 1:
            return declared_s
        return max(declared_s / self.speed, 3 * self.poll_s(poll_declared_s), 5.0)
