"""Overrides, what people may command, and several programmes on one point."""

from __future__ import annotations

from dataclasses import replace

import pytest

from config.plan.programmes import Programme
from config.plan.reading import Value
from controller.decide.records import (
    Lock,
    Observe,
    Override,
    PersonCommand,
    Refused,
    Release,
    Remembered,
    Unlock,
)
from tests.controller.house import house
from tests.controller.rig import Rig
from tests.plans import LEVEL, PlanMaker, everyday
from tests.schedules.build import at, exception

NOW = at("2026-03-05 07:00")
HOUR = 3_600_000


def test_an_override_stands_until_its_end_and_outlives_a_restart() -> None:
    made = Rig(house(), NOW)
    made.override("lamp.level", 40.0, 2)
    step = made.step()
    assert step.memory.overrides == [Override("lamp.level", 40.0, "Li", "", NOW, NOW + 2 * HOUR)]
    made.restart()
    made.step(7199)
    assert made.decided("lamp.level") == (40.0, 8)
    step = made.step(1)
    assert made.decided("lamp.level") == (80.0, 15)
    assert [item[:2] for item in step.memory.ended] == [("lamp.level", 8)]
    assert made.engine.remembered().overrides == ()


def test_the_latest_replaces_the_earlier_with_its_end() -> None:
    made = Rig(house(), NOW)
    made.override("lamp.level", 40.0, 1)
    made.step(60)
    made.override("lamp.level", 60.0, 2, person="Wang")
    made.step(0)
    made.step(3600)
    assert made.decided("lamp.level") == (60.0, 8)
    made.step(3600)
    assert made.decided("lamp.level") == (80.0, 15)


def test_release_gives_back_to_the_programme() -> None:
    made = Rig(house(), NOW)
    made.override("lamp.level", 40.0, 1)
    made.step()
    made.do(Release("lamp.level", "Wang"))
    step = made.step()
    assert made.decided("lamp.level") == (10.0, 15)
    assert [item[:2] for item in step.memory.ended] == [("lamp.level", 8)]
    made.do(Release("lamp.level", "Wang"))
    assert made.step().memory.ended == []


def test_an_end_that_passed_while_the_daemon_was_down_ends_at_once() -> None:
    over = Override("lamp.level", 40.0, "Li", "", NOW - HOUR, NOW - 1)
    made = Rig(house(), NOW, Remembered(overrides=(over,)))
    assert [item[:2] for item in made.step().memory.ended] == [("lamp.level", 8)]
    assert made.decided("lamp.level") == (10.0, 15)


def test_an_override_of_a_point_the_plan_lost_waits_and_ends_silently() -> None:
    lost = Override("gone.level", 40.0, "Li", "", NOW, NOW + HOUR)
    made = Rig(house(), NOW, Remembered(overrides=(lost,)))
    made.step()
    assert made.engine.remembered().overrides == (lost,)
    assert [item[:2] for item in made.step(3600).memory.ended] == [("gone.level", 8)]


def test_until_next_ends_when_the_programmes_decide_otherwise() -> None:
    made = Rig(house(), NOW)
    made.step()
    assert made.engine.until_next("lamp.level", made.clock.now()) == at("2026-03-05 08:00")
    # The pump's programme never changes: as long as the site allows.
    assert made.engine.until_next("panel.mode", made.clock.now()) == NOW + 24 * HOUR
    with pytest.raises(Refused, match=r"no programme commands lamp\.spare"):
        made.engine.until_next("lamp.spare", made.clock.now())
    with pytest.raises(Refused, match="no programme commands nothing"):
        made.engine.until_next("nothing", made.clock.now())
    made.clock.trusted = False
    with pytest.raises(Refused, match="cannot be trusted"):
        made.engine.until_next("lamp.level", made.clock.now())


def over(point: str, value: Value, hours: float = 1.0, person: str = "Li", slot: int = 8) -> Override:
    return Override(point, value, person, "", NOW, NOW + round(hours * HOUR), slot)


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        (over("lamp.level", 40.0), ""),
        (over("lamp.level", 40), ""),
        (over("lamp.level", 101.0), "lamp.level takes 0 … 100"),
        (over("lamp.level", float("nan")), "takes a number"),
        (over("lamp.level", True), "takes a number"),
        (over("lamp.level", "80"), "takes a number"),
        (over("lamp.spare", True), ""),
        (over("lamp.spare", 1), "takes on or off"),
        (over("panel.mode", 2), ""),
        (over("panel.mode", 0), "panel.mode takes one of auto, forced"),
        (over("panel.mode", True), "takes one of"),
        (over("panel.auto", True), "panel.auto is read-only"),
        (over("panel.timeout", 5.0), "set-up register"),
        (over("panel.gas", True), "life safety"),
        (over("panel.motor", True), "a motor's own command"),
        (over("lamp.nothing", True), "no point named lamp.nothing"),
        (over("lamp.level", 40.0, hours=24.1), "may last 24 h"),
        (over("lamp.level", 40.0, hours=0.0), "over already"),
        (over("lamp.level", 40.0, person=""), "who you are"),
        (over("lamp.level", 40.0, slot=4), "slot 4 is not ours"),
        (Release("lamp.level", "Li"), ""),
        (Release("lamp.nothing", "Li"), "no point named"),
        (Lock("pump", "Li", "bearing", NOW), ""),
        (Lock("panel", "Li", "bearing", NOW), ""),
        (Lock("pump", "Li", "", NOW), "needs a reason"),
        (Lock("bump", "Li", "bearing", NOW), "no equipment or device named bump"),
        (Unlock("removed-by-an-edit", "Li"), ""),
        (Observe("", True, "Li", "", NOW), ""),
        (Observe("bump", True, "Li", "", NOW), "no equipment or device"),
    ],
)  # fmt: skip
def test_what_is_accepted_of_people(command: PersonCommand, refusal: str) -> None:
    made = Rig(house(), NOW)
    if not refusal:
        made.do(command)
        return
    with pytest.raises(Refused, match=refusal):
        made.do(command)


def two_programmes(first: Programme, second: Programme) -> Rig:
    maker = PlanMaker()
    level = maker.add_point(maker.add_device("lamp"), "level", LEVEL)
    for programme in (first, second):
        maker.add_programme(replace(programme, targets=(level,)))
    return Rig(maker.build(), at("2026-03-05 09:00"))


DAY = everyday("day", [], (8, 18, 80.0), default=10.0, line=1)
NIGHT = everyday("night", [], (20, 24, 40.0), default=5.0, line=2)
FEAST = replace(NIGHT, exceptions=(exception("2026-03-05", own=[("08:00-12:00", 100.0)]),))
ALL_DAY = everyday("all day", [], (0, 24, 60.0)).week
REST = replace(NIGHT, exceptions=(exception("2026-03-05", own=[("08:00-12:00", None)]),))


@pytest.mark.parametrize(
    ("first", "second", "value"),
    [
        (DAY, NIGHT, 80.0),  # an active period beats a default
        (NIGHT, DAY, 80.0),
        (DAY, FEAST, 100.0),  # an exception beats an active period
        (DAY, replace(FEAST, priority=16), 100.0),
        (DAY, REST, None),  # an exception that releases leaves the slot empty
        (DAY, replace(DAY, week=ALL_DAY), 80.0),  # then file order
        (DAY, replace(DAY, week=ALL_DAY, priority=9), 60.0),  # after declared priority
        (replace(DAY, week=()), NIGHT, 10.0),
    ],
)  # fmt: skip
def test_among_programmes_of_one_point(first: Programme, second: Programme, value: float | None) -> None:
    made = two_programmes(first, second)
    made.step()
    assert made.decided("lamp.level")[0] == value


def test_a_decision_explains_itself() -> None:
    made = Rig(house(), at("2026-03-05 09:00"))
    made.override("lamp.level", 40.0, 1)
    (decision,) = [item for item in made.step().decisions if item.key == "lamp.level"]
    assert decision.before.winner is None
    assert decision.after.value == 40.0
    standing = {
        slot: [(item.source, str(item.reason)) for item in items]
        for slot, items in enumerate(decision.after.slots, 1)
        if items
    }
    assert standing == {
        8: [("Li", "set by hand")],
        15: [("site.yaml:10:9", "lamp: every day 08:00-12:00")],
    }
