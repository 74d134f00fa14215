"""Days and months of a time zone leave no gap, also where clocks change."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.consumption.periods import Periods

HOUR = 3_600_000


def ms(written: str) -> int:
    return round(datetime.fromisoformat(written).timestamp() * 1000)


@pytest.mark.parametrize(
    ("zone", "when", "start", "hours"),
    [
        ("Asia/Shanghai", "2026-03-05T10:07:31+08:00", "2026-03-05T00:00+08:00", 24),
        ("Asia/Shanghai", "2026-03-04T23:59:59+08:00", "2026-03-04T00:00+08:00", 24),
        ("Asia/Shanghai", "2026-03-05T00:00+08:00", "2026-03-05T00:00+08:00", 24),
        # Clocks go from 02:00 to 03:00, and from 03:00 back to 02:00.
        ("Europe/Berlin", "2026-03-29T01:59+01:00", "2026-03-29T00:00+01:00", 23),
        ("Europe/Berlin", "2026-03-29T23:59+02:00", "2026-03-29T00:00+01:00", 23),
        ("Europe/Berlin", "2026-03-30T00:00+02:00", "2026-03-30T00:00+02:00", 24),
        ("Europe/Berlin", "2026-10-25T00:30+02:00", "2026-10-25T00:00+02:00", 25),
        ("Europe/Berlin", "2026-10-25T23:30+01:00", "2026-10-25T00:00+02:00", 25),
        ("Europe/Berlin", "2026-10-26T00:00+01:00", "2026-10-26T00:00+01:00", 24),
        # At midnight itself: there is no 00:00, or it comes twice.
        ("America/Havana", "2026-03-08T01:00-04:00", "2026-03-08T01:00-04:00", 23),
        ("America/Havana", "2026-11-01T00:30-05:00", "2026-11-01T00:00-04:00", 25),
    ],
)
def test_days(zone: str, when: str, start: str, hours: int) -> None:
    assert Periods(zone).day(ms(when)) == (ms(start), ms(start) + hours * HOUR)


@pytest.mark.parametrize(
    ("zone", "when", "start", "end"),
    [
        ("Asia/Shanghai", "2026-02-28T23:59+08:00", "2026-02-01T00:00+08:00", "2026-03-01T00:00+08:00"),
        ("Asia/Shanghai", "2026-12-31T12:00+08:00", "2026-12-01T00:00+08:00", "2027-01-01T00:00+08:00"),
        ("Europe/Berlin", "2026-03-31T12:00+02:00", "2026-03-01T00:00+01:00", "2026-04-01T00:00+02:00"),
    ],
)
def test_months(zone: str, when: str, start: str, end: str) -> None:
    assert Periods(zone).month(ms(when)) == (ms(start), ms(end))


@given(
    st.integers(-(10**11), 4 * 10**12), st.sampled_from(["Europe/Berlin", "Asia/Shanghai", "America/Havana"])
)
def test_each_moment_lies_in_its_own_and_they_touch(when: int, zone: str) -> None:
    periods = Periods(zone)
    for part in (periods.hour, periods.day, periods.month):
        start, end = part(when)
        assert start <= when < end
        assert part(end)[0] == end
        assert part(start - 1)[1] == start


def test_a_time_that_no_calendar_reaches_has_its_day_all_the_same() -> None:
    periods = Periods("Asia/Shanghai")
    for when in (2**62, -(2**62), 253_402_300_799_999):
        for part in (periods.day, periods.month):
            start, end = part(when)
            assert start <= when < end
