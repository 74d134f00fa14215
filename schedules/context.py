"""What programmes stand on: local time, kinds of day, the sun and bookings, of one site."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from config.plan.places import Booking
from config.plan.programmes import TimeMark
from config.plan.site import Plan
from schedules.bookings import NO_BOOKINGS, Bookings
from schedules.calendar import Calendar
from schedules.local import LocalTime
from schedules.sun import Sun


class Context(NamedTuple):
    """Pure functions of the date, remembered: the same date gives the same answer for ever."""

    local: LocalTime
    calendar: Calendar
    sun: Sun
    bookings: Bookings = NO_BOOKINGS

    @classmethod
    def of(cls, plan: Plan, bookings: Iterable[Booking] = ()) -> Context:
        local = LocalTime(plan.site.time_zone)
        sun = Sun(plan.site.latitude, plan.site.longitude, local)
        return cls(local, Calendar(plan.calendar), sun, Bookings(bookings))

    def announced(self, wall_ms: int) -> bool:
        """Whether it is known which kind of day a time falls on, or only the weekday."""
        return self.calendar.kind(self.local.date_at(wall_ms)).announced

    def moment(self, mark: TimeMark, day: date) -> int:
        """When `mark` falls on the local `day`, UTC milliseconds."""
        if mark.base == "clock":
            return self.local.instant(day, mark.seconds)
        times = self.sun.times(day)
        return (times.sunrise_ms if mark.base == "sunrise" else times.sunset_ms) + mark.seconds * 1000
