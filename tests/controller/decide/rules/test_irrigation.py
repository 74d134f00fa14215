"""Irrigation: one valve after another, each with its share of the day, when dry and while there is water."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.plan.reading import Value
from tests.controller.decide.rules.day import Day
from tests.schedules.build import at

VALVES = """
  green: {kind: valve, label: 绿化阀, open: box.v1_permit}
  wall: {kind: valve, label: 绿墙阀, open: box.v2_permit}
  road: {kind: valve, label: 路面阀, open: box.v3_permit}
  reuse: {kind: tank, label: 回用水池, level: plant.reuse_level}
"""
PLAIN = """
  garden: {kind: irrigation, hours: {everyday: "04:30-07:00"}, valves: [{target: green, for: 40 min},
    {target: wall, for: 20 min}, {target: road, for: 10 min}], level: reuse.level, start: above 45 %,
    stop: below 35 %, only_if: not plant.reuse_stopped is active, skip_when: box.soil1 above 35 %,
    rain: box.rain is active, dry_after: 24 h, MORE on_bad_input: hold 5 min then release}
"""
METERED = """
  garden: {kind: irrigation, hours: {everyday: ["04:30-05:00", "06:00-07:00"]}, meter: box.litres,
    most: 2.5 m³, valves: [{target: green, for: 40 min, water: 2 m³}, {target: wall, for: 30 min, water: 1 m³}
    ], on_bad_input: trip}
"""
NAMES = ("green.open", "wall.open", "road.open")


def garden(more: str = "", says: dict[str, Value | None] | None = None) -> Day:
    read = {"plant_reuse_level": 60.0, "box_soil1": 20.0, **(says or {})}
    return Day(PLAIN.replace("MORE", more), VALVES, "2026-03-05 04:20").set(**read).run(1)


def open_now(day: Day, names: tuple[str, ...] = NAMES) -> str:
    """The valve that is asked to be open, of which there is one at most; all others are closed."""
    found = []
    for name in names:
        asked = day.asked(name)
        assert asked is not None
        assert asked[1] == 10
        found += [name.partition(".")[0]] * (asked[0] is True)
    assert len(found) <= 1
    return "".join(found)


def test_each_has_its_turn_and_its_time() -> None:
    day = garden()
    course = [("04:29:59", ""), ("04:30:00", "green"), ("05:09:59", "green"), ("05:10:00", "wall"),
              ("05:29:59", "wall"), ("05:30:00", "road"), ("05:40:00", ""), ("06:59:00", "")]  # fmt: skip
    assert [(time, open_now(day.till(time))) for time, _ in course] == course
    assert day.why("green.open") == "has had its share of the day"
    assert open_now(day.till("2026-03-06 04:30")) == "green", "a day later again"


def test_it_wakes_for_its_hours_and_for_the_end_of_a_turn() -> None:
    day = garden()
    assert day.rig.engine._rules.wake_hour_ms() == at("2026-03-05 04:30")
    day.till("04:30").till("04:50")
    assert day.rig.engine._rules.wake_ms() == at("2026-03-05 05:10")


def test_the_tank_is_not_drawn_empty_and_what_was_missed_is_given_later_that_day() -> None:
    day = garden().till("04:30").till("04:40")
    assert open_now(day.set(plant_reuse_level=35.0).run(60)) == "green"
    assert open_now(day.set(plant_reuse_level=34.9).run(60)) == ""
    assert day.why("green.open") == "too little water is left"
    assert open_now(day.set(plant_reuse_level=45.0).till("05:00")) == ""
    assert open_now(day.set(plant_reuse_level=45.1).run(1)) == "green"
    # It has had 12 min: 28 are left from 05:00:01 on.
    assert open_now(day.till("05:28:00")) == "green"
    assert open_now(day.run(1)) == "wall"


def test_rain_stops_it_and_so_does_the_day_after() -> None:
    day = garden().till("04:30").till("04:40")
    assert open_now(day.set(box_rain=True).run(1)) == ""
    assert day.why("green.open") == "it rains, or has rained lately"
    assert open_now(day.set(box_rain=False).run(1).till("06:00")) == ""
    assert open_now(day.restart().till("2026-03-06 04:40:01")) == "", "it rained a day ago, less a second"
    assert open_now(day.run(1)) == "green"


@pytest.mark.parametrize(
    ("says", "words"),
    [
        ({"plant_reuse_stopped": True}, "not allowed now"),
        ({"box_soil1": 36.0}, "not needed now"),
        ({"plant_reuse_level": 40.0}, "too little water is left"),
    ],
)
def test_what_forbids_it(says: dict[str, Value | None], words: str) -> None:
    day = garden(says=says).till("04:35")
    assert open_now(day) == ""
    assert day.why("green.open") == words


def test_all_together_have_a_most() -> None:
    day = garden(more="longest: 50 min,").till("04:30")
    assert open_now(day.till("05:19:59")) == "wall"
    assert open_now(day.run(1)) == ""
    assert day.why("road.open") == "all that a day may have has been given"


def test_a_restart_in_the_middle_goes_on_and_does_not_begin_again() -> None:
    day = garden().till("04:30").till("04:50")
    day.restart()
    assert open_now(day.run(1)) == "green"
    assert open_now(day.till("05:09:59")) == "green"
    assert open_now(day.run(1)) == "wall"
    day.rig.clock.advance(3600)
    day.restart()
    assert open_now(day.run(1)) == "road", "the time in which nobody looked counts as given"


def test_what_cannot_be_read_closes_after_the_hold() -> None:
    day = garden().till("04:30").till("04:40")
    assert open_now(day.set(plant_reuse_level=None).run(240)) == "green"
    assert open_now(day.run(120)) == ""
    assert open_now(day.set(plant_reuse_level=60.0).run(60)) == "green"


def test_nobody_waters_by_a_clock_that_cannot_be_trusted() -> None:
    day = garden().till("04:30").till("04:40")
    assert open_now(day.distrust().run(60)) == ""
    assert day.why("green.open") == "nobody knows what time it is"
    assert open_now(day.distrust(trusted=True).run(60)) == "green"
    assert open_now(day.till("05:10:59")) == "green"
    assert open_now(day.run(1)) == "wall", "the minute in between was not given"


def test_water_ends_a_turn_before_its_time_and_the_next_hours_go_on() -> None:
    day = Day(METERED, VALVES, "2026-03-05 04:20", box_litres=100.0).till("04:30")
    names = NAMES[:2]
    assert open_now(day.set(box_litres=101.9).run(600), names) == "green"
    assert open_now(day.set(box_litres=102.0).run(60), names) == "wall"
    assert open_now(day.set(box_litres=102.3).till("05:00"), names) == ""
    assert day.why("wall.open") == "not in its hours"
    assert open_now(day.set(box_litres=102.4).till("06:00"), names) == "wall"
    assert open_now(day.set(box_litres=102.59).run(60), names) == "wall"
    assert open_now(day.set(box_litres=102.61).run(60), names) == "", (
        "2.5 m³ in all, without what leaked between"
    )


def test_a_meter_that_goes_back_is_enough_and_one_that_cannot_be_read_leaves_the_time() -> None:
    names = NAMES[:2]
    day = Day(METERED, VALVES, "2026-03-05 04:20", box_litres=100.0).till("04:30")
    assert open_now(day.set(box_litres=0.0).run(60), names) == "wall"
    day = Day(METERED, VALVES, "2026-03-05 04:20", box_litres=None).till("04:30")
    assert open_now(day.till("04:59"), names) == "green"
    assert open_now(day.till("06:09"), names) == "green"
    assert open_now(day.till("06:10"), names) == "wall"


MOVE = st.tuples(
    st.integers(1, 60),
    st.sampled_from([60.0, 40.0, 30.0, None]),
    st.sampled_from([False, False, True, None]),
    st.floats(0.0, 1.0),
    st.booleans(),
    st.booleans(),
)
BOTH = """
  garden: {kind: irrigation, hours: {everyday: "04:30-07:00"}, meter: box.litres, most: 3 m³, longest: 50 min,
    valves: [{target: green, for: 40 min, water: 2 m³}, {target: wall, for: 20 min},
      {target: road, for: 10 min}],
    level: reuse.level, start: above 45 %, stop: below 35 %, rain: box.rain is active, dry_after: 30 min,
    on_bad_input: hold 5 min then release}
"""


@given(st.lists(MOVE, min_size=1, max_size=8))
@settings(max_examples=15)
def test_one_at_a_time_and_no_more_than_a_day_may_have(
    moves: list[tuple[int, float | None, bool | None, float, bool, bool]],
) -> None:
    day = Day(BOTH, VALVES, "2026-03-05 04:25", plant_reuse_level=60.0)
    spent = dict.fromkeys(("green", "wall", "road"), 0.0)
    total = 0.0
    for minutes, level, rain, flow, again, trusted in moves:
        day.set(plant_reuse_level=level, box_rain=rain).distrust(trusted=trusted)
        if again:
            day.restart().step()
        for _ in range(minutes):
            now = open_now(day)
            if now:
                spent[now] += 1
                total = round(total + flow, 3)
                day.set(box_litres=total)
            day.run(60)
            if open_now(day):
                assert trusted
                assert level is None or level >= 35.0
                assert rain is not True
    assert spent["green"] <= 40
    assert spent["wall"] <= 20
    assert spent["road"] <= 10
    assert sum(spent.values()) <= 50
    assert total <= 3 + 1, "what flowed in the minute in which it was enough"
