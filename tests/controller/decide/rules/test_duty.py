"""Duty and standby: whose turn it is, who takes over, and never two where one will do."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.plan.reading import Value
from controller.decide.records import Lock, Reset
from drivers.api import Write
from tests.controller.decide.rules.site import Plant
from tests.many import many

PUMPS = """
  p1: {kind: pump, label: 1#泵, safe: off, run_cmd: relays.ch4, run_fb: inputs.di4, fault: more.di4,
    auto: more.di5, tags: [lift]}
  p2: {kind: pump, label: 2#泵, safe: off, run_cmd: relays.ch5, run_fb: inputs.di5, tags: [lift]}
  sump: {kind: tank, label: 集水池, level: plant.eq_level}
"""
HOURS = """
  h1: {kind: pump, label: 1#提升泵, mode: plant.lift1_mode, fault: plant.lift1_fault,
    run_hours: plant.lift1_hours}
  h2: {kind: pump, label: 2#提升泵, mode: plant.lift2_mode, fault: plant.lift2_fault,
    run_hours: plant.lift2_hours}
"""
LIFT = """
  lift: {kind: duty, machines: {tag: lift}, level: sump.level, on_bad_input: release,
    steps: [{start: above 60 %, stop: below 30 %}, {start: above 85 %, stop: below 50 %}]}
"""
ONE = "  one: {kind: duty, machines: [p1, p2], when: more.di1 is active, on_bad_input: release}\n"
LEAD = "  lead: {kind: duty, machines: [h1, h2], value: auto, otherwise: standby, on_bad_input: release}\n"
COMMANDS = {"relays.ch4": "inputs.di4", "relays.ch5": "inputs.di5"}


class Pumps(Plant):
    """Two pumps whose relays do as they are told; a working pump runs a moment after its relay."""

    def __init__(self, rules: str, more: str = PUMPS, **says: Value | None) -> None:
        self.broken: set[str] = set()
        """Feedbacks of pumps that do not start."""
        super().__init__(rules, more, **says)
        self.set(more_di5=True).run(3)

    def note(self, write: Write) -> None:
        key = self.rig.plan.points[write.point].key
        changed = self.says[key] != write.value
        self.says[key] = write.value
        if key in COMMANDS and changed:
            self.says[COMMANDS[key]] = write.value is True and COMMANDS[key] not in self.broken

    def asks(self) -> list[bool]:
        """What each pump is told."""
        told = [self.asked(f"{name}.run_cmd") for name in ("p1", "p2")]
        return [item is not None and item[0] is True for item in told]

    def running(self) -> int:
        return sum(self.says[key] is True for key in COMMANDS.values())

    def at(self, level: float | None, seconds: int = 5) -> list[bool]:
        return self.set(plant_eq_level=level).run(seconds).asks()


def test_by_level_one_then_both_then_one_then_none() -> None:
    plant = Pumps(LIFT)
    course = [(50.0, 0), (61.0, 1), (84.0, 1), (86.0, 2), (60.0, 2), (49.0, 1), (31.0, 1), (29.0, 0)]
    assert [(level, sum(plant.at(level))) for level, _ in course] == course


def test_the_one_that_has_run_less_is_next() -> None:
    plant = Pumps(LIFT)
    assert plant.at(70.0, 600) == [True, False]
    plant.at(20.0)
    assert plant.at(70.0, 300) == [False, True]
    plant.at(20.0)
    assert plant.at(70.0) == [False, True], "300 s against 600"
    assert plant.at(90.0) == [True, True]
    assert plant.at(45.0) == [False, True], "of two the one with more hours stops"


def test_by_the_last_start_they_take_turns_at_each() -> None:
    plant = Pumps(LIFT.replace("on_bad", "first: rested, on_bad"))
    told = []
    for _ in range(4):
        told.append(plant.at(70.0, 10))
        plant.at(20.0)
    assert told == [[True, False], [False, True], [True, False], [False, True]]


def test_machines_that_tell_nothing_of_themselves_are_relieved_at_their_time() -> None:
    """Nothing is read meanwhile that would have the rule look again."""
    silent = PUMPS.replace("run_fb: inputs.di4, fault: more.di4,", "").replace(", run_fb: inputs.di5", "")
    rule = ONE.replace("on_bad", "first: rested, relieve: 10 min, on_bad")
    plant = Pumps(rule, silent.replace("auto: more.di5, ", "")).set(more_di1=True).run(1)
    for told in ([True, False], [False, True], [True, False]):
        assert plant.asks() == told
        assert plant.run(599).asks() == told
        plant.run(1)


def test_after_its_time_it_is_relieved_and_both_never_run() -> None:
    plant = Pumps(ONE.replace("on_bad", "relieve: 10 min, on_bad")).set(more_di1=True)
    told = []
    for _ in range(1900):
        plant.run(1)
        told.append(tuple(plant.asks()))
        assert plant.running() <= 1
    turns = [now for before, now in zip([None, *told], told, strict=False) if now != before and any(now)]
    assert turns == [(True, False), (False, True), (True, False), (False, True)]


def test_one_with_a_fault_is_replaced_until_somebody_resets_it() -> None:
    plant = Pumps(ONE).set(more_di1=True).run(30)
    assert plant.asks() == [True, False]
    assert plant.set(more_di4=True).run(3).asks() == [False, True]
    assert plant.set(more_di4=False).run(600, by=4).asks() == [False, True]
    plant.set(more_di1=False).run(5).set(more_di1=True)
    assert plant.run(5).asks() == [False, True], "it has run more, and is the only one"
    plant.rig.do(Reset("p1", "Li", "looked at it"))
    plant.set(more_di1=False).run(5).set(more_di1=True)
    assert plant.run(5).asks() == [True, False], "back, and with fewer hours"


def test_one_that_does_not_start_is_replaced_after_ten_seconds() -> None:
    plant = Pumps(ONE)
    plant.broken = {"inputs.di4"}
    plant.set(more_di1=True).run(8)
    assert plant.asks() == [True, False]
    assert plant.run(5).asks() == [False, True]
    assert ("trip", "p1", True) in plant.notices


def test_with_none_left_people_are_told() -> None:
    plant = Pumps(ONE).set(more_di4=True)
    plant.broken = {"inputs.di5"}
    plant.set(more_di1=True).run(20)
    assert plant.asks() == [False, False]
    assert ("alarm", "one", True) in plant.notices
    assert "one: 1 needed, 0 ready" in plant.words


def test_one_that_is_locked_is_passed_over() -> None:
    plant = Pumps(ONE)
    plant.rig.do(Lock("p1", "Wang", "at work", plant.rig.clock.now().wall_ms))
    plant.set(more_di1=True).run(28)
    assert plant.asks() == [True, False]
    assert plant.run(10).asks() == [False, True]
    assert plant.run(600, by=4).asks() == [False, True]


def test_where_none_runs_each_gets_its_time() -> None:
    plant = Pumps(ONE)
    now = plant.rig.clock.now().wall_ms
    plant.rig.do(Lock("p1", "Wang", "at work", now), Lock("p2", "Wang", "at work", now))
    plant.set(more_di1=True)
    told = [plant.run(1).asks() for _ in range(100)]
    turns = [now for before, now in zip([None, *told], told, strict=False) if now != before]
    assert turns == [[True, False], [False, True], [True, False], [False, True]]


def test_one_that_people_run_by_hand_counts() -> None:
    plant = Pumps(LIFT).set(more_di5=False, inputs_di4=True)
    assert plant.at(70.0, 10) == [False, False]
    assert plant.at(90.0, 10) == [False, True]


def test_what_runs_when_the_rule_begins_is_left_running() -> None:
    plant = Pumps(ONE, more_di5=True, more_di1=True, relays_ch5=True, inputs_di5=True)
    assert plant.run(5).asks() == [False, True]


def test_hours_that_only_the_rule_counts_end_with_what_is_asked() -> None:
    """Not when the rule is looked at next, which may be the day after."""
    plant = Pumps(ONE, PUMPS.replace(", run_fb: inputs.di4", "").replace(", run_fb: inputs.di5", ""))
    plant.set(more_di1=True).run(600)
    plant.set(more_di1=False).run(1).run(7200, by=600)
    plant.set(more_di1=True).run(3)
    (memory,) = [item.memory for item in plant.rig.engine.remembered().rules if item.rule == "one"]
    assert sum(int(memory[f"ran-{name}_s"]) for name in ("p1", "p2")) in range(598, 605)


def test_by_run_hours_of_the_machines_and_modes_of_their_panel() -> None:
    plant = Pumps(LEAD, HOURS, plant_lift1_hours=120.0, plant_lift2_hours=80.0)
    modes = [plant.asked(f"{name}.mode") for name in ("h1", "h2")]
    assert modes == [(2, 10), (1, 10)], "standby, auto"
    plant.set(plant_lift2_fault=True).run(2)
    assert [plant.asked(f"{name}.mode") for name in ("h1", "h2")] == [(1, 10), (2, 10)]


@pytest.mark.parametrize(
    ("way", "told"),
    [("release", [False, False]), ("trip", [False, False]), ("hold 1 min then release", [True, False])],
)
def test_a_level_that_cannot_be_read(way: str, told: list[bool]) -> None:
    plant = Pumps(LIFT.replace("release", way))
    plant.at(70.0)
    assert plant.at(None) == told
    assert (plant.asked("p1.run_cmd") is None) is (way == "release")
    plant.run(70)
    assert plant.asks() == [False, False]


STEPS = st.tuples(
    st.sampled_from([20.0, 40.0, 70.0, 90.0, None]),
    st.sampled_from(["", "more.di4", "inputs.di4", "inputs.di5", "hand"]),
    st.sampled_from([False, False, True]),
    st.integers(1, 40),
)


@given(st.lists(STEPS, max_size=8))
@settings(max_examples=many(15))
def test_no_more_run_than_are_needed_and_a_restart_changes_nothing(
    course: list[tuple[float | None, str, bool, int]],
) -> None:
    rules = LIFT.replace("on_bad", "relieve: 1 min, on_bad")
    plant, other = Pumps(rules), Pumps(rules)
    both = False
    for level, fails, again, seconds in course:
        both = both if level is None else level > 85.0 or (both and level >= 50.0)
        for one in (plant, other):
            one.broken = {fails}
            one.set(more_di4=fails == "more.di4", more_di5=fails != "hand", plant_eq_level=level)
        for _ in range(seconds):
            told, same = plant.run(1).asks(), other.run(1).asks()
            assert told == same
            if not both:
                assert sum(told) <= 1
        if again:
            other.restart()
