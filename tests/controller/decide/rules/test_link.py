"""Links: exhaust follows the stoves, the purifier the exhaust. Times in seconds of site time."""

from __future__ import annotations

import pytest

from tests.controller.decide.rules.site import Plant

PANEL = """
  hood: {kind: fan, label: 排风机, run_cmd: relays.ch5, run_fb: inputs.di5}
  purifier: {kind: fume-purifier, label: 净化器, run_cmd: relays.ch6, run_fb: inputs.di6}
  duct: {kind: fan, label: 变频排风, min_speed: panel.ex1_min_speed, mode: panel.ex1_mode}
programmes:
  slow: {label: 最低转速, targets: duct.min_speed, default: 30 %}
  mode: {label: 方式, targets: duct.mode, default: auto}
"""
LINK = """
  exhaust:
    kind: link
    when: more.di1 is active or more.di2 is active
    then:
      - {target: hood, value: on}
      - {target: duct.min_speed, at_least: 60 %}
      - {target: duct.mode, value: on}
    run_on: 10 min
    until: panel.hood_temperature below 45 °C
    on_bad_input: trip
  fumes: {kind: link, when: hood is running, then: [{target: purifier, value: on}], on_bad_input: trip}
"""
HOOD, SPEED, MODE = "hood.run_cmd", "duct.min_speed", "duct.mode"


def kitchen(way: str = "trip") -> Plant:
    """After a quiet minute, the hood cool."""
    return Plant(LINK.replace("on_bad_input: trip", f"on_bad_input: {way}", 1), PANEL).run(60)


def said(plant: Plant) -> list[tuple[object, int] | None]:
    return [plant.asked(key) for key in (HOOD, SPEED, MODE)]


ON = [(True, 7), (60.0, 15), (2, 7)]
OFF = [(False, 15), (30.0, 15), (1, 15)]


def test_it_runs_while_there_is_a_flame_and_floors_what_others_ask_for() -> None:
    plant = kitchen()
    assert said(plant) == OFF, "off below everybody else; the mode is the programme's again"
    assert said(plant.set(more_di1=True).run(1)) == ON
    assert said(plant.set(more_di2=True, more_di1=False).run(3600, by=4)) == ON


def test_a_person_does_not_beat_it() -> None:
    plant = kitchen().set(more_di1=True)
    plant.rig.override("duct.mode", 1, 1)
    assert plant.run(1).asked(MODE) == (2, 7)


def test_it_runs_on_for_its_time_and_until_the_hood_is_cool() -> None:
    plant = kitchen().set(more_di1=True, panel_hood_temperature=80.0).run(60)
    assert said(plant.set(more_di1=False).run(1200, by=4)) == ON, "ten minutes are over, the hood is hot"
    assert said(plant.set(panel_hood_temperature=44.0).run(1)) == OFF
    plant.set(more_di1=True).run(60).set(more_di1=False).run(600)
    assert said(plant) == ON, "the hood is cool, ten minutes are not over"
    assert said(plant.run(1)) == OFF
    assert plant.words == []


def test_what_leads_begins_before_the_rest() -> None:
    later = LINK.replace("{target: duct.mode, value: on}", "{target: duct.mode, value: on, after: 30 s}")
    plant = Plant(later, PANEL).run(60).set(more_di1=True).run(30)
    assert said(plant) == [ON[0], ON[1], OFF[2]]
    assert plant.rig.wake_ms() is not None
    plant.restart()
    assert said(plant.run(2)) == ON, "a restart does not begin anew"
    assert said(plant.set(more_di1=False).run(601)) == OFF


def test_a_flame_in_the_run_on_begins_it_anew() -> None:
    plant = kitchen().set(more_di1=True).run(60).set(more_di1=False).run(500)
    plant.set(more_di1=True).run(1).set(more_di1=False).run(600)
    assert said(plant) == ON
    assert said(plant.run(1)) == OFF


def test_the_purifier_runs_whenever_the_exhaust_does() -> None:
    plant = kitchen().set(inputs_di5=True).run(1)
    assert plant.asked("purifier.run_cmd") == (True, 7)
    assert plant.set(inputs_di5=False).run(1).asked("purifier.run_cmd") == (False, 15)


@pytest.mark.parametrize(
    ("way", "stands"),
    [("trip", ON), ("release", [None, *OFF[1:]]), ("hold 5 min then release", OFF)],
)
def test_a_flame_that_cannot_be_read(way: str, stands: object) -> None:
    plant = kitchen(way).set(more_di1=None).run(200)
    assert said(plant) == stands
    assert said(plant.set(more_di1=False).run(700)) == OFF, "and is over once it can be read again"


def test_what_is_held_with_a_bad_input_is_given_up_after_its_time() -> None:
    plant = kitchen("hold 5 min then release").set(more_di1=True).run(1)
    assert said(plant.set(more_di1=None).run(300)) == ON
    assert said(plant.run(1)) == [None, *OFF[1:]]


def test_a_hood_that_cannot_be_felt_keeps_running() -> None:
    plant = (
        kitchen().set(more_di1=True).run(60).set(more_di1=False, panel_hood_temperature=None).run(3600, by=4)
    )
    assert said(plant) == ON
    assert said(plant.set(panel_hood_temperature=20.0).run(1)) == OFF


def test_a_start_of_the_daemon_starts_nothing_and_stops_nothing() -> None:
    plant = kitchen()
    plant.restart().rig.step(0.1)
    assert said(plant) == OFF
    plant.run(1).set(more_di1=True).run(60).set(more_di1=False).run(300)
    plant.restart().rig.step(0.1)
    assert said(plant) == ON
    assert said(plant.run(299)) == ON
    assert said(plant.run(3)) == OFF, "ten minutes, half of them before the restart"
