"""Kinds of day: the site's word, the country's, the weekday's."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from config.plan.programmes import CalendarPlan
from schedules.calendar import Calendar, kinds_like
from tests.schedules.build import entry

OFF_2026 = [
    "01-01..01-03",
    "02-15..02-23",
    "04-04..04-06",
    "05-01..05-05",
    "06-19..06-21",
    "09-25..09-27",
    "10-01..10-07",
]
MAKEUP_2026 = {"01-04", "02-14", "02-28", "05-09", "09-20", "10-10"}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CHINA = Calendar(CalendarPlan("CN", (), ()))


def test_every_day_of_2026_is_what_was_announced() -> None:
    day = date(2026, 1, 1)
    while day.year == 2026:
        short = day.isoformat()[5:]
        if any(first <= short <= last for first, last in (span.split("..") for span in OFF_2026)):
            expected: tuple[str, ...] = ("holiday", "dayoff", "everyday")
        elif short in MAKEUP_2026:
            expected = ("makeup", "workday", "everyday")
        else:
            name = WEEKDAYS[day.weekday()]
            expected = (name, "dayoff" if day.weekday() > 4 else "workday", "everyday")
        assert CHINA.kind(day).kinds == expected, day
        assert CHINA.kind(day).announced
        day += timedelta(days=1)


HOLIDAY, SHOW, FEAST = "2026-03-04 holiday", "2026-03-04 inspection", "2026-10-01 inspection"


@pytest.mark.parametrize(
    ("day", "country", "entries", "kinds", "announced", "why"),
    [
        ("2026-10-01", "CN", [], "holiday dayoff everyday", True, "announced: National Day"),
        ("2026-02-14", "CN", [], "makeup workday everyday", True, "announced: Spring Festival"),
        ("2026-10-01", "none", [], "thursday workday everyday", True, "by the weekday"),
        ("2027-10-01", "CN", [], "friday workday everyday", False, "by the weekday: 2027 is not announced"),
        ("2027-10-01", "CN", ["2027-10-01..2027-10-07 holiday"], "holiday dayoff everyday", True, "holiday"),
        ("2026-10-10", "CN", ["2026-10-10 dayoff"], "saturday dayoff everyday", True, "day off"),
        ("2026-10-02", "CN", ["2026-10-02 workday"], "friday workday everyday", True, "workday"),
        ("2026-03-07", "CN", ["2026-03-07 workday"], "workday everyday", True, "workday"),
        ("2026-03-04", "CN", ["2026-03-04 dayoff"], "dayoff everyday", True, "day off"),
        ("2026-03-04", "CN", [SHOW], "inspection wednesday workday everyday", True, "inspection"),
        ("2026-10-01", "CN", [FEAST], "inspection holiday dayoff everyday", True, "inspection"),
        ("2026-03-04", "CN", [HOLIDAY, SHOW], "inspection holiday dayoff everyday", True, "inspection"),
        ("2026-03-05", "CN", [HOLIDAY], "thursday workday everyday", True, "by the weekday"),
    ],
)  # fmt: skip
def test_kinds(day: str, country: str, entries: list[str], kinds: str, announced: bool, why: str) -> None:
    plan = CalendarPlan(country, ("inspection",), tuple(entry(*item.split()) for item in entries))  # type: ignore[arg-type]
    found = Calendar(plan).kind(date.fromisoformat(day))
    words = str(found.why).removeprefix("the site's calendar: ")
    assert (" ".join(found.kinds), found.announced, words) == (kinds, announced, why)


@pytest.mark.parametrize(
    ("like", "kinds"),
    [
        ("dayoff", "dayoff everyday"),
        ("holiday", "holiday dayoff everyday"),
        ("makeup", "makeup workday everyday"),
        ("monday", "monday workday everyday"),
        ("sunday", "sunday dayoff everyday"),
        ("everyday", "everyday"),
        ("inspection", "inspection tuesday workday everyday"),
    ],
)
def test_like_another_day_takes_that_kinds_fallbacks(like: str, kinds: str) -> None:
    assert " ".join(kinds_like(like, CHINA.kind(date(2026, 3, 3)))) == kinds
