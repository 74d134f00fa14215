"""A slow second reading of the rules of days and periods, to hold the real one against.

It knows no spans and turns no clock reading into an instant: it walks the minutes of several days and looks
at what local clocks show. Written from the rules, not from the program.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import chinese_calendar

from config.plan.programmes import (
    WEEKDAYS,
    BookedPeriod,
    DateRange,
    ExceptionEntry,
    NthWeekday,
    Period,
    Programme,
    SomeDates,
    TimeMark,
)
from config.plan.reading import Value
from schedules.context import Context

MINUTE_MS = 60_000
DAY = timedelta(days=1)
Said = tuple[bool, Value | None, str]
"""(asks, value, "above bookings" | "booking" | "exception" | "period" | "default")."""


class Item(NamedTuple):
    """One period of one date."""

    start: datetime | int
    """A clock reading, or the sun's instant in milliseconds."""
    end: datetime | int
    cut: date | None
    """The day that begins from midnight and so ends it."""
    value: Value | None
    name: str


def walk(programme: Programme, context: Context, first: date, days: int) -> Iterator[tuple[int, Said]]:
    """(instant, what the programme says) for every minute of `days` local days from `first`."""
    waiting = [
        item for shift in range(-2, days + 2) for item in _items(programme, context, first + shift * DAY)
    ]
    for wall_ms, latest in minutes(context.local.zone.key, first, days):
        # In the order of their days, and within a day as written.
        running = [
            item
            for item in waiting
            if _reached(item.start, wall_ms, latest) and not _over(item, wall_ms, latest)
        ]
        today = latest.date()
        if not first <= today < first + days * DAY:
            continue
        booked = _booked(programme, context, wall_ms, today)
        if running and (booked is None or running[0].name == "above bookings"):
            yield wall_ms, (True, running[0].value, running[0].name)
        elif booked is not None:
            yield wall_ms, (True, booked.value, "booking")
        elif programme.has_default and _effective(programme, today):
            yield wall_ms, (True, programme.default, "default")
        else:
            yield wall_ms, (False, None, "default")


@cache
def minutes(zone: str, first: date, days: int) -> list[tuple[int, datetime]]:
    """Each minute and the latest reading clocks have shown: going back, they show nothing new."""
    found = []
    moment = datetime(first.year, first.month, first.day, tzinfo=UTC) - DAY
    latest = moment.replace(tzinfo=None) - DAY
    for _ in range((days + 2) * 1440):
        moment += timedelta(minutes=1)
        latest = max(latest, moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None))
        found.append((round(moment.timestamp() * 1000), latest))
    return found


def _items(programme: Programme, context: Context, day: date) -> list[Item]:
    if not _effective(programme, day):
        return []
    name, periods = list_of(programme, context, day)
    cut = None
    for later in (day + 2 * DAY, day + DAY):
        exception = _exception(programme, later)
        if exception is not None and exception.from_midnight and _effective(programme, later):
            cut = later
    return [
        Item(
            _mark(context, period.start, day),
            _mark(context, period.end, day if _rough(period.start) < _rough(period.end) else day + DAY),
            cut,
            period.value,
            name,
        )
        for period in periods
    ]


def _rough(mark: TimeMark) -> int:
    return {"clock": 0, "sunrise": 6, "sunset": 18}[mark.base] * 3600 + mark.seconds


def _mark(context: Context, mark: TimeMark, day: date) -> datetime | int:
    if mark.base == "clock":
        return datetime(day.year, day.month, day.day) + timedelta(seconds=mark.seconds)  # noqa: DTZ001
    times = context.sun.times(day)
    return (times.sunrise_ms if mark.base == "sunrise" else times.sunset_ms) + mark.seconds * 1000


def _reached(mark: datetime | int, wall_ms: int, latest: datetime) -> bool:
    return wall_ms >= mark if isinstance(mark, int) else latest >= mark


def _over(item: Item, wall_ms: int, latest: datetime) -> bool:
    return _reached(item.end, wall_ms, latest) or (item.cut is not None and latest.date() >= item.cut)


def list_of(programme: Programme, context: Context, day: date) -> tuple[str, tuple[Period, ...]]:
    """The one list of a date, by plain cases."""
    exception = _exception(programme, day)
    lists = {entry.kind: entry.periods for entry in programme.week}
    if exception is not None and exception.like is None:
        return _of_exception(exception), exception.periods
    if exception is not None:
        assert exception.like is not None
        return _of_exception(exception), _of_kind(lists, exception.like, exception.like)
    off, festival = chinese_calendar.get_holiday_detail(day)
    if festival:
        return "period", _of_kind(lists, "holiday" if off else "makeup", "")
    return "period", _of_kind(lists, WEEKDAYS[day.weekday()], "")


def _of_exception(exception: ExceptionEntry) -> str:
    return "above bookings" if exception.over_bookings else "exception"


def _booked(programme: Programme, context: Context, wall_ms: int, today: date) -> BookedPeriod | None:
    """The first written whose place is booked now, soon or a moment ago."""
    exception = _exception(programme, today)
    if not _effective(programme, today) or (exception is not None and exception.over_bookings):
        return None
    for entry in programme.bookings:
        for item in context.bookings:
            before, after = item.start_ms - entry.before_s * 1000, item.end_ms + entry.after_s * 1000
            if item.place == entry.place and before <= wall_ms < after:
                return entry
    return None


def _of_kind(lists: dict[str, tuple[Period, ...]], kind: str, only: str) -> tuple[Period, ...]:
    if kind in lists:
        return lists[kind]
    if kind == "holiday" or kind in ("saturday", "sunday"):
        return lists["dayoff"] if "dayoff" in lists else lists.get("everyday", ())
    if kind == "makeup" or (kind in WEEKDAYS and only in ("", kind)):
        return lists["workday"] if "workday" in lists else lists.get("everyday", ())
    return lists.get("everyday", ())


def _exception(programme: Programme, day: date) -> ExceptionEntry | None:
    return next(
        (entry for entry in programme.exceptions if any(_in(item, day) for item in entry.dates)), None
    )


def _effective(programme: Programme, day: date) -> bool:
    return programme.effective == () or any(_in(item, day) for item in programme.effective)


def _in(dates: SomeDates, day: date) -> bool:
    if isinstance(dates, NthWeekday):
        month = [
            date(day.year, day.month, number) for number in range(1, monthrange(day.year, day.month)[1] + 1)
        ]
        alike = [item for item in month if item.weekday() == dates.weekday]
        place = dates.nth if dates.nth < 0 else dates.nth - 1
        return dates.month in (None, day.month) and alike[place : place + 1 or None] == [day]
    if isinstance(dates, DateRange):
        return date.fromisoformat(dates.first) <= day <= date.fromisoformat(dates.last)
    over = dates.last < dates.first
    return any(
        f"{year}-{dates.first}" <= day.isoformat() <= f"{year + over}-{dates.last}"
        for year in (day.year - 1, day.year)
    )
