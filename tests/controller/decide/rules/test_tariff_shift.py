"""Filling in cheap hours: bands by tariff period, the least at any hour, quiet hours, quality."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.controller.decide.rules.day import TARIFF, Day
from tests.schedules.build import at

TANK = "  reuse: {kind: tank, label: 回用水池, level: plant.reuse_level}\n"
FILL = """
  fill: {kind: tariff_shift, level: reuse.level, least: {start: below 25 %, stop: above 35 %},
    bands: {peak: {start: below 25 %, stop: above 40 %}, flat: {start: below 50 %, stop: above 70 %},
      valley: {start: below 85 %, stop: above 95 %}},
    curfew: {everyday: "23:00-06:00"}, only_if: not more.di1 is active,
    then: [{target: pump-1, value: on}], on_bad_input: WAY}
"""


def tank(begin: str, level: float | None, way: str = "trip", rule: str = FILL) -> Day:
    return Day(rule.replace("WAY", way), TANK + TARIFF, begin, plant_reuse_level=level)


def fills(day: Day, level: float | None = None) -> bool | None:
    found = (day if level is None else day.set(plant_reuse_level=level).run(1)).asked()
    assert found is None or found[1] == 13
    return None if found is None else bool(found[0])


@pytest.mark.parametrize(
    ("hour", "starts", "stops"),
    [("07:00", 85.0, 95.0), ("09:00", 50.0, 70.0), ("11:00", 25.0, 40.0), ("14:00", 50.0, 70.0),
     ("18:00", 25.0, 40.0), ("22:30", 85.0, 95.0)],
)  # fmt: skip
def test_the_hour_decides_how_far(hour: str, starts: float, stops: float) -> None:
    day = tank(f"2026-03-05 {hour}", 99.0)
    levels = [(starts, False), (starts - 0.1, True), (stops, True), (stops + 0.1, False), (starts, False)]
    assert [fills(day, level) for level, _ in levels] == [on for _, on in levels]


def test_a_change_of_period_is_followed_to_the_second() -> None:
    day = tank("2026-03-05 06:30", 60.0)
    assert fills(day) is True
    assert day.why("pump-1.run_cmd") == "fills as far as in valley hours"
    assert day.rig.engine._rules.wake_hour_ms() == at("2026-03-05 08:00")
    assert fills(day.set(plant_reuse_level=75.0).till("07:59:59")) is True
    assert fills(day.run(1)) is False
    assert day.why("pump-1.run_cmd") == "fills as far as in flat hours"
    assert fills(day.set(plant_reuse_level=45.0).run(60)) is True
    assert fills(day.till("09:59:59")) is True
    assert fills(day.run(1)) is False, "dear: it coasts"


def test_in_its_quiet_hours_it_fills_for_the_least_alone() -> None:
    day = tank("2026-03-05 22:55", 60.0)
    assert fills(day.till("22:59:59")) is True
    assert fills(day.run(1)) is False
    assert day.why("pump-1.run_cmd") == "nothing but the least in these hours"
    assert fills(day, 25.0) is False
    assert fills(day, 24.9) is True
    assert day.why("pump-1.run_cmd") == "below the least: fills whatever the hour"
    assert (fills(day, 35.0), fills(day, 35.1)) == (True, False)
    assert fills(day.till("2026-03-06 05:59:59")) is False
    assert fills(day.run(1)) is True


def test_what_only_if_forbids_is_not_filled_with_whatever_the_level_and_people_are_told() -> None:
    day = tank("2026-03-05 07:00", 60.0)
    assert fills(day.set(more_di1=True).run(1)) is False
    assert day.notices == []
    assert fills(day, 20.0) is False
    assert day.notices == [("alarm", "fill", True)]
    assert day.words == ["fill: below its least level, and it may not fill"]
    assert fills(day.set(more_di1=False).run(1)) is True
    assert day.notices[-1] == ("alarm", "fill", False)


def test_with_a_clock_that_cannot_be_trusted_all_hours_are_flat_and_quiet() -> None:
    day = tank("2026-03-05 07:00", 45.0).distrust().run(1)
    assert fills(day) is False
    assert fills(day, 24.0) is True
    open_all_night = FILL.replace('curfew: {everyday: "23:00-06:00"}, ', "")
    day = tank("2026-03-05 07:00", 75.0, rule=open_all_night)
    assert fills(day) is True
    assert fills(day.set(plant_reuse_level=71.0).distrust().run(1)) is False
    assert fills(day, 49.0) is True


@pytest.mark.parametrize(
    ("way", "later"), [("trip", False), ("release", None), ("hold 5 min then release", True)]
)
def test_a_level_that_cannot_be_read(way: str, later: bool | None) -> None:
    day = tank("2026-03-05 07:00", 60.0, way)
    assert fills(day) is True
    assert fills(day.set(plant_reuse_level=None).run(240)) is later
    assert fills(day, 60.0) is True


MOVE = st.tuples(
    st.integers(1, 180), st.floats(0.0, 100.0), st.booleans(), st.sampled_from([False, False, True])
)


@given(st.lists(MOVE, min_size=1, max_size=6))
@settings(max_examples=10)
def test_never_short_without_filling_and_never_in_quiet_hours_without_need(
    moves: list[tuple[int, float, bool, bool]],
) -> None:
    day, other = tank("2026-03-05 03:00", 60.0), tank("2026-03-05 03:00", 60.0)
    for minutes, level, again, dirty in moves:
        for one in (day, other):
            one.set(plant_reuse_level=level, more_di1=dirty)
        if again:
            other.restart().step()
        for _ in range(0, minutes, 20):
            filling = fills(day.run(1200))
            assert filling is fills(other.run(1200)), "a restart changes nothing"
            hour = day.rig.context.local._reading(day.rig.clock.now().wall_ms // 1000).hour
            if dirty:
                assert filling is False
            elif level < 25.0:
                assert filling is True
            if level > 95.0 or (level > 35.0 and (hour >= 23 or hour < 6)):
                assert filling is False
