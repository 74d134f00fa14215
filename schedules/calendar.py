"""What kind of day a date is, who says so, and whether that has been announced.

The site's own entries come first, then the days its country announced, then the plain weekday.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Literal, NamedTuple

import chinese_calendar

from config.language import Text, text
from config.plan.programmes import BUILT_IN_KINDS, WEEKDAYS, CalendarEntry, CalendarPlan

_ORDINARY = ("workday", "dayoff")
_FALLBACKS = {"holiday": ("holiday", "dayoff", "everyday"), "makeup": ("makeup", "workday", "everyday")}
_KIND_WORDS = {
    "holiday": text("holiday"),
    "makeup": text("make-up workday"),
    "monday": text("Monday"),
    "tuesday": text("Tuesday"),
    "wednesday": text("Wednesday"),
    "thursday": text("Thursday"),
    "friday": text("Friday"),
    "saturday": text("Saturday"),
    "sunday": text("Sunday"),
    "workday": text("workday"),
    "dayoff": text("day off"),
    "everyday": text("every day"),
}


class Day(NamedTuple):
    """One date's kind."""

    kinds: tuple[str, ...]
    """Kinds a programme may have a list for, in order: the first that it has applies, alone."""
    announced: bool
    """False: the country has not said yet, the weekday was taken for want of better."""
    why: Text
    origin: Literal["site", "announced", "weekday"] = "weekday"
    """Who says so: the site's calendar, the country's notice, or nobody but the weekday."""


def kind_words(kind: str) -> Text | str:
    """A kind of day for people; a site's own kind is its own word."""
    return _KIND_WORDS.get(kind, kind)


def kinds_like(kind: str, day: Day) -> tuple[str, ...]:
    """Kinds to look for where an exception says `like: kind`; an own kind stands before the day's others."""
    if kind not in BUILT_IN_KINDS:
        return (kind, *(other for other in day.kinds if other in BUILT_IN_KINDS))
    if kind in WEEKDAYS:
        return (kind, _by_weekday(WEEKDAYS.index(kind)), "everyday")
    return _FALLBACKS.get(kind, tuple(dict.fromkeys((kind, "everyday"))))


class Calendar:
    """Kinds of days of one site."""

    def __init__(self, plan: CalendarPlan) -> None:
        self._plan = plan
        self.kind = lru_cache(maxsize=800)(self._kind)

    def _kind(self, day: date) -> Day:
        entries = [entry for entry in self._plan.entries if _covers(entry, day)]
        own = next((entry for entry in entries if entry.kind in self._plan.own_kinds), None)
        said = next((entry for entry in entries if entry.kind not in self._plan.own_kinds), None)
        if said is None:
            ordinary = self._ordinary(day)
        else:
            ordinary = Day(_base(said.kind, day), True, _site_says(said), "site")
        if own is None:
            return ordinary
        return Day((own.kind, *ordinary.kinds), ordinary.announced, _site_says(own), "site")

    def plain(self, day: date) -> tuple[str, ...]:
        """What its weekday alone would make of it: as `Day.kinds`."""
        return _base(_by_weekday(day.weekday()), day)

    def announced(self, year: int) -> bool:
        """Whether it is known which days of a year are off: announced by the country, or written into the
        site's calendar. New Year and National Day stand in every notice, so they tell."""
        return all(self.kind(date(year, month, 1)).announced for month in (1, 10))

    def _ordinary(self, day: date) -> Day:
        by_weekday = _base(_by_weekday(day.weekday()), day)
        if self._plan.country == "none":
            return Day(by_weekday, True, text("by the weekday"))
        try:
            off, name = chinese_calendar.get_holiday_detail(day)
        except NotImplementedError:
            return Day(by_weekday, False, text("by the weekday: {year} is not announced", year=day.year))
        if not name:
            return Day(by_weekday, True, text("by the weekday"))
        holiday = chinese_calendar.Holiday(name)
        words = text("announced: {name}", name=text(holiday.value))
        return Day(_base("holiday" if off else "makeup", day), True, words, "announced")


def _covers(entry: CalendarEntry, day: date) -> bool:
    return entry.dates.first <= day.isoformat() <= entry.dates.last


def _by_weekday(number: int) -> str:
    return _ORDINARY[number >= 5]


def _base(kind: str, day: date) -> tuple[str, ...]:
    """The candidates of a built-in kind.

    A weekday's name speaks only of days that are what that weekday usually is: never of a holiday or a
    make-up day, nor of a Saturday the site declared a workday.
    """
    if kind in _ORDINARY and kind == _by_weekday(day.weekday()):
        return (WEEKDAYS[day.weekday()], kind, "everyday")
    return _FALLBACKS.get(kind, (kind, "everyday"))


def _site_says(entry: CalendarEntry) -> Text:
    return text("the site's calendar: {reason}", reason=entry.reason or kind_words(entry.kind))
