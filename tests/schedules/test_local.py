"""Local clock readings as instants, over the two nights a year that are not 24 hours long."""

from __future__ import annotations

from datetime import date

import pytest

from schedules.local import LocalTime
from tests.schedules.build import at


@pytest.mark.parametrize(
    ("zone", "day", "seconds", "utc"),
    [
        ("Asia/Shanghai", "2026-03-05", 8 * 3600, "2026-03-05 00:00"),
        ("Asia/Shanghai", "2026-03-05", 86_400, "2026-03-05 16:00"),
        ("Asia/Shanghai", "2026-03-05", -3600, "2026-03-04 15:00"),
        ("Europe/Berlin", "2026-03-29", 2 * 3600, "2026-03-29 01:00"),  # skipped: when the skipping ends
        ("Europe/Berlin", "2026-03-29", 2 * 3600 + 1800, "2026-03-29 01:00"),
        ("Europe/Berlin", "2026-03-29", 3 * 3600, "2026-03-29 01:00"),
        ("Europe/Berlin", "2026-03-29", 3 * 3600 + 60, "2026-03-29 01:01"),
        ("Europe/Berlin", "2026-10-25", 2 * 3600 + 1800, "2026-10-25 00:30"),  # twice: the first
        ("Europe/Berlin", "2026-10-25", 3 * 3600, "2026-10-25 02:00"),
        ("Africa/Cairo", "2026-04-24", 0, "2026-04-23 22:00"),  # midnight itself is skipped
        ("America/St_Johns", "2010-11-07", 0, "2010-11-07 02:30"),  # clocks go back at 00:01
        ("Pacific/Apia", "2011-12-30", 12 * 3600, "2011-12-30 10:00"),  # the day that was not
        ("Pacific/Apia", "2011-12-31", 0, "2011-12-30 10:00"),
    ],
)
def test_instant(zone: str, day: str, seconds: int, utc: str) -> None:
    assert LocalTime(zone).instant(date.fromisoformat(day), seconds) == at(utc, "UTC")


@pytest.mark.parametrize(
    ("zone", "utc", "day"),
    [
        ("Asia/Shanghai", "2026-03-05 15:59", "2026-03-05"),
        ("Asia/Shanghai", "2026-03-05 16:00", "2026-03-06"),
        ("America/St_Johns", "2010-11-07 02:30", "2010-11-07"),
        ("America/St_Johns", "2010-11-07 02:45", "2010-11-07"),  # clocks show 23:15 of the 6th again
        ("Africa/Cairo", "2026-04-23 21:59", "2026-04-23"),
        ("Africa/Cairo", "2026-04-23 22:00", "2026-04-24"),
    ],
)
def test_date_at(zone: str, utc: str, day: str) -> None:
    assert LocalTime(zone).date_at(at(utc, "UTC")) == date.fromisoformat(day)
