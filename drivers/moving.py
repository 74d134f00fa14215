"""Whether a worker still moves: for who watches over it. No clock of its own."""

from __future__ import annotations

SLACK_S = 3.0
"""Machine seconds beyond what a worker's time-outs allow."""


class Moving:
    """By when a worker is to have moved on. Times are machine seconds of one monotonic clock.

    A dead device moves nobody late: its time-outs are allowed for.
    """

    __slots__ = ("_by_s", "_within_s")

    def __init__(self, within_s: float) -> None:
        """`within_s`: the longest that one thing may take which the worker waits for."""
        self._within_s = within_s + SLACK_S
        self._by_s = float("inf")

    def on(self, now_s: float) -> None:
        """It begins something, or goes on to the next request."""
        self._by_s = now_s + self._within_s

    def rest(self, until_s: float = float("inf")) -> None:
        """It has nothing to do until then, unless it is called; or waits for others until they are done."""
        self._by_s = until_s + self._within_s

    def late_s(self, now_s: float) -> float:
        """By how much it has failed to move on; 0 when all is well."""
        return max(0.0, now_s - self._by_s)
