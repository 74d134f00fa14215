"""Presence: what is asked for while somebody is there, for how long after, and with contacts that fail."""

from __future__ import annotations

import pytest

from tests.controller.decide.rules.site import Plant
from tests.controller.rig import Rig

RULE = """
  here:
    kind: presence
    label: 有人
    presence: [inputs.di1, more.di1]
    then: [{target: lamp, value: on, otherwise: off}]
    run_on: 5 min
    on_bad_input: release
"""
ON, OFF = (True, 11), (False, 15)


def plant(way: str = "release") -> Plant:
    return Plant(RULE.replace("on_bad_input: release", f"on_bad_input: {way}"))


def lamp(made: Plant) -> object:
    return made.asked("lamp.switch")


def test_it_asks_while_somebody_is_there_and_for_a_while_after() -> None:
    made = plant()
    assert lamp(made) == OFF
    assert lamp(made.set(inputs_di1=True).run(1)) == ON
    assert lamp(made.run(3600)) == ON
    assert lamp(made.set(inputs_di1=False).run(300)) == ON
    assert lamp(made.run(1)) == OFF


def test_one_contact_is_enough_and_whoever_comes_back_begins_the_run_on_anew() -> None:
    made = plant().set(inputs_di1=True, more_di1=True).run(5).set(inputs_di1=False).run(600)
    assert lamp(made) == ON
    made.set(more_di1=False).run(299).set(inputs_di1=True).run(1).set(inputs_di1=False).run(300)
    assert lamp(made) == ON
    assert lamp(made.run(1)) == OFF


@pytest.mark.parametrize("at_s", [1, 120, 299])
def test_the_run_on_outlives_a_restart(at_s: int) -> None:
    made = plant().set(inputs_di1=True).run(5).set(inputs_di1=False).run(at_s).restart()
    made.rig.step(0.1)
    assert lamp(made) == ON, "before anything was read"
    assert lamp(made.run(299 - at_s)) == ON
    assert lamp(made.run(2)) == OFF


def test_a_start_before_the_contacts_are_read_changes_nothing() -> None:
    made = plant("trip").restart()
    made.rig.step(0.1)
    assert lamp(made) == OFF
    fresh = Rig(made.rig.plan)
    fresh.step(0.1)
    assert fresh.decided("lamp") == (None, None), "it has never seen whether anybody is there"
    made.set(inputs_di1=True).run(1).restart()
    made.rig.step(0.1)
    assert lamp(made) == ON


@pytest.mark.parametrize(
    ("way", "empty", "full"),
    [("trip", ON, ON), ("release", None, None), ("hold 5 min then release", OFF, ON)],
)
def test_contacts_that_cannot_be_read(way: str, empty: object, full: object) -> None:
    assert lamp(plant(way).set(inputs_di1=None).run(2)) == empty
    assert lamp(plant(way).set(inputs_di1=True).run(2).set(inputs_di1=None).run(2)) == full


def test_one_that_can_be_read_decides_when_it_says_that_somebody_is_there() -> None:
    assert lamp(plant().set(inputs_di1=None, more_di1=True).run(2)) == ON


def test_what_is_held_is_given_up_after_its_time() -> None:
    made = plant("hold 5 min then release").set(inputs_di1=True).run(2).set(inputs_di1=None).run(299)
    assert lamp(made) == ON
    assert lamp(made.run(3)) is None


def test_without_a_value_otherwise_whoever_else_asks_is_heard_again() -> None:
    made = Plant(
        RULE.replace(", otherwise: off", ""),
        "programmes:\n  lamp: {label: 灯, targets: lamp, default: off, untrusted_clock: on,\n"
        "    week: {everyday: [{from: '20:00', to: '22:00', value: on}]}}\n",
    )
    assert lamp(made) == OFF
    assert lamp(made.set(inputs_di1=True).run(1)) == ON
    assert lamp(made.set(inputs_di1=False).run(301)) == OFF


@pytest.mark.parametrize("by_s", [-7200, -30, 30, 7200])
def test_a_clock_that_is_put_right_moves_no_run_on(by_s: int) -> None:
    made = plant().set(inputs_di1=True).run(5).set(inputs_di1=False).run(100)
    made.rig.clock.set_wall(made.rig.clock.now().wall_ms + by_s * 1000)
    assert lamp(made.run(200)) == ON
    assert lamp(made.run(1)) == OFF
