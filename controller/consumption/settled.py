"""Site time as the log uses it: one that a wrong moment of the wall clock does not carry away.

A row written for a slot in the far future could not be taken back, and a meter's log never goes backwards. So
a leap of the wall clock counts only once it has lasted, or once the clock is declared trusted; until then
time goes on by the monotonic clock.
"""

from __future__ import annotations

from enum import Enum

from config.plan.clock import Now

LEAP_MS = 3_600_000
"""A step up to this size is followed at once."""
LASTING_MS = 600_000
"""A leap is followed after it has lasted this long, site time."""
JITTER_MS = 60_000
"""A step back up to this size is not worth a flag."""


class Step(Enum):
    """What a look at the clock brought."""

    NONE = "none"
    BACK = "back"
    """Followed a step back beyond jitter."""
    DOUBTED = "doubted"
    """The wall clock has leapt; not followed yet."""


class SettledTime:
    """Wall time from the monotonic clock and an offset that follows the wall clock with judgement."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._offset: float | None = None
        self._trusted = False
        self._leap: tuple[float, float] | None = None
        """(offset leapt to, site time when first seen)."""

    def site_ms(self, mono_ns: int) -> float:
        """Site milliseconds by the monotonic clock: for durations."""
        return mono_ns / 1e6 * self._speed

    def wall_ms(self, mono_ns: int) -> int:
        """The time of that moment. Only after the first `look`."""
        assert self._offset is not None
        return round(self.site_ms(mono_ns) + self._offset)

    def look(self, now: Now) -> Step:
        """Follow the wall clock, or doubt it."""
        site_ms = self.site_ms(now.mono_ns)
        offset = now.wall_ms - site_ms
        became_trusted = now.trusted and not self._trusted
        self._trusted = now.trusted
        if self._offset is None:
            self._offset = offset
            return Step.NONE
        change = offset - self._offset
        if abs(change) > LEAP_MS and not became_trusted and not self._lasted(offset, site_ms):
            return Step.DOUBTED
        self._offset, self._leap = offset, None
        return Step.BACK if change < -JITTER_MS else Step.NONE

    def _lasted(self, offset: float, site_ms: float) -> bool:
        if self._leap is None or abs(offset - self._leap[0]) > JITTER_MS:
            self._leap = (offset, site_ms)
        return site_ms - self._leap[1] >= LASTING_MS
