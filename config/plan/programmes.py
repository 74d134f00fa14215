"""Programmes: schedules in the BACnet sense, and the calendar they stand on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from config.plan.devices import Source
from config.plan.reading import Value

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
BUILT_IN_KINDS = ("holiday", "makeup", *WEEKDAYS, "workday", "dayoff", "everyday")


@dataclass(frozen=True, slots=True)
class TimeMark:
    """A moment of a local day. clock: seconds after midnight (0-86400); sunrise, sunset: offset, seconds."""

    base: Literal["clock", "sunrise", "sunset"]
    seconds: int


@dataclass(frozen=True, slots=True)
class Period:
    """[start, end) of a local day; end ≤ start crosses midnight and belongs to the day it starts on.

    `value` None = release.
    """

    start: TimeMark
    end: TimeMark
    value: Value | None
    source: Source


@dataclass(frozen=True, slots=True)
class DayList:
    """The periods of one kind of day."""

    kind: str
    periods: tuple[Period, ...]


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours by kind of day, as programmes have them; the periods have no value."""

    week: tuple[DayList, ...]
    source: Source


@dataclass(frozen=True, slots=True)
class DateRange:
    """ISO dates, both inclusive."""

    first: str
    last: str


@dataclass(frozen=True, slots=True)
class YearlyRange:
    """The same days of every year: "MM-DD", both inclusive; with `last` before `first`, over New Year."""

    first: str
    last: str


@dataclass(frozen=True, slots=True)
class NthWeekday:
    """A weekday of a month by its number, as BACnet's WeekNDay (ASHRAE 135, 21)."""

    nth: int
    """1 to 5; -1 is the last."""
    weekday: int
    """0 is Monday."""
    month: int | None
    """1 to 12; None = every month."""


SomeDates: TypeAlias = DateRange | YearlyRange | NthWeekday


@dataclass(frozen=True, slots=True)
class ExceptionEntry:
    """Dates on which other periods hold: those of another kind of day (`like`) or own ones."""

    dates: tuple[SomeDates, ...]
    like: str | None
    periods: tuple[Period, ...]
    from_midnight: bool
    """True: the tail of the day before ends at 00:00."""
    reason: str
    source: Source
    over_bookings: bool = False
    """True: on its dates bookings count for nothing in the programme."""


@dataclass(frozen=True, slots=True)
class BookedPeriod:
    """A value while a place is booked, and before and after that."""

    place: str
    place_label: str
    before_s: float
    after_s: float
    value: Value | None
    """None = release."""
    source: Source


@dataclass(frozen=True, slots=True)
class Programme:
    """A weekly programme aimed at points. Values are in the units of its targets (all of one kind)."""

    id: int
    name: str
    label: str
    targets: tuple[int, ...]
    """Point ids."""
    slot: int
    priority: int
    """Among programmes of one point and slot: 1 beats 16; 10 where not declared."""
    default: Value | None
    has_default: bool
    """False: outside its periods it asks for nothing. True with default None: it releases."""
    untrusted: Value | None
    has_untrusted: bool
    """False: with an untrusted clock it asks for nothing."""
    week: tuple[DayList, ...]
    exceptions: tuple[ExceptionEntry, ...]
    effective: tuple[SomeDates, ...]
    """Outside them it asks for nothing; empty = always."""
    source: Source
    bookings: tuple[BookedPeriod, ...] = ()
    """Among those that hold at one time the first written is heard."""


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """The site's own word on dates: a kind of day (holiday, makeup, workday, dayoff or an own kind)."""

    dates: DateRange
    kind: str
    reason: str
    source: Source


@dataclass(frozen=True, slots=True)
class CalendarPlan:
    """Where kinds of day come from: own entries, then the country's announced days, then the weekday."""

    country: Literal["CN", "none"]
    own_kinds: tuple[str, ...]
    entries: tuple[CalendarEntry, ...]
