"""Clocks: the site's real one, which may run faster than the world's in a demo, and a virtual one.

The site's clock follows the machine's with judgement. It counts on by itself and compares what it has counted
with the machine's clock once a cycle:

- A difference of up to an hour is followed at once: NTP puts a clock right by seconds or minutes.
- A greater one is a leap. Site time was right a moment ago and goes on being counted; the leap is followed
  after it has stood for ten minutes. If the machine's clock comes back before, nothing has happened. That NTP
  stands behind a leap makes it no better: receivers and servers that are decades off exist, and waiting costs
  nothing while the time that is counted is right.
- A start in the same boot of the machine goes on from where the run before was, if the machine's clock is
  ahead of that or a few seconds behind: a leap ahead between the two is doubted like any other.
- Each look takes the machine's clock for its new beginning, so that no drift ever adds up to a leap. What is
  counted by includes the time that a machine sleeps, so that waking is no leap either.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple, Protocol

from config.plan.clock import LASTING_MS, LEAP_MS, STEP_MS, Clock, Now
from controller.kernel_clock import elapsed_ns, kernel_is_synchronised, machine_is_believable

_NS_PER_MS = 1_000_000
_BACK_NS = 5_000_000_000
"""So far NTP may have set the machine's clock back between two runs, and it is the same clock still."""


class SteppedClock(Clock, Protocol):
    """A clock as the daemon's cycle uses it: site time steps in `look` alone, so that between two cycles it
    only counts on, and whatever was reckoned from `now` can be put right in the next."""

    def look(self) -> Now:
        """Look at the machine's clock, follow it or doubt it; the time then. Once a cycle."""


class _Leap(NamedTuple):
    ahead_ns: int
    """Machine's clock less site time when first seen."""
    since_ns: int
    """Machine monotonic time then."""


class SiteClock:
    """Site time: the machine's, or from a given start at `speed` site seconds a machine second.

    While the machine's time cannot be believed (it lies before the last stored time, or nothing has told this
    machine the time), it is not trusted and counts on from the last stored time, the least it can be.

    Where the run before was trusted, the machine has not booted since and its clock is ahead (or seconds
    behind), it is trusted and counts on. Else it is believed as soon as the kernel is synchronised, wherever
    the last stored time lies. Else, on a machine that can know the time and from the last stored time on: at
    the start, and later if it is no leap or has stood. Once believed it stays so.
    """

    def __init__(
        self,
        speed: float = 1.0,
        start_wall_ms: int | None = None,
        *,
        not_before_ms: int = 0,
        booted_ms: int | None = None,
        believable: Callable[[], bool] = machine_is_believable,
        synchronised: Callable[[], bool] = kernel_is_synchronised,
        wall_ns: Callable[[], int] = time.time_ns,
        mono_ns: Callable[[], int] = time.monotonic_ns,
        elapsed_ns: Callable[[], int] = elapsed_ns,
    ) -> None:
        """`start_wall_ms`: begin there and never look at the machine's wall clock (demos; always trusted).
        `not_before_ms`: the last stored time. `booted_ms`: site time at which this machine has booted, as the
        run before knew it (`Now`); None: that was in another boot, or not known. `elapsed_ns`: like
        `mono_ns`, the machine's sleep included.
        Raises ValueError for a speed other than 1 without a start."""
        if speed != 1.0 and start_wall_ms is None:
            raise ValueError("site time that runs faster needs a start of its own")
        self.speed = speed
        self._believable = believable
        self._synchronised = synchronised
        self._wall_ns = wall_ns
        self._mono_ns = mono_ns
        self._elapsed_ns = elapsed_ns
        self._bound_ns = not_before_ms * _NS_PER_MS
        self._own_time = start_wall_ms is not None
        self._trusted = self._own_time
        self._leap: _Leap | None = None
        self._leap_ns = 0
        """Machine's clock less site time at the last look, while a leap is not followed."""
        self._put_right_ns = 0
        self.behind_ms = 0
        """How far the machine's clock lay before the last stored time and was believed all the same."""
        self._from_ns = elapsed_ns()
        """Elapsed time at which site time was `_site_ns`."""
        self._site_ns = self._bound_ns if start_wall_ms is None else start_wall_ms * _NS_PER_MS
        if not self._own_time:
            self._begin(booted_ms)

    def now(self) -> Now:
        """Counted on from the last look."""
        return Now(
            self._counted_ns(self._elapsed_ns()) // _NS_PER_MS,
            self._mono_ns(),
            self._trusted,
            self._leap_ns // _NS_PER_MS if self._trusted else 0,
            self._put_right_ns // _NS_PER_MS,
            self._booted_ms(),
        )

    def look(self) -> Now:
        """Look at the machine's clock, follow it or doubt it; the time then."""
        if not self._own_time:
            # Both at one moment: what lies between two readings would add up.
            machine_ns, elapsed_ns = self._wall_ns(), self._elapsed_ns()
            ahead_ns = machine_ns - self._counted_ns(elapsed_ns)
            if self._follows(machine_ns, ahead_ns):
                self._from_ns, self._site_ns = elapsed_ns, machine_ns
                self._put_right_ns += ahead_ns
                self._leap, self._leap_ns = None, 0
        return self.now()

    def _begin(self, booted_ms: int | None) -> None:
        machine_ns = self._wall_ns()
        if booted_ms is not None and machine_ns >= booted_ms * _NS_PER_MS + self._from_ns - _BACK_NS:
            self._trusted, self._site_ns = True, booted_ms * _NS_PER_MS + self._from_ns
            self.look()
            return
        before_ns = max(0, self._bound_ns - machine_ns)
        self._trusted = self._synchronised() or (not before_ns and self._believable())
        if self._trusted or not before_ns:
            self._site_ns = machine_ns
            # What was stored by a clock that was ahead is put right with it.
            self._put_right_ns, self.behind_ms = -before_ns, before_ns // _NS_PER_MS

    def _booted_ms(self) -> int | None:
        if self._own_time or not self._trusted:
            return None
        return (self._site_ns - self._from_ns) // _NS_PER_MS

    def _counted_ns(self, elapsed_ns: int) -> int:
        passed_ns = elapsed_ns - self._from_ns
        return self._site_ns + (passed_ns if self.speed == 1.0 else round(passed_ns * self.speed))

    def _follows(self, machine_ns: int, ahead_ns: int) -> bool:
        if self._trusted:
            return self._no_leap(ahead_ns)
        if self._synchronised():
            self._trusted = True
        elif machine_ns >= self._bound_ns and self._believable():
            self._trusted = self._no_leap(ahead_ns)
        elif ahead_ns <= 0:
            self._leap = None
        else:
            # Not believed, only the least that it can be: that never goes back.
            return self._no_leap(ahead_ns)
        return self._trusted

    def _no_leap(self, ahead_ns: int) -> bool:
        """Whether the machine's clock is near what was counted, or has stood where it leapt to."""
        if abs(ahead_ns) <= LEAP_MS * _NS_PER_MS:
            return True
        mono_ns = self._mono_ns()
        if self._leap is None or abs(ahead_ns - self._leap.ahead_ns) > STEP_MS * _NS_PER_MS:
            self._leap = _Leap(ahead_ns, mono_ns)
        self._leap_ns = ahead_ns
        return mono_ns - self._leap.since_ns >= LASTING_MS * _NS_PER_MS


class VirtualClock:
    """Time that moves when told: for tests and rehearsals. A step is followed at once."""

    def __init__(self, wall_ms: int, speed: float = 1.0) -> None:
        self.speed = speed
        self._wall_ms = wall_ms
        self._mono_ns = 1_000_000_000
        self._now = Now(self._wall_ms, self._mono_ns, trusted=True)
        """Made anew when something of it changes: it is asked for more often."""

    def now(self) -> Now:
        return self._now

    def look(self) -> Now:
        """The same: nobody steps it but the test."""
        return self._now

    @property
    def trusted(self) -> bool:
        return self._now.trusted

    @trusted.setter
    def trusted(self, trusted: bool) -> None:
        self._now = self._now._replace(trusted=trusted)

    @property
    def leap_ms(self) -> int:
        return self._now.leap_ms

    @leap_ms.setter
    def leap_ms(self, leap_ms: int) -> None:
        self._now = self._now._replace(leap_ms=leap_ms)

    def advance(self, machine_s: float) -> Now:
        """Let `machine_s` machine seconds pass; site time goes on `speed` times as much."""
        _, _, trusted, leap_ms, put_right_ms, booted_ms = self._now
        self._mono_ns += round(machine_s * 1_000_000_000)
        self._wall_ms += round(machine_s * 1000 * self.speed)
        self._now = now = Now(self._wall_ms, self._mono_ns, trusted, leap_ms, put_right_ms, booted_ms)
        return now

    def set_wall(self, wall_ms: int) -> None:
        """Step the wall clock; the monotonic one goes on."""
        put_right_ms = self._now.put_right_ms + wall_ms - self._wall_ms
        self._wall_ms = wall_ms
        self._now = self._now._replace(wall_ms=wall_ms, put_right_ms=put_right_ms)
