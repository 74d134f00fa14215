"""A stove's permit is not withdrawn over a burning flame."""

from __future__ import annotations

import pytest

from tests.controller.decide.rules.site import Plant

STOVES = """
  stove: {kind: stove, label: 大灶, permit: relays.ch6, flame: more.di6}
"""
RULES = """
  open: {kind: link, slot: 10, when: more.di1 is active, then: [{target: stove, value: on, otherwise: off}],
    on_bad_input: release}
  draught: {kind: interlock, when: more.di2 is active, then: [{target: stove, value: off}],
    on_bad_input: release}
"""
ON, OFF = (True, 10), (False, 15)


def cooking() -> Plant:
    """The kitchen is open, and something burns."""
    made = Plant(RULES, STOVES).set(more_di1=True).run(1)
    made.set(relays_ch6=True, more_di6=True).run(60)
    assert permit(made) == ON
    return made


def permit(made: Plant) -> object:
    return made.asked("stove.permit")


def held(made: Plant) -> str:
    result = made.rig.engine.decisions[made.rig.id("stove.permit")]
    return "" if result.held is None else f"{result.held.slot}: {result.held.reason}"


def test_it_waits_until_there_has_been_no_flame_for_ten_minutes() -> None:
    made = cooking().set(more_di1=False).run(3600, by=4)
    assert permit(made) == (True, 15)
    assert held(made) == "6: 大灶: there is a flame, or whether there is one cannot be read"
    made.set(more_di6=False).run(599)
    assert permit(made) == (True, 15)
    assert held(made) == "6: 大灶: there was a flame less than 10 min ago"
    assert permit(made.run(2)) == OFF


def test_a_flame_that_comes_again_begins_the_wait_anew() -> None:
    made = cooking().set(more_di1=False, more_di6=False).run(590).set(more_di6=True).run(5)
    assert permit(made.set(more_di6=False).run(599)) == (True, 15)
    assert permit(made.run(2)) == OFF


def test_a_flame_that_cannot_be_read_counts_as_one() -> None:
    made = cooking().set(more_di1=False, more_di6=None).run(1800, by=4)
    assert permit(made) == (True, 15)
    made = Plant(RULES, STOVES, more_di6=None, more_di1=True).set(relays_ch6=True).run(60)
    assert permit(made.set(more_di1=False).run(1800, by=4)) == (True, 15), "none was ever seen"


def test_protection_withdraws_it_at_once_and_so_does_a_kitchen_that_has_not_cooked() -> None:
    assert permit(cooking().set(more_di2=True).run(1)) == (False, 5)
    made = Plant(RULES, STOVES).set(more_di1=True).run(1).set(relays_ch6=True).run(60)
    assert permit(made.set(more_di1=False).run(1)) == OFF


def test_one_that_is_withdrawn_already_is_not_given_for_a_flame() -> None:
    made = Plant(RULES, STOVES).set(more_di6=True).run(5)
    assert permit(made) == OFF


@pytest.mark.parametrize("burns", [True, False])
def test_the_wait_outlives_a_restart(burns: bool) -> None:
    made = cooking().set(more_di1=False, more_di6=burns).run(300).restart()
    made.set(more_di6=False).run(299)
    assert permit(made) == (True, 15)
    made.run(2)
    assert permit(made) == ((True, 15) if burns else OFF)


@pytest.mark.parametrize("by_s", [-7200, 7200])
def test_a_clock_that_is_put_right_changes_nothing(by_s: int) -> None:
    made = cooking().set(more_di1=False, more_di6=False).run(300)
    made.rig.clock.set_wall(made.rig.clock.now().wall_ms + by_s * 1000)
    assert permit(made.run(299)) == (True, 15)
    assert permit(made.run(2)) == OFF
