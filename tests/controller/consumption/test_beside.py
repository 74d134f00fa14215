"""A counter that stands still beside a power is told, once, until it counts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from config.plan.clock import Now, Pace
from config.plan.points import Counter
from config.plan.reading import Quality, Reading
from config.plan.site import Plan
from controller.consumption.beside import LEAST_QUANTA, Beside
from controller.consumption.intervals import MeterLog
from controller.consumption.log import ConsumptionLog
from controller.consumption.meters import meters_of
from controller.consumption.records import Count, Flag, Interval, Terms
from controller.consumption.slots import Slots
from tests.controller.consumption.bench import PLAN, START

SLOTS = Slots("Asia/Shanghai", 900)
TERMS = Terms("main", None, 6000.0, 60_000, per_hour=0.1)
"""Quanta of 0.01 kWh: 1 kW is a hundred of them an hour."""


def ended(consumption: int | None) -> Interval:
    return Interval("main", START, START + 900_000, START, 5, 5, consumption, None, 900, Flag(0))


def slot(beside: Beside, kilowatts: list[float | None], consumption: int | None) -> int:
    """A reading each 10 s, None: one that is no good."""
    for number, one in enumerate(kilowatts):
        if one is None:
            beside.forget()
        else:
            beside.take(START + number * 10_000, round(one * 1000), START)
    beside.ended(ended(consumption))
    return beside.stands


@pytest.mark.parametrize(
    ("kilowatts", "consumption", "stands"),
    [
        ([34.0] * 91, 0, 850),
        ([34.0] * 91, 1, 0),
        ([34.0] * 91, None, 0),
        ([0.4] * 91, 0, 10),
        ([0.39] * 91, 0, 0),
        ([-34.0] * 91, 0, 0),
        ([0.0] * 45 + [65535.0] + [0.0] * 45, 0, 0),
        ([0.0] * 45 + [34.0, 34.0] + [0.0] * 44, 0, 0),
        ([2.0, None] * 45, 0, 0),
        ([2.0] * 30 + [None] + [2.0] * 60, 0, 48),
    ],
)
def test_what_was_used_at_the_least(
    kilowatts: list[float | None], consumption: int | None, stands: int
) -> None:
    assert slot(Beside(TERMS), kilowatts, consumption) == stands


def test_it_stands_until_it_counts() -> None:
    beside = Beside(TERMS)
    assert slot(beside, [34.0] * 91, 0)
    assert slot(beside, [0.0] * 91, 0), "nothing is used: that tells nothing"
    assert slot(beside, [34.0] * 91, None), "nobody knows"
    assert not slot(beside, [0.0] * 91, 1)


def test_power_that_was_not_read_for_long_tells_nothing_of_the_time_between() -> None:
    beside = Beside(TERMS)
    beside.take(START, 34_000, START)
    beside.take(START + 800_000, 34_000, START)
    beside.ended(ended(0))
    assert not beside.stands


def test_what_lies_before_the_slot_is_not_of_it() -> None:
    """40 of the 50 s between two readings are of the slot before."""
    log = MeterLog(replace(TERMS, per_hour=0.1 * 36), SLOTS, None)
    log.good(Count(START, 0.0, 5))
    log.power(START + 860_000, 10_000)
    log.good(Count(START + 895_000, 895_000.0, 5))
    log.power(START + 910_000, 10_000)
    log.good(Count(START + 1_795_000, 1_795_000.0, 5))
    log.advance(START + 1_800_000)
    assert log.stands == LEAST_QUANTA * 10


def sockets(power_unit: str) -> ConsumptionLog:
    counter = Counter("electricity", "0.01", 1_000_000, 60.0, power_point=1)
    points = (replace(PLAN.points[0], counter=counter), replace(PLAN.points[1], unit=power_unit))
    plan: Plan = replace(PLAN, points=(*points, *PLAN.points[2:]))
    return ConsumptionLog(meters_of(plan), SLOTS, Pace(), {})


@pytest.mark.parametrize("unit", ["kW", "kvar"])
def test_people_are_told_once_and_when_it_counts_again(unit: str) -> None:
    log, told = sockets(unit), []
    for second in range(0, 4 * 900 + 20, 10):
        count = 500.0 if second <= 2700 else 500.0 + (second - 2700) * 0.009
        now = Now(START + second * 1000, (5000 + second) * 1_000_000_000, True)
        readings = [
            (point, Reading(value, Quality.GOOD, "", now.wall_ms, now.mono_ns))
            for point, value in ((0, count), (1, 34.0))
        ]
        log.step(now, readings)
        told += [(second, one) for one in log.take_notices()]
    if unit == "kvar":
        assert not told, "nothing is known of how the one goes with the other"
        return
    (begun, begin), (over, end) = told
    assert (begun, begin.kind, begin.subject, begin.on) == (900, "counter-stands", "main", True)
    assert "the power beside it 8.50 kWh or more were used" in str(begin.text)
    assert (over, end.on) == (3600, False)
