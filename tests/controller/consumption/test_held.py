"""Readings that wait until the time is known: what is kept of them, and what they become."""

from __future__ import annotations

from itertools import pairwise

import pytest

from controller.consumption.corrections import Replacement
from controller.consumption.held import LONGEST_S, MOST, Held, Kept
from controller.consumption.plausible import Anchor, CannotCorrect
from controller.consumption.records import Flag
from tests.controller.consumption.bench import START, Bench, leap

SECOND = 1_000_000_000


def untrusted(at_ms: int = 60_000) -> Bench:
    bench = Bench()
    bench.trusted, bench.wall_ms = False, at_ms
    return bench


def told(bench: Bench, by_ms: int) -> None:
    """The clock is put right by that much, and trusted."""
    bench.wall_ms += by_ms
    bench.trusted = True


def test_a_day_of_polls_is_thinned_and_the_last_one_is_there() -> None:
    held = Held()
    for second in range(0, 3600, 2):
        held.take(Kept(second * SECOND, 7, second, None))
    kept = list(held.in_order())
    gaps = [after.mono_ns - before.mono_ns for before, after in pairwise(kept)]
    assert max(gaps) <= 30 * SECOND
    assert len(kept) <= 3600 / 28
    assert (kept[0].quanta, kept[-1].quanta) == (0, 3598)


def test_the_highest_of_the_power_is_kept_whatever_is_thinned() -> None:
    held = Held()
    for second, thousandths in ((0, 5), (10, 5), (12, 900), (14, 7), (40, 6), (50, 1)):
        held.take(Kept(second * SECOND, 7, None, thousandths))
    assert max(one.thousandths or 0 for one in held.in_order()) == 900


def test_readings_of_all_points_come_back_by_time() -> None:
    held = Held()
    for number in range(20):
        held.take(Kept(number * 40 * SECOND, number % 3, number, None))
    assert [one.quanta for one in held.in_order()] == list(range(20))


def test_it_is_full_after_hours_or_by_its_number() -> None:
    held = Held()
    assert not held.is_full(10**18)
    held.take(Kept(0, 7, 1, None))
    assert not held.is_full(LONGEST_S * SECOND)
    assert held.is_full(LONGEST_S * SECOND + 1)
    for point in range(MOST):
        held.take(Kept(SECOND, 10 + point, 1, None))
    assert held.is_full(SECOND)


def test_peaks_and_covered_time_are_those_of_their_slots() -> None:
    bench = untrusted()
    for number in range(181):
        bench.after(10, main_energy=10 + number / 100, main_power=9.0 if number == 100 else 1.0)
    assert bench.rows == []
    assert bench.log.marks() == {}
    # The last reading was at 10:30:10.
    told(bench, START + 1_810_000 - bench.wall_ms)
    bench.after(0)
    assert [(row.start_ms, row.peak, row.flags) for row in bench.rows] == [
        (START, 1000, Flag.PARTIAL | Flag.CLOCK),
        (START + 900_000, 9000, Flag.CLOCK),
    ]
    assert bench.rows[1].covered_s == 900
    assert set(bench.marks) == {"main"}


def test_what_came_again_unchanged_waits_too() -> None:
    bench = untrusted()
    bench.after(10, main_energy=10.0)
    for _ in range(180):
        bench.mono_s += 10
        bench.wall_ms += 10_000
        bench.again("main_energy")
    told(bench, START + 1_805_000 - bench.wall_ms)
    bench.after(0)
    assert [(row.start_ms, row.count_end, row.consumption) for row in bench.rows] == [
        (START, 1000, 0),
        (START + 900_000, 1000, 0),
    ]


def test_a_replaced_meter_is_entered_once_the_time_is_known() -> None:
    bench = Bench()
    bench.after(10, main_energy=10.0)
    resumed = Bench(marks=bench.log.marks())
    resumed.trusted = False
    resumed.after(10, main_energy=10.0)
    made, anchor = Replacement(resumed.wall_ms, 1000, 0, None), Anchor(START + 10_000, 1000)
    with pytest.raises(CannotCorrect, match="nobody knows the time yet"):
        resumed.log.check_replaced("main", made, anchor)
    with pytest.raises(CannotCorrect, match="nobody knows the time yet"):
        resumed.log.replaced("main", resumed.now(), made, anchor)
    resumed.trusted = True
    resumed.after(10, main_energy=10.0)
    resumed.log.check_replaced("main", made, anchor)


def test_a_start_that_knows_the_time_waits_for_nothing() -> None:
    bench = Bench()
    assert bench.after(10, main_energy=10.0).marks
    leap(bench, 900)
    assert bench.after(10, main_energy=10.0).intervals
