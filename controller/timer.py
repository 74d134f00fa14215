"""What wakes the cycle: a monotonic timer aligned to whole wall seconds, and what cannot wait for it."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections import deque
from collections.abc import Callable

PERIOD_S = 1.0
LATE_KEPT = 600
"""Cycles whose lateness is remembered."""
_EARLY = 0.02
"""Part of the period by which a wait may have ended early: timers of the loop go by whole milliseconds and by
when it last looked at the time, and the wall clock may be slewed meanwhile."""


_LOOKS = 5
"""For a calm moment; a loop without one is none that can wait for it."""


class CycleTimer:
    """Wakes once a machine second, on the whole second of the machine's wall clock.

    Each wait is measured on the monotonic clock and worked out anew from the wall clock, so that after a step
    of the wall clock, forward or back, the next wake is at most one period away and aligned again. `nudge`
    wakes it at once (a person's command); wakes that were missed because a cycle overran are skipped.
    """

    def __init__(
        self,
        wall: Callable[[], float],
        period_s: float = PERIOD_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._period_s = period_s
        self._nudged = asyncio.Event()
        self._due: float | None = None
        self.late_s: deque[float] = deque(maxlen=LATE_KEPT)
        """By how much each of the last cycles that nobody nudged came after its time."""
        self.missed = 0
        """Whole periods that had no wake, because what ran before took until after it."""

    @property
    def usual_late_ms(self) -> float:
        """No more than that were 99 of a hundred of the last cycles late; 0 before there are any."""
        late = sorted(self.late_s)
        return late[math.ceil(len(late) * 0.99) - 1] * 1000 if late else 0.0

    def nudge(self) -> None:
        """Wake the cycle now."""
        self._nudged.set()

    async def calm(self) -> None:
        """Until most of a period is left before the next wake, for what holds up the loop: right after a
        cycle it delays none. At once where nobody waits for cycles."""
        for _ in range(_LOOKS):
            left_s = math.inf if self._due is None else self._due - self._monotonic()
            if not -self._period_s < left_s < self._period_s / 2:
                return
            await asyncio.sleep(max(0.0, left_s) + self._period_s * _EARLY)

    async def wait(self) -> None:
        """Until the next wake."""
        left_s = seconds_to_next(self._wall(), self._period_s)
        due = self._monotonic() + left_s
        if self._due is not None:
            # A step of the wall clock moves the next wake by up to that part more than a period.
            self.missed += max(0, int((due - self._due) / self._period_s + 0.1) - 1)
        self._due = due
        while not await self._nudged_within(left_s):
            left_s = self._early_s()
            if not left_s:
                self.late_s.append(max(0.0, self._monotonic() - due))
                break
        self._nudged.clear()

    async def _nudged_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(self._nudged.wait(), seconds)
        return False

    def _early_s(self) -> float:
        """How long it is still to the whole second: what is due then would else wait for the one after it. 0:
        it has come."""
        left_s = self._period_s - self._wall() % self._period_s
        return left_s if left_s <= self._period_s * _EARLY else 0.0


def seconds_to_next(wall_s: float, period_s: float) -> float:
    """From `wall_s` to the next whole multiple of the period; never as little as a wait may end early: no
    double wake."""
    left = period_s - wall_s % period_s
    return left if left > period_s * _EARLY else left + period_s


class Cycles:
    """How the cycles went, for status."""

    __slots__ = ("count", "last_ms", "worst_ms")

    def __init__(self) -> None:
        self.count = 0
        self.last_ms = 0.0
        self.worst_ms = 0.0

    def took(self, seconds: float) -> None:
        """One more."""
        self.count += 1
        self.last_ms = seconds * 1000
        self.worst_ms = max(self.worst_ms, self.last_ms)
