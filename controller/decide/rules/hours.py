"""What rules see of the time of day: whether anybody knows it, hours by kind of day, the tariff, what is
booked, when people are there."""

from __future__ import annotations

from config.plan.clock import Now
from config.plan.programmes import Programme
from config.plan.tariff import Tariff
from schedules.context import Context
from schedules.hours import SiteHours
from schedules.occupied import AHEAD_MS, Stay, stay

_ANEW_MS = AHEAD_MS // 2


class Hours:
    """The time of day at one site, as of the last `at`."""

    def __init__(self, context: Context, tariff: Tariff | None) -> None:
        self.site = SiteHours(context, tariff)
        self._context = context
        self._tariff = tariff
        self._stays: dict[str, tuple[int, int, Stay | None]] = {}
        """By programme: from when until when that is the answer."""
        self.wall_ms = 0
        self.trusted = False

    def at(self, now: Now) -> None:
        """It is this time now."""
        self.wall_ms, self.trusted = now.wall_ms, now.trusted

    def apart(self) -> Hours:
        """One of its own, to be asked of times to come."""
        return Hours(self._context, self._tariff)

    def rebook(self, context: Context) -> None:
        """The bookings are others from now on."""
        self._context = context
        self._stays.clear()

    def booked(self, place: str, within_s: float) -> tuple[bool, int | None]:
        """As `Bookings.booked`, now."""
        return self._context.bookings.booked(place, within_s, self.wall_ms)

    def stay(self, occupied: Programme) -> Stay | None:
        """As `schedules.occupied.stay`, now."""
        since_ms, until_ms, found = self._stays.get(occupied.name, (0, 0, None))
        if not since_ms <= self.wall_ms < until_ms:
            found = stay(occupied, self._context, self.wall_ms)
            until_ms = self.wall_ms + _ANEW_MS
            if found is not None:
                until_ms = min(until_ms, found.end_ms)
            self._stays[occupied.name] = (self.wall_ms, until_ms, found)
        return found

    def clock(self, wall_ms: int, seen_ms: int) -> str:
        """ "08:30", as local clocks show it; with its date if that is not the day of `seen_ms`."""
        local = self._context.local
        day, clock = local.date_at(wall_ms), local.clock(wall_ms)
        return clock if day == local.date_at(seen_ms) else f"{day} {clock}"
