"""Level control: hysteresis, conditions, bad inputs. Levels in %."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.controller.decide.rules.site import Plant
from tests.many import many

TANKS = """
  high: {kind: tank, label: 高位水箱, level: plant.reuse_level}
  low: {kind: tank, label: 集水池, level: plant.eq_level}
  station: {kind: process, label: 中水站, mode: plant.plant_mode}
"""
FILL = """
  fill: {kind: level, level: high.level, start: below 30 %, stop: above 80 %, only_if: not more.di1 is active,
    then: [{target: pump-1, value: on}], on_bad_input: trip}
"""
DRAIN = """
  drain: {kind: level, level: low.level, start: above 80 %, stop: below 30 %,
    then: [{target: pump-2, value: on}, {target: station, value: night, otherwise: auto}],
    on_bad_input: release}
"""
BOTH = FILL + DRAIN


def at(plant: Plant, *levels: float | None) -> list[object]:
    """What the filling pump is told at these levels, one after the other."""
    return [(plant.set(plant_reuse_level=level).run(1).asked() or (None,))[0] for level in levels]


def test_it_fills_from_one_threshold_to_the_other() -> None:
    assert at(Plant(BOTH, TANKS), 50.0, 30.0, 29.9, 50.0, 80.0, 80.1, 50.0, 29.0) == [
        True, True, True, True, True, False, False, True,
    ]  # fmt: skip


def test_between_them_it_begins_with_nothing() -> None:
    plant = Plant(BOTH, TANKS)
    at(plant, 90.0)
    assert at(plant, 50.0) == [False]


def test_it_empties_the_other_way_and_sets_what_is_no_switch_too() -> None:
    plant = Plant(BOTH, TANKS)
    for level, expected in ((50.0, False), (81.0, True), (31.0, True), (29.0, False)):
        plant.set(plant_eq_level=level).run(1)
        assert plant.asked("pump-2.run_cmd") == (expected, 10)
        assert plant.asked("station.mode") == (2 if expected else 1, 10)


def test_while_it_may_not_it_is_off_and_knows_its_side() -> None:
    plant = Plant(BOTH, TANKS).set(more_di1=True)
    assert at(plant, 20.0, 50.0) == [False, False]
    assert at(plant.set(more_di1=False), 50.0) == [True]


@pytest.mark.parametrize(
    ("way", "before", "after"),
    [("trip", [False], [False]), ("release", [None], [None]), ("hold 1 min then release", [True], [None])],
)
def test_a_level_that_cannot_be_read(way: str, before: list[object], after: list[object]) -> None:
    plant = Plant(BOTH.replace("on_bad_input: trip", f"on_bad_input: {way}"), TANKS)
    assert at(plant, 20.0, None) == [True, *before]
    plant.run(60)
    assert at(plant, None) == after
    assert at(plant, 50.0) == [True], "it still knows its side"


@given(st.lists(st.tuples(st.sampled_from([None, 10.0, 30.0, 50.0, 80.0, 95.0]), st.booleans()), max_size=12))
@settings(max_examples=many(20))
def test_a_restart_changes_nothing(course: list[tuple[float | None, bool]]) -> None:
    plant, other = Plant(BOTH, TANKS), Plant(BOTH, TANKS)
    for level, again in course:
        for one in (plant, other):
            one.set(plant_reuse_level=level, plant_eq_level=level).run(1)
        if again:
            other.restart().run(1)
            plant.run(1)
        keys = ("pump-1.run_cmd", "pump-2.run_cmd", "station.mode")
        told, same = ([one.asked(key) for key in keys] for one in (plant, other))
        assert told == same
        assert {value for value in told if value} <= {(True, 10), (False, 10), (1, 10), (2, 10)}
