"""Alarms in the engine's own step: lost lines, what is told in which step, what is remembered of it."""

from __future__ import annotations

from controller import recorder
from controller.decide.records import Acknowledge, Shelve, Unshelve
from controller.decide.step import Step
from controller.store.ledger import Entry, Kind
from tests.controller.house import house
from tests.controller.rig import Rig

LINE = ("lamp", "relay", "panel", "stove")
"""All devices of the line T1."""


def told(made: Rig, seconds: int) -> list[str]:
    return [
        f"{telling.transition.value} {telling.alarm.kind} {telling.alarm.subject}".strip()
        for _ in range(seconds)
        for telling in made.step(1).tellings
    ]


def test_a_lost_line_is_told_once_and_its_return_too() -> None:
    made = Rig(house())
    for name in LINE:
        made.device(name, online=True)
    assert told(made, 1) == []
    for name in LINE:
        made.device(name, online=False)
        assert told(made, 2) == (["raised line-lost T1"] if name == LINE[-1] else [])
    assert told(made, 120) == []
    made.restart()
    assert told(made, 5) == []
    for name in LINE:
        made.device(name, online=False)
    assert told(made, 30) == [], "said again, and told before"
    for name in LINE:
        made.device(name, online=True)
    assert told(made, 1) == ["returned line-lost T1"]
    assert told(made, 300) == []


def test_a_device_that_answers_after_a_restart_is_lost_no_more() -> None:
    made = Rig(house())
    made.device("hall", online=False)
    assert told(made, 1) == ["raised device-lost hall"]
    made.restart()
    assert told(made, 300) == []
    made.read("hall.level", 10.0)
    assert told(made, 1) == ["returned device-lost hall"]


def test_a_device_that_nobody_hears_of_again_is_over_in_the_end() -> None:
    made = Rig(house())
    made.device("hall", online=False)
    made.step(1)
    made.restart()
    assert told(made, 602) == ["returned device-lost hall"]


def test_what_a_step_changed_is_all_that_must_be_stored() -> None:
    made = Rig(house())
    made.device("hall", online=False)
    step = made.step(1)
    assert [alarm.subject for alarm in step.memory.alarms] == ["hall"]
    assert made.step(1).memory.alarms == []
    made.do(Acknowledge((1,), "Li", "seen"))
    step = made.step(1)
    assert [(alarm.acked_by, alarm.comment) for alarm in step.memory.alarms] == [("Li", "seen")]
    remembered = made.engine.remembered()
    assert (remembered.alarms, remembered.last_alarm) == (tuple(step.memory.alarms), 1)


def test_two_hours_of_shelving_stay_two_hours() -> None:
    made = Rig(house())
    made.device("hall", online=False)
    made.step(1)
    now = made.clock.now().wall_ms
    made.do(Shelve((1,), now + 7_200_000, "Li", "works"))
    made.step(1)
    made.clock.set_wall(now + 1_800_000)
    made.step(0)
    wake = made.engine.alarms()[0].shelved_until_ms
    assert wake is not None
    assert 7_190_000 < wake - made.clock.now().wall_ms < 7_200_000


def test_the_ledger_says_which_shelving_was_moved_and_which_is_over() -> None:
    made = Rig(house())
    made.device("hall", online=False)
    made.step(1)
    now = made.clock.now().wall_ms
    made.do(Shelve((1,), now + 60_000, "Li", "works"))
    made.step(1)
    made.clock.set_wall(now + 1_800_000)
    rows = entries(made.step(0))
    until_ms = made.engine.alarms()[0].shelved_until_ms
    (row,) = [row for row in rows if row.detail.startswith("shelve ")]
    moved = f"shelve until {until_ms}: alarm 1: device-lost hall"
    assert (row.kind, row.who, row.detail) == (Kind.CLOCK, "Li", moved)
    (row,) = entries(made.step(60))
    assert (row.kind, row.who, row.detail) == (Kind.EXPIRED, "Li", moved)
    made.do(Shelve((1,), made.clock.now().wall_ms + 60_000, "Li", "works"))
    made.step(1)
    made.do(Unshelve((1,), "Li"))
    assert entries(made.step(1)) == (), "that is a person's own row"


def entries(step: Step) -> tuple[Entry, ...]:
    """What the ledger has of a step."""
    changes = recorder.changes(step, {})
    return () if changes is None else changes.entries
