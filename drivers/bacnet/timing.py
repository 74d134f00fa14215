"""Times of the BACnet driver, in machine seconds, and when which point is read. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """What does not come from the Plan. Tests shorten it."""

    retries: int = 1
    """Repeats of a request that nobody answered."""
    lost_after: int = 3
    """Failed turns in a row after which a device is lost."""
    pause_after_miss_s: float = 1.0
    """Silence towards a device that has just not answered."""
    backoff_s: float = 2.0
    """Times the failures so far: how long a lost device is left alone."""
    backoff_max_s: float = 300.0
    search_s: float = 2.0
    """How long an I-Am is waited for."""
    unasked_s: float = 10.0
    """An I-Am this long after any Who-Is for it comes of the device's own accord: it has restarted."""
    announced_s: float = 600.0
    """A device of which we hold nothing and that announces itself more often than this does it by habit."""
    lifetime_s: int = 180
    """Of a COV subscription; never 0."""
    renew_after: float = 2 / 3
    """Of the lifetime: leaves room for a renewal that gets lost."""
    cov_poll_max_s: float = 60.0
    """Slowest poll behind a living subscription."""
    slots_s: float = 60.0
    """Slowest look at the priority arrays of what we command."""
    set_up_s: float = 300.0
    """Between two looks at the set-up values of a device that did not go away in between."""
    set_up_retry_s: float = 30.0
    """The same after one that got no answer, or found something wrong while nothing might be written."""
    rivals_s: float = 20.0
    """Between two looks at other devices that have a device's instance, too."""
    apart_s: float = 60.0
    """Fastest poll of an object the device does not know."""
    rebind_s: float = 5.0
    """Between two tries to have the line's own port."""

    def backoff(self, failures: int) -> float:
        return min(self.backoff_s * max(1, failures), self.backoff_max_s)


def cov_period(poll_s: float, max_age_s: float, slowest_s: float) -> float:
    """How often a point with a living subscription is polled all the same.

    Three polls fit into its maximum age, so one may get lost without the point going stale; it is never
    polled more often than without a subscription.
    """
    return max(poll_s, min(slowest_s, max_age_s / 3))


class Agenda:
    """When each point is due. Due times keep their grid: a late turn does not shift the next."""

    def __init__(self, periods: Iterable[tuple[int, float]], now: float) -> None:
        self._period = dict(periods)
        self._due = dict.fromkeys(self._period, now)

    def due(self, now: float) -> list[int]:
        """Points whose time has come, in the order of their ids."""
        return [point for point, at in self._due.items() if at <= now]

    def next(self) -> float:
        """When the next point is due; infinity without points."""
        return min(self._due.values(), default=float("inf"))

    def done(self, points: Iterable[int], now: float) -> None:
        """These were read: next time one period later, missed ones skipped."""
        periods, dues = self._period, self._due
        for point in points:
            period, due = periods[point], dues[point]
            behind = now - due
            dues[point] = due + period if behind < period else due + period * (1 + behind // period)

    def hurry(self, now: float) -> None:
        """All are due at once."""
        self._due = dict.fromkeys(self._due, now)

    def pace(self, point: int, period: float, now: float) -> None:
        """Another period from now on; a point never waits longer than its new period."""
        if self._period[point] != period:
            self._period[point] = period
            self._due[point] = min(self._due[point], now + period)
