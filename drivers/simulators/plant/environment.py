"""What the plant is surrounded by: time of day, kind of day, sun, weather, people. A function of time and
seed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from config.plan.programmes import CalendarPlan
from config.plan.site import Site
from drivers.simulators.plant.curves import Curve
from drivers.simulators.plant.noise import Noise, chance

_MONTH_MEANS_C = (5.6, 7.8, 12.1, 17.2, 21.6, 24.2, 25.8, 25.5, 21.7, 17.1, 12.2, 7.1)
"""Monthly mean outdoor temperatures of the Chengdu plain, January first (public climate normals, rounded)."""

_WORKDAY = Curve([
    (6.5, 0), (7.5, 0.08), (8.4, 0.75), (9, 1), (11.8, 1), (12.5, 0.72), (13.8, 0.75), (14.3, 1),
    (17.6, 0.95), (18.5, 0.3), (20, 0.1), (22.5, 0.03), (23, 0),
])  # fmt: skip
_DAYOFF = Curve([(8, 0), (10, 0.06), (17, 0.06), (19, 0)])


class _Day(NamedTuple):
    """What is the same from midnight to midnight."""

    day: date
    number: int
    """Days since the year 1."""
    workday: bool
    mean_c: float
    swing_c: float
    """By how much nights are colder and afternoons warmer."""
    rain_begins: float
    """Hour at which a shower of three hours begins."""
    rain_mm_h: float
    """0 on dry days."""


@dataclass(slots=True, eq=False)
class Environment:
    """One moment. Nobody changes it; that it is no tuple makes it cheap to look into."""

    time_s: float
    """Site time, seconds since 1970 UTC."""
    day: date
    hour: float
    """Local time of day, 0 to 24."""
    workday: bool
    elevation: float
    """Of the sun above the horizon, degrees."""
    lux: float
    """Daylight on open ground, lx."""
    outdoor_c: float
    rain_mm_h: float
    occupancy: float
    """Share of the staff that is in, 0 to 1."""
    booked: Callable[[str], bool] | None = None
    """Whether a place is booked; None: nobody says."""


class Holidays(Protocol):
    """Which dates are worked on."""

    def workday(self, day: date) -> bool: ...


class Calendar:
    """The Plan's own entries, then the country's announced days, then the weekday."""

    def __init__(self, plan: CalendarPlan) -> None:
        self._own = [
            (date.fromisoformat(entry.dates.first), date.fromisoformat(entry.dates.last), entry.kind)
            for entry in plan.entries
            if entry.kind in ("holiday", "makeup", "workday", "dayoff")
        ]
        self._country = plan.country

    def workday(self, day: date) -> bool:
        for first, last, kind in self._own:
            if first <= day <= last:
                return kind in ("makeup", "workday")
        if self._country == "CN":
            import chinese_calendar

            try:
                return bool(chinese_calendar.is_workday(day))
            except NotImplementedError:
                pass
        return day.weekday() < 5


class Surroundings:
    """Makes the Environment of any moment of a site."""

    def __init__(
        self, site: Site, holidays: Holidays, seed: int, booked: Callable[[str, float], bool] | None = None
    ) -> None:
        """`booked`: whether a place is booked at that site time, milliseconds."""
        self._booked = booked
        self._zone = ZoneInfo(site.time_zone)
        self._latitude = site.latitude
        self._longitude = site.longitude
        self._seed = seed
        self._holidays = holidays
        self._day: _Day | None = None
        """That was looked at last."""
        self._warmth = Noise(seed, "warm and cold days", 1.0)
        self._clouds = Noise(seed, "clouds", 5400)
        self._people = Noise(seed, "people", 900)
        self._latest: tuple[float, Environment] | None = None
        """Devices that step apart ask for the same moment one after another."""

    def at(self, wall_ms: float) -> Environment:
        if self._latest is None or self._latest[0] != wall_ms:
            self._latest = wall_ms, self._made(wall_ms)
        return self._latest[1]

    def _made(self, wall_ms: float) -> Environment:
        time_s = wall_ms / 1000
        local = datetime.fromtimestamp(time_s, self._zone)
        day = self._day_of(local.date())
        hour = local.hour + local.minute / 60 + local.second / 3600 + local.microsecond / 3.6e9
        elevation = sun_elevation(time_s, self._latitude, self._longitude)
        rain = day.rain_mm_h if 0 <= (hour - day.rain_begins) % 24 < 3 else 0.0
        cloud = 0.55 + 0.35 * self._clouds.at(time_s) + (0.4 if rain else 0.0)
        people = (_WORKDAY if day.workday else _DAYOFF).at(hour)
        shift = self._warmth.at(day.number / 4 + hour / 96)
        return Environment(
            time_s=time_s,
            day=day.day,
            hour=hour,
            workday=day.workday,
            elevation=elevation,
            lux=daylight(elevation) * (1 - 0.75 * min(max(cloud, 0.0), 1.0)),
            outdoor_c=day.mean_c + 3.5 * shift - day.swing_c * math.cos((hour - 3.5) / 24 * 2 * math.pi),
            rain_mm_h=rain,
            occupancy=min(max(people * (1 + 0.06 * self._people.at(time_s)), 0.0), 1.0),
            booked=self._booked_at(wall_ms),
        )

    def _booked_at(self, wall_ms: float) -> Callable[[str], bool] | None:
        booked = self._booked
        return None if booked is None else lambda place: booked(place, wall_ms)

    def _day_of(self, day: date) -> _Day:
        if self._day is None or self._day.day != day:
            number = day.toordinal()
            begins, mm_h = self._rain(day.month, number)
            swing_c = 3.0 + 2.5 * chance(self._seed, "swing", number)
            self._day = _Day(day, number, self._holidays.workday(day), _mean_c(day), swing_c, begins, mm_h)
        return self._day

    def _rain(self, month: int, number: int) -> tuple[float, float]:
        """When it begins and mm an hour: some days have a shower or two at night or in the afternoon; summers
        are wetter."""
        if chance(self._seed, "rainy", number) > (0.5 if 6 <= month <= 9 else 0.28):
            return 0.0, 0.0
        return 24 * chance(self._seed, "rain begins", number), 4 * chance(
            self._seed, "rain falls", number
        ) + 0.3


def _mean_c(day: date) -> float:
    """Between the means of two months, each in its middle."""
    middle = datetime(day.year, day.month, 15).date()  # noqa: DTZ001 - only its date is wanted
    other = middle + timedelta(days=30 if day >= middle else -30)
    share = abs((day - middle).days) / 30
    return _MONTH_MEANS_C[day.month - 1] * (1 - share) + _MONTH_MEANS_C[other.month - 1] * share


def daylight(elevation: float) -> float:
    """Clear-sky illuminance of open ground in lx by the sun's elevation in degrees; civil twilight
    included."""
    if elevation <= -12:
        return 0.0
    if elevation < 0:
        return 400 * math.exp(0.79 * elevation)  # 400 lx at sunset, about 3.5 lx at the end of civil twilight
    return 400.0 + 110_000 * float(math.sin(math.radians(elevation)) ** 1.2)


def sun_elevation(time_s: float, latitude: float, longitude: float) -> float:
    """Degrees above the horizon, good to about 0.5° (declination and equation of time by their usual
    series)."""
    days = time_s / 86400 + 2440587.5 - 2451545.0
    anomaly = math.radians((357.529 + 0.98560028 * days) % 360)
    mean = (280.459 + 0.98564736 * days) % 360
    ecliptic = math.radians(mean + 1.915 * math.sin(anomaly) + 0.020 * math.sin(2 * anomaly))
    tilt = math.radians(23.439 - 3.6e-7 * days)
    declination = math.asin(math.sin(tilt) * math.sin(ecliptic))
    ascension = math.degrees(math.atan2(math.cos(tilt) * math.sin(ecliptic), math.cos(ecliptic)))
    sidereal = (280.46062 + 360.98564737 * days + longitude) % 360
    hour_angle = math.radians(sidereal - ascension)
    lat = math.radians(latitude)
    return math.degrees(
        math.asin(
            math.sin(lat) * math.sin(declination)
            + math.cos(lat) * math.cos(declination) * math.cos(hour_angle)
        )
    )
