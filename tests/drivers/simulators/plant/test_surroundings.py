"""Sun, weather, people and kinds of day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.plan.devices import Source
from config.plan.programmes import CalendarEntry, CalendarPlan, DateRange
from drivers.simulators.plant.curves import Curve, approach, ramp
from drivers.simulators.plant.environment import Calendar, Surroundings, daylight, sun_elevation
from drivers.simulators.plant.noise import Noise, chance
from tests.drivers.simulators import plans

ZONE = ZoneInfo("Asia/Shanghai")
SUN = [
    ("2026-01-01 08:01", True),
    ("2026-01-01 18:13", False),
    ("2026-06-21 06:02", True),
    ("2026-06-21 20:09", False),
]


@pytest.mark.parametrize(("when", "rises"), SUN)
def test_sun_at_known_times(when: str, rises: bool) -> None:
    """Sunrise and sunset, when the disc's upper edge touches the horizon (-0.83°), within 4 minutes."""
    at = datetime.fromisoformat(when).replace(tzinfo=ZONE)
    before, after = (
        sun_elevation((at + timedelta(minutes=minutes)).timestamp(), 30.574, 103.923) for minutes in (-4, 4)
    )
    assert (before < -0.83 < after) if rises else (before > -0.83 > after)


def test_daylight_is_continuous_and_rises() -> None:
    lux = [daylight(tenth / 10) for tenth in range(-200, 900)]
    assert all(low <= high for low, high in pairwise(lux))
    assert lux[0] == 0
    assert 2 < daylight(-6) < 6
    assert 80_000 < daylight(80) < 120_000


OWN = CalendarEntry(DateRange("2026-04-01", "2026-04-01"), "dayoff", "test", Source("", 0, 0))
DAYS = [
    ("CN", "2026-03-31", True),
    ("CN", "2026-04-01", False),
    ("CN", "2026-02-14", True),
    ("CN", "2026-02-16", False),
    ("CN", "2026-03-28", False),
    ("CN", "2027-03-26", True),
    ("CN", "2027-03-27", False),
    ("none", "2026-02-16", True),
]


@pytest.mark.parametrize(("country", "day", "worked"), DAYS)
def test_kind_of_day(country: str, day: str, worked: bool) -> None:
    """Own entries, announced holidays and working weekends, and the weekday where nothing is announced."""
    calendar = Calendar(CalendarPlan(country, (), (OWN,)))  # type: ignore[arg-type]
    assert calendar.workday(date.fromisoformat(day)) is worked


def test_weather_of_a_year_is_plausible_and_repeats() -> None:
    def year(seed: int) -> list[float]:
        surroundings = Surroundings(plans.SITE, Calendar(CalendarPlan("none", (), ())), seed)
        start = datetime(2026, 1, 1, tzinfo=ZONE).timestamp()
        return [surroundings.at((start + hour * 3600) * 1000).outdoor_c for hour in range(0, 8760, 3)]

    degrees = year(1)
    assert degrees == year(1)
    assert degrees != year(2)
    assert -4 < min(degrees) < 4
    assert 30 < max(degrees) < 38
    assert 14 < sum(degrees) / len(degrees) < 18


@given(st.integers(0, 2**31), st.text(max_size=12), st.floats(0, 2e9), st.floats(1, 1e5))
def test_noise_is_bounded_smooth_and_a_function_of_time(
    seed: int, name: str, time_s: float, period_s: float
) -> None:
    noise, again = Noise(seed, name, period_s), Noise(seed, name, period_s)
    value = noise.at(time_s)
    assert -1 <= value <= 1
    again.at(time_s + 10 * period_s)
    assert again.at(time_s) == value
    assert abs(noise.at(time_s + period_s / 1000) - value) < 0.01
    assert 0 <= chance(seed, name) < 1


def test_chance_is_even() -> None:
    lots = [chance(1, "lot", number) for number in range(4000)]
    assert 0.48 < sum(lots) / 4000 < 0.52
    assert all(350 < sum(low / 10 <= lot < low / 10 + 0.1 for lot in lots) < 450 for low in range(10))


def test_curves() -> None:
    curve = Curve([(0, 1), (10, 3)])
    assert [curve.at(x) for x in (-5, 0, 5, 10, 99)] == [1, 1, 2, 3, 3]
    with pytest.raises(ValueError, match="rising"):
        Curve([(1, 1), (1, 2)])
    assert approach(0, 10, 1e6, 5) == 10
    assert approach(approach(0, 10, 3, 5), 10, 4, 5) == pytest.approx(approach(0, 10, 7, 5))
    assert ramp(0, 1, 3, 0.1) == pytest.approx(0.3)
    assert ramp(1, 0, 100, 0.1) == 0
