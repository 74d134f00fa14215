"""Motors that do not do what they are told: alarms, trips, resets."""

from __future__ import annotations

import pytest

from config.plan.rules import Supervision
from controller.decide.records import Refused, Reset
from drivers.api import Write
from tests.controller.decide.rules.site import Plant, plan_with

MOTOR = """
  well: {kind: pump, label: 井泵, run_cmd: relays.ch4, run_fb: inputs.di4, fault: inputs.di6}
"""
RULES = """
  wet: {kind: link, when: more.di2 is active, then: [{target: well, value: on}], on_bad_input: release}
  gas: {kind: gas, label: 燃气, contacts: [safety.di2], yields: [well]}
"""
STOPPED = """
  dry: {kind: interlock, when: more.di2 is active, then: [{target: well, value: off}], on_bad_input: release}
"""
START, STOP = ("trip", "well"), ("stop-failed", "well")


class Well(Plant):
    """A pump that is told to run from the start; its relay does as it is told."""

    def __init__(self, runs: bool = True, more: str = MOTOR) -> None:
        self.runs = runs
        """The pump does as its relay says."""
        self.written: list[object] = []
        super().__init__(RULES, more)
        self.set(more_di2=True).run(3)

    def note(self, write: Write) -> None:
        self.written.append(write.value)
        self.says["relays.ch4"] = write.value
        if self.runs:
            self.says["inputs.di4"] = write.value

    def told(self) -> list[tuple[tuple[str, str], bool]]:
        return [((kind, subject), on) for kind, subject, on in self.notices]


def test_a_motor_that_does_as_it_is_told_is_left_alone() -> None:
    plant = Well().run(600, by=4).set(more_di2=False).run(60)
    assert plant.written == [True, False]
    assert plant.told() == []


def test_one_that_does_not_start_trips_and_is_not_told_again() -> None:
    plant = Well(runs=False).run(7)
    assert plant.asked("well.run_cmd") == (True, 7)
    plant.run(2)
    assert plant.asked("well.run_cmd") == (False, 5)
    plant.run(3000, by=4)
    assert plant.written[:2] == [True, False]
    assert True not in plant.written[1:]
    assert plant.told() == [(START, True)]
    assert plant.words == [
        "井泵 (well): tripped, because told to run, and it does not; it stands until somebody resets it"
    ]


def test_a_motor_that_stops_by_itself_trips_too() -> None:
    plant = Well().run(60).set(inputs_di4=False).run(12)
    assert plant.asked("well.run_cmd") == (False, 5)


def test_a_person_resets_it_by_the_name_of_the_equipment() -> None:
    plant = Well(runs=False).run(20)
    plant.runs = True
    with pytest.raises(Refused, match="no rule named"):
        plant.rig.do(Reset("pump", "Li", "looked at it"))
    plant.rig.do(Reset("well", "Li", "looked at it"))
    plant.run(20)
    assert plant.written == [True, False, True]
    assert plant.told() == [(START, True), (START, False)]
    with pytest.raises(Refused, match="has not tripped"):
        plant.rig.do(Reset("well", "Li", "again"))


def test_a_fault_trips_at_once_and_stands_after_it_is_gone() -> None:
    plant = Well().set(inputs_di6=True).run(1)
    assert plant.asked("well.run_cmd") == (False, 5)
    with pytest.raises(Refused, match="still stands"):
        plant.rig.do(Reset("well", "Li", "looked at it"))
    plant.set(inputs_di6=False).run(60)
    assert plant.asked("well.run_cmd") == (False, 5)
    plant.restart().run(5)
    assert plant.asked("well.run_cmd") == (False, 5), "it outlives a restart"
    plant.rig.do(Reset("well", "Li", "looked at it"))
    assert plant.run(1).asked("well.run_cmd") == (True, 7)


def test_one_that_runs_on_after_a_stop_is_told_and_nothing_more() -> None:
    plant = Well().run(60)
    plant.runs = False
    plant.set(more_di2=False).run(15)
    assert plant.told() == []
    plant.run(3)
    assert plant.told() == [(STOP, True)]
    assert plant.asked("well.run_cmd") == (False, 15)
    plant.set(inputs_di4=False).run(2)
    assert plant.told() == [(STOP, True), (STOP, False)]


def test_one_that_others_run_is_none_of_ours() -> None:
    plant = Well()
    plant.set(more_di2=False).run(10).set(inputs_di4=True).run(600, by=4)
    assert plant.told() == [], "it was stopped, and somebody else has started it"


@pytest.mark.parametrize("key", ["inputs_di4", "relays_ch4", "inputs_di6"])
def test_what_cannot_be_read_trips_nothing(key: str) -> None:
    plant = Well().run(30).set(**{key: None}).run(100)
    assert plant.told() == []


def test_while_gas_holds_it_the_panel_may_stop_it() -> None:
    plant = Well().run(30).set(safety_di2=True).run(2).set(inputs_di4=False).run(60)
    assert [kind for kind, _, on in plant.notices if on] == ["gas"]


def test_people_may_stop_it_by_its_selector() -> None:
    plant = Well(more=MOTOR.replace("fault:", "auto: inputs.di8, fault:")).set(inputs_di8=True).run(30)
    assert plant.written == [True]
    plant.set(inputs_di8=False).run(2).set(inputs_di4=False).run(60)
    assert [kind for kind, _, on in plant.notices if on] == ["hand", "hand"]
    plant.set(inputs_di4=True).run(2).set(inputs_di8=True).run(60)
    assert plant.asked("well.run_cmd") == (True, 7)


def test_the_time_of_a_start_goes_on_over_a_restart() -> None:
    plant = Well(runs=False).run(5)
    plant.restart().rig.step(0.1)
    assert plant.asked("well.run_cmd") == (True, 7)
    plant.run(6)
    assert plant.asked("well.run_cmd") == (False, 5)


def test_its_times_are_the_equipments_and_what_is_read_seldom_has_longer() -> None:
    plant = Well(runs=False, more=MOTOR.replace("fault:", "start_fail: 1 min, fault:")).run(55)
    assert plant.asked("well.run_cmd") == (True, 7)
    assert plant.run(10).asked("well.run_cmd") == (False, 5)
    slow = MOTOR.replace("inputs.di4", "panel.ex1_run").replace("start_fail: 1 min", "start_fail: 1 s")
    spec = watching(slow.replace("fault:", "start_fail: 1 s, fault:"))
    assert spec is not None
    assert (spec.start_s, spec.stop_s) == (4.0, 15.0), "twice the longer poll of both"


def test_only_what_a_rule_may_start_is_watched() -> None:
    assert watching(MOTOR) is not None
    assert watching(MOTOR, STOPPED) is None
    assert watching(MOTOR.replace("run_fb: inputs.di4, ", "")) is None


def watching(motor: str, rules: str = RULES) -> Supervision | None:
    return next(
        (rule.spec for rule in plan_with(rules, motor).rules if isinstance(rule.spec, Supervision)), None
    )
