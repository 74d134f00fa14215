"""What a command is worth in electricity, by what its equipment has drawn or is rated at: an estimate. Pure.

What was logged while one value or another was commanded says more than a rating: it has in it how long a
thermostat lets a heater rest. Without it, by rating:
Counted is what a programme itself switches or dims: rated power while on, rated power × level. A permit lets
a device draw its rated power, and whether it does is the device's own business: counted apart, as at most.
Modes and set-points say nothing about power.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from operator import add
from typing import NamedTuple

from config.plan import bill
from config.plan.bill import rounded
from config.plan.equipment import Equipment
from config.plan.points import Point
from config.plan.reading import Value
from config.plan.site import Plan
from config.plan.tariff import TARIFF_PERIODS, Tariff
from schedules.tariff import TariffHours

_PERMITS = ("permit", "heater_permit")
_GAS = ("stove",)
_HOUR_MS = 3_600_000


class Counted(Enum):
    """Whether a point's commands are worth a number, and if not, why."""

    LOGGED = "logged"
    """By what was logged while it was commanded so."""
    FULLY = "fully"
    AT_MOST = "at-most"
    """A permit: the device draws this at most."""
    NO_RATING = "no-rating"
    """It switches something of which nobody said what it draws."""
    BY_ITSELF = "by-itself"
    """A mode: the machine decides when it runs."""
    GAS = "gas"
    SETTING = "setting"
    """A set-point, or not the main command of anything."""


class Rating(NamedTuple):
    """What a point's commands are worth."""

    counted: Counted
    kw: float = 0.0
    """At on, or at 100 %."""


class Ratings:
    """Those of one plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._owners: dict[int, Equipment] = {
            item.primary: item for item in plan.equipment if item.primary is not None
        }

    def of(self, point: Point) -> Rating:
        owner = self._owners.get(point.id)
        if owner is None:
            return Rating(Counted.SETTING)
        role = next(role for role, bound in owner.roles if bound == point.id)
        if owner.kind in _GAS:
            return Rating(Counted.GAS)
        if point.kind == "enum":
            return Rating(Counted.BY_ITSELF)
        if not _switches(point, role):
            return Rating(Counted.SETTING)
        if owner.rated_kw is None:
            return Rating(Counted.NO_RATING)
        return Rating(Counted.AT_MOST if role in _PERMITS else Counted.FULLY, owner.rated_kw)


def _switches(point: Point, role: str) -> bool:
    """Whether what is commanded is on and off, or a share of the whole; a least speed is neither."""
    return point.kind == "bool" or (point.kind == "number" and point.unit == "%" and role != "min_speed")


class Logged(NamedTuple):
    """What a point's equipment has drawn."""

    by: str
    """The meter, or the point whose course is kept."""
    kw: Mapping[Value, float]
    """Mean by the value that was commanded."""

    def drawn_kw(self, point: Point, value: Value) -> float | None:
        """At that value; None where nothing tells. Off draws nothing unless something else was logged, and a
        level its share of the nearest one."""
        if (found := self.kw.get(value)) is not None:
            return found
        if point.kind == "bool":
            return None if value else 0.0
        if point.kind != "number" or point.unit != "%" or isinstance(value, str):
            return None
        if value == 0:
            return 0.0
        known = [level for level in self.kw if not isinstance(level, str) and level > 0]
        if not known:
            return None
        near = min(known, key=lambda level: abs(level - value))
        return self.kw[near] * value / near


def power_kw(rating: Rating, value: Value | None) -> float:
    """Drawn, or at most drawn, at a commanded value."""
    if isinstance(value, bool):
        return rating.kw if value else 0.0
    return rating.kw * value / 100 if isinstance(value, int | float) else 0.0


def is_on(point: Point, value: Value | None) -> bool | None:
    """Whether a switch or a share is on; None for what is neither."""
    if point.kind == "bool" and isinstance(value, bool):
        return value
    if point.kind == "number" and point.unit == "%" and isinstance(value, int | float):
        return value > 0
    return None


_NOTHING = (0.0,) * len(TARIFF_PERIODS)
_FLAT = TARIFF_PERIODS.index("flat")
_KWH = 4
"""Digits of an estimate in kWh: what is left out is less than floats lose in adding up."""


class Energy(NamedTuple):
    """An amount of electricity, to be added to others."""

    by_period: tuple[float, ...] = _NOTHING
    """kWh, in the order of TARIFF_PERIODS; all of it flat where the site does not pay by period."""

    def plus(self, other: Energy) -> Energy:
        return Energy(tuple(map(add, self.by_period, other.by_period)))


class Amount(NamedTuple):
    """What is told of an amount of electricity."""

    kwh: Decimal
    yuan: Decimal | None
    """As on a bill; None where no price is known."""


class Prices:
    """In which periods electricity is used, and what it costs."""

    def __init__(self, tariff: Tariff | None, hours: TariffHours | None) -> None:
        self.known = tariff is not None and tariff.flat_price is not None
        self._tariff = tariff
        self._hours = hours if tariff is not None and tariff.by_period else None
        self._of_a_kw = lru_cache(maxsize=4096)(self._kwh)

    def used(self, kw: float, start_ms: int, end_ms: int) -> Energy:
        """By so much power over [start, end)."""
        return Energy(tuple(kw * each for each in self._of_a_kw(start_ms, end_ms)))

    def amount(self, energy: Energy) -> Amount:
        """With its cost; what is told of a sum is that of the sum, not of its parts."""
        kwh = {
            period: rounded(each, _KWH) for period, each in zip(TARIFF_PERIODS, energy.by_period, strict=True)
        }
        tariff = self._tariff
        lines = [] if tariff is None else [bill.line(tariff, period, each) for period, each in kwh.items()]
        return Amount(sum(kwh.values(), Decimal(0)), bill.total(lines))

    def _kwh(self, start_ms: int, end_ms: int) -> tuple[float, ...]:
        found = list(_NOTHING)
        if self._hours is None:
            found[_FLAT] = (end_ms - start_ms) / _HOUR_MS
        else:
            for span in self._hours.spans(start_ms, end_ms):
                found[TARIFF_PERIODS.index(span.period)] += (span.end_ms - span.start_ms) / _HOUR_MS
        return tuple(found)
