"""`hall is booked within 45 min` in rules: true to the millisecond, open while nobody knows the time."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.plan.clock import Now
from config.plan.places import Booking
from config.plan.reading import Reading
from controller.decide.records import Book, RuleMemory
from controller.decide.rules.hours import Hours
from controller.decide.rules.source import RuleRequests
from controller.decide.steady import SteadyTime
from schedules.context import Context
from tests.controller.decide.rules.site import Plant, plan_with
from tests.schedules.build import at, booking

PLACES = """
places: {hall: {label: 大厅}, room: {}}
"""
AIR = """
  air: {kind: link, when: CONDITION, then: [{target: lamp, value: on, otherwise: off}], on_bad_input: WAY}
"""
EVENT = booking("hall", "2026-03-05 09:00", "10:00")
MINUTE = 60_000


def plant(condition: str, way: str = "release", *bookings: Booking) -> Plant:
    made = Plant(AIR.replace("CONDITION", condition).replace("WAY", way), PLACES)
    made.rig.do(Book(bookings or (EVENT,), (), "Li"))
    return made.run(1)


def states(made: Plant, *minutes: str) -> list[bool | None]:
    """Whether the lamp is asked to be on at each of these times; the step before was a second earlier."""
    found = []
    for minute in minutes:
        left_s = (at(minute) - made.rig.clock.now().wall_ms) / 1000
        made.run(left_s - 1, by=left_s - 1).run(1)
        asked = made.asked("lamp.switch")
        found.append(None if asked is None else bool(asked[0]))
    return found


@pytest.mark.parametrize(
    ("condition", "minutes", "expected"),
    [
        (
            "hall is booked",
            ("2026-03-05 08:59:59", "2026-03-05 09:00", "2026-03-05 09:59:59", "2026-03-05 10:00"),
            [False, True, True, False],
        ),
        (
            "hall is booked within 45 min",
            ("2026-03-05 08:14:59", "2026-03-05 08:15", "2026-03-05 09:59:59", "2026-03-05 10:00"),
            [False, True, True, False],
        ),
        ("hall is not booked", ("2026-03-05 08:59:59", "2026-03-05 09:00"), [True, False]),
        ("not room is booked", ("2026-03-05 09:00", "2026-03-05 09:30"), [True, True]),
        (
            "hall is booked for 10 min",
            ("2026-03-05 09:00", "2026-03-05 09:09:59", "2026-03-05 09:10", "2026-03-05 10:00"),
            [False, False, True, False],
        ),
        ("hall is booked and more.di1 is active", ("2026-03-05 09:00",), [False]),
        ("hall is booked or more.di1 is active", ("2026-03-05 09:00",), [True]),
    ],
)
def test_true_from_the_very_moment_on(condition: str, minutes: tuple[str, ...], expected: list[bool]) -> None:
    assert states(plant(condition), *minutes) == expected


def test_the_engine_wakes_at_those_moments() -> None:
    made = plant("hall is booked within 45 min")
    for minute in ("2026-03-05 08:15", "2026-03-05 10:00"):
        before = made.rig.wake_ms()
        assert before is not None
        assert before <= at(minute)
        rules = made.rig.engine._rules
        assert rules.wake_hour_ms() == at(minute)
        states(made, minute)


def test_entered_and_taken_out_it_acts_at_once() -> None:
    made = plant("hall is booked", "release", booking("hall", "2026-03-05 20:00", "21:00"))
    assert states(made, "2026-03-05 09:30") == [False]
    made.rig.do(Book((EVENT,), (), "Li"))
    assert made.run(1).asked("lamp.switch") == (True, 7)
    made.restart().run(1)
    assert made.asked("lamp.switch") == (True, 7), "over a restart too"
    made.rig.do(Book((), (EVENT,), "Li"))
    assert made.run(1).asked("lamp.switch") == (False, 15)


def test_while_the_clock_is_not_trusted_it_is_open() -> None:
    for way, expected in (("release", None), ("trip", (True, 7))):
        made = plant("hall is booked", way)
        made.rig.clock.trusted = False
        assert made.run(1).asked("lamp.switch") == expected
        made.rig.clock.trusted = True
        assert made.run(1).asked("lamp.switch") == (False, 15)


def test_it_follows_a_clock_that_is_put_right() -> None:
    made = plant("hall is booked")
    made.rig.clock.set_wall(at("2026-03-05 09:59:58"))
    assert made.run(1).asked("lamp.switch") == (True, 7)
    made.rig.clock.set_wall(at("2026-03-05 08:00"))
    assert made.run(1).asked("lamp.switch") == (False, 15)
    assert states(made, "2026-03-05 09:00") == [True]


BOOKINGS = st.lists(
    st.tuples(st.sampled_from(["hall", "room"]), st.integers(0, 300), st.integers(1, 90)), max_size=6
)


@settings(max_examples=60)
@given(items=BOOKINGS, within=st.sampled_from([0, 45]), drift=st.integers(-3, 3))
def test_by_the_minute_whatever_the_other_clock_does(
    items: list[tuple[str, int, int]], within: int, drift: int
) -> None:
    """The monotonic clock runs off by `drift` seconds an hour: what is booked goes by the wall alone."""
    condition = "hall is booked" + (f" within {within} min" if within else "")
    plan = plan_with(AIR.replace("CONDITION", condition).replace("WAY", "release"), PLACES)
    start = at("2026-03-05 08:00")
    bookings = [Booking(name, start + a * MINUTE, start + (a + b) * MINUTE) for name, a, b in items]
    readings: list[Reading] = []
    lamp = plan.point_named("lamp.switch")
    assert lamp is not None
    context, remembered = Context.of(plan, bookings), list[RuleMemory]()
    hours = Hours(context, plan.tariff)
    rules = RuleRequests(plan.rules, readings, remembered, SteadyTime(1.0), hours)
    wake: int | None = None
    before: bool | None = None
    for minute in range(420):
        wall_ms = start + minute * MINUTE
        mono_ms = minute * MINUTE + drift * 1000 * minute // 60
        rules.update(Now(wall_ms, mono_ms * 1_000_000, True))
        on = any(name == "hall" and a - within <= minute < a + b for name, a, b in items)
        asked = [request.value for request in rules.requests(lamp.id)]
        assert asked == [on]
        if before is not None and on is not before:
            assert wake == wall_ms, "it had said that it would look again now"
        before, wake = on, rules.wake_hour_ms()
