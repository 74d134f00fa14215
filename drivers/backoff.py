"""How a device behaves: how long it is waited for, when it counts as lost, when it is asked again. No I/O."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

_OFF_AGAIN_S = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
OFF_TRIES = 3
"""Tries after which it is said that a pulse may not have ended; it is tried on all the same."""


def off_again_s(failures: int) -> float:
    """The pause before a pulse's end, tried `failures` times before, is tried again."""
    return _OFF_AGAIN_S[min(failures, len(_OFF_AGAIN_S) - 1)]


class Manners(NamedTuple):
    """How patient a line's worker is. Machine seconds; never scaled by a demo's speed."""

    timeout_s: float
    """The line's declared time-out: the longest an answer is ever waited for."""
    step_s: float = 2.0
    longest_s: float = 300.0
    """After n failed turns in a row a device is left alone for min(step × n, longest)."""
    failures: int = 3
    """Failed turns in a row after which a device that has answered before is lost."""
    probing: float = 0.03
    """Largest share of the line's time that may be spent on waiting for devices in trouble while others wait,
    and of any poll's turns that may be late for it."""
    least_patience_s: float = 0.1
    reconnect_s: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
    """Pauses between attempts to open a line; the last one for all further ones."""


@dataclass(slots=True)
class Health:
    """One device's. Written by the line's agenda only; times are machine monotonic seconds.

    A fresh device has not been asked since the start or since its line came back: it is asked without
    waiting, and one failure is enough to lose it. `lost` is what was last said of it; None while nothing
    was.
    """

    fresh: bool = True
    lost: bool | None = None
    failures: int = 0
    ask_at_s: float = 0.0
    """While in trouble: when it may be asked again."""
    habits: deque[float] = field(default_factory=lambda: deque(maxlen=32))
    """How long its latest answers took."""

    @property
    def live(self) -> bool:
        """Polled by its periods, not by its back-off."""
        return not self.fresh and not self.failures

    def patience_s(self, manners: Manners, neighbours_s: float = 0.0, hurry: bool = False) -> float:
        """How long a poll of it waits: some times its slowest latest answer.

        Waiting the full time-out for a device that always answers at once would only let a frozen one hold
        up all others. An answer that comes later still counts as a sign of life and teaches patience; and
        to be sure, every fourth probe of a lost device waits the full time. A device that never answered is
        first waited for fully, then like its slowest neighbour (`neighbours_s`, 0 = there is none).
        `hurry`: others wait already because of a time-out.
        """
        slowest_s = max(self.habits) if self.habits else (0.0 if self.fresh else neighbours_s)
        if not slowest_s or (self.lost and self.failures % 4 == 0):
            return manners.timeout_s
        usual_s = max(4 * slowest_s, manners.least_patience_s)
        return min(manners.timeout_s, usual_s / 2 if hurry else usual_s)

    def answered(self, took_s: float) -> bool:
        """It answered, be it with an exception. True if it was lost or never heard before."""
        self.fresh, self.failures = False, 0
        self.habits.append(took_s)
        changed = self.lost is not False
        self.lost = False
        return changed

    def failed(self, now_s: float, manners: Manners) -> bool:
        """A turn of it failed. True if it is lost by this."""
        self.failures = max(self.failures + 1, manners.failures if self.lost is None else 0)
        self.fresh = False
        self.ask_at_s = now_s + min(manners.step_s * self.failures, manners.longest_s)
        if self.lost or self.failures < manners.failures:
            return False
        self.lost = True
        return True

    def late(self, now_s: float, took_s: float) -> None:
        """It answered after its time-out: alive, but slower than believed. It is asked again at once."""
        self.habits.append(took_s)
        self.ask_at_s = min(self.ask_at_s, now_s)

    def line_failed(self, manners: Manners) -> bool:
        """Its line cannot be opened. True if it is lost by this."""
        self.failures = max(self.failures + 1, manners.failures if self.lost is None else 0)
        self.fresh = True
        if self.lost or self.failures < manners.failures:
            return False
        self.lost = True
        return True
