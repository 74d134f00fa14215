"""The log on a wall clock that is wrong, leaps, or is put right."""

from __future__ import annotations

import pytest

from controller.consumption.records import Flag
from controller.consumption.slots import Slots
from tests.controller.consumption.bench import START, Bench, Doubting, leap


def test_a_moment_in_the_far_future_writes_nothing_there() -> None:
    bench = Doubting()
    bench.after(10, main_energy=10.0)
    leap(bench, 70 * 365 * 86400)
    for _ in range(30):
        bench.after(10, main_energy=10.0)
    leap(bench, -70 * 365 * 86400)
    for _ in range(62):
        bench.after(10, main_energy=10.0)
    assert [(row.start_ms, row.consumption, row.flags) for row in bench.rows] == [(START, 0, Flag.PARTIAL)]
    assert bench.log.next_ms == START + 1_800_000


@pytest.mark.parametrize(
    "leaps",
    [{}, {20: 70 * 365 * 86_400, 70: -70 * 365 * 86_400}, {20: -56 * 365 * 86_400, 70: 56 * 365 * 86_400}],
)
def test_a_leap_that_is_taken_back_leaves_no_trace_in_any_row(leaps: dict[int, int]) -> None:
    bench = Doubting()
    for number in range(400):
        leap(bench, leaps.get(number, 0))
        bench.after(10, main_energy=10 + number / 100)
    assert [(row.start_ms, row.consumption, row.flags) for row in bench.rows] == [
        (START, 89, Flag.PARTIAL),
        (START + 900_000, 90, Flag(0)),
        (START + 1_800_000, 90, Flag(0)),
        (START + 2_700_000, 90, Flag(0)),
    ]


@pytest.mark.parametrize("hours", [10, -10])
def test_over_a_leap_that_is_followed_nothing_is_lost_or_doubled(hours: int) -> None:
    bench = Doubting()
    for number in range(5000):
        if number == 100:
            leap(bench, hours * 3600)
        bench.after(10, main_energy=10 + number / 100)
    assert all(
        after.start_ms == before.end_ms for before, after in zip(bench.rows, bench.rows[1:], strict=False)
    )
    mark = bench.log.marks()["main"]
    assert mark.anchor_count is not None
    assert sum(row.consumption or 0 for row in bench.rows) == mark.anchor_count - 1000
    assert any(Flag.CLOCK in row.flags for row in bench.rows)


def test_a_leap_that_lasts_is_followed() -> None:
    bench = Doubting()
    bench.after(10, main_energy=10.0)
    leap(bench, 10 * 3600)
    for number in range(200):
        bench.after(10, main_energy=10 + number / 100)
    assert bench.log.next_ms == Slots("Asia/Shanghai", 900).next(bench.wall_ms)
    assert sum(row.consumption or 0 for row in bench.rows) > 150
    assert all(
        after.start_ms == before.end_ms for before, after in zip(bench.rows, bench.rows[1:], strict=False)
    )


def test_a_clock_that_becomes_trusted_is_followed_at_once() -> None:
    """A boot in 1970 that hears the time at last: nothing is logged of 1970."""
    bench = Bench()
    bench.trusted, bench.wall_ms = False, 60_000
    bench.after(10, main_energy=10.0)
    bench.after(900, main_energy=10.1)
    assert bench.rows == []
    bench.trusted = True
    leap(bench, START // 1000)
    bench.after(10, main_energy=10.2)
    assert bench.rows[0].start_ms == START
    assert bench.rows[-1].flags == Flag.PARTIAL | Flag.CLOCK
    for _ in range(180):
        bench.after(10, main_energy=10.3)
    assert Flag.CLOCK not in bench.rows[-1].flags
    assert sum(row.consumption or 0 for row in bench.rows) == 30


def test_a_step_back_of_minutes_is_followed_and_flagged() -> None:
    bench = Bench()
    bench.after(10, main_energy=10.0)
    bench.after(600, main_energy=10.1)
    leap(bench, -300)
    for _ in range(60):
        bench.after(10, main_energy=10.2)
    assert [(row.consumption, row.flags) for row in bench.rows] == [(20, Flag.PARTIAL | Flag.CLOCK)]
