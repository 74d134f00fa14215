"""What `why` expects of rules is what they do if nothing that they read changes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from config.plan.reading import Value
from controller.decide.records import Book
from drivers.api import Write
from tests.controller.decide.rules.day import TARIFF, Day
from tests.controller.decide.rules.lit import Hall, hall_plan
from tests.controller.decide.rules.site import Plant
from tests.controller.decide.rules.test_duty import ONE, Pumps
from tests.controller.decide.test_explain import explained
from tests.many import many
from tests.schedules.build import at, booking

PLACES = "places: {hall: {label: 大厅}}\n"
EARLY = """
  early: {kind: optimum_start, label: 预热, places: [hall],
    then: [{target: lamp, value: on, otherwise: off}], temperature: panel.hood_temperature, heat_to: 20 °C,
    at_most: 2 h, per_kelvin: 20 min, on_bad_input: trip}
"""
GARDEN = """
  garden: {kind: irrigation, label: 灌溉, hours: {everyday: "04:30-05:00"},
    valves: [{target: pump-1, for: 10 min}, {target: lamp, for: 5 min}], on_bad_input: trip}
"""
BOILER = """
  boiler: {kind: water-purifier, label: 开水机, heater_permit: tea.heater_permit, flush: tea.flush,
    temperature: tea.temperature}
"""
WATER = """
  water: {kind: heater, label: 热水, boilers: boiler, wanted: {everyday: "06:30-18:30"}, untrusted_clock: off,
    keep: {low: 86 °C, high: 92 °C}, warm_up: 30 min, flush: {for: 3 min}, on_bad_input: trip}
"""
TANK = "  reuse: {kind: tank, label: 回用水池, level: plant.reuse_level}\n"
FILL = """
  fill: {kind: tariff_shift, label: 补水, level: reuse.level, least: {start: below 25 %, stop: above 35 %},
    bands: {peak: {start: below 25 %, stop: above 40 %}, flat: {start: below 50 %, stop: above 70 %},
      valley: {start: below 85 %, stop: above 95 %}},
    then: [{target: pump-1, value: on}], on_bad_input: trip}
"""
AIR = """
  air: {kind: cycling, label: 曝气, run: 5 min, rest: 10 min,
    then: [{target: pump-1, value: on, otherwise: off}], on_bad_input: trip}
"""
STOVES = "  stove: {kind: stove, label: 大灶, permit: relays.ch6, flame: more.di6}\n"
KITCHEN = """
  open: {kind: link, slot: 10, when: more.di1 is active, then: [{target: stove, value: on, otherwise: off}],
    on_bad_input: release}
"""


def early(begin: str, room: float) -> Day:
    made = Day(EARLY, PLACES, begin, panel_hood_temperature=room)
    made.rig.do(Book((booking("hall", "2026-03-05 14:30", "16:00"),), (), "Li"))
    return made.run(1)


def of_rules(made: Day, key: str) -> list[tuple[int, str, object]]:
    return [
        (item.at_ms, item.kind, item.after.value)
        for item in explained(made.rig, key).coming
        if item.rule is not None
    ]


@pytest.mark.parametrize(
    ("made", "key", "expected"),
    [
        (lambda: early("2026-03-05 13:20", 17.0), "lamp.switch", ("2026-03-05 13:30", True)),
        (lambda: early("2026-03-05 14:20", 21.0), "lamp.switch", ("2026-03-05 14:30", True)),
        (lambda: early("2026-03-05 15:50", 21.0), "lamp.switch", ("2026-03-05 16:00", False)),
        (lambda: Day(GARDEN, "", "2026-03-06 04:28"), "lamp.switch", ("2026-03-06 04:40", True)),
        (lambda: Day(GARDEN, "", "2026-03-06 04:45"), "pump-1.run_cmd", ("2026-03-06 04:55", False)),
        (
            lambda: Day(WATER, BOILER, "2026-03-05 06:31", tea_temperature=60.0),
            "boiler.heater_permit",
            ("2026-03-05 06:34", True),
        ),
        (
            lambda: Day(FILL, TANK + TARIFF, "2026-03-05 07:50", plant_reuse_level=80.0),
            "pump-1.run_cmd",
            ("2026-03-05 08:00", False),
        ),
        (lambda: Day(AIR, "", "2026-03-05 06:00"), "pump-1.run_cmd", ("2026-03-05 06:05", False)),
    ],
    ids=["begins", "with people", "ends", "turn", "share", "flush", "tariff", "cycle"],
)  # fmt: skip
def test_what_is_expected_comes(made: Callable[[], Day], key: str, expected: tuple[str, bool]) -> None:
    day = made()
    key = day.rig.engine.plan.points[day.rig.id(key)].key
    ((at_ms, value),) = ((item[0], item[2]) for item in of_rules(day, key) if item[1] == "rule decides")
    assert value is expected[1]
    assert at(expected[0]) <= at_ms <= at(expected[0]) + 1000
    before = day.asked(key)
    assert before is None or before[0] is not value
    day.run((at_ms - day.rig.clock.now().wall_ms) / 1000 - 1, by=1)
    assert day.asked(key) == before
    after = day.run(1).asked(key)
    assert after is not None
    assert after[0] is value


def test_what_is_heard_then_says_why() -> None:
    made = early("2026-03-05 14:40", 21.0)
    (coming,) = (item for item in explained(made.rig, "lamp.switch").coming if item.rule is not None)
    assert coming.after.winner is not None
    assert "nobody is there" in str(coming.after.winner.reason)
    assert coming.rule is not None
    assert coming.rule.name == "early"


def test_a_programme_that_changes_after_the_rule_has_ended_is_heard() -> None:
    """The booking ends at half past five, the programme goes over to 40 % at six."""
    booked = "  booked: {kind: link, when: hall is booked, then: [{target: one, at_least: 90 %}],\n"
    made = Hall(hall_plan(f"{booked}    on_bad_input: trip}}\n{PLACES}"), "2026-03-05 17:00")
    made.rig.do(Book((booking("hall", "2026-03-05 16:00", "17:30"),), (), "Li"))
    made.run(2)
    found = explained(made.rig, "one.level").coming
    assert [(item.kind, item.heard, item.after.value) for item in found] == [
        ("rule decides", True, 80.0),
        ("programme", True, 40.0),
    ]


def test_a_rule_that_only_looks_again_is_told_and_nothing_is_promised() -> None:
    made = Day(FILL, TANK + TARIFF, "2026-03-05 09:30", plant_reuse_level=99.0)
    found = of_rules(made, "pump-1.run_cmd")
    assert found == [(at("2026-03-05 10:00"), "rule looks", False)]


def test_what_a_person_has_set_hides_what_the_rule_will_do_until_it_ends() -> None:
    made = early("2026-03-05 14:40", 21.0)
    made.rig.override("lamp", True, 3)
    found = explained(made.run(1).rig, "lamp.switch").coming
    assert [(item.kind, item.after.value) for item in found] == [("person", False)]


def test_without_the_time_or_with_something_that_was_never_read_nothing_is_expected_of_rules() -> None:
    made = early("2026-03-05 14:40", 21.0)
    made.rig.restart()
    made.rig.step(1)
    assert of_rules(made, "lamp.switch") == []
    made = early("2026-03-05 14:40", 21.0)
    made.rig.clock.trusted = False
    assert of_rules(made.run(1), "lamp.switch") == []


def test_a_stoves_permit_ends_only_if_its_flame_stays_out() -> None:
    made = Day(KITCHEN, STOVES, "2026-03-05 08:00").set(more_di1=True).run(1)
    made.set(relays_ch6=True, more_di6=True).run(60).set(more_di1=False).run(60)
    assert explained(made.rig, "stove.permit").coming == (), "it burns"
    made.set(more_di6=False).run(60)
    (coming,) = explained(made.rig, "stove.permit").coming
    assert (coming.kind, coming.after.value) == ("no flame", False)


def test_of_machines_in_turns_only_the_first_change_is_expected_for_the_next_hangs_on_their_answers() -> None:
    made = Pumps(ONE.replace("on_bad", "relieve: 10 min, on_bad")).set(more_di1=True).run(241)
    plan, now_ms = made.rig.plan, made.rig.clock.now().wall_ms
    (coming,) = explained(made.rig, plan.points[made.rig.id("p1.run_cmd")].key).coming
    assert (coming.kind, coming.after.value, coming.at_ms - now_ms) == ("rule decides", False, 360_000)
    assert explained(made.rig, plan.points[made.rig.id("p2.run_cmd")].key).coming == ()
    assert made.run(359).asks() == [True, False]
    assert made.run(1).asks() == [False, False], "before the other starts, it has to stop"
    made.run(3)
    assert made.asks() == [False, True]


def test_what_a_third_machine_does_after_that_is_not_guessed() -> None:
    three = "".join(
        f"  p{n}: {{kind: pump, label: {n}#泵, safe: off, run_cmd: relays.ch{n}, run_fb: inputs.di{n}}}\n"
        for n in (4, 5, 6)
    )
    turns = "  turns: {kind: duty, machines: [p4, p5, p6], when: more.di1 is active, on_bad_input: release}\n"
    made = Plant(turns, three).set(more_di1=True).run(2)
    expected = {key: explained(made.rig, f"relays.ch{key}").coming for key in (4, 5, 6)}
    assert [item.after.value for item in expected[4]] == [False], "it is not heard to run yet"
    assert [item.after.value for item in expected[5]] == [True]
    assert expected[6] == (), "whether the second runs nobody knows"


SET = """
  p1: {kind: pump, label: 1#泵, safe: off, run_cmd: relays.ch4, run_fb: inputs.di4, start_fail: 25 s,
    tags: [lift]}
  p2: {kind: pump, label: 2#泵, safe: off, run_cmd: relays.ch5, run_fb: inputs.di5, tags: [lift]}
  p3: {kind: pump, label: 3#泵, safe: off, run_cmd: relays.ch6, tags: [lift]}
"""
WAITING = """
  fill: {kind: level, level: plant.reuse_level, start: below 30 %, stop: above 80 %,
    only_if: more.di1 is active for 15 s or booked is booked, then: [{target: lamp, value: on}],
    on_bad_input: hold 25 s then release}
  lift: {kind: duty, machines: {tag: lift}, level: plant.eq_level, relieve: 1 min, take_over: 15 s,
    steps: [{start: above 60 %, stop: below 30 %}, {start: above 85 %, stop: below 50 %}],
    on_bad_input: hold 20 s then release}
  dry: {kind: interlock, when: more.di2 is active for 12 s, then: [{tag: lift, value: off}],
    until: plant.eq_level above 25 % for 35 s, reset: auto, on_bad_input: hold 40 s then release}
  latch: {kind: interlock, when: more.di3 is active for 12 s, then: [{target: lamp, value: off}],
    reset: manual, on_bad_input: trip}
places: {booked: {label: 大厅}}
"""
COURSE = st.lists(
    st.tuples(
        st.dictionaries(
            st.sampled_from(["more_di1", "more_di2", "more_di3", "inputs_di4", "inputs_di5"]),
            st.sampled_from([True, False, None]),
            max_size=3,
        ),
        st.dictionaries(
            st.sampled_from(["plant_eq_level", "plant_reuse_level"]),
            st.sampled_from([20.0, 40.0, 70.0, 90.0, None]),
            max_size=2,
        ),
        st.integers(1, 40),
    ),
    min_size=1,
    max_size=6,
)
HEEDED = ["lamp.switch", "p1.run_cmd", "p2.run_cmd", "p3.run_cmd"]


class Obeyed(Plant):
    """Relays do as they are told; whether a pump then runs is another matter."""

    told = 0

    def note(self, write: Write) -> None:
        self.told += 1
        self.says[self.rig.plan.points[write.point].key] = write.value


def decided(made: Plant) -> dict[str, tuple[Value | None, str]]:
    """Who is heard, before minimum times."""
    found = {}
    for key in HEEDED:
        winner = made.rig.engine.decisions[made.rig.id(key)].winner
        found[key] = (None, "") if winner is None else (winner.value, winner.source)
    return found


@given(COURSE)
@example(
    [
        ({"more_di1": True, "more_di2": True, "inputs_di5": True}, {"plant_eq_level": 90.0}, 10),
        ({}, {}, 40),
        ({"inputs_di5": None, "more_di2": None}, {}, 1),
    ]
)
@settings(max_examples=many(40))
def test_while_all_stays_as_it_reads_nothing_comes_but_what_is_expected_and_that_to_the_second(
    course: list[tuple[dict[str, bool | None], dict[str, float | None], int]],
) -> None:
    made = Obeyed(WAITING, SET, plant_eq_level=50.0, plant_reuse_level=50.0).run(61)
    for switches, levels, seconds in course:
        made.set(**switches, **levels).run(seconds)
    before = -1
    while before != made.told:  # what was just told reads otherwise a second later
        before = made.told
        made.run(1)
    standing, now_ms = decided(made), made.rig.clock.now().wall_ms
    coming = [
        (item.at_ms, key, None if item.after.winner is None else item.after.winner.value, item.open)
        for key in HEEDED
        for item in explained(made.rig, made.rig.plan.points[made.rig.id(key)].key).coming
        if item.kind == "rule decides"
    ]
    first_ms = min((at_ms for at_ms, *_ in coming), default=now_ms + 120_000)
    for _ in range((first_ms - now_ms) // 1000 - 1):
        assert decided(made.run(1)) == standing
    after = decided(made.run(1))
    if not coming:
        assert after == standing
    for at_ms, key, value, is_open in coming:
        if at_ms == first_ms and not is_open:
            assert after[key] != standing[key]
            assert after[key][0] == value
