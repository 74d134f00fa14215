"""Optimum start: never later than needed, never before it may, the wiser the more often it has begun."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.language import render
from config.language.reasons import reason
from config.plan.clock import Now
from config.plan.places import Booking
from config.plan.reading import NEVER, Quality, Reading, Value
from config.plan.rules import OptimumStart, Rule
from controller.decide.records import Book
from controller.decide.rules.hours import Hours
from controller.decide.rules.learning import LEAST_S, learn, rate
from controller.decide.rules.look import Look, Memory, Outcome
from controller.decide.rules.optimum_start import decide
from schedules.context import Context
from tests.controller.decide.rules.site import Plant, plan_with
from tests.schedules.build import at, booking

PLACES = """
places: {hall: {label: 大厅}}
"""
RULE = """
  early: {kind: optimum_start, places: [hall], MORE then: [{target: lamp, value: on, otherwise: off}],
    temperature: panel.hood_temperature, outdoor: panel.hood_temperature_2, heat_to: 20 °C, cool_to: 26 °C,
    at_most: 2 h, per_kelvin: 20 min, on_bad_input: trip}
"""
EVENT = booking("hall", "2026-03-05 09:00", "12:00")
NINE, NOON = at("2026-03-05 09:00"), at("2026-03-05 12:00")
MINUTE = 60_000


def made(
    more: str = "", way: str = "trip", bookings: Sequence[Booking] = (EVENT,)
) -> tuple[Rule, OptimumStart, Context]:
    plan = plan_with(RULE.replace("MORE", more).replace("trip", way), PLACES)
    rule = next(rule for rule in plan.rules if rule.name == "early")
    assert isinstance(rule.spec, OptimumStart)
    return rule, rule.spec, Context.of(plan, bookings)


class Said(NamedTuple):
    on: bool | None
    """None: it asks for nothing."""
    slot: int | None
    outcome: Outcome


def say(
    wall_ms: int,
    room: float | None,
    memory: Memory | None = None,
    *,
    more: str = "",
    way: str = "trip",
    outdoor: float | None = None,
    trusted: bool = True,
    bookings: Sequence[Booking] = (EVENT,),
) -> Said:
    """One evaluation, long after the start of the daemon."""
    rule, spec, context = made(more, way, bookings)
    hours = Hours(context, None)
    hours.at(Now(wall_ms, 0, trusted))
    readings = [NEVER] * 1000
    for point, value in ((spec.temperature, room), (spec.outdoor, outdoor)):
        assert point is not None
        quality = Quality.BAD if value is None else Quality.GOOD
        readings[point] = Reading(value, quality, "", 0, 0)
    look = Look(rule, readings, wall_ms, memory or {}, wall_ms - 3_600_000, hours=hours)
    decide(spec, look)
    outcome = look.outcome()
    if not outcome.requests:
        return Said(None, None, outcome)
    ((_, request),) = outcome.requests
    return Said(bool(request.value), request.slot, outcome)


@pytest.mark.parametrize(
    ("minutes", "room", "expected"),
    [
        # 3 K at 20 min/K: an hour before nine.
        (-61, 17.0, (False, 15)),
        (-60, 17.0, (True, 13)),
        (0, 17.0, (True, 13)),
        (179, 17.0, (True, 13)),
        (180, 17.0, (False, 15)),
        # Too warm: 29 °C lacks 3 K of 26 °C.
        (-61, 29.0, (False, 15)),
        (-60, 29.0, (True, 13)),
        # As it should be: with the people.
        (-1, 23.0, (False, 15)),
        (0, 23.0, (True, 13)),
        # However cold: never before two hours.
        (-121, 0.0, (False, 15)),
        (-120, 0.0, (True, 13)),
        # A room that cannot be read: as early as may be.
        (-121, None, (False, 15)),
        (-120, None, (True, 13)),
        (60, None, (True, 13)),
    ],
)
def test_when_it_begins(minutes: int, room: float | None, expected: tuple[bool, int]) -> None:
    assert say(NINE + minutes * MINUTE, room)[:2] == expected


def test_bad_inputs_may_be_told_to_change_nothing() -> None:
    for way in ("release", "hold 5 min then release"):
        assert say(NINE - 100 * MINUTE, None, way=way)[:2] == (False, 15), "it begins with the people"
        assert say(NINE, None, way=way)[:2] == (True, 13)


def test_while_nobody_knows_the_time_it_asks_for_nothing_and_forgets_nothing() -> None:
    known: Memory = {"heat": "600.0", "heat-n": 4, "early": True}
    said = say(NINE - 30 * MINUTE, 10.0, known, trusted=False)
    assert said.on is None
    assert said.outcome.memory == {"heat": "600.0", "heat-n": 4}


def test_weekly_hours_count_as_bookings_do() -> None:
    more = 'occupied: {workday: [{from: "08:30", to: "18:00"}], dayoff: []},'
    for minute, expected in (
        ("2026-03-05 07:29", False), ("2026-03-05 07:30", True), ("2026-03-05 17:59", True),
        ("2026-03-05 18:00", False), ("2026-03-07 07:30", False), ("2026-03-09 07:30", True),
    ):  # fmt: skip
        assert say(at(minute), 17.0, more=more).on is expected, minute


def test_why_tells_what_it_reckons_with() -> None:
    known: Memory = {"heat": "600.0", "heat-n": 4, "heat@5": "700 900 2000", "heat@5-n": 2}
    early = say(NINE - 90 * MINUTE, 17.0, known)
    (remark,) = early.outcome.remarks
    assert str(remark) == (
        "people come at 09:00; as the room is now it begins at 08:30: "
        "3.0 K at 10.0 min/K, learned from 4 starts"
    )
    at_seven = say(NINE - 90 * MINUTE, 17.0, known, outdoor=7.0)
    assert "it begins at 08:15: 3.0 K at 15.0 min/K, learned from 2" in str(at_seven.outcome.remarks[0])
    begun = say(NINE - 30 * MINUTE, 17.0, early.outcome.memory)
    ((_, request),) = begun.outcome.requests
    assert str(request.reason) == (
        "early: 30 min before people come at 09:00: 3.0 K at 10.0 min/K, learned from 4 starts"
    )
    later = say(NINE - 10 * MINUTE, 19.0, begun.outcome.memory)
    assert later.outcome.requests[0][1].reason == request.reason, "as it was reckoned when it began"
    blind = say(NINE - 100 * MINUTE, None)
    assert "as early as may be" in str(blind.outcome.requests[0][1].reason)
    for found in (
        begun,
        blind,
        say(NINE, 17.0),
        say(NINE - 30 * MINUTE, 17.0, {}),
        say(NINE - 90 * MINUTE, 17.0),
    ):
        words = found.outcome.requests[0][1].reason
        assert render(reason(render(words, "en")), "zh_CN") == render(words, "zh_CN"), "from the ledger too"
    assert "which is assumed" in str(say(NINE - 90 * MINUTE, 17.0).outcome.remarks[0])


ROOMS = st.one_of(st.none(), st.floats(-10, 45))
KNOWN = st.fixed_dictionaries(
    {}, optional={"heat": st.floats(10, 7200), "cool": st.floats(10, 7200), "heat@5": st.floats(10, 7200)}
)


@settings(max_examples=60)
@given(room=ROOMS, memory=KNOWN, outdoor=st.none() | st.floats(-20, 40), first=st.integers(121, 600))
def test_it_begins_at_the_latest_moment_that_will_do(
    room: float | None, memory: Mapping[str, float], outdoor: float | None, first: int
) -> None:
    """Woken only when it has said so, with a room that keeps still."""
    lacks = 0.0 if room is None else max(20.0 - room, room - 26.0, 0.0)
    way = "heat" if room is not None and room < 20 else "cool"
    by_weather = memory.get("heat@5") if outdoor is not None and 5 <= outdoor < 10 and way == "heat" else None
    lead_s = min(lacks * (by_weather or memory.get(way, 1200.0)), 7200.0)
    expected = NINE - (7_200_000 if room is None else round(lead_s * 1000))
    kept: Memory = dict(memory)
    wall_ms = NINE - first * MINUTE
    for _ in range(6):
        said = say(wall_ms, room, kept, outdoor=outdoor)
        assert say(wall_ms, room, json.loads(json.dumps(dict(kept))), outdoor=outdoor) == said
        kept = said.outcome.memory
        assert said.on is (wall_ms >= expected)
        if said.on:
            break
        assert said.outcome.wake_wall_ms is not None
        wall_ms = said.outcome.wake_wall_ms
    assert wall_ms == expected
    assert expected >= NINE - 7_200_000


@settings(max_examples=20)
@given(course=st.lists(st.tuples(st.floats(5, 35), st.integers(1, 12)), min_size=1, max_size=12))
def test_once_begun_it_stays_on_until_people_leave(course: list[tuple[float, int]]) -> None:
    wall_ms, memory, begun = NINE - 130 * MINUTE, dict[str, bool | int | float | str](), False
    for room, ticks in course:
        for _ in range(ticks):
            said = say(wall_ms, room, memory)
            memory = dict(said.outcome.memory)
            assert not (begun and not said.on and wall_ms < NOON)
            begun = bool(said.on)
            wall_ms += 5 * MINUTE


# Lessons


def lesson(
    memory: Memory, seconds: float, outdoor: float | None = None
) -> dict[str, bool | int | float | str]:
    look = Look(made()[0], [], 0, memory)
    for key, value in memory.items():
        look.keep(key, value)
    learn(look, "heat", outdoor, seconds, 1200.0, 7200.0)
    return dict(look.outcome().memory)


@settings(max_examples=100)
@given(lessons=st.lists(st.floats(0, 1e7), min_size=1, max_size=30), mad=st.floats(0, 1e9))
def test_what_is_learned_is_bounded_and_no_day_says_too_much(lessons: list[float], mad: float) -> None:
    memory: Memory = {}
    believed = [1200.0]
    for seconds in lessons:
        memory = lesson(memory, seconds)
        believed = [*believed, min(max(seconds, LEAST_S), 7200.0)][-5:]
        middle = sorted(believed)[(len(believed) - 1) // 2] if len(believed) > 2 else sum(believed) / 2
        assert known(memory) == pytest.approx(middle, abs=0.1)
    after, ordered = known(lesson(memory, mad)), sorted(believed[-4:])
    if len(ordered) == 4:
        assert ordered[1] - 0.1 <= after <= ordered[2] + 0.1
    assert lesson({}, 1e9) == {"heat": "1200.0 7200.0", "heat-n": 1}


@given(true_s=st.floats(60, 7000))
def test_two_days_that_agree_are_believed(true_s: float) -> None:
    memory = lesson(lesson({}, true_s), true_s)
    assert known(memory) == pytest.approx(true_s, abs=0.1)
    for mad in (0.0, 1e6):
        after = known(lesson(memory, mad))
        assert min(true_s, 1200.0) - 0.1 <= after <= max(true_s, 1200.0) + 0.1, "whatever a third one says"


def test_lessons_are_kept_apart_by_the_weather() -> None:
    memory: Memory = {}
    for _ in range(5):
        memory = lesson(lesson(memory, 600.0, 12.0), 1800.0, -7.0)
    assert known(memory, 13.0) == pytest.approx(600.0)
    assert known(memory, -8.0) == pytest.approx(1800.0)
    assert 600 <= known(memory, 30.0) <= 1800, "of weather that never was: as at any"


def known(memory: Memory, outdoor: float | None = None) -> float:
    return rate(Look(made()[0], [], 0, memory), "heat", outdoor, 1200.0).seconds


# With a room


class Room(Plant):
    """A room that the lamp's relay heats; a day is a booking from nine to twelve."""

    def __init__(self, minutes_per_kelvin: float, more: str = "") -> None:
        self.pace = minutes_per_kelvin
        self.room = 14.0
        super().__init__(RULE.replace("MORE", more), PLACES, panel_hood_temperature=14.0)
        self.set(panel_hood_temperature_2=4.0)

    def _pass(self, seconds: float) -> None:
        """One step; what is read then is fresh."""
        self.rig.clock.advance(seconds - 1)
        self.run(1)

    def minutes(self, count: int, by: int = 2) -> list[tuple[bool, float]]:
        found = []
        for _ in range(count // by):
            on = self.asked("lamp.switch") == (True, 13)
            self.room += (by / self.pace if on else -by / 240) if self.room < 21 or not on else 0.0
            says: dict[str, Value | None] = {"panel_hood_temperature": round(self.room, 2), "relays_ch3": on}
            self.set(**says)._pass(60.0 * by)
            found.append((on, self.room))
        return found

    def day(self, number: int) -> tuple[float, float]:
        """(minutes it began early, temperature at nine)."""
        date = f"2026-03-{number:02}"
        self.rig.do(Book((booking("hall", f"{date} 09:00", "12:00"),), (), "Li"))
        self._pass((at(f"{date} 06:30") - self.rig.clock.now().wall_ms) / 1000)
        self.room = 14.0
        morning = self.minutes(150)
        self.minutes(190, by=10)
        return 2.0 * sum(on for on, _ in morning), morning[-1][1]


def test_with_a_room_it_learns_to_begin_in_time_and_not_too_early() -> None:
    quick = Room(5.0)
    days = [quick.day(number) for number in range(6, 20)]
    assert days[0][0] == pytest.approx(120, abs=4), "assumed: 20 min/K, and 6 K"
    assert days[0][1] > 20.9, "the room was warm long before"
    for early, room in days[-3:]:
        assert early == pytest.approx(30, abs=6)
        assert room == pytest.approx(20.0, abs=1.0)
    memory = next(one.memory for one in quick.rig.engine.remembered().rules if one.rule == "early")
    assert known(memory) == pytest.approx(300, rel=0.15)
    quick.restart()
    assert next(one.memory for one in quick.rig.engine.remembered().rules if one.rule == "early") == memory


def test_a_slow_room_is_begun_earlier_from_day_to_day() -> None:
    slow = Room(19.0)
    slow.pace = 12.0
    first = slow.day(6)
    slow.pace = 19.0
    days = [slow.day(number) for number in range(7, 16)]
    assert days[-1][0] > days[0][0]
    assert days[-1][1] == pytest.approx(20.0, abs=0.8)
    assert first[1] >= 20.0


def test_behind_a_lock_the_room_teaches_nothing() -> None:
    room = Room(5.0)
    room.day(6)
    memory = next(one.memory for one in room.rig.engine.remembered().rules if one.rule == "early")
    room.pace = 1e9

    def locked(**says: Value | None) -> Room:
        Plant.set(room, **says)
        room.says["relays.ch3"] = False
        return room

    room.set = locked  # type: ignore[method-assign]
    room.day(9)
    after = next(one.memory for one in room.rig.engine.remembered().rules if one.rule == "early")
    assert (after["heat"], after["heat-n"]) == (memory["heat"], memory["heat-n"])


def test_while_nobody_is_there_a_programme_is_heard_before_it() -> None:
    rule = RULE.replace("MORE", "")
    programme = "programmes:\n  other: {label: 其他, targets: lamp, default: on, untrusted_clock: on}\n"
    for more, expected in (("", (False, 15)), (programme, (True, 15))):
        assert Plant(rule, PLACES + more).asked("lamp.switch") == expected


# Optimum stop


STOP = "stop: {at_most: 40 min, band: 1 K},"


def test_it_stops_before_people_leave_and_is_back_when_the_room_is_not_right() -> None:
    # 20 °C may fall to 19: at 30 min/K, which is assumed, that takes half an hour.
    before = say(NOON - 31 * MINUTE, 20.0, more=STOP)
    assert before[:2] == (True, 13)
    assert before.outcome.wake_wall_ms == NOON - 30 * MINUTE
    off = say(NOON - 30 * MINUTE, 20.0, more=STOP)
    assert off[:2] == (False, 12)
    ((_, request),) = off.outcome.requests
    assert str(request.reason) == "early: off before people leave at 12:00: the room keeps within 1 K"
    still = say(NOON - 20 * MINUTE, 19.2, off.outcome.memory, more=STOP)
    assert still[:2] == (False, 12)
    back = say(NOON - 10 * MINUTE, 18.9, still.outcome.memory, more=STOP)
    assert back[:2] == (True, 13)
    again = say(NOON - 5 * MINUTE, 19.9, back.outcome.memory, more=STOP)
    assert again[:2] == (True, 13), "once in a stay"
    assert again.outcome.memory["drift"] == "1800.0 1090.9"
    gone = say(NOON, 19.9, again.outcome.memory, more=STOP)
    assert gone[:2] == (False, 15)
    assert say(NOON - 45 * MINUTE, 23.0, more=STOP)[:2] == (True, 13), "never before it may"
    assert say(NOON - 39 * MINUTE, 23.0, more=STOP)[:2] == (False, 12)
    assert say(NOON - 20 * MINUTE, None, still.outcome.memory, more=STOP)[:2] == (True, 13)


def test_a_room_that_keeps_well_is_left_alone_longer() -> None:
    memory: Memory = {}
    for _ in range(5):
        off = say(NOON - 20 * MINUTE, 20.0, memory, more=STOP)
        assert off.on is False
        memory = say(NOON, 19.9, off.outcome.memory, more=STOP).outcome.memory
    assert memory["drift"] == "6000.0 6000.0 6000.0 6000.0 6000.0"
    assert say(NOON - 39 * MINUTE, 20.0, memory, more=STOP)[:2] == (False, 12)
