"""Tariff periods: the shipped table hour by hour, odd nights, and every minute against a slow reading."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from itertools import pairwise

import chinese_calendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.plan.programmes import WEEKDAYS, CalendarPlan
from config.plan.tariff import TARIFF_PERIODS, Tariff, TariffPeriod, TariffSeason, TariffSpan
from config.written.compile import compile_site
from config.written.problems import Findings
from schedules.calendar import Calendar
from schedules.context import Context
from schedules.local import LocalTime
from schedules.sun import Sun
from schedules.tariff import PeriodSpan, TariffHours
from tests.config.golden import GOLDEN
from tests.schedules.build import at
from tests.schedules.reference import minutes

MINUTE_MS = 60_000
DAY = timedelta(days=1)


@cache
def context(zone: str) -> Context:
    local = LocalTime(zone)
    return Context(local, Calendar(CalendarPlan("CN", (), ())), Sun(30.5, 103.9, local))


def hours(tariff: Tariff, zone: str = "Asia/Shanghai") -> TariffHours:
    return TariffHours(tariff, context(zone))


def tariff_of(*seasons: TariffSeason, since: str = "2000-01-01") -> Tariff:
    return Tariff("t", "t", "", since, seasons, (("flat", 1.0),), None, True)


@cache
def sichuan() -> Tariff:
    plan = compile_site(GOLDEN / "good-meters", Findings())
    assert plan is not None
    assert plan.tariff is not None
    return plan.tariff


SICHUAN = [
    # month, then each hour from 00 on: v valley, - flat, P peak
    ("2026-04-15", "vvvvvvvv--PP-----PPPPPvv"),
    ("2026-11-30", "vvvvvvvv--PP-----PPPPPvv"),
    ("2026-08-15", "-vvvvvv----PPPPPPP--PPP-"),
    ("2026-01-15", "vvvvvvvv--PP----PPPPPP--"),
]


@pytest.mark.parametrize(("day", "expected"), SICHUAN)
def test_hours_of_sichuan(day: str, expected: str) -> None:
    signs = {"valley": "v", "flat": "-", "peak": "P"}
    midnight = at(f"{day} 00:00")
    table = hours(sichuan())
    found = [signs[table.period(midnight + hour * 60 * MINUTE_MS)] for hour in range(24)]
    assert "".join(found) == expected
    assert table.period(midnight + 22 * 60 * MINUTE_MS - 1) == "peak"


def test_prices_of_sichuan() -> None:
    assert sichuan().factors == (("peak", 1.6), ("flat", 1.0), ("valley", 0.4))
    assert (sichuan().name, sichuan().flat_price, sichuan().by_period) == ("sichuan-2025", 0.72, True)
    assert all(span.start_s < span.end_s for season in sichuan().seasons for span in season.spans)


def test_before_the_notice_all_is_flat_and_said_to_be_before() -> None:
    table = hours(sichuan())
    assert table.since_ms == at("2025-01-01 00:00")
    assert table.period(at("2024-12-31 23:59")) == "flat"
    assert table.period(at("2025-01-01 00:00")) == "valley"
    assert table.next_change(at("1970-01-01 00:00")) == at("2025-01-01 00:00")


def test_a_night_runs_on_from_one_season_into_the_next() -> None:
    table = hours(sichuan())
    # 22:00 of 30 June is valley; 00:00 of 1 July is flat by the summer's table.
    assert list(table.spans(at("2026-06-30 21:00"), at("2026-07-01 02:00"))) == [
        PeriodSpan(at("2026-06-30 21:00"), at("2026-06-30 22:00"), "peak"),
        PeriodSpan(at("2026-06-30 22:00"), at("2026-07-01 00:00"), "valley"),
        PeriodSpan(at("2026-07-01 00:00"), at("2026-07-01 01:00"), "flat"),
        PeriodSpan(at("2026-07-01 01:00"), at("2026-07-01 02:00"), "valley"),
    ]
    # Within a season it is one span over midnight.
    night = list(table.spans(at("2026-04-15 22:00"), at("2026-04-16 08:00")))
    assert night == [PeriodSpan(at("2026-04-15 22:00"), at("2026-04-16 08:00"), "valley")]


def test_own_hours_on_kinds_of_day() -> None:
    plan = compile_site(GOLDEN / "good-tariff-own", Findings())
    assert plan is not None
    assert plan.tariff is not None
    assert (plan.tariff.label, plan.tariff.by_period) == ("our tariff", False)
    table = TariffHours(plan.tariff, Context.of(plan))
    assert table.period(at("2026-07-15 10:00")) == "peak"  # Wednesday
    assert table.period(at("2026-07-18 10:00")) == "valley"  # Saturday
    assert table.period(at("2026-09-20 10:00")) == "peak"  # a Sunday that is worked
    assert table.period(at("2026-07-15 23:00")) == "flat"
    assert table.period(at("2026-05-16 10:00")) == "valley"  # Saturday, alone in its month
    assert table.period(at("2026-05-18 10:00")) == "flat"
    assert table.period(at("2026-10-15 10:00")) == "flat"
    # From the end of a valley to the next Saturday of May there is no change.
    assert table.next_change(at("2026-05-18 10:00")) == at("2026-05-23 00:00")


def test_nothing_ever_changes() -> None:
    table = hours(tariff_of(TariffSeason((1, 2), (), ())))
    assert table.next_change(at("2026-01-01 00:00")) is None
    assert list(table.spans(at("2026-01-01 00:00"), at("2027-01-01 00:00"))) == [
        PeriodSpan(at("2026-01-01 00:00"), at("2027-01-01 00:00"), "flat")
    ]
    assert list(table.spans(at("2026-01-01 00:00"), at("2026-01-01 00:00"))) == []


NIGHT = tariff_of(
    TariffSeason(
        tuple(range(1, 13)), (), (TariffSpan(0, 10_800, "valley"), TariffSpan(75_600, 86_400, "peak"))
    )
)


@pytest.mark.parametrize(
    ("zone", "day", "valley_h"),
    [
        ("Europe/Berlin", "2026-03-28", 3),
        ("Europe/Berlin", "2026-03-29", 2),
        ("Europe/Berlin", "2026-10-25", 4),
    ],
)
def test_nights_that_are_not_24_hours(zone: str, day: str, valley_h: int) -> None:
    table = hours(NIGHT, zone)
    midnight = at(f"{day} 00:00", zone)
    valley = next(table.spans(midnight, midnight + 86_400_000))
    assert valley == PeriodSpan(midnight, midnight + valley_h * 3_600_000, "valley")


def test_a_day_that_was_not_has_no_period() -> None:
    table = hours(NIGHT, "Pacific/Apia")
    start, end = at("2011-12-29 21:00", "Pacific/Apia"), at("2011-12-31 03:00", "Pacific/Apia")
    assert [(span.period, (span.end_ms - span.start_ms) / 3_600_000) for span in table.spans(start, end)] == [
        ("peak", 3),
        ("valley", 3),
    ]


@st.composite
def tariffs(draw: st.DrawFn) -> Tariff:
    seasons = []
    for _ in range(draw(st.integers(0, 4))):
        edges = sorted(draw(st.sets(st.integers(0, 96), max_size=8)))
        spans = tuple(
            TariffSpan(start * 900, end * 900, draw(st.sampled_from(TARIFF_PERIODS)))
            for start, end in zip(edges[::2], edges[1::2], strict=False)
        )
        months = tuple(draw(st.sets(st.integers(1, 12), min_size=6)))
        kinds = tuple(
            draw(st.sets(st.sampled_from(["workday", "dayoff", "holiday", "makeup", *WEEKDAYS]), max_size=3))
        )
        seasons.append(TariffSeason(months, kinds, spans))
    return tariff_of(*seasons, since=draw(st.sampled_from(["2000-01-01", "2026-02-14", "2025-03-30"])))


def slowly(tariff: Tariff, zone: str, first: date, days: int) -> Iterator[tuple[int, TariffPeriod]]:
    """The period of every minute by what clocks show, from the rules alone."""
    for wall_ms, shown in minutes(zone, first, days):
        day, seconds = shown.date(), shown.hour * 3600 + shown.minute * 60
        if not first <= day < first + days * DAY:
            continue
        period: TariffPeriod = "flat"
        for season in tariff.seasons if day.isoformat() >= tariff.since else ():
            if day.month in season.months and (not season.kinds or set(season.kinds) & kinds_of(day)):
                for span in season.spans:
                    if span.start_s <= seconds < span.end_s:
                        period = span.period
                break
        yield wall_ms, period


def kinds_of(day: date) -> set[str]:
    off, festival = chinese_calendar.get_holiday_detail(day)
    if festival:
        return {"holiday", "dayoff"} if off else {"makeup", "workday"}
    return {WEEKDAYS[day.weekday()], "dayoff" if day.weekday() >= 5 else "workday"}


ODD = [
    ("Asia/Shanghai", date(2026, 2, 13)),  # a worked Saturday, then the Spring Festival
    ("Asia/Shanghai", date(2026, 9, 30)),
    ("Europe/Berlin", date(2025, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 24)),
    ("Africa/Cairo", date(2026, 4, 23)),
    ("America/St_Johns", date(2010, 11, 6)),
]


@settings(max_examples=40)
@given(tariffs(), st.sampled_from(ODD), st.integers(0, 600), st.integers(1, 2000))
def test_each_minute_is_what_the_rules_say(
    tariff: Tariff, where: tuple[str, date], begin: int, length: int
) -> None:
    zone, first = where
    table = hours(tariff, zone)
    walked = list(slowly(tariff, zone, first, 3))
    for wall_ms, period in walked[::7]:
        assert table.period(wall_ms) == period
    part = walked[begin : begin + length]
    spans = list(table.spans(part[0][0], part[-1][0] + MINUTE_MS))
    assert [wall_ms for wall_ms, _ in part] == [
        minute for span in spans for minute in range(span.start_ms, span.end_ms, MINUTE_MS)
    ]
    assert [period for _, period in part] == [
        span.period for span in spans for _ in range(span.start_ms, span.end_ms, MINUTE_MS)
    ]
    assert all(one.period != two.period for one, two in pairwise(spans))
    changes = [wall_ms for (_, before), (wall_ms, after) in pairwise(walked) if before != after]
    if changes:
        assert table.next_change(walked[0][0]) == changes[0]
