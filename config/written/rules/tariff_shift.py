"""Filling by a level, more in cheap hours than in dear ones."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from config.language import text
from config.plan.asks import Band
from config.plan.hourly import TariffShift
from config.plan.points import Point
from config.plan.tariff import TARIFF_PERIODS, TariffPeriod
from config.written.model.base import Written
from config.written.rules.common import Beyond, Condition, OnBadInput, RuleWritten
from config.written.rules.hours import HoursWritten, hours, needs_tariff
from config.written.rules.making import Making
from config.written.rules.switching import SwitchWritten, band, number_point, switched

_LIKE: dict[TariffPeriod, TariffPeriod] = {
    "sharp": "peak",
    "peak": "flat",
    "deep_valley": "valley",
    "valley": "flat",
}
"""A period that is not written goes like that one."""


class FillingWritten(Written):
    """Fills beyond `start` until beyond `stop`."""

    start: Beyond
    stop: Beyond


class BandsWritten(Written):
    """The band of each period."""

    sharp: FillingWritten | None = None
    peak: FillingWritten | None = None
    flat: FillingWritten
    valley: FillingWritten | None = None
    deep_valley: FillingWritten | None = None


class TariffShiftWritten(RuleWritten):
    """Fills by the band of the tariff period; below `least` at any hour."""

    kind: Literal["tariff_shift"]
    level: str
    least: FillingWritten
    bands: BandsWritten
    curfew: HoursWritten | None = None
    only_if: Condition | None = None
    then: Annotated[list[SwitchWritten], Field(min_length=1)]
    on_bad_input: OnBadInput


def lower(written: TariffShiftWritten, making: Making) -> TariffShift | None:
    """The record, or None with every problem told."""
    needs_tariff(making, ["kind"])
    point = number_point(making, "level", written.level)
    least = None if making.lacks("least") else _band(making, point, ["least"], written.least)
    bands = None if making.lacks("bands") else _bands(making, point, written.bands, least)
    curfew = None if written.curfew is None else hours(making, "curfew", written.curfew)
    only_if = None if written.only_if is None else making.condition("only_if")
    then = switched(making, written.then, "all")
    lost = written.only_if is not None and only_if is None
    if point is None or least is None or bands is None or not then or lost:
        return None
    return TariffShift(point.id, least, bands, curfew, only_if, then, written.on_bad_input)


def _band(making: Making, point: Point | None, path: list[object], written: FillingWritten) -> Band | None:
    found = band(making, point, path, written.start, written.stop)
    if found is not None and not written.start.below:
        making.problem(
            [*path, "start"], text("it fills"), text("something like {example}", example="below 25 %")
        )
        return None
    return found


def _bands(
    making: Making, point: Point | None, written: BandsWritten, least: Band | None
) -> tuple[tuple[TariffPeriod, Band], ...] | None:
    """One for each period; None with every problem told."""
    made: dict[TariffPeriod, Band] = {}
    told = False
    for period in TARIFF_PERIODS:
        one: FillingWritten | None = getattr(written, period)
        if one is None:
            continue
        found = _band(making, point, ["bands", period], one)
        if found is None:
            told = True
            continue
        if least is not None and (found.start < least.start or found.stop < least.stop):
            making.problem(["bands", period], text("it lies below the least"))
            told = True
        made[period] = found
    if told or "flat" not in made:
        return None
    for period in ("peak", "sharp", "valley", "deep_valley"):
        made.setdefault(period, made[_LIKE[period]])
    return tuple((period, made[period]) for period in TARIFF_PERIODS)
