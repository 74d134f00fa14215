"""Tap make-up: by level, and closed when nothing comes of it."""

from __future__ import annotations

import pytest

from controller.decide.records import Refused, Reset
from tests.controller.decide.rules.site import Plant

VALVE = """
  tap: {kind: valve, label: 补水阀, open: plant.makeup_permit}
  reuse: {kind: tank, label: 回用水池, level: plant.reuse_level}
"""
RULE = """
  tap-in: {kind: make_up, level: reuse.level, start: below 25 %, stop: above 35 %, rise: 1 %, within: 10 min,
    then: [{target: tap, value: on}], on_bad_input: trip}
"""


def plant(way: str = "trip") -> Plant:
    return Plant(RULE.replace("trip", way), VALVE, plant_reuse_level=50.0)


def opened(made: Plant, level: float | None, seconds: int = 1) -> bool | None:
    found = made.set(plant_reuse_level=level).run(seconds, by=min(4, seconds)).asked("tap.open")
    return None if found is None else found == (True, 10)


def test_it_opens_below_and_closes_above() -> None:
    made = plant()
    levels = [26.0, 24.9, 30.0, 35.0, 35.1, 26.0]
    assert [opened(made, level) for level in levels] == [False, True, True, True, False, False]


def test_while_the_level_rises_it_stays_open_however_long_it_takes() -> None:
    made = plant()
    for tenth in range(200, 350, 10):
        assert opened(made, tenth / 10, 500) is True
    assert made.notices == []


def test_when_it_does_not_rise_it_closes_until_somebody_has_looked() -> None:
    made = plant()
    assert opened(made, 20.0) is True
    assert opened(made, 20.9, 596) is True
    assert opened(made, 20.9, 8) is False
    assert made.notices == [("alarm", "tap-in", True)]
    assert made.words == ["tap-in: the level does not rise: closed; it stands until somebody resets it"]
    assert opened(made, 40.0) is opened(made, 20.0) is False
    made.restart().run(2)
    assert opened(made, 20.0) is False, "over a restart too"
    made.rig.do(Reset("tap-in", "Li", "the valve was shut by hand"))
    assert opened(made, 20.0, 500) is True
    with pytest.raises(Refused, match="has not tripped"):
        made.rig.do(Reset("tap-in", "Li", "again"))


def test_the_time_goes_on_over_a_restart() -> None:
    made = plant()
    opened(made, 20.0, 400)
    made.restart().rig.step(0.0)
    assert made.asked("tap.open") == (True, 10)
    assert opened(made, 20.0, 196) is True
    assert opened(made, 20.0, 12) is False


@pytest.mark.parametrize(
    ("way", "told"), [("trip", False), ("release", None), ("hold 1 min then release", True)]
)
def test_a_level_that_cannot_be_read(way: str, told: bool | None) -> None:
    made = plant(way)
    assert opened(made, 20.0) is True
    assert opened(made, None, 20) is told
    assert opened(made, 30.0) is True, "it still fills"
