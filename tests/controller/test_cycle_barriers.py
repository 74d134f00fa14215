"""What forbids writing, and what is written at the end of a run: as rows."""

from __future__ import annotations

import pytest

from config.plan.reading import Quality
from controller.decide.records import Lock, Observe, Unlock
from tests.controller.house import HELD, READINGS, rig, settled
from tests.controller.rig import Rig
from tests.plans import LEVEL, PlanMaker, everyday


def test_a_lock_forbids_every_write_and_its_end_writes_what_is_due() -> None:
    made = settled("2026-03-05 07:59")
    made.do(Lock("lamps", "Wang", "new ballast", made.clock.now().wall_ms))
    made.override("lamp.level", 50.0, 1)
    assert made.writes(120, answer=HELD) == ["hall.level=80.0@15"]
    assert (
        str(getattr(made.engine.barrier(made.id("lamp.level")), "text", None))
        == "locked by Wang: new ballast"
    )
    assert made.writes(1000, answer=HELD) == ["panel.mode=1@15"]
    made.restart()
    for key, value in READINGS.items():
        made.read(key, value)
    assert "lamp.level" not in str(made.writes(1))
    made.do(Unlock("lamps", "Wang"))
    made.read("lamp.level", 50.0)
    # What was read behind the lock may be old by now: it is told again.
    assert made.writes(1) == ["lamp.level=50.0@8"]


def test_what_holds_a_command_back_is_said() -> None:
    made = settled()
    lamp = made.id("lamp.level")
    assert made.engine.held_back(lamp) is None
    made.device("lamp", False)
    made.step(1)
    assert str(made.engine.held_back(lamp)) == "the device does not answer; it is sent when it is back"
    made.do(Lock("lamps", "Wang", "new ballast", 0))
    made.step(1)
    assert str(made.engine.held_back(lamp)) == "locked by Wang: new ballast"
    assert str(rig().engine.held_back(lamp)).startswith("the device does not answer")


def test_observe_mode_is_told_with_its_way_out() -> None:
    made = rig(observe=True)
    (notice,) = made.step().notices
    assert (notice.kind, notice.on) == ("observe", True)
    assert "louguan observe off" in str(notice.text)
    assert made.step(1).notices == []
    made.do(Observe("lamp", True, "Wang", "", 0), Observe("", False, "Wang", "", 0))
    (notice,) = made.step(1).notices
    assert (notice.kind, notice.on) == ("observe", False)
    assert made.engine.observed() == (False, ["lamp"])
    assert str(getattr(made.engine.barrier_of("lamps"), "text", None)) == "observe mode: nothing is sent"
    assert made.engine.barrier_of("relay") is None


def test_a_lock_on_a_device_covers_all_its_points() -> None:
    made = settled()
    made.do(Lock("lamp", "Wang", "dead wire", 0))
    made.override("lamp.spare", True, 1)
    assert made.writes(1) == []
    assert made.engine.barrier(made.id("hall.level")) is None


def test_a_lock_on_an_equipment_covers_what_else_its_machine_takes() -> None:
    made = settled()
    made.do(Lock("lamps", "Wang", "new ballast", 0))
    made.override("lamp.spare", True, 1)
    assert made.writes(1) == []
    assert str(made.engine.held_back(made.id("lamp.spare"))) == "locked by Wang: new ballast"
    made.do(Unlock("lamps", "Wang"))
    assert "lamp.spare=True@8" in made.writes(1)


def test_a_selector_and_observe_mode_cover_it_too() -> None:
    made = settled()
    made.do(Observe("lamps", True, "Wang", "", 0))
    made.override("lamp.spare", True, 1)
    assert made.writes(1) == []
    made.read("panel.auto", False)
    made.step(1)
    assert made.engine.barrier(made.id("panel.timeout")) is not None


def test_a_selector_not_in_auto_forbids_every_write_and_back_in_auto_is_bumpless() -> None:
    made = rig()
    for key, value in READINGS.items():
        made.read(key, value)
    made.read("panel.auto", False)
    step = made.step()
    assert not [words for words in made.words(step.writes) if words.startswith("panel")]
    assert [(notice.kind, notice.subject, notice.on) for notice in step.notices] == [("hand", "pump", True)]
    made.read("panel.auto", None, Quality.BAD)
    assert [(notice.kind, notice.on) for notice in made.step(1).notices] == [("hand", False)]
    barrier = made.engine.barrier(made.id("panel.mode"))
    assert barrier is not None
    assert str(barrier.text) == "pump: selector cannot be read"
    made.read("panel.auto", True)
    assert made.writes(1) == ["panel.mode=1@15"]


@pytest.mark.parametrize(("state", "free"), [(0, False), (1, True), (2, False), (3, False)])
def test_of_a_selector_with_several_positions_only_auto_is_ours(state: int, free: bool) -> None:
    """手动, 停, 自动, and one that nobody has a name for."""
    maker = PlanMaker()
    panel = maker.add_device("panel")
    lamp = maker.add_point(panel, "lamp", LEVEL)
    auto = maker.add_point(panel, "auto", states=((0, "hand"), (1, "auto"), (2, "off")))
    maker.add_equipment("lamps", "lamp-group", level=lamp, auto=auto)
    maker.add_programme(everyday("lamp", [lamp], (0, 24, 80.0)))
    made = Rig(maker.build())
    made.read("panel.lamp", 0.0)
    made.read("panel.auto", state)
    assert made.writes() == (["panel.lamp=80.0@15"] if free else [])


def test_a_selector_read_at_start_does_not_spoil_the_bumpless_start() -> None:
    made = rig()
    made.read("panel.mode", 1)
    assert made.writes() == []
    made.read("panel.auto", True)
    assert made.writes(1) == []
    assert made.step(1).counters.commands_held == 1


def test_observe_mode_records_and_sends_nothing() -> None:
    made = rig("2026-03-05 07:59", observe=True)
    for key, value in READINGS.items():
        made.read(key, value)
    step = made.step()
    assert step.writes == []
    assert [(item.key, item.value) for item in step.would] == [
        ("lamp.level", 10.0), ("hall.level", 10.0), ("panel.mode", 1),
    ]  # fmt: skip
    assert made.step(1).would == []
    assert [(item.key, item.value) for item in made.step(60).would] == [
        ("lamp.level", 80.0),
        ("hall.level", 80.0),
    ]
    made.do(Observe("", False, "Li", "commissioned", 0))
    assert made.writes(1) == ["hall.level=80.0@15", "lamp.level=80.0@15", "panel.mode=1@15"]


def test_observe_mode_of_one_device() -> None:
    made = rig()
    made.do(Observe("lamp", True, "Li", "", 0))
    for key, value in READINGS.items():
        made.read(key, value)
    assert made.writes() == ["hall.level=10.0@15", "panel.mode=1@15"]
    assert made.engine.stop_writes()
    assert not [words for words in made.words(made.engine.stop_writes()) if words.startswith("lamp")]


def test_stop_does_what_each_device_declares() -> None:
    made = settled()
    made.override("stove.permit", True, 1)
    made.writes(1, answer=HELD)
    made.step(1)
    assert made.words(made.engine.stop_writes()) == [
        "lamp.level=30.0@15",
        "hall.level=null@15",
        "panel.mode=2@15",
    ]


def test_stop_writes_nothing_to_what_is_locked_in_hand_or_out_of_reach() -> None:
    made = settled()
    made.do(Lock("lamps", "Wang", "new ballast", 0))
    made.read("panel.auto", False)
    made.device("hall", False)
    made.step(1)
    assert made.engine.stop_writes() == []
    assert rig().engine.stop_writes() == []
