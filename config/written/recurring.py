"""Dates that come again, as people write them: every year, or the nth weekday of a month."""

from __future__ import annotations

import re
from datetime import date

from config.language import text
from config.plan.programmes import WEEKDAYS, DateRange, NthWeekday, SomeDates, YearlyRange
from config.written.problems import Wrong, guess
from config.written.quantities import normal
from config.written.times import date_ranges

MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
NTHS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "last": -1}
EXAMPLE = "2026-10-01..2026-10-07, 12-24..01-02, first monday, last friday of march"
_YEARLY = re.compile(r"(\d{1,2})-(\d{1,2})(?:\s*\.\.\s*(\d{1,2})-(\d{1,2}))?")
_NTH = re.compile(r"([a-z]+)\s+([a-z]+)(?:\s+of\s+([a-z]+))?", re.IGNORECASE)
_LEAP_YEAR = 2028


def recurring_dates(value: object) -> tuple[SomeDates, ...]:
    """`2026-10-01`, `10-01..10-07`, `first monday`, `last friday of march`, or a list of them. Raises
    Wrong."""
    if isinstance(value, list) and value:
        return tuple(found for item in value for found in recurring_dates(item))
    if not isinstance(value, str):
        raise Wrong(text("this is no date"), text("something like {example}", example=EXAMPLE))
    return tuple(found for part in normal(value).split(",") for found in _one(part.strip()))


def follow_on(dates: SomeDates) -> bool:
    """Whether a day of these may be followed by another."""
    return not isinstance(dates, NthWeekday) and dates.first != dates.last


def _one(written: str) -> tuple[SomeDates, ...]:
    if found := _YEARLY.fullmatch(written):
        first = _day(found[1], found[2], written)
        return (YearlyRange(first, _day(found[3], found[4], written) if found[3] else first),)
    if found := _NTH.fullmatch(written):
        nth = _word(found[1], tuple(NTHS), written)
        weekday = _word(found[2], WEEKDAYS, written)
        month = None if found[3] is None else _word(found[3], MONTHS, written) + 1
        return (NthWeekday(tuple(NTHS.values())[nth], weekday, month),)
    ranges: tuple[DateRange, ...] = date_ranges(written)
    return ranges


def _day(month: str, day: str, written: str) -> str:
    try:
        return date(_LEAP_YEAR, int(month), int(day)).isoformat()[5:]
    except ValueError:
        raise Wrong(text('"{value}" is not in the calendar', value=written)) from None


def _word(said: str, words: tuple[str, ...], written: str) -> int:
    lowered = said.lower()
    if lowered not in words:
        raise Wrong(
            text('"{value}" is no date', value=written[:60]),
            text("something like {example}", example=EXAMPLE),
            guess(lowered, words),
        )
    return words.index(lowered)
