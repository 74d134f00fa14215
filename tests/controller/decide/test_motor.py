"""Minimum times, whatever is wanted when."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hypothesis import given
from hypothesis import strategies as st

from config.plan.equipment import Equipment
from controller.decide.motor import HOUR_MS, Past, observed, passes

MOTOR = Equipment(0, "pump", "泵", "pump", (), min_on_s=60.0, min_off_s=180.0, starts_per_hour=6)
BLOWER = replace(MOTOR, max_off_s=2400.0)

WANTS = st.lists(
    st.tuples(
        st.sampled_from([1, 10, 59, 61, 179, 181, 600, 2399, 2401]),
        st.booleans(),
        st.sampled_from([5, 7, 8, 10, 15]),
    ),
    max_size=80,
)


@dataclass
class Run:
    """A motor that does what it is let do, second by second where it matters."""

    motor: Equipment
    past: Past = field(default_factory=lambda: Past(out=False, on=False, since_ms=0))
    now_ms: int = 0
    starts: list[int] = field(default_factory=list)
    stops: list[tuple[int, int]] = field(default_factory=list)
    """(time, slot of who wanted it)."""

    def want(self, wanted: bool, slot: int) -> None:
        found = passes(self.motor, self.past, wanted, slot, self.now_ms)
        if found.value is not self.past.out:
            (self.starts.append(self.now_ms) if found.value else self.stops.append((self.now_ms, slot)))
            self.past = self.past._replace(out=found.value, since_ms=self.now_ms, forced=found.forced)
            self.past = observed(self.past, None, self.now_ms)

    def play(self, wants: list[tuple[int, bool, int]]) -> None:
        for seconds, wanted, slot in wants:
            for _ in range(seconds):
                self.now_ms += 1000
                self.want(wanted, slot)


@given(WANTS)
def test_no_start_comes_before_its_rest_nor_too_often(wants: list[tuple[int, bool, int]]) -> None:
    run = Run(MOTOR)
    run.play(wants)
    stops = [0, *(when for when, _ in run.stops)]
    for start, stop in zip(run.starts, stops, strict=False):
        assert start - stop >= 180_000
    for first, seventh in zip(run.starts, run.starts[6:], strict=False):
        assert seventh - first >= HOUR_MS


@given(WANTS)
def test_no_stop_comes_before_its_time_but_that_of_an_interlock(wants: list[tuple[int, bool, int]]) -> None:
    run = Run(MOTOR)
    run.play(wants)
    for start, (stop, slot) in zip(run.starts, run.stops, strict=False):
        assert slot <= 5 or stop - start >= 60_000


@given(WANTS)
def test_a_blower_rests_no_longer_than_it_may_unless_an_interlock_holds_it(
    wants: list[tuple[int, bool, int]],
) -> None:
    run = Run(BLOWER)
    run.play([(seconds, wanted, max(slot, 7)) for seconds, wanted, slot in wants])
    stops = [0, *(when for when, _ in run.stops)]
    for start, stop in zip(run.starts, stops, strict=False):
        assert start - stop <= 2_400_000 + HOUR_MS, "but for the starts an hour"
    held = Run(BLOWER)
    held.play([(9000, False, 5)])
    assert held.starts == []


def test_a_blower_that_rests_too_long_still_keeps_its_rest_and_starts_an_hour() -> None:
    short = replace(BLOWER, max_off_s=60.0)
    found = passes(short, Past(False, False, 0), False, 10, 70_000)
    assert (found.value, str(found.held), found.until_ms) == (False, "minimum rest time", 180_000)
    often = Past(False, False, 0, (1_000, 2_000, 3_000, 4_000, 5_000, 6_000))
    found = passes(short, often, False, 10, 1_000_000)
    assert (found.value, str(found.held)) == (False, "6 starts an hour")
    assert passes(short, Past(False, False, 0), False, 10, 180_000).value is True


def test_a_person_in_a_hurry_breaks_the_run_time_and_no_rest() -> None:
    running, resting = Past(True, True, 0, (0,)), Past(False, False, 0)
    assert passes(MOTOR, running, False, 8, 10_000).value is True
    assert passes(MOTOR, running, False, 8, 10_000, urgent=True).value is False
    assert passes(MOTOR, resting, True, 8, 10_000, urgent=True).value is False


def test_what_holds_it_back_and_until_when() -> None:
    found = passes(MOTOR, Past(False, False, 5_000), True, 10, 10_000)
    assert (found.value, str(found.held), found.until_ms) == (False, "minimum rest time", 185_000)
    often = Past(False, False, 0, (1_000, 2_000, 3_000, 4_000, 5_000, 6_000))
    found = passes(MOTOR, often, True, 10, 1_000_000)
    assert (found.value, str(found.held), found.until_ms) == (False, "6 starts an hour", HOUR_MS + 1_000)


def test_a_hand_that_stopped_the_motor_begins_its_rest() -> None:
    past = observed(Past(True, True, 0), False, 500_000)
    assert passes(MOTOR, past._replace(out=False), True, 10, 600_000).until_ms == 680_000


def test_a_feedback_that_cannot_be_read_says_what_was_let_through() -> None:
    past = Past(True, False, 0)
    assert observed(past, None, 5_000) == Past(True, True, 5_000, (5_000,))


def test_a_time_in_the_future_counts_as_now() -> None:
    """A clock that was wrong when it was remembered."""
    assert passes(MOTOR, Past(False, False, 10**15), True, 10, 1_000).until_ms == 181_000
