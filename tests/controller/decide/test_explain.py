"""What is to be expected, and what holds back: the cases that the texts of `why` do not show."""

from __future__ import annotations

import pytest

from controller.decide.explain import Explanation
from tests.controller.decide.rules.lit import Hall, hall_plan
from tests.controller.decide.rules.site import Plant
from tests.controller.house import rig, settled
from tests.controller.rig import Rig

TRIP = (
    "  dark: {kind: interlock, label: 断电, when: inputs.di5 is active, then: [{target: lamp, value: off}], "
    "on_bad_input: trip}\n"
)
PRESENT = "  presence: {kind: lighting, lamps: one, present: 60 %, run_on: 90 min}\n"


def explained(made: Rig, key: str) -> Explanation:
    return made.engine.explain(made.id(key), made.clock.now())


def ahead(found: Explanation) -> list[tuple[str, object]]:
    return [(item.kind, item.after.value) for item in found.coming]


@pytest.mark.parametrize(
    ("minute", "expected"),
    [
        ("2026-03-05 17:00", [("programme", 60.0), ("rule", 40.0)]),
        ("2026-03-05 18:01", [("rule", 40.0), ("programme", 10.0)]),
        ("2026-03-05 20:59", [("programme", 60.0), ("rule", 10.0)]),
    ],
)
def test_what_has_ended_by_then_bounds_nothing_any_more(minute: str, expected: object) -> None:
    """Somebody has just left; the programme has 80 % until 18, 40 % until 22, then 10 %."""
    made = Hall(hall_plan(PRESENT), minute).set(zone1_presence=True).run(2)
    made.set(zone1_presence=False).run(5)
    assert ahead(explained(made.rig, "one.level")) == expected


def test_of_two_ends_the_later_is_told_without_what_ended_first() -> None:
    made = Hall(hall_plan(PRESENT), "2026-03-05 18:01").set(zone1_presence=True).run(2)
    made.set(zone1_presence=False).run(5).rig.override("one", 33.0, 3)
    assert ahead(explained(made.run(2).rig, "one.level")) == [("person", 40.0), ("programme", 10.0)]


def test_an_end_that_changes_nothing_is_not_told() -> None:
    plant = Plant(TRIP)
    plant.rig.override("lamp", True, 1)
    assert ahead(explained(plant.run(1).rig, "lamp.switch")) == [("person", None)]
    plant.set(inputs_di5=True).run(1)
    assert ahead(explained(plant.rig, "lamp.switch")) == []


def test_with_an_untrusted_clock_nothing_is_foreseen() -> None:
    made = rig()
    made.clock.trusted = False
    made.step(1)
    found = explained(made, "lamp.level")
    assert found.coming == ()
    assert "clock" in [item.kind for item in found.hindrances]


def test_a_device_that_was_never_heard_holds_back_and_one_that_was_does_not() -> None:
    assert [item.kind for item in explained(rig(), "lamp.level").hindrances] == ["device"]
    assert explained(settled(), "lamp.level").hindrances == ()


def test_a_point_that_nobody_commands_has_no_decision() -> None:
    found = explained(settled(), "panel.auto")
    assert (found.commandable, found.coming, found.has.state) == (False, (), "")
