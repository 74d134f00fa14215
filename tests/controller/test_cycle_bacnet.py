"""What is written to priority arrays: as rows."""

from __future__ import annotations

from controller.decide.records import Output, Release, Remembered
from drivers.api import Fate
from tests.controller.house import HELD, PULSE, house, settled
from tests.controller.rig import Rig
from tests.plans import LEVEL, PlanMaker, everyday
from tests.schedules.build import at


def test_on_bacnet_a_change_of_slot_writes_the_new_and_nulls_the_old() -> None:
    made = settled()
    made.override("hall.level", 40.0, 1)
    assert made.writes(1, answer=HELD) == ["hall.level=40.0@8 null 15"]
    made.do(Release("hall.level", "Li"))
    assert made.writes(1, answer=HELD) == ["hall.level=10.0@15 null 8"]


def test_on_bacnet_with_nobody_asking_our_slots_are_nulled() -> None:
    plan = house()
    made = Rig(
        plan,
        remembered=Remembered(
            outputs=(Output("stove.permit", True, 8, 0), Output("hall.level", 40.0, 8, 0, (9,)))
        ),
    )
    made.read("hall.level", 40.0)
    made.read("stove.permit", True)
    assert made.writes(answer=HELD) == ["hall.level=10.0@15 null 8 null 9"]
    assert [output.point for output in made.engine.remembered().outputs] == ["hall.level"]
    made.step(1)
    assert [output.left for output in made.engine.remembered().outputs] == [()]


def test_a_slot_that_may_have_been_written_is_remembered_before_the_answer() -> None:
    """A kill between the write and its answer must not leave our value standing in a slot nobody knows of."""
    made = settled()
    made.override("hall.level", 40.0, 1)
    step = made.step(1)
    assert step.memory.outputs == [Output("hall.level", 40.0, 8, made.clock.now().wall_ms, (15,))]
    made.restart()
    made.do(Release("hall.level", "Li"))
    made.read("hall.level", 40.0)
    assert made.writes(1) == ["hall.level=10.0@15 null 8"]


def test_at_start_a_bacnet_slot_that_holds_the_winner_is_left_alone() -> None:
    made = Rig(house(), remembered=Remembered(outputs=(Output("hall.level", 10.0, 15, 0),)))
    made.array("hall.level", s15=10.0)
    made.read("hall.level", 10.0)
    assert made.writes() == []
    made = Rig(house(), remembered=Remembered(outputs=(Output("hall.level", 10.0, 15, 0, (8,)),)))
    made.array("hall.level", s15=10.0, s8=10.0)
    made.read("hall.level", 10.0)
    assert made.writes() == ["hall.level=10.0@15 null 8"]


def test_at_start_our_slot_is_compared_and_not_the_present_value() -> None:
    """What is there already may be somebody else's, or the device's own default."""
    made = Rig(house(), remembered=Remembered(outputs=(Output("hall.level", 10.0, 15, 0),)))
    made.array("hall.level", s16=10.0)
    made.read("hall.level", 10.0)
    assert made.writes() == ["hall.level=10.0@15"]
    made = Rig(house(), remembered=Remembered(outputs=(Output("hall.level", 10.0, 15, 0),)))
    made.array("hall.level", s15=10.0, s3=0.0)
    made.read("hall.level", 0.0)
    assert made.writes() == []


def test_a_null_that_was_refused_leaves_a_slot_that_is_nulled_again() -> None:
    """Of a change of slot, and of the release of all of them."""
    made = settled()
    made.override("hall.level", 40.0, 1)
    assert made.writes(1, answer=Fate.MISMATCH) == ["hall.level=40.0@8 null 15"]
    assert made.writes(1) == []
    assert made.writes(2, answer=HELD) == ["hall.level=40.0@8 null 15"]
    assert made.writes(1) == []
    assert [output.left for output in made.engine.remembered().outputs if output.point == "hall.level"] == [
        ()
    ]
    maker = PlanMaker()
    maker.add_point(maker.add_device("door", bacnet=True), "level", LEVEL)
    made = Rig(maker.build(), remembered=Remembered(outputs=(Output("door.level", 40.0, 8, 0),)))
    made.read("door.level", 40.0)
    assert made.writes(answer=Fate.REJECTED) == ["door.level=null@8"]
    made.step(1)
    assert [output.slot for output in made.engine.remembered().outputs] == [8]
    assert made.writes(2, answer=HELD) == ["door.level=null@8"]
    made.step(1)
    assert made.engine.remembered().outputs == ()


def test_a_pulse_is_not_given_again_because_its_slot_is_empty_afterwards() -> None:
    maker = PlanMaker()
    door = maker.add_point(maker.add_device("door", bacnet=True), "open", PULSE)
    maker.add_programme(everyday("door", [door], (9, 10, True)))
    made = Rig(maker.build(), at("2026-03-05 09:30"))
    made.read("door.open", False)
    made.array("door.open")
    assert made.writes(answer=Fate.ACKNOWLEDGED) == ["door.open=True@15"]
    made.step(1)
    made.array("door.open")
    assert made.writes(1) == []
    made.device("door", True, restarted=True)
    made.array("door.open")
    assert made.writes(1) == []


def test_our_slot_is_compared_and_anothers_lower_slot_is_told_not_fought() -> None:
    made = settled()
    made.array("hall.level", s15=10.0, s5=0.0)
    made.read("hall.level", 0.0)
    step = made.step(1)
    assert step.writes == []
    assert [(notice.kind, str(notice.text), notice.on) for notice in step.notices] == [
        ("overridden", "hall.level: overridden by others at slot 5", True)
    ]
    made.array("hall.level", s15=10.0)
    assert [(notice.kind, notice.on) for notice in made.step(1).notices] == [("overridden", False)]
    # Our own slot emptied by somebody is written again.
    made.array("hall.level")
    assert made.writes(1) == ["hall.level=10.0@15"]
