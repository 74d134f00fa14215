"""What `why` says that rules wait for: the limits in their own words with what is read now, and no time that
is not kept."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from config.language import Text
from controller.decide.explain import Waiting
from controller.decide.records import Lock, Reset
from tests.controller.decide.rules.loads import RULE, Loads
from tests.controller.decide.rules.site import Plant
from tests.controller.decide.rules.test_duty import HOURS, LEAD, LIFT, ONE, Pumps
from tests.controller.decide.test_explain import explained
from tests.many import many

FILL = """
  fill: {kind: level, level: plant.reuse_level, start: below 30 %, stop: above 80 %,
    then: [{target: pump-1, value: on, otherwise: off}], on_bad_input: hold 1 min then release}
"""
DRAIN = """
  drain: {kind: level, level: plant.reuse_level, start: above 80 %, stop: below 30 %,
    only_if: more.di1 is active and (more.di2 is active or plant.eq_level below 50 %),
    then: [{target: pump-1, value: on}], on_bad_input: trip}
"""
SPEED = FILL.replace(
    "{target: pump-1, value: on, otherwise: off}", "{target: duct.min_speed, at_least: 60 %}"
)
SLOW = """
  wet: {kind: level, level: plant.reuse_level, start: below 30 %, stop: above 80 %,
    only_if: more.di2 is active, then: [{target: slow, value: on, otherwise: off}], on_bad_input: release}
"""
DUCT = """
  duct: {kind: fan, label: 变频排风, min_speed: panel.ex1_min_speed}
programmes:
  slow: {label: 最低转速, targets: duct.min_speed, default: 30 %}
"""
DRY = """
  dry: {kind: interlock, when: more.di1 is active for 5 s, then: [{target: pump-1, value: off}],
    until: plant.reuse_level above 25 % for 60 s, reset: auto, on_bad_input: trip}
"""
LATCH = """
  latch: {kind: interlock, when: not more.di1 is active, then: [{target: pump-1, value: off}], reset: manual,
    on_bad_input: trip}
"""
RELIEVED = ONE.replace("on_bad", "relieve: 10 min, on_bad")
ALLOWED = "more.di1 is on (now off) and (more.di2 is on (now off) or plant.eq_level is below 50 % (now 60 %))"


def says(made: Plant, key: str = "pump-1.run_cmd") -> list[str]:
    """In English, points by their names alone."""
    return [_plain(item.awaited.words) for item in waiting(made, key) if item.rule is not None]


def waiting(made: Plant, key: str) -> tuple[Waiting, ...]:
    return explained(made.rig, made.rig.plan.points[made.rig.id(key)].key).waiting


def _plain(words: Text) -> str:
    """Where a point is labelled, its name alone."""

    def shortened(part: object) -> object:
        if not isinstance(part, Text):
            return part
        parts = dict(part.parts)
        if part.message == "{label} ({name})":
            return parts["name"]
        return Text(part.message, tuple((name, shortened(one)) for name, one in part.parts))

    return str(shortened(words))


@pytest.mark.parametrize(
    ("rule", "course", "expected"),
    [
        (FILL, [50.0], "asks for on once plant.reuse_level is below 30 % (now 50 %)"),
        (FILL, [20.0, 43.0], "asks for off once plant.reuse_level is above 80 % (now 43 %)"),
        (FILL, [20.0, None], "asks for off once plant.reuse_level is above 80 % (now unknown)"),
        (
            DRAIN,
            [85.0],
            f"asks for on once {ALLOWED}",
        ),
        (
            DRAIN,
            [40.0],
            f"asks for on once plant.reuse_level is above 80 % (now 40 %) and {ALLOWED}",
        ),
    ],
)  # fmt: skip
def test_a_level_says_which_limit_it_waits_for(rule: str, course: list[float | None], expected: str) -> None:
    made = Plant(rule, "", plant_eq_level=60.0, plant_reuse_level=50.0)
    for level in course:
        made.set(plant_reuse_level=level).run(2)
    assert says(made) == [expected]


def test_a_level_that_is_on_says_what_else_ends_it() -> None:
    made = Plant(DRAIN, "", plant_eq_level=40.0, plant_reuse_level=85.0, more_di1=True).run(2)
    denied = "more.di2 is off (now off) and plant.eq_level is not below 50 % (now 40 %)"
    ends = f"plant.reuse_level is below 30 % (now 85 %) or more.di1 is off (now on) or ({denied})"
    assert says(made) == [f"asks for off once {ends}"]


def test_a_level_that_only_holds_something_up_says_so() -> None:
    made = Plant(SPEED, DUCT, plant_reuse_level=50.0).run(2)
    assert says(made, "duct.min_speed") == [
        "asks for 60 % at the least once plant.reuse_level is below 30 % (now 50 %)"
    ]
    made.set(plant_reuse_level=29.0).run(2)
    assert says(made, "duct.min_speed") == [
        "asks for nothing any more once plant.reuse_level is above 80 % (now 29 %)"
    ]


def test_a_level_that_has_given_up_says_what_it_cannot_read() -> None:
    made = Plant(FILL, "", plant_reuse_level=20.0).run(2).set(plant_reuse_level=None).run(70)
    assert says(made) == ["asks for nothing before it can read plant.reuse_level"]


def test_an_interlock_says_what_trips_it_and_what_resets_it() -> None:
    made = Plant(DRY).run(3)
    assert says(made) == ["trips, and asks for off, once more.di1 is on (now off) for 5 s"]
    made.set(more_di1=True).run(4)
    assert says(made) == ["trips, and asks for off, once more.di1 is on (now on) for 5 s (3 s of it over)"]
    made.run(10)
    full = "plant.reuse_level is above 25 % (now 0 %) for 60 s"
    assert says(made) == [f"its trip ends by itself once more.di1 is off (now on) and {full}"]
    made.set(more_di1=False, plant_reuse_level=26.0).run(21)
    assert says(made) == [
        "its trip ends by itself once plant.reuse_level is above 25 % (now 26 %) for 60 s (20 s of it over)"
    ]
    assert says(made.run(60)) == ["trips, and asks for off, once more.di1 is on (now off) for 5 s"]


def test_a_latch_says_who_resets_it_and_when_that_can_be_done() -> None:
    made = Plant(LATCH).run(3)
    stands = "stands until somebody resets it: louguan reset latch"
    assert says(made) == [f"{stands}, which can be done once more.di1 is on (now off)"]
    made.set(more_di1=None).run(3)
    assert says(made) == [f"{stands}, which can be done once more.di1 is on (now unknown)"]
    made.set(more_di1=True).run(3)
    assert says(made) == [f"{stands}; it can be reset now"]
    made.rig.do(Reset("latch", "Li", "looked at it"))
    assert says(made.run(1)) == ["trips, and asks for off, once more.di1 is off (now on)"]


def test_a_duty_says_how_many_are_needed_when_and_who_is_next() -> None:
    made = Pumps(LIFT)
    made.at(40.0)
    more, fewer = (
        "1 of 2 needed once plant.eq_level is above 60 % (now 40 %)",
        "stops first when fewer are needed",
    )
    assert says(made, "p1.run_cmd") == [more, "is the next to start"]
    assert says(made, "p2.run_cmd") == [more, "p1 starts before it"]
    made.at(65.0, 100)
    needed = [
        "2 of 2 needed once plant.eq_level is above 85 % (now 65 %)",
        "0 of 2 needed once plant.eq_level is below 30 % (now 65 %)",
    ]
    follows = "p2 takes over if it trips, has a fault, or does not run 30 s after it should"
    assert says(made, "p1.run_cmd") == [*needed, follows]
    assert says(made, "p2.run_cmd") == [*needed, "is the next to start"]
    made.at(90.0)
    needed = ["1 of 2 needed once plant.eq_level is below 50 % (now 90 %)"]
    alone = "no other is ready to take over"
    assert says(made, "p1.run_cmd") == [*needed, fewer, alone]
    assert says(made, "p2.run_cmd") == [*needed, alone]
    assert made.at(45.0) == [False, True], "as was said"


def test_a_duty_says_when_turns_end_and_who_takes_over() -> None:
    made = Pumps(RELIEVED).set(more_di1=True).run(241)
    ends = "0 of 2 needed once more.di1 is off (now on)"
    assert says(made, "p1.run_cmd")[:2] == [ends, "6 min 0 s of its turn are left, then p2 takes over"]
    assert says(made, "p2.run_cmd") == [
        ends,
        "is the next to start",
        "takes over from p1, of whose turn 6 min 0 s are left",
    ]
    assert made.run(359).asks() == [True, False]
    assert made.run(2).asks() != [True, False]
    assert made.run(3).asks() == [False, True]


@pytest.mark.parametrize(
    ("fails", "expected"),
    [
        ({"more_di4": True}, "is not asked while it is tripped: louguan reset p1"),
        ({"more_di5": False}, "is not asked before more.di5 is on (now off)"),
        ({"more_di5": None}, "is not asked before more.di5 is on (now unknown)"),
    ],
)
def test_a_machine_that_is_not_asked_says_why(fails: dict[str, bool | None], expected: str) -> None:
    made = Pumps(ONE).set(**fails).run(5)
    assert says(made, "p1.run_cmd")[-1] == expected
    assert says(made, "p2.run_cmd")[-1] == "is the next to start"


def test_a_machine_with_a_fault_of_its_panel_says_so() -> None:
    made = Pumps(LEAD, HOURS, plant_lift1_fault=True).run(3)
    assert says(made, "h1.mode") == ["is not asked while plant.lift1_fault is on (now on)"]
    assert says(made, "h2.mode") == ["no other is ready to take over"]


def test_a_duty_that_has_given_up_says_what_it_cannot_read() -> None:
    made = Pumps(LIFT)
    made.at(None)
    assert says(made, "p1.run_cmd") == ["asks for nothing before it can read plant.eq_level"]


def test_a_machine_that_was_passed_over_comes_after_the_others() -> None:
    made = Pumps(ONE)
    made.rig.do(Lock("p1", "Wang", "at work", made.rig.clock.now().wall_ms))
    made.set(more_di1=True).run(60)
    assert says(made, "p1.run_cmd")[-1] == "is the next to start", "there is no third"
    assert says(made, "p2.run_cmd")[-1].startswith("p1 takes over")


def test_a_demand_cap_says_what_sheds_and_whom_first() -> None:
    made = Loads(20.0).run(16 * 60)
    sheds = "is shed in its turn once more than 95.0 kW are expected within 5 min; now 68.0 kW"
    assert says(made, "hall.level") == [sheds, "is the first to be shed"]
    assert says(made, "h1.permit") == [sheds, "the first to be shed is lamps.zone1_level"]
    made.broken = True
    assert says(made.run(75), "hall.level")[0].endswith("within 5 min; now unknown")


def test_what_is_shed_only_while_something_is_so_says_that_it_is_not() -> None:
    rule = RULE.replace("{targets: hall,", "{targets: hall, only_if: relays.ch8 is on,")
    made = Loads(20.0, rule).run(16 * 60)
    assert says(made, "hall.level") == ["is not shed before relays.ch8 is on (now off)"]
    assert says(made, "h1.permit")[-1] == "is the first to be shed"


def test_what_is_shed_says_what_brings_it_back_and_after_whom() -> None:
    made = Loads(20.0).run(16 * 60)
    made.base = 60.0
    made.run(8 * 60)
    assert made.shed() == ["hall", "h1"]
    back = (
        "comes back once 85.0 kW at the most are expected of any 15 min, for 5 min, and with its {kw} kW no "
    )
    assert says(made, "h1.permit")[0].startswith(back.format(kw="10.0"))
    assert says(made, "hall.level")[0].startswith(back.format(kw="4.0"))
    assert "before it come back: relays.ch4" in says(made, "hall.level")
    made.base = 20.0
    made.run(4 * 60)
    assert "for 5 min (" in says(made, "h1.permit")[0]


COURSE = st.lists(st.tuples(st.sampled_from([20.0, 45.0, 60.0, 75.0, 95.0]), st.integers(1, 12)), max_size=8)


CLOSE = RULE.replace("at_least_for: 3 min", "at_least_for: 18 min")
"""Those that would have to come back together at the end do so before what they stay shed for is over."""


@given(COURSE, st.sampled_from([RULE, CLOSE]))
@example([(95.0, 45)], CLOSE)
@settings(max_examples=many(10))
def test_what_is_shed_keeps_the_times_that_were_said(course: list[tuple[float, int]], rule: str) -> None:
    """Whatever the demand does: back not before one, at another at the latest, and alone until a third."""
    made = Loads(20.0, rule).run(16 * 60)
    keys = {"hall": "hall.level", "h1": "h1.permit", "h2": "h2.permit", "h4": "h4.permit"}
    said: dict[tuple[str, bool, str], int] = {}
    for base, minutes in [*course, (20.0, 1)]:
        made.base = base
        for _ in range(minutes * 4):
            made.run(15)
            shed, now_ms = made.shed(), made.rig.clock.now().wall_ms
            for (name, stood, means), at_ms in list(said.items()):
                if (name in shed) is not stood:
                    assert means == "latest" or now_ms >= at_ms
                    del said[name, stood, means]
                elif now_ms >= at_ms:
                    assert means == "earliest"
                    del said[name, stood, means]
            for name, key in keys.items():
                for item in waiting(made, key):
                    _, until_ms, means = item.awaited
                    if until_ms is not None:
                        assert said.setdefault((name, name in shed, means), until_ms) == until_ms


@pytest.mark.parametrize(
    ("times", "on", "expected"),
    [
        ("min_off: 3 min", True, "a start would wait: minimum rest time"),
        ("min_off: 3 min, starts_per_hour: 1", True, "a start would wait: 1 starts an hour"),
        ("min_on: 3 min", False, "a stop would wait, but for protection: minimum run time"),
    ],
)
def test_a_minimum_time_that_runs_is_told_though_nobody_asks_against_it(
    times: str, on: bool, expected: str
) -> None:
    more = f"  slow: {{kind: pump, label: 慢泵, safe: off, run_cmd: relays.ch4, {times}}}\n"
    made = Plant(SLOW, more).run(200).set(more_di2=True).run(5)
    made.set(more_di2=not on).run(5)
    (found,) = (item for item in waiting(made, "slow.run_cmd") if item.rule is None)
    assert str(found.awaited.words) == expected
    assert found.awaited.means == "earliest"
    made.set(more_di2=on)
    while made.rig.clock.now().wall_ms < (found.awaited.at_ms or 0) - 1000:
        assert made.run(1).asked("slow.run_cmd") == (not on, 10)
    assert made.run(1).asked("slow.run_cmd") == (on, 10)


def test_while_nobody_knows_the_time_no_time_is_told() -> None:
    more = "  slow: {kind: pump, label: 慢泵, safe: off, run_cmd: relays.ch4, min_off: 3 min}\n"
    made = Plant(SLOW, more)
    made.rig.clock.trusted = False
    found = waiting(made.run(2), "slow.run_cmd")
    assert [(item.awaited.at_ms, item.awaited.means) for item in found] == [(None, ""), (None, "")]
