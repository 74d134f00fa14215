"""Integrated meters among the others: on a clock that is wrong, set back, or not known yet."""

from __future__ import annotations

import pytest

from config.plan.clock import Now, Pace
from config.plan.reading import Quality, Reading
from controller.consumption.log import ConsumptionLog
from controller.consumption.meters import Meter
from controller.consumption.records import Flag, Interval
from controller.consumption.slots import Slots
from tests.controller.consumption.bench import SECOND, START

OVEN = Meter("oven", 0, "oven.power", "electricity", "kWh", "0.001", None, 50.0, 0, 10.0, 30.0)
HEAT = Meter("heat", 1, "heat.count", "heat", "kWh", "1", None, 500.0, None, 10.0)


class Bench:
    """A log of the two, read every ten seconds: 3.6 kW, a quantum a second."""

    def __init__(self, zone: str = "Asia/Shanghai", wall_ms: int = START, *, trusted: bool = True) -> None:
        self.log = ConsumptionLog((OVEN, HEAT), Slots(zone, 900), Pace(), {})
        self.wall_ms, self.mono_s, self.trusted = wall_ms, 5000, trusted
        self.rows: list[Interval] = []

    def run(self, minutes: int, kw: float = 3.6, *, read: bool = True) -> None:
        for _ in range(minutes * 6):
            self.wall_ms += 10_000
            self.mono_s += 10
            now = Now(self.wall_ms, self.mono_s * SECOND, self.trusted)
            reading = Reading(kw, Quality.GOOD, "", self.wall_ms, now.mono_ns)
            samples = [(0, reading), (1, reading._replace(value=self.mono_s))] if read else []
            self.rows += [row for row in self.log.step(now, samples).intervals if row.meter == "oven"]


def test_over_a_clock_that_was_set_back_nothing_is_counted() -> None:
    bench = Bench()
    bench.run(20)
    bench.wall_ms -= 7_200_000
    bench.run(140)
    first, second = bench.rows
    assert (first.consumption, first.flags) == (890, Flag.ESTIMATED | Flag.PARTIAL)
    # All that was used until time had passed its end, but for the step itself.
    assert second.consumption == 300 + 7200 + 600 - 10
    assert second.covered_s == 900
    assert second.flags == Flag.ESTIMATED | Flag.CLOCK


def test_a_clock_that_is_not_trusted_is_flagged_in_every_slot() -> None:
    bench = Bench()
    bench.run(5)
    bench.trusted = False
    bench.run(41)
    assert [row.consumption for row in bench.rows] == [890, 900, 900]
    assert all(Flag.CLOCK in row.flags for row in bench.rows)


def test_readings_wait_for_the_time_and_are_booked_where_they_belong() -> None:
    bench = Bench(wall_ms=60_000, trusted=False)
    bench.run(20)
    assert bench.rows == []
    bench.wall_ms, bench.trusted = START + 1_200_000, True
    bench.run(15)
    assert [row.consumption for row in bench.rows] == [890, 900]
    assert [row.start_ms for row in bench.rows] == [START, START + 900_000]
    assert [Flag.CLOCK in row.flags for row in bench.rows] == [True, True]


@pytest.mark.parametrize(("start_ms", "slots"), [(1_774_738_800_000, 8), (1_792_882_800_000, 8)])
def test_when_clocks_change_every_slot_has_its_own(start_ms: int, slots: int) -> None:
    """Berlin, an hour before the change in March and in October of 2026: 2 h are eight slots."""
    bench = Bench("Europe/Berlin", start_ms)
    bench.run(1)
    bench.run(2 * 60)
    assert len(bench.rows) == slots
    assert {row.end_ms - row.start_ms for row in bench.rows} == {900_000}
    assert [row.consumption for row in bench.rows[1:]] == [900] * (slots - 1)


def test_the_boundary_ahead_is_known_while_a_slot_waits() -> None:
    """Counters are read out of turn before it, and not before some other time."""
    bench = Bench()
    bench.run(14)
    bench.run(2, read=False)
    assert bench.log.next_ms == START + 1_800_000
    assert [row.covered_s for row in bench.rows] == [830]
