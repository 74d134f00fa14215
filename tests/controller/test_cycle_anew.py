"""What people asked for under an earlier plan: rows of what the new plan makes of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from config.plan.points import Command
from config.plan.reading import Value
from config.plan.site import Plan
from controller.decide.records import Ended, Lock, Observe, Override, Refused, Remembered, Unlock
from controller.store.ledger import Kind
from tests.controller.house import READINGS, house
from tests.controller.rig import THURSDAY, Rig
from tests.controller.shell import shell

LATER = THURSDAY + 3_600_000


def override(point: str, value: Value, until_ms: int = LATER) -> Override:
    return Override(point, value, "Li", "", THURSDAY, until_ms)


def edited(key: str, command: Command | None) -> Plan:
    """The house with another command on one point."""
    plan = house()
    points = tuple(replace(point, command=command) if point.key == key else point for point in plan.points)
    return replace(plan, points=points)


@pytest.mark.parametrize(
    ("plan", "asked", "why"),
    [
        (house(), override("lamp.level", 40.0), ""),
        (edited("lamp.level", Command(low=0.0, high=30.0)), override("lamp.level", 40.0), "takes 0 … 30"),
        (edited("panel.mode", Command(states=(1,))), override("panel.mode", 2), "takes one of auto"),
        (edited("stove.permit", None), override("stove.permit", True), "read-only"),
        (edited("lamp.level", Command(targetable=False)), override("lamp.level", 40.0), "set-up register"),
        (house(), override("panel.gas", True), "life safety"),
        (house(), override("panel.motor", True), "motor's own command"),
        (house(), override("lamp.level", True), "takes a number"),
        (house(), override("lamp.level", 40.0)._replace(slot=3), "slot 3"),
    ],
)
def test_an_override_the_plan_does_not_allow_is_ended_and_told(plan: Plan, asked: Override, why: str) -> None:
    made = Rig(plan, remembered=Remembered(overrides=(asked,)))
    for key, value in READINGS.items():
        made.read(key, value)
    step = made.step()
    sent = {(plan.points[write.point].key, write.slot) for write in step.writes}
    if not why:
        assert (step.unfit, step.memory.ended, step.notices) == ([], [], [])
        assert ("lamp.level", 8) in sent
        return
    assert [(item.override, why in str(item.why)) for item in step.unfit] == [(asked, True)]
    assert step.memory.ended == [Ended(asked.point, asked.slot, asked.expires_ms)]
    assert [(notice.kind, notice.subject, notice.on) for notice in step.notices] == [
        ("override-ended", asked.point, True)
    ]
    assert (asked.point, asked.slot) not in sent
    assert made.engine.remembered().overrides == ()
    step = made.step(7200)
    assert (step.unfit, step.memory.ended) == ([], []), "once only"


def test_the_notice_of_an_ended_override_is_over_with_the_next_one() -> None:
    made = Rig(
        edited("lamp.level", Command(low=0.0, high=30.0)),
        remembered=Remembered(overrides=(override("lamp.level", 40.0),)),
    )
    made.step()
    made.override("lamp.level", 20.0, 1)
    assert [(notice.kind, notice.on) for notice in made.step(1).notices] == [("override-ended", False)]


def test_an_override_of_a_point_that_is_gone_waits_is_told_and_ends() -> None:
    made = Rig(house(), remembered=Remembered(overrides=(override("shed.lamp", True),)))
    step = made.step()
    assert [(notice.kind, notice.subject, notice.on) for notice in step.notices] == [
        ("override-waits", "shed.lamp", True)
    ]
    assert made.engine.remembered().overrides == (override("shed.lamp", True),)
    step = made.step(3601)
    assert [item[:2] for item in step.memory.ended] == [("shed.lamp", 8)]
    assert [(notice.kind, notice.on) for notice in step.notices] == [("override-waits", False)]


def test_locks_and_observe_mode_of_what_is_gone_are_told_and_can_be_taken_away() -> None:
    remembered = Remembered(
        locks=(Lock("shed", "Wang", "roof", 0), Lock("lamp", "Wang", "wire", 0)),
        observe=(
            Observe("attic", True, "Li", "", 0),
            Observe("", True, "Li", "", 0),
            Observe("cellar", False, "Li", "", 0),
        ),
    )
    made = Rig(house(), remembered=remembered)
    assert [(notice.kind, notice.subject, notice.on) for notice in made.step().notices] == [
        ("lock-waits", "shed", True),
        ("observe-waits", "attic", True),
        ("observe", "", True),
    ]
    assert made.engine.remembered()._replace(alarms=(), last_alarm=0) == remembered
    with pytest.raises(Refused):
        made.do(Observe("attic", True, "Li", "", 0))
    with pytest.raises(Refused):
        made.do(Observe("nowhere", False, "Li", "", 0))
    made.do(Unlock("shed", "Wang"), Observe("attic", False, "Li", "", 0))
    assert [(notice.kind, notice.subject, notice.on) for notice in made.step(1).notices] == [
        ("lock-waits", "shed", False),
        ("observe-waits", "attic", False),
    ]


async def test_the_ledger_has_the_end_and_its_reason(tmp_path: Path) -> None:
    with shell(tmp_path, house()) as made:
        made.cycle()
        await made.daemon.accept(override("lamp.level", 40.0))
        made.cycle()
    for _ in range(2):
        with shell(tmp_path, edited("lamp.level", Command(low=0.0, high=30.0))) as made:
            made.cycle()
            made.house_answers()
            made.cycle()
            assert "lamp.level=40.0@8" not in made.written
            (row,) = [row.entry for row in made.ledger("lamp.level") if row.entry.kind == Kind.EXPIRED]
            assert (row.value, row.slot, row.who) == (40.0, 8, "Li")
            assert row.why == "the plan no longer allows it: lamp.level takes 0 … 30"
