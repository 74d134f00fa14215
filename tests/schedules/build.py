"""Short ways to write programmes and calendars in tables of tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from config.plan.devices import Source
from config.plan.places import Booking
from config.plan.programmes import (
    BookedPeriod,
    CalendarEntry,
    CalendarPlan,
    DateRange,
    DayList,
    ExceptionEntry,
    Period,
    Programme,
    TimeMark,
)
from config.plan.reading import Value
from config.written.recurring import recurring_dates
from schedules.bookings import Bookings
from schedules.calendar import Calendar
from schedules.context import Context
from schedules.local import LocalTime
from schedules.sun import Sun

SHUANGLIU = ("Asia/Shanghai", 30.574, 103.923)


def context(
    zone: str = "Asia/Shanghai",
    latitude: float = 30.574,
    longitude: float = 103.923,
    calendar: CalendarPlan | None = None,
    bookings: Iterable[Booking] = (),
) -> Context:
    local = LocalTime(zone)
    days = Calendar(calendar or CalendarPlan("CN", (), ()))
    return Context(local, days, Sun(latitude, longitude, local), Bookings(bookings))


def entry(dates: str, kind: str, reason: str = "") -> CalendarEntry:
    return CalendarEntry(date_range(dates), kind, reason, Source("calendar.yaml", 1, 1))


def date_range(dates: str) -> DateRange:
    first, _, last = dates.partition("..")
    return DateRange(first, last or first)


def mark(words: str) -> TimeMark:
    """ "08:00", "sunset+10" (minutes)."""
    for base in ("sunrise", "sunset"):
        if words.startswith(base):
            return TimeMark(base, int(words.removeprefix(base) or 0) * 60)
    hours, minutes = words.split(":")
    return TimeMark("clock", int(hours) * 3600 + int(minutes) * 60)


def period(words: str, value: Value | None, line: int = 1) -> Period:
    """ "08:00-12:00"; a dash between sun marks is written "~"."""
    start, _, end = words.partition("~" if "~" in words else "-")
    return Period(mark(start), mark(end), value, Source("lighting.yaml", line, 7))


def periods(items: Iterable[tuple[str, Value | None]]) -> tuple[Period, ...]:
    return tuple(period(words, value, number) for number, (words, value) in enumerate(items, 10))


def exception(
    dates: str,
    like: str | None = None,
    own: Iterable[tuple[str, Value | None]] = (),
    from_midnight: bool = False,
    line: int = 50,
    over_bookings: bool = False,
) -> ExceptionEntry:
    source = Source("lighting.yaml", line, 5)
    return ExceptionEntry(
        recurring_dates(dates), like, periods(own), from_midnight, "test", source, over_bookings
    )


def booked(
    place: str, value: Value | None, before: float = 0, after: float = 0, line: int = 70
) -> BookedPeriod:
    """`before` and `after` in minutes."""
    return BookedPeriod(place, place, before * 60, after * 60, value, Source("lighting.yaml", line, 5))


def booking(
    place: str, start: str, end: str, organiser: str = "", label: str = "", zone: str = "Asia/Shanghai"
) -> Booking:
    """`end` "17:00" is of the day of `start`."""
    last = end if " " in end else f"{start[:10]} {end}"
    return Booking(place, at(start, zone), at(last, zone), label, organiser, "Li", 0)


def programme(
    week: Mapping[str, Sequence[tuple[str, Value | None]]],
    *,
    default: Value | None = None,
    has_default: bool | None = None,
    untrusted: Value | None = None,
    exceptions: Sequence[ExceptionEntry] = (),
    bookings: Sequence[BookedPeriod] = (),
    effective: str | None = None,
    targets: tuple[int, ...] = (0,),
    priority: int = 10,
    number: int = 0,
    name: str = "programme",
) -> Programme:
    return Programme(
        id=number,
        name=name,
        label=name,
        targets=targets,
        slot=15,
        priority=priority,
        default=default,
        has_default=default is not None if has_default is None else has_default,
        untrusted=untrusted,
        has_untrusted=untrusted is not None,
        week=tuple(DayList(kind, periods(items)) for kind, items in week.items()),
        exceptions=tuple(exceptions),
        effective=() if effective is None else recurring_dates(effective),
        source=Source("lighting.yaml", 1 + number, 1),
        bookings=tuple(bookings),
    )


def at(words: str, zone: str = "Asia/Shanghai", fold: int = 0) -> int:
    """UTC milliseconds of "2026-03-05 08:00" on a local clock."""
    moment = datetime.fromisoformat(words).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return round(moment.timestamp() * 1000)


def local(wall_ms: int, zone: str = "Asia/Shanghai") -> str:
    return datetime.fromtimestamp(wall_ms / 1000, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
