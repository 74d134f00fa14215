"""Hours by kind of day: within, since and until when, and when they begin next; held against programmes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.plan.devices import Source
from config.plan.programmes import DayList, Hours, Period
from config.plan.tariff import Tariff, TariffSeason, TariffSpan
from schedules.hours import SiteHours
from tests.schedules.build import at, context, mark

HERE = context()
WHERE = Source("rules.yaml", 3, 5)


def hours(**week: str) -> Hours:
    """workday="06:30-18:30 20:00-21:00"."""
    days = []
    for kind, spans in week.items():
        marks = [span.partition("-")[::2] for span in spans.split()]
        days.append(DayList(kind, tuple(Period(mark(one), mark(two), True, WHERE) for one, two in marks)))
    return Hours(tuple(days), WHERE)


OFFICE = hours(workday="06:30-11:00 11:00-18:30", dayoff="07:00-12:00")
NIGHT = hours(everyday="22:00-06:00")


@pytest.mark.parametrize(
    ("of", "moment", "within", "until", "begin"),
    [
        (OFFICE, "2026-03-05 06:29", False, "2026-03-05 06:30", "2026-03-05 06:30"),
        (OFFICE, "2026-03-05 06:30", True, "2026-03-05 18:30", "2026-03-06 06:30"),
        (OFFICE, "2026-03-06 18:30", False, "2026-03-07 07:00", "2026-03-07 07:00"),
        (OFFICE, "2026-10-01 08:00", True, "2026-10-01 12:00", "2026-10-02 07:00"),
        (NIGHT, "2026-03-05 05:59", True, "2026-03-05 06:00", "2026-03-05 22:00"),
        (NIGHT, "2026-03-05 23:00", True, "2026-03-06 06:00", "2026-03-06 22:00"),
    ],
)
def test_a_moment_and_its_stretch(of: Hours, moment: str, within: bool, until: str, begin: str) -> None:
    site = SiteHours(HERE, None)
    span = site.span(of, at(moment))
    assert (span.within, span.until_ms) == (within, at(until))
    assert site.begin(of, at(moment)) == at(begin)
    assert site.date(at(moment)) == moment[:10]


def test_hours_that_never_are_never_begin() -> None:
    site = SiteHours(HERE, None)
    never = hours(holiday="")
    span = site.span(never, at("2026-03-05 08:00"))
    assert not span.within
    assert span.until_ms > at("2026-03-15 08:00")
    assert site.begin(never, at("2026-03-05 08:00")) is None


@given(
    st.lists(st.integers(0, 28 * 1440), min_size=1, max_size=12),
    st.sampled_from([OFFICE, hours(makeup="09:00-10:00 14:00-15:00")]),
)
@settings(max_examples=30)
def test_what_is_kept_from_before_is_what_would_be_found_anew(minutes: list[int], of: Hours) -> None:
    site, start = SiteHours(HERE, None), at("2026-02-05 00:00")
    for minute in minutes:
        moment, anew = start + minute * 60_000, SiteHours(HERE, None)
        assert site.span(of, moment)[::2] == anew.span(of, moment)[::2]
        assert site.begin(of, moment) == anew.begin(of, moment)


def test_where_there_was_no_begin_it_is_not_looked_for_again() -> None:
    here = context()
    site, never, start = SiteHours(here, None), hours(holiday=""), at("2026-03-05 08:00")
    asked = []
    for hour in range(60):
        assert site.begin(never, start + hour * 3_600_000) is None
        asked.append(sum(here.calendar.kind.cache_info()[:2]))
    assert asked[-1] <= 4 * asked[0]


def test_the_tariff_is_the_sites() -> None:
    season = TariffSeason(tuple(range(1, 13)), (), (TariffSpan(36000, 43200, "peak"),))
    tariff = Tariff("t", "t", "", "2025-01-01", (season,), (("flat", 1.0),), None, by_period=True)
    site = SiteHours(HERE, tariff)
    assert site.tariff is not None
    assert site.tariff.period(at("2026-03-05 11:00")) == "peak"
    assert SiteHours(HERE, None).tariff is None
