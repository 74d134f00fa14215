"""What rules see of the time of day: whether anybody knows it, what is booked, when a building is occupied."""

from __future__ import annotations

from config.plan.clock import Now
from config.plan.programmes import Programme
from schedules.context import Context
from schedules.programme import evaluate


class Hours:
    """The time of day at one site, as of the last `at`."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._courses: dict[str, tuple[int, int, bool]] = {}
        self.wall_ms = 0
        self.trusted = False

    def at(self, now: Now) -> None:
        """It is this time now."""
        self.wall_ms, self.trusted = now.wall_ms, now.trusted

    def rebook(self, context: Context) -> None:
        """The bookings are others from now on."""
        self._context = context
        self._courses.clear()
