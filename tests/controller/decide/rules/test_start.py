"""A start of the daemon, before all is read: nothing is weaker than it was, nothing is started blind."""

from __future__ import annotations

import pytest

from config.plan.reading import Value
from controller.decide.barriers import BarrierKind
from drivers.api import DeviceState
from tests.controller.decide.rules.site import Plant, plan_with
from tests.controller.decide.rules.test_duty import PUMPS
from tests.controller.decide.rules.test_hazard import RULES as HAZARDS
from tests.controller.decide.rules.test_hazard import SAFETY
from tests.controller.decide.rules.test_interlock import DRY, MANUAL
from tests.controller.decide.rules.test_level import FILL, TANKS
from tests.controller.decide.rules.test_make_up import RULE, VALVE

CYCLE = """
  suck: {kind: cycling, when: inputs.di6 is active, run: 8 min, rest: 2 min,
    then: [{target: pump-1, value: on}], on_bad_input: trip}
"""
DUTY = "  one: {kind: duty, machines: {tag: lift}, when: more.di1 is active, on_bad_input: trip}\n"
PUMP = ["relays.ch1", "inputs.di1"]
"""A motor's command and its feedback."""


def without(plant: Plant, *points: str) -> Plant:
    """These are not read any more."""
    for point in points:
        del plant.says[point]
    return plant


def silent(plant: Plant, device: str, *, lost: bool = True) -> Plant:
    number = next(item.id for item in plant.rig.plan.devices if item.name == device)
    plant.rig._events.append(DeviceState(number, not lost, "test"))
    return plant


@pytest.mark.parametrize("rule", [DRY, MANUAL])
def test_what_runs_is_stopped_when_it_is_known_that_its_protection_cannot_be_read(rule: str) -> None:
    plant = without(Plant(rule).set(relays_ch1=True).restart(), "inputs.di5").run(3)
    assert plant.asked() is None, "it has not been read yet, no more"
    silent(plant, "inputs").run(1)
    assert plant.asked() == (False, 5)
    assert [item for item in plant.notices if item[0] == "trip"] == [], "but it is no trip to be reset yet"
    silent(plant, "inputs", lost=False).set(inputs_di5=False).run(1)
    assert plant.asked() is None


def test_a_daemon_that_starts_again_and_again_does_not_run_a_pump_without_its_protection() -> None:
    plant = Plant(DRY).set(relays_ch1=True)
    for _ in range(3):
        without(plant.restart(), *(["inputs.di5"] if "inputs.di5" in plant.says else []))
        silent(plant.run(2), "inputs").run(30)
        assert plant.asked() == (False, 5)


def test_it_is_a_trip_after_a_minute() -> None:
    plant = without(Plant(MANUAL).set(relays_ch1=True).restart(), "inputs.di5").run(62)
    assert plant.asked() == (False, 5)
    assert ("trip", "dry-run", True) in plant.notices


@pytest.mark.parametrize(
    ("rules", "more", "asks", "machine", "unread"),
    [
        (FILL, TANKS, {"plant_reuse_level": 20.0}, PUMP, "plant.reuse_level"),
        (RULE, VALVE, {"plant_reuse_level": 20.0}, ["plant.makeup_permit"], "plant.reuse_level"),
        (CYCLE, "", {"inputs_di6": True}, PUMP, "inputs.di6"),
        (DUTY, PUMPS, {"more_di1": True, "more_di5": True}, ["relays.ch4", "inputs.di4"], "more.di1"),
    ],
)
@pytest.mark.parametrize("runs", [False, True])
def test_what_stands_is_not_started_before_its_input_is_read(
    rules: str, more: str, asks: dict[str, Value | None], machine: list[str], unread: str, runs: bool
) -> None:
    """Power returns: relays have fallen, and the level is read later than they are."""
    command = machine[0]
    plant = Plant(rules, more, **asks)
    plant.says |= dict.fromkeys(machine, True)
    plant.run(5)
    assert plant.asked(command) == (True, 10)
    was = plant.says[unread]
    plant.says |= dict.fromkeys(machine, runs)
    without(plant.restart(), unread).run(9)
    assert plant.asked(command) == ((True, 10) if runs else None)
    plant.says[unread] = was
    assert plant.run(1).asked(command) == (True, 10)


@pytest.mark.parametrize(("name", "contact"), [("fire", "safety.di1"), ("gas", "safety.di2")])
def test_fire_and_gas_stand_over_a_restart_before_anything_is_read(name: str, contact: str) -> None:
    plant = Plant(HAZARDS, SAFETY)
    plant.says[contact] = True
    plant.run(1).restart().rig.step(0.1)
    barrier = plant.rig.engine.barrier_of("hood-light")
    assert barrier is not None
    assert barrier.kind is BarrierKind.HAZARD, "an alarm, not only contacts that have not been read"
    assert [item.rule for item in plant.rig.engine.remembered().rules if "alarm_ms" in item.memory] == [name]


def test_a_latch_of_a_rule_that_the_plan_has_no_more_is_told() -> None:
    plant = Plant(MANUAL).set(inputs_di5=True).run(3)
    plant.rig.plan = plan_with(MANUAL.replace("dry-run:", "dry:"))
    plant.restart().set(inputs_di5=False).run(1)
    assert ("trip-gone", "dry-run", True) in plant.notices
    assert plant.asked() is None
    # Of another kind by the same name it is gone, too; with another condition it stands.
    plant = Plant(MANUAL).set(inputs_di5=True).run(3)
    plant.rig.plan = plan_with(
        "  dry-run: {kind: cycling, run: 1 min, rest: 1 min, then: [{target: pump-2, value: on}], "
        "on_bad_input: trip}\n"
    )
    plant.restart().run(1)
    assert ("trip-gone", "dry-run", True) in plant.notices
    plant = Plant(MANUAL).set(inputs_di5=True).run(3)
    plant.rig.plan = plan_with(MANUAL.replace("di5 is active for 2 s", "di6 is active"))
    plant.restart().run(1)
    assert plant.asked() == (False, 5)
    assert "trip-gone" not in {kind for kind, _, _ in plant.notices}
