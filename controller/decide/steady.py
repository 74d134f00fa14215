"""Time as delays are counted."""

from __future__ import annotations

from config.plan.clock import Now


class SteadyTime:
    """By the monotonic clock, so that an hour is an hour whatever is done to the wall clock; near the wall
    clock, so that what is remembered means something after a restart."""

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self._base_ms: float | None = None
        self._asked: tuple[Now | None, int] = None, 0
        """The moment that was asked for last, and what was answered: several ask in one step."""

    def at(self, now: Now) -> int:
        """Site milliseconds."""
        if self._asked[0] is now:
            return self._asked[1]
        site_ms = now.mono_ns / 1e6 * self.speed
        if self._base_ms is None:
            self._base_ms = now.wall_ms - site_ms
        self._asked = now, round(self._base_ms + site_ms)
        return self._asked[1]

    def follow(self, other: SteadyTime) -> None:
        """Count as that one does: what is remembered by its times goes on."""
        self._base_ms = other._base_ms
        self._asked = None, 0

    def put_right(self, by_ms: int) -> None:
        """The wall clock was put right: whoever remembers times of this clock moves them with it."""
        if self._base_ms is not None:
            self._base_ms += by_ms
            self._asked = None, 0
