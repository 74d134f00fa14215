"""A demand cap over a plant whose meter shows what was shed: how much, who, in what order, for how long."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.plan.rules import DemandCap
from controller.decide.requests import Op
from controller.decide.rules import metered
from controller.decide.rules.look import Look
from controller.decide.rules.registry import KINDS
from tests.controller.decide.rules.loads import HEATERS, RULE, Loads

MINUTE = 60


def peak(minutes: int = 30, base: float = 60.0, rule: str = RULE) -> Loads:
    """A quarter of an hour with 68 kW, then so many minutes with `base` beside 48 kW that may be shed."""
    made = Loads(20.0, rule).run(16 * MINUTE)
    made.base = base
    return made.run(minutes * MINUTE)


def test_the_demand_stays_below_a_limit_that_it_would_pass() -> None:
    assert peak(40).highest() <= 100.0
    free = peak(40, rule=RULE.replace("limit: 100 kW", "limit: 200 kW"))
    assert free.shed() == []
    assert free.highest() == pytest.approx(108.0)


def test_between_the_ends_of_two_minutes_the_power_is_only_glanced_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kind, looked, glanced = KINDS[DemandCap], list[int](), list[int]()

    def decide(spec: DemandCap, look: Look) -> None:
        looked.append(look.now_ms)
        kind.decide(spec, look)

    def glance(spec: DemandCap, look: Look) -> None:
        glanced.append(look.now_ms)
        metered.glance(spec, look)

    monkeypatch.setitem(KINDS, DemandCap, kind._replace(decide=decide, glance=glance))
    made = Loads(20.0).run(3 * MINUTE)
    looked.clear()
    glanced.clear()
    made.run(10 * MINUTE)
    assert {after - before for before, after in pairwise(looked)} == {60_000}
    assert len(glanced) == 3 * len(looked) == 30


def test_a_short_peak_is_let_pass() -> None:
    made = peak(3)
    made.base = 20.0
    assert made.run(20 * MINUTE).shed() == []
    assert made.highest() < 80.0


def test_no_more_is_shed_than_is_needed_in_the_order_declared() -> None:
    assert peak(4).shed() == []
    made = peak(8)
    assert made.shed() == ["hall", "h1"], "the lamp saves 4 kW, which does not do"
    assert (made.asked("hall.level"), made.asked("h1.permit")) == ((50.0, 15), (False, 15))
    made.base = 90.0
    assert made.run(6 * MINUTE).shed() == ["hall", "h1", "h2", "h3", "h4"]


def test_who_was_shed_for_as_long_as_may_be_is_relieved_by_another_of_its_step() -> None:
    made = peak(8)
    turns = [[name for name in made.run(MINUTE).shed() if name != "hall"] for _ in range(90)]
    changes = [after for before, after in pairwise(turns) if after != before]
    assert changes[:3] == [["h2"], ["h3"], ["h1"]]
    assert made.highest() <= 100.0


def test_what_was_shed_comes_back_one_by_one_the_last_step_first() -> None:
    made = peak(8, base=72.0)
    assert made.shed() == ["hall", "h1", "h2", "h3"]
    made.base = 20.0
    seen: list[tuple[int, list[str]]] = []
    for minute in range(30):
        found = made.run(MINUTE).shed()
        if not seen or found != seen[-1][1]:
            seen.append((minute, found))
    left = [names for _, names in seen]
    assert left == [["hall", "h1", "h2", "h3"], ["hall", "h2", "h3"], ["hall", "h3"], ["hall"], []]
    assert all(later - earlier >= 2 for (earlier, _), (later, _) in pairwise(seen))
    assert seen[1][0] >= 5, "there must have been room for five minutes"


def test_while_what_comes_back_would_pass_the_limit_again_it_stays() -> None:
    made = peak(8)
    made.base = 46.0
    assert made.run(8 * MINUTE).shed() == ["hall", "h1"]
    assert made.says["main.p_total"] == 80.0, "15 below the limit, and 10 would come back"


def test_what_draws_nothing_is_not_shed() -> None:
    made = Loads(20.0).run(16 * MINUTE)
    made.rig.override("h1", False, 2)
    made.base = 70.0
    assert made.run(10 * MINUTE).shed() == ["hall", "h2"]


def test_people_are_not_shed_and_others_are_in_their_place() -> None:
    made = Loads(20.0).run(16 * MINUTE)
    made.rig.override("h1", True, 2)
    made.base = 60.0
    made.run(12 * MINUTE)
    assert made.shed() == ["hall", "h1", "h2", "h3"], "the cap stands on h1, and does not bind the person"
    assert (made.asked("h1.permit"), made.asked("h2.permit")) == ((True, 8), (False, 15))
    assert made.highest() <= 100.0


def test_with_nothing_left_to_shed_people_are_told() -> None:
    made = peak(12, base=130.0)
    assert made.shed() == ["hall", "h1", "h2", "h3", "h4"]
    assert made.notices == [("alarm", "cap", True)]
    assert made.words == ["需量 (cap): more than 100.0 kW are to be expected, and nothing is left to shed"]
    made.base = 20.0
    made.run(10 * MINUTE)
    assert made.notices[-1] == ("alarm", "cap", False)


def test_a_meter_that_does_not_answer_holds_what_is_shed_for_a_while() -> None:
    made = peak(8)
    made.broken = True
    assert made.run(5 * MINUTE).shed() == ["hall", "h1"]
    assert made.run(3 * MINUTE).shed() == []
    assert made.words == ["需量 (cap): the demand cannot be measured: nothing is shed"]
    made.broken = False
    assert made.run(MINUTE).notices[-1] == ("alarm", "cap", False)
    release = peak(8, rule=RULE.replace("hold 5 min then release", "release"))
    release.broken = True
    assert release.run(2 * MINUTE).shed() == []


def test_nothing_is_shed_for_longer_than_it_may_be_even_if_the_meter_is_silent() -> None:
    made = peak(8, rule=RULE.replace("hold 5 min", "hold 24 h"))
    made.broken = True
    assert made.run(15 * MINUTE).shed() == ["hall", "h1"]
    assert made.run(4 * MINUTE).shed() == ["hall"]


@pytest.mark.parametrize("broken", [False, True])
def test_those_that_must_come_back_together_come_back_one_by_one_before(broken: bool) -> None:
    made = peak(6, base=130.0, rule=RULE.replace("hold 5 min", "hold 24 h"))
    made.broken = broken
    assert {"h1", "h2", "h3"} <= set(made.shed())
    back: dict[str, int] = {}
    for minute in range(6, 24):
        shed = made.run(MINUTE).shed()
        back |= {name: minute for name in ("h1", "h2", "h3") if name not in shed and name not in back}
    assert back.keys() == {"h1", "h2", "h3"}
    assert min(back.values()) >= 10
    assert all(later - earlier >= 2 for earlier, later in pairwise(sorted(back.values())))


def test_counters_will_do() -> None:
    rule = RULE.replace("power: main.p_total", "counter: main.energy_import")
    made = peak(40, rule=rule)
    assert made.shed() == ["hall", "h2"]
    assert made.highest() <= 101.0, "a count of one minute is known to 0.6 kW"
    made.count = -sum(made.kw) / 3600
    assert made.run(2 * MINUTE).shed() == ["hall", "h2"], "a counter that was reset says nothing of the power"


def test_a_set_point_is_raised_and_never_above_what_is_asked() -> None:
    rule = RULE.replace(
        "- {targets: h4, at_most: off}", "- {targets: cooler.setpoint, at_least: 28 °C, saves: 6 kW}"
    )
    made = peak(8, base=95.0, rule=rule)
    assert made.shed() == ["hall", "h1", "h2", "h3"]
    assert made.asked("cooler.setpoint") == (28.0, 15)


def test_what_is_shed_only_if_something_is_so() -> None:
    rule = RULE.replace("{targets: hall,", "{targets: hall, only_if: not relays.ch8 is on,")
    made = peak(8, rule=rule)
    assert made.shed() == ["hall", "h1"]
    assert made.set(relays_ch8=True).run(2 * MINUTE).shed() == ["h1", "h2"], (
        "it is given back, h2 is shed for it"
    )
    made.set(relays_ch8=None).run(20 * MINUTE)
    assert "hall" not in made.shed()
    assert made.rig.engine.remembered().rules[0].memory.keys().isdisjoint({"shed-hall.level 50_ms"})


def test_it_is_said_why_and_until_when() -> None:
    made = peak(8)
    found = made.rig.engine.explain(made.rig.id("h1.permit"), made.rig.clock.now())
    (bound,) = found.result.bounds
    assert str(bound.reason) == "需量: demand 87.5 kW, 96.1 kW expected within 5 min; limit 100.0 kW"
    assert bound.since_ms is not None
    assert bound.expires_ms == bound.since_ms + 20 * MINUTE * 1000, "at 94 kW there will be no room before"
    assert [item.point.key for item in found.inputs] == ["main.p_total"]
    assert ("rule expects", True) in [(item.kind, item.after.value) for item in found.coming]
    made.base = 20.0
    made.run(2 * MINUTE)
    found = made.rig.engine.explain(made.rig.id("h1.permit"), made.rig.clock.now())
    (bound,) = found.result.bounds
    back_ms = bound.expires_ms
    assert back_ms is not None
    assert back_ms < bound.since_ms + 20 * MINUTE * 1000
    while "h1" in made.run(15).shed():
        pass
    assert abs(made.rig.clock.now().wall_ms - back_ms) <= MINUTE * 1000


@pytest.mark.parametrize("by_s", [-7200, -30, 30, 7200])
def test_a_clock_that_is_put_right_lengthens_and_shortens_nothing(by_s: int) -> None:
    made = peak(8)
    made.rig.clock.set_wall(made.rig.clock.now().wall_ms + by_s * 1000)
    assert made.run(15 * MINUTE).shed() == ["hall", "h1"]
    assert made.run(4 * MINUTE).shed() == ["hall", "h2"]


def test_over_a_restart_it_goes_on() -> None:
    made = peak(8).restart()
    made.rig.step(0.0)
    assert made.shed() == ["hall", "h1"], "before anything was read"
    assert made.run(15 * MINUTE).shed() == ["hall", "h1"]
    assert made.run(4 * MINUTE).shed() == ["hall", "h2"]
    assert made.highest() <= 100.0


COURSES = st.lists(
    st.tuples(
        st.sampled_from([0.0, 20.0, 45.0, 60.0, 75.0, 90.0, 130.0]),
        st.sampled_from([1, 2, 5, 13, 21]),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)
MOST = {"hall": 60, "h1": 20, "h2": 20, "h3": 20, "h4": 30}
REST = {"hall": 15, "h1": 10, "h2": 10, "h3": 10, "h4": 15}


def check(course: list[tuple[float, int, bool]]) -> None:
    """A cap never raises; nobody is shed for longer than may be or without a rest; a restart, with the same
    readings, changes nothing."""
    made, other = Loads(20.0), Loads(20.0)
    since: dict[str, int] = {}
    freed: dict[str, int] = {}
    second = 0
    for base, minutes, again in course:
        made.base = other.base = base
        if again:
            other.restart().rig.step(0.0)
        for _ in range(minutes * 4):
            shed = made.run(15).shed()
            assert shed == other.run(15).shed()
            second += 15
            for name, most in MOST.items():
                if name in shed and name not in since:
                    since[name] = second
                    assert second - freed.get(name, -10_000) >= REST[name] * MINUTE
                elif name not in shed and name in since:
                    freed[name] = second
                    assert second - since.pop(name) <= most * MINUTE
            for result in made.rig.engine.decisions.values():
                caps = [item for slot in result.slots for item in slot if item.slot == 9]
                assert all(item.op is Op.CAP for item in caps)
                if result.winner is not None and result.winner.value is not None:
                    assert result.value is not None
                    assert float(result.value) <= float(result.winner.value)


@given(COURSES)
@settings(max_examples=4, deadline=None)
def test_any_course_keeps_every_time_and_a_restart_changes_nothing(
    course: list[tuple[float, int, bool]],
) -> None:
    check(course)


@pytest.mark.slow
@given(COURSES)
@settings(max_examples=100, deadline=None)
def test_many_courses(course: list[tuple[float, int, bool]]) -> None:
    check(course)


def test_turns_are_fair() -> None:
    made = peak(8)
    turns = dict.fromkeys(HEATERS[:3], 0)
    before: list[str] = made.shed()
    turns["h1"] += 1
    for _ in range(2 * 60 * 4):
        now = made.run(15).shed()
        for name in turns:
            turns[name] += name in now and name not in before
        before = now
    assert sum(turns.values()) >= 6
    assert max(turns.values()) - min(turns.values()) <= 1
