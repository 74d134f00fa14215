"""A machine's clocks, moved by hand, and whether anything has told it the time."""

from __future__ import annotations

from controller.clock import SiteClock

SECOND = 1_000_000_000
MINUTE = 60
HOUR = 3600
YEARS_26 = 26 * 365 * 24 * HOUR


class Machine:
    """Seconds in, nanoseconds kept."""

    def __init__(self, wall_s: int, *, has_chip: bool = True) -> None:
        self.wall_ns = wall_s * SECOND
        self.mono_ns = 5 * SECOND
        self.elapsed_ns = 7 * SECOND
        self.has_chip = has_chip
        """It can know the time."""
        self.synchronised = False
        self.boot = "the first"

    def clock(self, not_before_s: int = 0, booted_ms: int | None = None) -> SiteClock:
        """As the daemon makes it at a start."""
        return SiteClock(
            not_before_ms=not_before_s * 1000,
            booted_ms=booted_ms,
            believable=lambda: self.has_chip or self.synchronised,
            synchronised=lambda: self.synchronised,
            wall_ns=lambda: self.wall_ns,
            mono_ns=lambda: self.mono_ns,
            elapsed_ns=lambda: self.elapsed_ns,
        )

    def passes(self, seconds: float) -> None:
        """Awake."""
        for name in ("wall_ns", "mono_ns", "elapsed_ns"):
            setattr(self, name, getattr(self, name) + round(seconds * SECOND))

    def sleeps(self, seconds: int) -> None:
        """Suspended: the monotonic clock stands still."""
        self.wall_ns += seconds * SECOND
        self.elapsed_ns += seconds * SECOND

    def leaps(self, seconds: int) -> bool:
        """The wall clock jumps by that much. False: before 1970, which clock_settime(2) refuses (EINVAL)."""
        if self.wall_ns + seconds * SECOND < 0:
            return False
        self.wall_ns += seconds * SECOND
        return True

    def is_set(self, wall_s: int) -> None:
        """The wall clock is set to that time."""
        self.wall_ns = wall_s * SECOND
