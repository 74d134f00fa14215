"""What rules see of the time of day: whether anybody knows it, hours by kind of day, the tariff."""

from __future__ import annotations

from config.plan.clock import Now
from config.plan.tariff import Tariff
from schedules.context import Context
from schedules.hours import SiteHours


class Hours:
    """The time of day at one site, as of the last `at`."""

    def __init__(self, context: Context, tariff: Tariff | None) -> None:
        self.site = SiteHours(context, tariff)
        self.wall_ms = 0
        self.trusted = False

    def at(self, now: Now) -> None:
        """It is this time now."""
        self.wall_ms, self.trusted = now.wall_ms, now.trusted
