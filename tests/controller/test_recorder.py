"""From a step to control.db: which rows the ledger gets, and what memory changes."""

from __future__ import annotations

import pytest

from config.language import text
from config.plan.places import Booking
from controller import recorder
from controller.decide.arbiter import NOTHING, arbitrate
from controller.decide.records import (
    Book,
    Ended,
    Lock,
    Observe,
    Output,
    Override,
    PersonCommand,
    Release,
    Unlock,
)
from controller.decide.requests import Op, Request
from controller.decide.step import Decision, FateRecord, Step, WouldWrite
from controller.store.ledger import Entry, Kind
from drivers.api import Fate, SetUp, Write

KEYS = {3: "lamp.level", 4: "panel.timeout"}
NOON = 1_772_683_200_000
OVERRIDE = Override("lamp.level", 40.0, "Li", "trial", NOON, NOON + 60_000)
SET = Write(7, 3, 80.0, 15, (8, 9))


def request(source: str, slot: int, order: tuple[int, ...]) -> Request:
    return Request(Op.VALUE, 80.0, slot, source, text("because of {what}", what="noon"), NOON, None, order)


def entries(step: Step, *commands: PersonCommand) -> tuple[Entry, ...]:
    found = recorder.changes(step, KEYS, commands)
    return () if found is None else found.entries


def test_a_quiet_step_changes_nothing() -> None:
    assert recorder.changes(Step(NOON), KEYS) is None


@pytest.mark.parametrize(
    ("source", "who", "where"), [("site.yaml:12:7", "", "site.yaml:12:7"), ("王工 (li)", "王工 (li)", "")]
)
def test_a_decision_tells_who_and_why(source: str, who: str, where: str) -> None:
    step = Step(NOON)
    after = arbitrate([request(source, 15, (1, 2, 3))])
    step.decisions.append(Decision(3, "lamp.level", NOTHING, after, NOON))
    assert entries(step) == (
        Entry(NOON, Kind.DECIDED, "lamp.level", 80.0, 15, who, "because of noon", where),
    )


def test_a_point_nobody_asks_for_any_more() -> None:
    step = Step(NOON)
    step.decisions.append(Decision(3, "lamp.level", NOTHING, NOTHING, NOON))
    assert [(row.kind, row.value, row.slot) for row in entries(step)] == [(Kind.DECIDED, None, 0)]


@pytest.mark.parametrize("fate", Fate)
def test_every_fate_has_its_row(fate: Fate) -> None:
    step = Step(NOON)
    step.fates.append(FateRecord(SET, "lamp.level", fate, 30.0, "read back 30", 1, NOON))
    (row,) = entries(step)
    assert (row.kind, row.value, row.slot, row.detail) == (fate.value, 30.0, 15, "read back 30")


def test_what_was_sent_what_would_be_and_what_a_driver_put_right() -> None:
    step = Step(NOON)
    step.writes.append(SET)
    step.would.append(WouldWrite(3, "lamp.level", 15, 80.0))
    step.set_ups.append(SetUp(0, 4, 60.0, Fate.REJECTED, "exception 2"))
    assert [(row.kind, row.point, row.value, row.slot, row.detail) for row in entries(step)] == [
        (Kind.WOULD_WRITE, "lamp.level", 80.0, 15, ""),
        (Kind.REJECTED, "panel.timeout", 60.0, 0, "set-up: exception 2"),
        (Kind.SENT, "lamp.level", 80.0, 15, "nulls 8, 9"),
    ]


def test_an_override_that_ran_out_is_told_and_one_taken_back_is_not_told_twice() -> None:
    step = Step(NOON)
    over = Ended("fan.speed", 8, NOON)
    step.memory.ended += [Ended("lamp.level", 8), over]
    changes = recorder.changes(step, KEYS, [Release("lamp.level", "Li")])
    assert changes is not None
    (row,) = changes.entries
    assert (row.kind, row.point, row.detail) == (Kind.EXPIRED, "fan.speed", f"set until {NOON}")
    assert changes.ended == (over,)


def test_what_a_command_has_stored_is_not_stored_again_with_its_cycle() -> None:
    """Between the two another person's command may have been stored."""
    override = Override("lamp.level", 40.0, "Li", "", NOON, NOON + 60_000)
    moved = override._replace(expires_ms=NOON + 90_000)
    lock, observe = Lock("lamp", "Li", "r", NOON), Observe("fan", True, "Li", "r", NOON)
    step = Step(NOON)
    step.memory.overrides += [override, moved]
    step.memory.locks.append(lock)
    step.memory.unlocked += ["fan", "pump"]
    step.memory.observe.append(observe)
    step.memory.outputs.append(Output("lamp.level", 40.0, 8, NOON))
    committed: list[PersonCommand] = [override, lock, Unlock("fan", "Li"), observe]
    changes = recorder.changes(step, KEYS, committed)
    assert changes is not None
    assert changes.overrides == (moved,), "its end was moved since"
    assert (changes.locks, changes.unlocked, changes.observe) == ((), ("pump",), ())
    assert changes.outputs


def test_memory_goes_with_the_rows_of_its_step() -> None:
    step = Step(NOON)
    output = Output("lamp.level", 80.0, 15, NOON, (8,))
    step.memory.outputs.append(output)
    step.memory.dropped.append("fan.speed")
    changes = recorder.changes(step, KEYS)
    assert changes is not None
    assert (changes.entries, changes.outputs, changes.dropped) == ((), (output,), ("fan.speed",))


@pytest.mark.parametrize(
    ("command", "detail", "field"),
    [
        (OVERRIDE, f"set until {NOON + 60_000}", "overrides"),
        (Release("lamp.level", "Li"), "release", "ended"),
        (Lock("lamp", "Li", "wiring", NOON), "lock lamp", "locks"),
        (Unlock("lamp", "Li"), "unlock lamp", "unlocked"),
        (Observe("", True, "Li", "trial", NOON), "observe on site", "observe"),
        (Observe("lamp", False, "Li", "trial", NOON), "observe off lamp", "observe"),
    ],
)
def test_a_persons_command_is_a_row_and_a_change_in_one_commit(
    command: PersonCommand, detail: str, field: str
) -> None:
    changes = recorder.command_changes(command, NOON)
    (row,) = changes.entries
    assert (row.kind, row.who, row.detail) == (Kind.COMMAND, "Li", detail)
    assert getattr(changes, field)
    others = {"overrides", "ended", "locks", "unlocked", "observe", "outputs", "dropped"} - {field}
    assert not any(getattr(changes, other) for other in others)


@pytest.mark.parametrize(
    ("start_ms", "said"),
    [
        (NOON, "2026-03-05T04:00Z"),
        (NOON + 7000, "2026-03-05T04:00:07Z"),
        (NOON + 7, "2026-03-05T04:00:00.007Z"),
    ],
)
def test_the_ledger_has_a_booking_to_the_last_millisecond(start_ms: int, said: str) -> None:
    booking = Booking("hall", start_ms, NOON + 3_600_000, "", "Wang", "Li", NOON)
    (row,) = recorder.command_changes(Book((booking,), (), "Li"), NOON).entries
    assert row.detail == f"event add hall {said}/2026-03-05T05:00Z by Wang"
