"""Whether dates that people wrote hold on a day. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from config.plan.programmes import WEEKDAYS, DateRange, NthWeekday, SomeDates, YearlyRange

_NTHS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"}


def hold(dates: Iterable[SomeDates], day: date) -> bool:
    """Whether one of them holds on `day`."""
    return any(_holds(one, day) for one in dates)


def _holds(dates: SomeDates, day: date) -> bool:
    match dates:
        case DateRange():
            return dates.first <= day.isoformat() <= dates.last
        case YearlyRange():
            after, before = dates.first <= (today := day.isoformat()[5:]), today <= dates.last
            return after and before if dates.first <= dates.last else after or before
        case NthWeekday():
            if day.weekday() != dates.weekday or dates.month not in (None, day.month):
                return False
            if dates.nth < 0:
                return (day + timedelta(days=7)).month != day.month
            return (day.day - 1) // 7 + 1 == dates.nth


def as_written(dates: SomeDates) -> str:
    """As it stands in a site's files."""
    if isinstance(dates, NthWeekday):
        month = "" if dates.month is None else f" of {date(2000, dates.month, 1):%B}".lower()
        return f"{_NTHS[dates.nth]} {WEEKDAYS[dates.weekday]}{month}"
    return dates.first if dates.first == dates.last else f"{dates.first}..{dates.last}"
