"""Site time as the log uses it: of any moment, by the monotonic clock, and flagged where it was put right.

Whether a leap of the machine's clock is followed is not judged here: site time follows one only after it has
stood, or once the clock is trusted. From then on the log writes there: what has become of a slot meanwhile
cannot be known better than its flag says.
"""

from __future__ import annotations

from enum import Enum

from config.plan.clock import LEAP_MS, STEP_MS, Now


class Step(Enum):
    """What a look at the clock brought."""

    NONE = "none"
    BACK = "back"
    """A step back, of more than is not worth a flag."""
    AHEAD = "ahead"
    """A leap forward."""


class SettledTime:
    """Site time from the monotonic clock and an offset."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._offset: float | None = None
        self._asked: tuple[int, int, float] = (-1, 0, 0.0)
        """Of the moment that was asked for last, by the present offset: what is read in one cycle is often
        of one moment."""

    def site_ms(self, mono_ns: int) -> float:
        """Site milliseconds by the monotonic clock: for durations."""
        return mono_ns / 1e6 * self._speed

    def wall_ms(self, mono_ns: int) -> int:
        """The time of that moment. Only after the first `look`."""
        asked_ns, wall_ms, _ = self._asked
        return wall_ms if asked_ns == mono_ns else self.times(mono_ns)[0]

    def times(self, mono_ns: int) -> tuple[int, float]:
        """Both of that moment: the time, and the milliseconds by the monotonic clock."""
        asked_ns, wall_ms, site_ms = self._asked
        if asked_ns != mono_ns:
            assert self._offset is not None
            site_ms = self.site_ms(mono_ns)
            wall_ms = round(site_ms + self._offset)
            self._asked = mono_ns, wall_ms, site_ms
        return wall_ms, site_ms

    def look(self, now: Now) -> Step:
        """Take the time as it is now."""
        site_ms = self.site_ms(now.mono_ns)
        offset = now.wall_ms - site_ms
        change = 0.0 if self._offset is None else offset - self._offset
        self._offset = offset
        self._asked = now.mono_ns, round(site_ms + offset), site_ms
        if change < -STEP_MS:
            return Step.BACK
        return Step.AHEAD if change > LEAP_MS else Step.NONE
