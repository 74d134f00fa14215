"""Whether it is known which days are off: an alarm from December on while next year's notice is not loaded.

Pure; looked at anew once a day and when the clock was set.
"""

from __future__ import annotations

from datetime import date

from config.language import text
from config.plan.clock import Now
from controller.decide.records import Notice
from controller.decide.step import Step
from schedules.calendar import Calendar
from schedules.context import Context

FROM_MONTH = 12
"""The notice for a year comes in the autumn before it; by then somebody has to see to it."""


def unannounced_year(calendar: Calendar, today: date) -> int | None:
    """The year whose days off are not known although they are needed: this one, or from December on the
    next."""
    years = [today.year, *([today.year + 1] if today.month >= FROM_MONTH else [])]
    return next((year for year in years if not calendar.announced(year)), None)


class Announcements:
    """Tells when the alarm begins, and when it ends: the notice is loaded by a newer version or written into
    the site's calendar, and either comes with a start."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._told: int | None = None
        self._looked_ms = 0
        self._next_ms = 0

    def look(self, now: Now, step: Step) -> None:
        """Under a clock that cannot be believed nothing begins and nothing ends."""
        if not now.trusted or self._looked_ms <= now.wall_ms < self._next_ms:
            return
        today = self._context.local.date_at(now.wall_ms)
        self._looked_ms, self._next_ms = now.wall_ms, self._context.local.midnight(_next_look(today))
        found = unannounced_year(self._context.calendar, today)
        if found == self._told:
            return
        year = found if found is not None else self._told
        words = text(
            "the days off of {year} are not known: weekdays alone decide then; install a louguan that has "
            "them, or write them into calendar.yaml; louguan calendar --year {year} shows them",
            year=year,
        )
        self._told = found
        step.notices.append(Notice("calendar", "", words, found is not None))

    def wake_ms(self) -> int | None:
        """Site time of the next look; None before the first."""
        return self._next_ms or None


def _next_look(today: date) -> date:
    """When the answer may next be another: December begins, or a year does."""
    if today.month < FROM_MONTH:
        return date(today.year, FROM_MONTH, 1)
    return date(today.year + 1, 1, 1)
