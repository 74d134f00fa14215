"""A rule is looked at when something it took of the readings has changed, and need not be otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.plan.asks import Band
from config.plan.conditions import Compare, Has, Lasting, Not
from config.plan.reading import NEVER, Quality, Reading, Value
from controller.decide.rules.look import Look
from controller.decide.rules.switched import side_of
from controller.decide.rules.taken import Limits, matters, seen
from tests.controller.decide.rules import test_every_kind as kinds
from tests.controller.decide.rules.lit import HALL, PROGRAMMES
from tests.controller.decide.rules.lit import RULE as LIGHTING
from tests.controller.decide.rules.loads import RULE as CAP
from tests.controller.decide.rules.loads import Loads
from tests.controller.decide.rules.site import Plant
from tests.many import many

MOTORS = """
  here: {kind: presence, presence: [more.di5, more.di6], then: [{target: p2, value: on, otherwise: off}],
    run_on: 20 s, on_bad_input: hold 10 s then release}
  fire: {kind: fire, label: 火警, contacts: [safety.di1], yields: [pump-1]}
alarms:
  full: {when: tank.level above 90 %, priority: medium, deadband: 5 %, on_delay: 10 s, only_if: p1 is running,
    on_bad_input: release}
  empty: {when: tank.level below 12 %, priority: low, deadband: 15 %, off_delay: 10 s, on_bad_input: trip}
"""


class Lamps(Plant):
    SITE = HALL


def motors() -> Plant:
    return Plant(kinds.RULES + MOTORS, kinds.MORE)


def lamps() -> Plant:
    programmes = "".join(f"  {line}\n" for line in PROGRAMMES.strip().splitlines())
    return Lamps(LIGHTING, f"programmes:\n{programmes}")


def loads() -> Plant:
    return Loads(rule=CAP.replace("between: 10 min}", "between: 10 min, only_if: main.p_total above 60 kW}"))


def counted() -> Plant:
    counter = CAP.replace("power: main.p_total", "counter: main.energy_import")
    return Loads(rule=counter.replace("margin: 5 kW", "margin: 10 kW"))


SWITCHES = tuple(f"{device}_di{number}" for device in ("more", "inputs") for number in range(1, 7))
CONTACTS = ("hall_zone1_presence", "hall_zone2_presence")
OPEN, SOMETIMES = st.sampled_from([True, False]), st.sampled_from([True, False, False, None])
PERCENT = st.sampled_from([None, *map(float, range(4, 100, 5))])
DEGREES = st.sampled_from([None, 0.0, 9.0, 10.5, 15.0, 19.0, 19.5, 20.5, 45.0, 75.0, 81.0])
LUX = st.sampled_from([None, 100.0, 119.0, 121.0, 300.0, 349.0, 351.0, 400.0])


Change = tuple[str, Any]


def of(names: tuple[str, ...], values: st.SearchStrategy[Any]) -> st.SearchStrategy[Change]:
    return st.tuples(st.sampled_from(names), values)


class Site(NamedTuple):
    make: Callable[[], Plant]
    changes: st.SearchStrategy[Change]
    steps: list[int]
    """So many after a change."""
    step_s: float


LOADED = st.one_of(of(("base",), st.integers(20, 110).map(float)), of(("broken", "again"), OPEN))
SITES = {
    "motors": Site(
        motors,
        st.one_of(
            of(SWITCHES, SOMETIMES),
            of(("plant_reuse_level",), PERCENT),
            of(("plant_reuse_level",), PERCENT),
            of(("panel_hood_temperature", "tea_temperature"), DEGREES),
            of(("safety_di1", "again"), OPEN),
        ),
        [1, 1, 1, 1, 2, 12, 31],
        1.0,
    ),
    "lamps": Site(
        lamps,
        st.one_of(
            of(CONTACTS, SOMETIMES), of(("hall_zone1_lux", "hall_zone2_lux"), LUX), of(("again",), OPEN)
        ),
        [1, 1, 2, 7, 31],
        20.0,
    ),
    "power": Site(loads, LOADED, [1, 1, 4, 12], 15.0),
    "counts": Site(counted, LOADED, [1, 1, 4, 12], 15.0),
}


@pytest.mark.parametrize("name", SITES)
@given(data=st.data())
@settings(max_examples=many(3))
def test_looking_again_at_any_other_time_would_change_nothing(name: str, data: st.DataObject) -> None:
    site = SITES[name]
    one, other = site.make(), site.make()
    course = st.lists(st.tuples(site.changes, st.sampled_from(site.steps)), min_size=25, max_size=40)
    for (what, value), steps in data.draw(course):
        for made in (one, other):
            if what == "again":
                made.restart()
            elif hasattr(made, what):
                setattr(made, what, value)
            else:
                made.set(**{what: value})
        for _ in range(steps):
            # Points that were not silent and are not now: all that look at them look again.
            other.rig.engine._rules.silent(range(len(other.rig.plan.points)), on=False)
            for made in (one, other):
                made.run(site.step_s, site.step_s)
            assert told(one) == told(other)
            assert one.notices == other.notices


def told(made: Plant) -> tuple[object, ...]:
    """What is decided, and what rules remember."""
    return dict(made.rig.engine.decisions), dict(made.rig.engine.remembered().rules)


def reading(value: Value | None, quality: Quality = Quality.GOOD) -> Reading:
    return Reading(value, quality, "", 5, 5)


BAD = reading(None, Quality.BAD)


@pytest.mark.parametrize(
    ("limits", "before", "now", "so"),
    [
        ((25.0,), reading(62.0), reading(61.0), False),
        ((25.0,), reading(25.1), reading(25.0), True),
        ((25.0,), reading(25.0), reading(24.9), True),
        ((25.0, 70.0), reading(60.0), reading(71.0), True),
        ((25.0,), reading(62.0), reading(62.0, Quality.STALE), True),
        ((25.0,), BAD, reading(62.0, Quality.STALE), False),
        ((), NEVER, BAD, True),
        ((), NEVER, reading(True), True),
        ((), reading(True), reading(False), False),
        (None, reading(62.0), reading(61.0), True),
    ],
)
def test_what_makes_a_difference(limits: Limits, before: Reading, now: Reading, so: bool) -> None:
    assert matters(seen({0: limits}, [before]), 0, now) is so
    assert not matters(seen({1: limits}, [NEVER, before]), 0, now)


def test_what_is_taken_of_a_reading_follows_from_how_it_is_asked_for() -> None:
    look = Look(kinds.RULE, [NEVER] * 9, 0, {})
    look.judge(Lasting(Not(Compare(0, "below", 25.0)), 5.0, "key"))
    look.judge(Has(1, True))
    side_of(look, "side", Band(30.0, 80.0), 2)
    look.number(3, 5.0)
    look.number(3)
    look.number(3, 6.0)
    look.never_read(4)
    look.value(5)
    look.never_read(5)
    look.glance(6)
    look.number(7, 5.0)
    look.number(7, 6.0)
    assert look.outcome().taken == {
        0: (25.0,), 1: None, 2: (30.0, 80.0), 3: None, 4: (), 5: None, 7: (5.0, 6.0)
    }  # fmt: skip
