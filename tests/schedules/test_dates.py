"""Dates that come again."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from config.written.recurring import recurring_dates
from schedules.dates import as_written, hold


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("02-28..03-01", ["2026-02-28", "2026-03-01", "2027-02-28", "2027-03-01"]),
        ("12-31..01-01", ["2026-01-01", "2026-12-31", "2027-01-01", "2027-12-31"]),
        ("02-29", []),
        ("first monday of march", ["2026-03-02", "2027-03-01"]),
        ("last friday of february", ["2026-02-27", "2027-02-26"]),
        ("fifth sunday of march", ["2026-03-29"]),
    ],
)
def test_the_days_of_two_years(written: str, days: list[str]) -> None:
    dates = recurring_dates(written)
    year = [date(2026, 1, 1) + timedelta(days=number) for number in range(730)]
    assert [day.isoformat() for day in year if hold(dates, day)] == days


@pytest.mark.parametrize(
    "written", ["2026-10-01..2026-10-07", "10-01", "12-24..01-02", "last friday", "second tuesday of may"]
)
def test_they_are_said_as_written(written: str) -> None:
    assert [as_written(dates) for dates in recurring_dates(written)] == [written]
