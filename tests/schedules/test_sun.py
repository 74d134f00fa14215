"""Sunrise and sunset, checked values and the far north."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest

from tests.schedules.build import context, local

TROMSO = ("Europe/Oslo", 69.65, 18.96)


@pytest.mark.parametrize(
    ("day", "sunrise", "sunset"),
    [
        ("2026-01-01", "2026-01-01 08:01", "2026-01-01 18:13"),
        ("2026-06-21", "2026-06-21 06:02", "2026-06-21 20:09"),
    ],
)
def test_shuangliu(day: str, sunrise: str, sunset: str) -> None:
    times = context().sun.times(date.fromisoformat(day))
    assert (local(times.sunrise_ms), local(times.sunset_ms)) == (sunrise, sunset)


def test_polar_night_has_no_daylight_and_polar_day_no_dark() -> None:
    sun = context(*TROMSO).sun
    dark = sun.times(date(2026, 1, 1))
    assert dark.sunrise_ms == dark.sunset_ms
    assert local(dark.sunrise_ms, TROMSO[0]) == "2026-01-01 11:47"
    light = sun.times(date(2026, 6, 21))
    assert light.sunset_ms - light.sunrise_ms == 86_400_000
    assert local(light.sunset_ms, TROMSO[0]) == "2026-06-22 00:45"


def test_the_far_north_comes_to_its_seasons_without_a_jump() -> None:
    """Daylight from one day to the next changes by no more than 100 minutes."""
    sun = context(*TROMSO).sun
    lengths = []
    for number in range(365):
        times = sun.times(date(2026, 1, 1) + timedelta(days=number))
        lengths.append((times.sunset_ms - times.sunrise_ms) / 60_000)
    steps = [abs(after - before) for before, after in pairwise(lengths)]
    assert min(lengths) == 0
    assert max(lengths) == 1440
    assert max(steps) < 100


def test_a_place_far_from_its_zones_meridian() -> None:
    """Kiritimati lies a day west of its clock."""
    zone = "Pacific/Kiritimati"
    times = context(zone, 1.87, -157.4).sun.times(date(2026, 3, 20))
    assert local(times.sunrise_ms, zone)[:13] == "2026-03-20 06"
    assert local(times.sunset_ms, zone)[:13] == "2026-03-20 18"
