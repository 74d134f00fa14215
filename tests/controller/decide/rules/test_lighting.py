"""Lighting: what presence and daylight make of a programme's level, how long, and with sensors that fail."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.plan.site import Plan
from controller.decide.requests import Op
from tests.controller.decide.rules.lit import RULE, Hall, hall_plan


@cache
def plan(rules: str = RULE) -> Plan:
    return hall_plan(rules)


def hall(minute: str = "2026-03-05 09:00", rules: str = RULE) -> Hall:
    """Read often enough that everybody's absence is known."""
    return Hall(plan(rules), minute)


NIGHT = "2026-03-05 23:30"


@pytest.mark.parametrize(
    ("minute", "there", "lux", "level"),
    [
        # programme 80 %, 40 %, 10 %
        ("2026-03-05 09:00", False, 200.0, 30.0),
        ("2026-03-05 09:00", True, 200.0, 80.0),
        ("2026-03-05 09:00", False, 500.0, 5.0),
        ("2026-03-05 09:00", True, 500.0, 5.0),
        ("2026-03-05 19:00", False, 0.0, 30.0),
        ("2026-03-05 19:00", True, 0.0, 60.0),
        (NIGHT, False, 0.0, 20.0),
        (NIGHT, True, 0.0, 60.0),
        ("2026-03-05 09:00", None, 200.0, 80.0),
        (NIGHT, None, 0.0, 60.0),
        (NIGHT, False, None, 20.0),
        (NIGHT, None, None, 60.0),
    ],
)
def test_one_result_of_programme_presence_and_daylight(
    minute: str, there: bool | None, lux: float | None, level: float
) -> None:
    made = hall(minute).set(zone1_presence=there, zone1_lux=lux).run(900)
    assert made.level() == level


def test_a_sensor_of_one_lamp_is_nothing_to_the_others() -> None:
    made = hall(NIGHT)
    rules = made.rig.engine._rules
    before = list(rules._standing)
    made.set(zone1_presence=True).run(1)
    assert [after is stood for after, stood in zip(rules._standing, before, strict=True)] == [False, True]
    known = dict(made.rig.engine.remembered().rules)["hall"]
    assert {key for key in known if "there-" in key or "away-" in key} == {"there-one_ms", "away-two_ms"}


def test_a_time_that_no_longer_counts_is_not_waited_for() -> None:
    made = hall(NIGHT).set(zone1_presence=True).run(1).set(zone1_presence=False).run(60)
    rules = made.set(zone1_presence=True).run(1).rig.engine._rules
    before = list(rules._standing)
    assert made.run(600).level() == 60.0
    assert all(after is stood for after, stood in zip(rules._standing, before, strict=True))


def test_what_lamps_remember_is_told_as_one() -> None:
    made = hall(NIGHT)
    assert not made.restart().rig.step().memory.rules
    made.set(zone2_presence=True)
    for key, value in made.says.items():
        made.rig.read(key, value)
    (told,) = made.rig.step().memory.rules
    assert told.rule == "hall"
    assert {"since_ms", "there-two_ms", "away-one_ms"} <= told.memory.keys()


def test_only_the_lamp_that_is_asked_otherwise_is_decided_anew() -> None:
    made = hall(NIGHT)
    engine = made.rig.engine
    before = dict(engine.decisions)
    made.set(zone1_presence=True).run(1)
    others = [point for point, result in engine.decisions.items() if result is before[point]]
    assert [made.rig.plan.points[point].key for point in engine.decisions if point not in others] == [
        "hall.zone1_level"
    ]


def test_presence_raises_at_once_and_falls_after_its_run_on() -> None:
    made = hall(NIGHT)
    assert (made.level(), made.bounds()) == (20.0, ["≥ 20.0 it is dark"])
    made.set(zone1_presence=True).run(1)
    assert (made.level(), made.bounds()) == (60.0, ["≥ 60.0 somebody is there"])
    assert made.level("two") == 20.0
    made.set(zone1_presence=False).run(180)
    assert (made.level(), made.bounds()) == (60.0, ["≥ 60.0 somebody was there a moment ago"])
    assert made.run(1).level() == 20.0


def test_daylight_has_two_thresholds_and_two_delays() -> None:
    made = hall().set(zone1_presence=True, zone1_lux=351.0).run(600)
    assert made.level() == 80.0
    made.run(1)
    assert (made.level(), made.bounds()) == (5.0, ["≤ 5.0 there is daylight enough"])
    assert made.set(zone1_lux=121.0).run(3600).level() == 5.0, "between the thresholds as before"
    assert made.set(zone1_lux=119.0).run(120).level() == 5.0
    assert made.run(1).level() == 80.0
    assert made.set(zone1_lux=349.0).run(3600).level() == 80.0


def test_a_cloud_and_a_flash_that_are_shorter_than_the_delays_change_nothing() -> None:
    made = hall().set(zone1_presence=True)
    for _ in range(3):
        assert made.set(zone1_lux=900.0).run(590).level() == 80.0
        assert made.set(zone1_lux=200.0).run(10).level() == 80.0
    made.set(zone1_lux=900.0).run(602)
    for _ in range(3):
        assert made.set(zone1_lux=10.0).run(110).level() == 5.0
        assert made.set(zone1_lux=200.0).run(10).level() == 5.0


def test_light_that_cannot_be_read_counts_as_dark_after_the_delay_of_dark() -> None:
    made = hall().set(zone1_presence=True, zone1_lux=900.0).run(700)
    assert made.set(zone1_lux=None).run(119).level() == 5.0
    made.run(3)
    assert made.level() == 80.0
    made = hall(NIGHT).set(zone1_lux=None).run(300)
    assert made.bounds() == ["≥ 20.0 the light cannot be read: it counts as dark"]


def test_what_people_set_stays_as_they_set_it() -> None:
    made = hall(NIGHT).set(zone1_presence=True).run(5)
    made.rig.override("one", 2.0, 1)
    assert made.run(2).level() == 2.0, "a floor at 11 does not bind a person at 8"


def test_a_switch_is_bounded_as_well() -> None:
    rule = (
        "  daylight: {kind: lighting, lamps: porch, presence: inputs.di1, present: on, run_on: 5 min, "
        "lux: hall.zone1_lux, dark: below 30 lx, bright: above 60 lx for 10 min, when_bright: off}\n"
    )
    made = hall("2026-03-05 15:00", rule).set(zone1_lux=20.0).run(5)
    assert made.level("porch") is False
    made.says["inputs.di1"] = True
    assert made.run(2).level("porch") is True
    assert made.set(zone1_lux=100.0).run(700).level("porch") is False
    made.says["inputs.di1"] = False
    made.rig.clock.advance(5 * 3600)
    assert made.run(700).level("porch") is False, "the programme has it on; daylight does"
    assert made.set(zone1_lux=20.0).run(2).level("porch") is True


def test_what_it_remembers_outlives_a_restart() -> None:
    made = hall().set(zone1_presence=True, zone1_lux=900.0).run(300).restart()
    made.rig.step(0.1)
    assert made.level() == 80.0, "before anything was read"
    assert made.run(299).level() == 80.0
    assert made.run(2).level() == 5.0
    made.restart().rig.step(0.1)
    assert made.level() == 5.0
    made = hall(NIGHT).set(zone1_presence=True).run(2).set(zone1_presence=False).run(100).restart()
    assert made.run(80).level() == 60.0
    assert made.run(2).level() == 20.0
    made.restart().rig.step(0.1)
    assert made.level() == 20.0, "nobody was there, and nothing has been read yet"


def test_sensors_that_are_never_read_after_a_start_count_as_bad_in_the_end() -> None:
    made = hall(NIGHT).restart()
    made.says = {"hall.zone1_level": 20.0}
    assert made.run(50).level() == 20.0
    assert made.run(12).level() == 60.0


@pytest.mark.parametrize("by_s", [-7200, -30, 30, 7200])
def test_a_clock_that_is_put_right_moves_no_delay(by_s: int) -> None:
    made = hall("2026-03-05 13:00").set(zone1_presence=True, zone1_lux=900.0).run(300)
    made.rig.clock.set_wall(made.rig.clock.now().wall_ms + by_s * 1000)
    assert made.run(300).level() == 80.0
    assert made.run(2).level() == 5.0


class _Model:
    """What the lamp should have, told anew second by second."""

    def __init__(self) -> None:
        self.left_s: float | None = None
        self.bright = False
        self.turning_s = 0.0

    def second(self, there: bool | None, lux: float | None) -> None:
        """One more second in which these were read."""
        if there is False:
            self.left_s = None if self.left_s is None else self.left_s + 1
        else:
            self.left_s = 0.0
        beyond = (lux is None or lux < 120) if self.bright else (lux is not None and lux > 350)
        self.turning_s = self.turning_s + 1 if beyond else 0.0
        if beyond and self.turning_s > (120 if self.bright else 600):
            self.bright, self.turning_s = not self.bright, 0.0

    def level(self, programme: float) -> float:
        here = self.left_s is not None and self.left_s <= 180
        low = max(5.0, 60.0 if here and not self.bright else 0.0, 0.0 if self.bright else 20.0)
        high = min(5.0 if self.bright else 100.0, 100.0 if here else 30.0)
        return max(low, min(programme, high))


MINUTES = st.sampled_from(["2026-03-05 07:50", "2026-03-05 12:00", "2026-03-05 18:55", "2026-03-05 21:40"])
STEPS = st.lists(
    st.tuples(
        st.sampled_from([True, False, False, None]),
        st.sampled_from([0.0, 119.0, 200.0, 200.0, 351.0, 900.0, None]),
        st.sampled_from([1, 5, 60, 119, 125, 179, 185, 599, 605]),
        st.booleans(),
    ),
    min_size=1,
    max_size=8,
)


def _course(made: Hall, model: _Model, course: list[tuple[bool | None, float | None, int, bool]]) -> None:
    for there, lux, seconds, restarts in course:
        made.set(zone1_presence=there, zone1_lux=lux)
        if restarts:
            made.restart()
        made.run(seconds)
        for _ in range(seconds):
            model.second(there, lux)
        programme = made.rig.engine.decisions[made.rig.id("one.level")].winner
        assert programme is not None
        level = made.level()
        assert isinstance(level, float)
        assert 5.0 <= level <= 100.0
        assert isinstance(programme.value, float)
        assert level == pytest.approx(model.level(programme.value)), (there, lux, seconds)
        floors, caps = made.asked(Op.FLOOR), made.asked(Op.CAP)
        assert all(float(low) <= float(high) for low in floors for high in caps if low and high)


@given(MINUTES, STEPS)
@settings(max_examples=60, deadline=None)
def test_any_course_is_what_a_model_says_and_stays_within_what_safety_asks(
    minute: str, course: list[tuple[bool | None, float | None, int, bool]]
) -> None:
    _course(Hall(plan(), minute), _Model(), course)


@pytest.mark.slow
@given(MINUTES, STEPS)
@settings(max_examples=2000, deadline=None)
def test_many_courses(minute: str, course: list[tuple[bool | None, float | None, int, bool]]) -> None:
    _course(Hall(plan(), minute), _Model(), course)


def test_the_least_has_its_way_over_the_most() -> None:
    rule = RULE.replace("when_dark: 20 %", "when_dark: 40 %")
    made = hall(rules=rule).run(5)
    assert made.level() == 40.0, "nobody is there, which allows 30 %; but it is dark"
    assert (made.asked(Op.FLOOR), made.asked(Op.CAP)) == ([40.0], [40.0])
