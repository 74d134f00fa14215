"""Sunrise and sunset of a place, also where the sun does not rise or set."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from astral import Observer
from astral.sun import elevation, noon, sunrise, sunset

from schedules.local import LocalTime

_HALF_A_DAY = timedelta(hours=12)
HORIZON_DEG = -0.833
"""Height of the sun's centre at sunrise: half its disc plus refraction at the horizon."""


class SunTimes(NamedTuple):
    """Sunrise and sunset of one local day, UTC milliseconds.

    The sun that stays up rises at the solar midnight before and sets at the one after; the sun that stays
    down rises and sets at solar noon. Both are what the real times come close to as that season nears.
    """

    sunrise_ms: int
    sunset_ms: int


class Sun:
    """Sun times of one place. Latitude and longitude in degrees, north and east positive."""

    def __init__(self, latitude: float, longitude: float, local: LocalTime) -> None:
        self._observer = Observer(latitude, longitude)
        self._local = local
        self.times = lru_cache(maxsize=64)(self._times)

    def _times(self, day: date) -> SunTimes:
        middle = self._noon(day)
        reach = _HALF_A_DAY if self._mostly_up(middle) else timedelta(0)
        rise = self._crossing(sunrise, day, middle - _HALF_A_DAY, middle) or middle - reach
        down = self._crossing(sunset, day, middle, middle + _HALF_A_DAY) or middle + reach
        return SunTimes(round(rise.timestamp() * 1000), round(down.timestamp() * 1000))

    def _mostly_up(self, middle: datetime) -> bool:
        """Where the sun crosses no horizon: noon and midnight are both above it, or both below."""
        heights = [elevation(self._observer, moment, False) for moment in (middle, middle + _HALF_A_DAY)]
        return sum(heights) / 2 > HORIZON_DEG

    def _crossing(
        self, event: Callable[..., datetime], day: date, first: datetime, last: datetime
    ) -> datetime | None:
        """The one between `first` and `last`: near a polar day the sun sets after midnight."""
        for shift in (0, 1, -1):
            try:
                moment = event(self._observer, day + timedelta(days=shift), tzinfo=self._local.zone)
            except ValueError:
                continue
            if first <= moment <= last:
                return moment
        return None

    def _noon(self, day: date) -> datetime:
        """Solar noon on the local `day` (far from its meridian a zone's date differs from the sun's)."""
        for shift in (0, -1, 1):
            moment = noon(self._observer, day + timedelta(days=shift), tzinfo=self._local.zone)
            if moment.date() == day:
                return moment
        return noon(self._observer, day, tzinfo=self._local.zone)
