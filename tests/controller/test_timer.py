"""The cycle's timer: aligned to whole wall seconds, whatever the wall clock does."""

from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.timer import CycleTimer, seconds_to_next
from tests.held_up import HeldUp


@pytest.mark.parametrize(
    ("wall", "wait"),
    [(100.0, 1.0), (100.25, 0.75), (100.899, 0.101), (100.97, 0.03), (100.985, 1.015), (0.0, 1.0)],
)
def test_waits_to_the_next_whole_second(wall: float, wait: float) -> None:
    assert seconds_to_next(wall, 1.0) == pytest.approx(wait, abs=1e-9)


@given(wall=st.floats(0, 4e9), period=st.sampled_from([0.5, 1.0, 10.0]))
def test_lands_on_a_multiple_and_never_wakes_twice(wall: float, period: float) -> None:
    wait = seconds_to_next(wall, period)
    assert period / 50 < wait <= period * 1.02
    landed = (wall + wait) / period
    assert landed == pytest.approx(round(landed), abs=1e-4)


async def test_a_nudge_wakes_at_once_and_only_once() -> None:
    timer = CycleTimer(lambda: 0.0, period_s=30.0)
    timer.nudge()
    began = time.monotonic()
    await timer.wait()
    assert time.monotonic() - began < 5
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(timer.wait(), 0.05)


async def test_a_step_of_the_wall_clock_delays_no_wake() -> None:
    walls = iter([1000.02, 1000.02, 500.31, 500.31, 9000.93, 9000.93])
    timer = CycleTimer(lambda: next(walls), period_s=0.05)
    began = time.monotonic()
    for _ in range(3):
        await timer.wait()
    assert time.monotonic() - began < 20.0


async def test_a_wait_that_ends_early_is_waited_out() -> None:
    """Else a programme that changes at the second would be asked just before it, and heard a cycle later."""
    walls = iter([99.97, 99.9999, 99.99999, 100.00001])
    timer = CycleTimer(lambda: next(walls))
    await timer.wait()
    assert list(walls) == [], "looked at until the second had come"


async def test_what_takes_long_waits_until_a_cycle_has_just_been() -> None:
    timer = CycleTimer(time.time, period_s=0.2)
    await timer.calm()  # no cycle is waited for
    wakes: list[float] = []

    async def cycles() -> None:
        while True:
            await timer.wait()
            wakes.append(time.monotonic())

    task = asyncio.create_task(cycles())
    await asyncio.sleep(0)
    async with HeldUp() as held_up:
        for _ in range(8):
            await asyncio.sleep(0.03)
            await timer.calm()
            assert timer._due is not None
            now_s = time.monotonic()
            left_s = timer._due - now_s
            await asyncio.sleep(0.01)  # how late the machine was is known a moment later
            assert left_s > 0.05 - held_up.during(now_s - 0.2, now_s)
    task.cancel()
    assert wakes, "it was waited for one"


async def test_how_late_cycles_usually_are_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    walls = iter([0.02, 1.001] * 100)
    monos = iter([part for late in range(100) for part in (0.0, 0.98 + late / 1000)])
    timer = CycleTimer(lambda: next(walls), period_s=1.0, monotonic=lambda: next(monos))
    assert timer.usual_late_ms == 0.0

    async def ended(_seconds: float) -> bool:
        return False

    monkeypatch.setattr(timer, "_nudged_within", ended)
    for _ in range(100):
        await timer.wait()
    assert timer.usual_late_ms == pytest.approx(98.0), "one of a hundred was later"


@pytest.mark.parametrize(
    ("looks", "missed"),
    [
        ([(100.0, 0.0), (101.0, 1.0), (102.01, 2.01)], 0),
        ([(100.0, 0.0), (100.5, 0.5), (100.985, 0.985), (102.0, 2.0)], 0),
        ([(100.0, 0.0), (104.3, 4.3)], 3),
        ([(100.0, 0.0), (101.0, 1.0), (102.99, 2.99), (104.0, 4.0)], 1),
        ([(100.0, 0.0), (999.95, 1.0), (20.5, 2.05), (21.0, 2.55)], 0),
    ],
    ids=["in time", "nudged", "long cycle", "one overrun", "wall clock stepped"],
)
async def test_a_second_without_a_cycle_is_counted(looks: list[tuple[float, float]], missed: int) -> None:
    """By the wall and the monotonic clock at each wait."""
    walls, monos = iter([wall for wall, _ in looks]), iter([mono for _, mono in looks])
    timer = CycleTimer(lambda: next(walls), monotonic=lambda: next(monos))
    for _ in looks:
        timer.nudge()
        await timer.wait()
    assert timer.missed == missed
