"""Clocks: what is believed, and how site time goes on."""

from __future__ import annotations

import pytest

from controller.clock import SiteClock, VirtualClock, machine_is_believable

SECOND = 1_000_000_000


class Machine:
    """A machine's two clocks, and whether anything has told it the time."""

    def __init__(self, wall_s: int) -> None:
        self.wall_ns = wall_s * SECOND
        self.mono_ns = 5 * SECOND
        self.told = False

    def clock(self, not_before_s: int = 0) -> SiteClock:
        return SiteClock(
            not_before_ms=not_before_s * 1000,
            believable=lambda: self.told,
            wall_ns=lambda: self.wall_ns,
            mono_ns=lambda: self.mono_ns,
        )

    def passes(self, seconds: int) -> None:
        self.wall_ns += seconds * SECOND
        self.mono_ns += seconds * SECOND


def test_a_boot_in_1970_counts_on_from_the_last_stored_time_until_told_better() -> None:
    machine = Machine(0)
    clock = machine.clock(not_before_s=1_000_000)
    assert clock.now()[::2] == (1_000_000_000, False)
    machine.passes(60)
    assert clock.now()[::2] == (1_000_060_000, False)
    machine.told = True
    assert clock.now()[::2] == (1_000_060_000, False)  # what it is told lies before what was stored
    machine.wall_ns = 2_000_000 * SECOND
    assert clock.now()[::2] == (2_000_000_000, True)


def test_time_once_believed_stays_so_over_steps() -> None:
    machine = Machine(2_000_000)
    machine.told = True
    clock = machine.clock(not_before_s=1_000_000)
    assert clock.now().trusted
    machine.told = False
    machine.wall_ns -= 3600 * SECOND
    assert clock.now()[::2] == (1_996_400_000, True)


def test_a_machine_that_nobody_told_the_time_is_not_believed_however_right_it_looks() -> None:
    clock = Machine(2_000_000).clock(not_before_s=1_000_000)
    assert clock.now()[::2] == (2_000_000_000, False)


def test_site_time_may_run_faster_from_a_start_of_its_own() -> None:
    machine = Machine(0)
    clock = SiteClock(60.0, 7_000, wall_ns=lambda: machine.wall_ns, mono_ns=lambda: machine.mono_ns)
    machine.passes(2)
    assert clock.now() == (127_000, 7 * SECOND, True)
    with pytest.raises(ValueError, match="start of its own"):
        SiteClock(60.0)


def test_the_virtual_clock_moves_when_told() -> None:
    clock = VirtualClock(1_000, speed=10.0)
    before = clock.now()
    after = clock.advance(2.0)
    assert (after.wall_ms - before.wall_ms, after.mono_ns - before.mono_ns) == (20_000, 2 * SECOND)
    clock.set_wall(5)
    assert clock.now()[:2] == (5, after.mono_ns)


def test_this_machine_is_asked_without_harm() -> None:
    assert machine_is_believable() in (True, False)
