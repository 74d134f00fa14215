"""Trips: when they come, when they go, and what they outlive. Times in seconds of site time."""

from __future__ import annotations

import pytest

from controller.decide.records import Refused, Reset
from tests.controller.decide.rules.site import Plant

DRY = """
  dry-run:
    kind: interlock
    label: 防干抽
    when: inputs.di5 is active for 2 s
    then: [{tag: pumps, value: off}]
    until: not inputs.di5 is active and more.di1 is active for 60 s
    on_bad_input: trip
"""
MANUAL = DRY.replace("until: not inputs.di5 is active and more.di1 is active for 60 s", "reset: manual")


def with_bad_input(way: str) -> str:
    return DRY.replace("on_bad_input: trip", f"on_bad_input: {way}")


def test_it_trips_after_its_delay_and_asks_for_every_target() -> None:
    plant = Plant(DRY)
    plant.set(inputs_di5=True).run(2)
    assert plant.asked() is None
    plant.run(1)
    assert plant.asked() == plant.asked("pump-2.run_cmd") == (False, 5)
    assert plant.notices == [("trip", "dry-run", True)]
    assert plant.words == ["防干抽 (dry-run): tripped, because inputs.di5 is active for 2 s"]


def test_a_condition_that_breaks_off_begins_anew() -> None:
    plant = Plant(DRY)
    for _ in range(5):
        plant.set(inputs_di5=True).run(2)
        plant.set(inputs_di5=False).run(1)
    assert plant.asked() is None


def test_it_goes_by_its_own_condition_and_not_before() -> None:
    plant = Plant(DRY).set(inputs_di5=True).run(3).set(inputs_di5=False).run(600)
    assert plant.asked() == (False, 5), "that the cause is gone is not enough"
    plant.set(more_di1=True).run(60)
    assert plant.asked() == (False, 5)
    plant.run(1)
    assert plant.asked() is None
    assert plant.notices == [("trip", "dry-run", True), ("trip", "dry-run", False)]


def test_the_trip_outlives_a_restart_and_goes_by_what_the_new_run_has_seen() -> None:
    plant = Plant(DRY).set(inputs_di5=True).run(3).restart()
    plant.rig.step(0.1)
    assert plant.asked() == (False, 5), "before anything was read"
    plant.set(inputs_di5=False, more_di1=True).run(59).restart().run(60)
    assert plant.asked() == (False, 5), "while nobody looked it may have been otherwise"
    plant.run(2)
    assert plant.asked() is None
    plant.set(inputs_di5=True).run(2).restart().run(1)
    assert plant.asked() == (False, 5), "to the trip, all that was seen counts"


def test_a_start_of_the_daemon_trips_nothing_before_its_inputs_are_read_but_starts_nothing_either() -> None:
    plant = Plant(DRY).restart()
    for seconds in (0.1, 50):
        step = plant.rig.step(seconds)
        assert plant.asked() == (False, 5), "nobody knows yet whether it may run"
        assert not step.notices
        assert all(not item.memory for item in plant.rig.engine.remembered().rules if item.rule == "dry-run")
    step = plant.rig.step(20)
    assert plant.asked() == (False, 5)
    assert [notice.kind for notice in step.notices if notice.subject == "dry-run"] == ["trip"]


def test_what_runs_at_a_start_of_the_daemon_goes_on_until_its_inputs_are_read() -> None:
    plant = Plant(DRY).restart()
    del plant.says["inputs.di5"]
    plant.set(relays_ch1=True).run(5)
    assert plant.asked() is None, "a start is bumpless"
    assert plant.asked("pump-2.run_cmd") == (False, 5)
    plant.set(inputs_di5=False).run(1)
    assert plant.asked() is plant.asked("pump-2.run_cmd") is None


@pytest.mark.parametrize(
    ("way", "stands"), [("trip", (False, 5)), ("release", None), ("hold 5 min then release", None)]
)
def test_an_input_that_is_bad_from_the_start(way: str, stands: object) -> None:
    assert Plant(with_bad_input(way)).set(inputs_di5=None).run(1).asked() == stands


def test_a_trip_is_held_for_a_while_when_its_input_fails_and_then_given_up() -> None:
    plant = Plant(with_bad_input("hold 5 min then release"))
    plant.set(inputs_di5=True).run(3).set(inputs_di5=None).run(300)
    assert plant.asked() == (False, 5)
    plant.run(1)
    assert plant.asked() is None


def test_a_manual_one_waits_for_a_person_and_for_its_cause_to_be_gone() -> None:
    plant = Plant(MANUAL).set(inputs_di5=True).run(3)
    with pytest.raises(Refused, match="still stands"):
        plant.rig.do(Reset("dry-run", "Li", "looked at it"))
    plant.set(inputs_di5=False).run(600)
    assert plant.asked() == (False, 5)
    with pytest.raises(Refused, match="reason"):
        plant.rig.do(Reset("dry-run", "Li", ""))
    plant.rig.do(Reset("dry-run", "Li", "looked at it"))
    assert plant.run(1).asked() is None
    with pytest.raises(Refused, match="has not tripped"):
        plant.rig.do(Reset("dry-run", "Li", "once more"))
    with pytest.raises(Refused, match="no rule named"):
        plant.rig.do(Reset("wet-run", "Li", "once more"))


def test_a_person_does_not_beat_it_and_gets_the_lamp_back_after_it() -> None:
    plant = Plant(
        "  dark: {kind: interlock, when: inputs.di5 is active, then: [{target: lamp, value: off}], "
        "on_bad_input: trip}\n"
    )
    plant.rig.override("lamp", True, 1)
    assert plant.run(1).asked("lamp.switch") == (True, 8)
    assert plant.set(inputs_di5=True).run(1).asked("lamp.switch") == (False, 5)
    assert plant.set(inputs_di5=False).run(1).asked("lamp.switch") == (True, 8)


@pytest.mark.parametrize("by_s", [-7200, -67, -30, 30, 67, 7200])
def test_a_clock_that_is_put_right_shortens_and_lengthens_no_delay(by_s: int) -> None:
    plant = Plant(DRY.replace("for 2 s", "for 10 min")).set(inputs_di5=True).run(301)
    clock = plant.rig.clock
    clock.set_wall(clock.now().wall_ms + by_s * 1000)
    assert plant.run(299).asked() is None
    assert plant.run(1).asked() == (False, 5)
