"""Times on and off. In seconds of site time."""

from __future__ import annotations

import pytest

from tests.controller.decide.rules.site import Plant

CYCLE = """
  suction: {kind: cycling, when: more.di1 is active, run: 8 min, rest: 2 min,
    then: [{target: pump-1, value: on}], on_bad_input: release}
"""


def course(plant: Plant, seconds: int) -> str:
    """A letter every half minute."""
    told = ""
    for _ in range(0, seconds, 30):
        found = plant.asked()
        told += "." if found is None else ("1" if found[0] else "0")
        plant.run(30, by=2)
    return told


def test_eight_minutes_on_two_off_while_its_condition_holds() -> None:
    plant = Plant(CYCLE).set(more_di1=True).run(1)
    assert course(plant, 1500) == "1" * 16 + "0" * 4 + "1" * 16 + "0" * 4 + "1" * 10
    assert course(plant.set(more_di1=False).run(1), 600) == "0" * 20
    assert course(plant.set(more_di1=True).run(1), 600) == "1" * 16 + "0" * 4, "it begins with the time on"


def test_without_a_condition_it_goes_on_for_ever() -> None:
    plant = Plant(CYCLE.replace("when: more.di1 is active, ", ""))
    assert course(plant, 1200) == ("1" * 16 + "0" * 4) * 2


def test_the_phase_goes_on_over_a_restart_and_over_a_clock_put_right() -> None:
    plant = Plant(CYCLE).set(more_di1=True).run(241)
    plant.restart().rig.step(0.0)
    assert plant.asked() == (True, 10), "before anything is read"
    clock = plant.rig.clock
    clock.set_wall(clock.now().wall_ms + 3_000_000)
    assert course(plant.run(1), 480) == "1" * 8 + "0" * 4 + "1" * 4


@pytest.mark.parametrize(
    ("way", "told"), [("release", "...."), ("trip", "0000"), ("hold 1 min then release", "11..")]
)
def test_a_condition_that_cannot_be_read(way: str, told: str) -> None:
    plant = Plant(CYCLE.replace("release", way)).set(more_di1=True).run(10).set(more_di1=None).run(1)
    assert course(plant, 120) == told
