"""A clock that is put right: what people are told, and that two hours stay two hours."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.language import render
from config.plan.clock import LEAP_MS
from controller.decide.records import Override, Remembered
from controller.decide.step import Step
from controller.decide.timekeeping import put_right, span
from tests.controller.house import house
from tests.controller.rig import Rig
from tests.schedules.build import at

NOW = at("2026-03-05 07:00")
HOUR = 3_600_000
MINUTE = 60_000
YEARS_26 = 26 * 365 * 24 * HOUR
KEY = ("lamp.level", 8)


def lasting(hours: float = 2.0, *, from_ms: int = NOW, trusted: bool = True) -> Override:
    length_ms = round(hours * HOUR)
    return Override("lamp.level", 40.0, "Li", "", from_ms, from_ms + length_ms, 8, length_ms, trusted)


def until(minute: str) -> Override:
    return Override("lamp.level", 40.0, "Li", "", NOW, at(minute))


def steps(made: Rig, by_ms: int) -> Step:
    """The clock is put right, and the next cycle sees it."""
    made.clock.set_wall(made.clock.now().wall_ms + by_ms)
    return made.step()


def end(made: Rig) -> int:
    (override,) = made.engine.remembered().overrides
    return override.expires_ms


@pytest.mark.parametrize(
    "by_ms", [67_000, -67_000, HOUR, -HOUR, 61 * MINUTE, YEARS_26, -YEARS_26, -56 * 365 * 24 * HOUR]
)
def test_two_hours_stay_two_hours(by_ms: int) -> None:
    made = Rig(house(), NOW)
    made.do(lasting())
    made.step()
    made.step(1800)
    step = steps(made, by_ms)
    after = lasting(from_ms=NOW + by_ms)
    assert (step.moved, step.memory.overrides, step.put_right_ms) == ([after], [after], by_ms)
    made.step(5399)
    assert made.decided("lamp.level") == (40.0, 8)
    assert [item[:2] for item in made.step(1).memory.ended] == [KEY]


@pytest.mark.parametrize("by_ms", [67_000, -67_000, 10 * HOUR])
def test_six_in_the_evening_stays_six_in_the_evening(by_ms: int) -> None:
    made = Rig(house(), NOW)
    made.do(until("2026-03-05 18:00"))
    made.step()
    step = steps(made, by_ms)
    assert (step.moved, step.put_right_ms) == ([], by_ms)
    assert end(made) == at("2026-03-05 18:00")


def test_an_end_that_a_leap_has_passed_is_over() -> None:
    made = Rig(house(), NOW)
    made.do(until("2026-03-05 18:00"))
    made.step()
    assert [item[:2] for item in steps(made, 12 * HOUR).memory.ended] == [KEY]


def test_a_step_not_worth_a_word_moves_nothing_until_enough_have_added_up() -> None:
    made = Rig(house(), NOW)
    made.do(lasting())
    made.step()
    for _ in range(3):
        step = steps(made, 20_000)
        assert (step.moved, step.put_right_ms, step.notices) == ([], 0, [])
    step = steps(made, 20_000)
    assert (end(made), step.put_right_ms) == (NOW + 80_000 + 2 * HOUR, 80_000)


def test_what_was_reckoned_by_a_guess_moves_when_the_time_is_known() -> None:
    made = Rig(
        house(),
        NOW,
        Remembered(overrides=(until("2026-03-05 18:00")._replace(slot=9), lasting(20)._replace(slot=10))),
    )
    made.clock.trusted = False
    made.step()
    made.do(lasting(trusted=False))
    made.step()
    made.clock.trusted = True
    step = steps(made, 3 * HOUR)
    # The others were reckoned by a clock that was right.
    assert step.moved == [lasting(from_ms=NOW + 3 * HOUR)]
    # From now on it is like any other.
    assert steps(made, -2 * HOUR).moved[-1].expires_ms == NOW + 3 * HOUR


def test_trust_alone_moves_nothing_but_counts() -> None:
    made = Rig(house(), NOW)
    made.clock.trusted = False
    made.do(lasting(trusted=False))
    made.step()
    made.clock.trusted = True
    step = made.step()
    assert (step.moved, step.memory.overrides) == ([], [lasting()])


def test_a_start_moves_nothing_by_what_is_not_worth_a_word() -> None:
    made = Rig(house(), NOW, Remembered(overrides=(lasting(from_ms=NOW - HOUR),)))
    made.clock.set_wall(NOW - 1)
    step = made.step()
    assert (step.moved, step.memory.overrides) == ([], [])


def test_a_start_with_a_clock_that_was_put_right_meanwhile() -> None:
    """Stored by a clock 26 years ahead; half an hour of two was over when that was last noted."""
    stored = lasting(from_ms=NOW + YEARS_26 - HOUR // 2)
    made = Rig(house(), NOW + YEARS_26, Remembered(overrides=(stored,)))
    made.clock.set_wall(NOW)  # what the clock does at such a start
    assert made.step().moved == [lasting(from_ms=NOW - HOUR // 2)]


@pytest.mark.parametrize(
    ("stored", "ends"),
    [
        (lasting(from_ms=NOW + 3 * HOUR), NOW + 2 * HOUR),
        (until("2052-03-05 18:00"), NOW + 24 * HOUR),
        (until("2026-03-06 06:59"), at("2026-03-06 06:59")),
        (lasting(30), NOW + 24 * HOUR),
    ],
)  # fmt: skip
def test_at_a_start_nothing_lasts_longer_than_it_may(stored: Override, ends: int) -> None:
    made = Rig(house(), NOW, Remembered(overrides=(stored,)))
    made.step()
    assert end(made) == ends
    made.restart()
    assert (made.step().moved, end(made)) == ([], ends)


def test_a_command_caught_between_two_times_is_moved_too() -> None:
    assert put_right(lasting(), HOUR) == lasting(from_ms=NOW + HOUR)
    assert put_right(lasting(), 0) is not None
    kept = until("2026-03-05 18:00")
    assert put_right(kept, HOUR) == kept


def test_a_leap_is_told_once_when_it_begins_and_once_when_it_is_over() -> None:
    made = Rig(house(), NOW)
    assert [notice for notice in made.step().notices if notice.kind == "clock-leap"] == []
    said = []
    for leap_ms in (0, YEARS_26, YEARS_26 + 2, YEARS_26, 0, 0):
        made.clock.leap_ms = leap_ms
        said += [notice for notice in made.step(1).notices if notice.kind == "clock-leap"]
    assert [(notice.subject, notice.on) for notice in said] == [("", True), ("", False)]
    assert render(said[0].text, "en") == (
        "this machine's clock has leapt and says 2052-02-27T07:00:02+08:00; site time goes on as before, "
        "it is 2026-03-05T07:00:02+08:00; the leap is followed when it has stood for 10 min"
    )
    assert "跳变" in render(said[0].text, "zh_CN")


def test_a_leap_to_where_no_calendar_reaches_can_be_told() -> None:
    made = Rig(house(), NOW)
    made.clock.leap_ms = 10**16
    (told,) = [notice for notice in made.step().notices if notice.kind == "clock-leap"]
    assert "1000177" in render(told.text, "en")


@pytest.mark.parametrize(
    ("by_ms", "words"),
    [
        (67_000, "+67 s"),
        (-61 * MINUTE, "-61 min"),
        (10 * HOUR, "+10.0 h"),
        (-YEARS_26, "-9490 d"),
    ],
)
def test_differences_are_said_in_words_for_people(by_ms: int, words: str) -> None:
    assert span(by_ms) == words


HAPPENINGS = st.lists(
    st.tuples(
        st.integers(1, 3600),
        st.sampled_from([0, 0, 20_000, -20_000, 67_000, -67_000, HOUR, -HOUR, 5 * HOUR, YEARS_26, -YEARS_26]),
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(HAPPENINGS, st.sampled_from([0.25, 2.0, 24.0]))
def test_whatever_the_clock_does_a_length_is_kept_to_a_minute(
    happenings: list[tuple[int, int]], hours: float
) -> None:
    made = Rig(house(), NOW)
    made.step()
    made.do(lasting(hours))
    made.step()
    passed_s = 0
    for seconds, by_ms in happenings:
        made.step(seconds)
        steps(made, by_ms)
        passed_s += seconds
        standing = made.engine.remembered().overrides
        left_s = hours * 3600 - passed_s
        assert bool(standing) == (left_s > 0) or abs(left_s) <= 60
        if standing:
            assert abs((standing[0].expires_ms - made.clock.now().wall_ms) / 1000 - left_s) <= 60
    assert LEAP_MS == HOUR
