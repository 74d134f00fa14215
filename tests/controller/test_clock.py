"""Clocks: what is believed, what is followed, and how site time goes on."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.clock import SiteClock, VirtualClock
from controller.kernel_clock import elapsed_ns, kernel_is_synchronised, machine_is_believable
from tests.controller.machine import HOUR, MINUTE, SECOND, YEARS_26, Machine

THEN = 1_772_676_000
"""2026-03-05 10:00 in Shanghai."""


def shown(clock: SiteClock) -> tuple[int, bool]:
    """(site seconds, trusted) after a look."""
    now = clock.look()
    return now.wall_ms // 1000, now.trusted


def watched(machine: Machine, clock: SiteClock, seconds: int) -> None:
    """Time passes, with a look every second."""
    for _ in range(seconds):
        machine.passes(1)
        clock.look()


# What is believed


def test_a_boot_in_1970_counts_on_from_the_last_stored_time_until_told_better() -> None:
    machine = Machine(0, has_chip=False)
    clock = machine.clock(not_before_s=THEN)
    assert shown(clock) == (THEN, False)
    watched(machine, clock, 60)
    assert shown(clock) == (THEN + 60, False)
    machine.has_chip = True
    assert shown(clock) == (THEN + 60, False)  # what it says lies before what was stored
    machine.is_set(THEN + 3 * 86_400)
    machine.synchronised = True
    assert shown(clock) == (THEN + 3 * 86_400, True)
    assert clock.now().put_right_ms == (3 * 86_400 - 60) * 1000


def test_a_machine_that_nobody_told_the_time_is_not_believed_however_right_it_looks() -> None:
    clock = Machine(THEN, has_chip=False).clock(not_before_s=THEN - HOUR)
    assert shown(clock) == (THEN, False)


@pytest.mark.parametrize(
    ("has_chip", "synchronised", "before_s", "trusted"),
    [
        (True, False, 0, True),
        (True, False, 1, False),
        (True, False, YEARS_26, False),
        (True, True, YEARS_26, True),
        (False, True, 67, True),
        (False, False, 0, False),
    ],
)
def test_at_the_start_a_time_before_the_last_stored_one_takes_a_synchronised_kernel(
    has_chip: bool, synchronised: bool, before_s: int, trusted: bool
) -> None:
    machine = Machine(THEN, has_chip=has_chip)
    machine.synchronised = synchronised
    clock = machine.clock(not_before_s=THEN + before_s)
    assert clock.now()[::2][:2] == ((THEN if trusted else THEN + before_s) * 1000, trusted)
    assert clock.behind_ms == (before_s * 1000 if trusted else 0)
    # What was stored by the clock that was ahead is put right with it.
    assert clock.now().put_right_ms == -clock.behind_ms


def test_a_stored_time_in_the_far_future_binds_only_until_the_kernel_is_synchronised() -> None:
    machine = Machine(THEN)
    clock = machine.clock(not_before_s=THEN + YEARS_26)
    watched(machine, clock, 20)
    assert shown(clock) == (THEN + YEARS_26 + 20, False)
    machine.synchronised = True
    assert shown(clock) == (THEN + 20, True)


def test_a_glitch_of_a_clock_without_battery_is_not_taken_for_the_time() -> None:
    """A chip alone is no reason to believe a leap while the clock is not trusted."""
    machine = Machine(0)
    clock = machine.clock(not_before_s=THEN)
    watched(machine, clock, 10)
    machine.is_set(THEN + YEARS_26)
    watched(machine, clock, 5 * MINUTE)
    assert shown(clock) == (THEN + 10 + 5 * MINUTE, False)
    machine.is_set(0)
    watched(machine, clock, 20 * MINUTE)
    machine.is_set(THEN + YEARS_26)
    assert shown(clock) == (THEN + 10 + 25 * MINUTE, False)
    assert clock.now().leap_ms == 0  # that the clock is not trusted is told already


@pytest.mark.parametrize(("has_chip", "trusted"), [(True, True), (False, False)])
def test_one_set_by_hand_is_taken_once_it_has_stood(has_chip: bool, trusted: bool) -> None:
    machine = Machine(0, has_chip=has_chip)
    clock = machine.clock(not_before_s=THEN)
    machine.is_set(THEN + 86_400)
    watched(machine, clock, 10 * MINUTE)
    assert shown(clock) == (THEN + 10 * MINUTE, False)
    watched(machine, clock, 2)
    assert shown(clock) == (THEN + 86_400 + 10 * MINUTE + 2, trusted)


def test_a_time_not_trusted_never_goes_back() -> None:
    machine = Machine(THEN, has_chip=False)
    clock = machine.clock(not_before_s=THEN - HOUR)
    for step in (30 * MINUTE, -45 * MINUTE, 50 * MINUTE, -3 * HOUR, 2 * HOUR):
        before = clock.look().wall_ms
        machine.leaps(step)
        watched(machine, clock, 30)
        assert clock.look().wall_ms >= before + 30_000


# What is followed


def trusting(wall_s: int = THEN) -> tuple[Machine, SiteClock]:
    machine = Machine(wall_s)
    clock = machine.clock(not_before_s=wall_s - HOUR)
    watched(machine, clock, 10)
    return machine, clock


@pytest.mark.parametrize("seconds", [1, -1, 67, -67, 90 * 5, HOUR, -HOUR])
def test_a_small_step_is_followed_at_once(seconds: int) -> None:
    machine, clock = trusting()
    machine.leaps(seconds)
    now = clock.look()
    assert (now.wall_ms, now.trusted) == (machine.wall_ns // 1_000_000, True)
    assert (now.leap_ms, now.put_right_ms) == (0, seconds * 1000)


LEAPS = [YEARS_26, -(THEN + 10), 61 * MINUTE, -61 * MINUTE, HOUR + 1, -HOUR - 1]
"""Years ahead, 1970, a little over an hour."""


@pytest.mark.parametrize("seconds", LEAPS)
def test_a_leap_for_five_minutes_has_never_been(seconds: int) -> None:
    machine, clock = trusting()
    machine.leaps(seconds)
    for second in range(5 * MINUTE):
        now = clock.look()
        assert (now.wall_ms, now.trusted) == ((THEN + 10 + second) * 1000, True)
        assert now.leap_ms == seconds * 1000
        machine.passes(1)
    machine.leaps(-seconds)
    now = clock.look()
    assert (now.wall_ms, now.trusted, now.leap_ms) == ((THEN + 10 + 5 * MINUTE) * 1000, True, 0)
    assert now.put_right_ms == 0


@pytest.mark.parametrize("seconds", LEAPS)
def test_a_leap_for_good_is_followed_after_ten_minutes(seconds: int) -> None:
    machine, clock = trusting()
    machine.leaps(seconds)
    clock.look()
    watched(machine, clock, 10 * MINUTE - 1)
    assert shown(clock) == (THEN + 10 + 10 * MINUTE - 1, True)
    watched(machine, clock, 1)
    now = clock.look()
    assert (now.wall_ms, now.trusted) == (machine.wall_ns // 1_000_000, True)
    assert (now.leap_ms, now.put_right_ms) == (0, seconds * 1000)


def test_a_second_leap_begins_the_ten_minutes_anew() -> None:
    machine, clock = trusting()
    machine.leaps(YEARS_26)
    watched(machine, clock, 9 * MINUTE)
    machine.leaps(-YEARS_26 - 2 * HOUR)
    watched(machine, clock, 9 * MINUTE)
    assert clock.now().leap_ms == -2 * HOUR * 1000
    assert shown(clock) == (THEN + 10 + 18 * MINUTE, True)
    watched(machine, clock, 2 * MINUTE)
    assert shown(clock) == (THEN + 10 + 20 * MINUTE - 2 * HOUR, True)


def test_a_leap_that_was_followed_is_taken_back_by_the_same_rule() -> None:
    machine, clock = trusting()
    machine.leaps(YEARS_26)
    watched(machine, clock, 11 * MINUTE)
    assert shown(clock)[0] == THEN + YEARS_26 + 10 + 11 * MINUTE
    machine.leaps(-YEARS_26)
    watched(machine, clock, 11 * MINUTE)
    assert shown(clock) == (THEN + 10 + 22 * MINUTE, True)
    assert clock.now().put_right_ms == 0


def in_the_same_boot(leap_s: int, off_s: int = HOUR, **how: bool) -> tuple[Machine, SiteClock]:
    """A run of ten seconds, a leap, and the next start after `off_s` of sleep."""
    machine, before = trusting()
    stood = before.now()
    machine.leaps(leap_s)
    machine.sleeps(off_s)
    for name, value in how.items():
        setattr(machine, name, value)
    return machine, machine.clock(stood.wall_ms // 1000, stood.booted_ms)


@pytest.mark.parametrize("synchronised", [False, True])
@pytest.mark.parametrize("leap_s", [HOUR + 1, YEARS_26])
def test_a_start_in_the_same_boot_doubts_a_leap_ahead(leap_s: int, synchronised: bool) -> None:
    machine, clock = in_the_same_boot(leap_s, synchronised=synchronised)
    assert shown(clock) == (THEN + 10 + HOUR, True)
    assert (clock.now().leap_ms, clock.now().put_right_ms) == (leap_s * 1000, 0)
    watched(machine, clock, 10 * MINUTE)
    assert shown(clock) == (THEN + 10 + HOUR + 10 * MINUTE + leap_s, True)
    assert clock.now().put_right_ms == leap_s * 1000


def test_a_start_in_the_same_boot_follows_a_small_step_and_says_so() -> None:
    """So what was remembered moves with it, as in a run."""
    _, clock = in_the_same_boot(30 * MINUTE)
    assert shown(clock) == (THEN + 10 + 90 * MINUTE, True)
    assert (clock.now().leap_ms, clock.now().put_right_ms) == (0, 30 * MINUTE * 1000)


@pytest.mark.parametrize(("leap_s", "trusted"), [(-MINUTE, True), (-HOUR - 1, False), (-YEARS_26, False)])
def test_a_start_behind_what_was_counted_goes_by_the_stored_time(leap_s: int, trusted: bool) -> None:
    _, clock = in_the_same_boot(leap_s)
    assert shown(clock) == (THEN + 10 + (HOUR + leap_s if trusted else 0), trusted)


def test_a_start_seconds_behind_what_was_counted_is_trusted_without_a_chip() -> None:
    """A step back by NTP between two runs is none of a clock that knows nothing."""
    _, clock = in_the_same_boot(-3, off_s=2, has_chip=False)
    assert shown(clock) == (THEN + 9, True)
    assert clock.now().put_right_ms == -3000
    _, clock = in_the_same_boot(-MINUTE, off_s=2, has_chip=False)
    assert shown(clock) == (THEN + 10, False)


def test_only_a_trusted_clock_says_when_the_machine_has_booted() -> None:
    machine = Machine(THEN, has_chip=False)
    clock = machine.clock()
    assert clock.look().booted_ms is None
    machine.synchronised = True
    assert clock.look().booted_ms == machine.wall_ns // 1_000_000 - machine.elapsed_ns // 1_000_000
    assert SiteClock(60.0, THEN * 1000).now().booted_ms is None


def test_that_ntp_stands_behind_a_leap_makes_it_no_better() -> None:
    machine, clock = trusting()
    machine.synchronised = True
    machine.leaps(1024 * 7 * 86_400)
    watched(machine, clock, MINUTE)
    assert shown(clock) == (THEN + 10 + MINUTE, True)


def test_drift_never_adds_up_to_a_leap() -> None:
    machine, clock = trusting()
    for _ in range(24 * 60):
        machine.passes(MINUTE)
        machine.leaps(6)  # ten per cent
        assert clock.look().wall_ms == machine.wall_ns // 1_000_000
    assert clock.now().leap_ms == 0


def test_a_machine_that_slept_wakes_to_the_right_time() -> None:
    machine, clock = trusting()
    machine.sleeps(5 * HOUR)
    now = clock.look()
    assert (now.wall_ms, now.leap_ms, now.put_right_ms) == ((THEN + 10 + 5 * HOUR) * 1000, 0, 0)


def test_between_two_looks_time_only_counts_on() -> None:
    machine, clock = trusting()
    machine.leaps(67)
    machine.passes(0.5)
    assert clock.now()[::2][:2] == (THEN * 1000 + 10_500, True)


class Event(NamedTuple):
    leap_s: int
    then_passes_s: int


EVENTS = st.lists(
    st.builds(
        Event,
        st.sampled_from(
            [0, 1, -1, 67, -67, HOUR, -HOUR, HOUR + 1, -HOUR - 1, YEARS_26, -YEARS_26, 40 * MINUTE]
        ),
        st.sampled_from([1, 5, 60, 299, 600, 601, 7200]),
    ),
    max_size=30,
)


@settings(max_examples=300, deadline=None)
@given(EVENTS)
def test_whatever_the_machines_clock_does(events: list[Event]) -> None:
    machine, clock = trusting(THEN)
    before = clock.look()
    stood_s = 0
    for event in events:
        stood_s = 0 if machine.leaps(event.leap_s) and abs(event.leap_s) > MINUTE else stood_s
        # A look once a minute is as good as one a second here.
        left_s = event.then_passes_s
        while left_s:
            passes_s = min(left_s, MINUTE)
            now = clock.look()
            counted_ms = before.wall_ms + (now.mono_ns - before.mono_ns) // 1_000_000
            machine_ms = machine.wall_ns // 1_000_000
            # Site time is what was counted, or the machine's: near it, or once that has stood.
            assert now.wall_ms in (counted_ms, machine_ms)
            if abs(machine_ms - counted_ms) <= HOUR * 1000:
                assert now.wall_ms == machine_ms
            elif now.wall_ms == machine_ms:
                assert stood_s >= 10 * MINUTE
            # It tells what it has made of it, to the millisecond.
            assert now.trusted
            assert now.leap_ms == machine_ms - now.wall_ms
            put_right_ms = now.put_right_ms - before.put_right_ms
            assert put_right_ms == now.wall_ms - counted_ms
            before = now
            machine.passes(passes_s)
            stood_s += passes_s
            left_s -= passes_s
    for _ in range(12):
        clock.look()
        machine.passes(MINUTE)
    # A clock that stands is followed in the end.
    assert clock.look().wall_ms == machine.wall_ns // 1_000_000


# Other clocks


def test_site_time_may_run_faster_from_a_start_of_its_own() -> None:
    machine = Machine(0)
    clock = SiteClock(
        60.0,
        7_000,
        wall_ns=lambda: machine.wall_ns,
        mono_ns=lambda: machine.mono_ns,
        elapsed_ns=lambda: machine.elapsed_ns,
    )
    machine.passes(2)
    machine.leaps(YEARS_26)
    assert clock.look()[:3] == (127_000, 7 * SECOND, True)
    with pytest.raises(ValueError, match="start of its own"):
        SiteClock(60.0)


def test_the_virtual_clock_moves_when_told() -> None:
    clock = VirtualClock(1_000, speed=10.0)
    before = clock.now()
    after = clock.advance(2.0)
    assert (after.wall_ms - before.wall_ms, after.mono_ns - before.mono_ns) == (20_000, 2 * SECOND)
    clock.set_wall(5)
    assert clock.look()[:2] == (5, after.mono_ns)
    assert clock.now().put_right_ms == 5 - after.wall_ms


def test_whatever_is_set_on_the_virtual_clock_shows_at_once() -> None:
    clock = VirtualClock(1_000)
    assert clock.now() is clock.now()
    clock.trusted = False
    assert not clock.now().trusted
    clock.leap_ms = 7_000
    assert clock.now().leap_ms == 7_000
    clock.set_wall(5_000)
    assert clock.now()[:5] == (5_000, 1_000_000_000, False, 7_000, 4_000)
    clock.advance(2.0)
    assert clock.now()[:2] == (7_000, 3_000_000_000)


def test_this_machine_is_asked_without_harm() -> None:
    assert machine_is_believable() in (True, False)
    assert kernel_is_synchronised() in (True, False)
    assert machine_is_believable() or not kernel_is_synchronised()
    assert elapsed_ns() > 0
    assert SiteClock().look().trusted in (True, False)
