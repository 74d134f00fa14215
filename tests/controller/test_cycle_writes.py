"""What is written, when: the cycle as rows of what happens and what is sent."""

from __future__ import annotations

import pytest

from config.plan.reading import Quality
from controller.decide.records import Lock, Output, Release, Unlock
from drivers.api import Fate
from tests.controller.house import HELD, house, rig, settled
from tests.controller.rig import Rig
from tests.schedules.build import at


def test_nothing_is_written_before_a_devices_first_good_reading() -> None:
    made = rig()
    assert made.writes() == []
    made.read("lamp.level", None, Quality.BAD)
    made.device("lamp", True)
    assert made.writes(1.0) == []
    # Another point is good: the device is heard. The lamp's own reading is BAD, so it is told.
    made.read("lamp.spare", False)
    assert made.writes(1.0) == ["lamp.level=10.0@15"]


def test_a_point_not_read_yet_waits_for_its_own_reading() -> None:
    made = rig()
    made.read("lamp.spare", False)
    assert made.writes() == []
    made.read("lamp.level", None, Quality.BAD)
    assert made.writes(1.0) == ["lamp.level=10.0@15"]


@pytest.mark.parametrize(("shown", "written"), [(10.0, []), (10.4, []), (11.0, ["lamp.level=10.0@15"])])
def test_a_first_reading_that_is_right_within_tolerance_is_left_alone(
    shown: float, written: list[str]
) -> None:
    made = rig()
    made.read("lamp.level", shown)
    step = made.step()
    assert made.words(step.writes) == written
    assert step.counters.commands_held == (0 if written else 1)
    assert made.engine.remembered().outputs == (Output("lamp.level", 10.0, 15, made.clock.now().wall_ms),)


def test_the_programme_is_followed_and_a_held_value_is_not_repeated() -> None:
    made = settled("2026-03-05 07:59")
    assert made.writes(57) == []
    assert made.writes(1, answer=HELD) == []
    assert made.writes(1, answer=HELD) == ["hall.level=80.0@15", "lamp.level=80.0@15"]
    assert made.writes(1) == []
    step = made.step(1)
    assert step.counters.commands_held == 3
    assert step.decisions == []


def test_a_value_is_asserted_again_every_quarter_of_an_hour() -> None:
    made = settled()
    assert made.writes(897) == []
    assert made.writes(3, answer=HELD) == [
        "hall.level=10.0@15",
        "lamp.level=10.0@15",
        "panel.mode=1@15",
    ]
    assert made.writes(1) == []
    assert len(made.writes(900)) == 3


@pytest.mark.parametrize("fate", [Fate.NO_ANSWER, Fate.MISMATCH, Fate.REJECTED])
def test_a_write_that_does_not_take_is_repeated_within_bounds_and_told_once(fate: Fate) -> None:
    made = rig()
    made.read("lamp.level", 0.0)
    step = made.step()
    told = []
    sent_at = [0.0]
    for second in range(1, 1000):
        for write in step.writes:
            made.answer(write, fate)
        step = made.step(1.0)
        told += [(notice.kind, notice.on) for notice in step.notices]
        if step.writes:
            sent_at.append(second)
    # 1 s until the answer, then 2, 5, 15 s, then every 5 min.
    assert sent_at == [0, 3, 9, 25, 326, 627, 928]
    assert told == [("command-failed", True)]
    assert step.counters.commands_failed == 1
    step = made.step(600)
    made.answer(step.writes[0])
    step = made.step(1)
    assert [(notice.kind, notice.on) for notice in step.notices] == [("command-failed", False)]
    assert (step.counters.commands_failed, step.counters.commands_held) == (0, 1)


def test_a_new_decision_does_not_wait_for_the_pause_of_a_failed_write() -> None:
    made = rig("2026-03-05 07:59")
    made.read("lamp.level", 0.0)
    for _ in range(40):
        made.writes(1, answer=Fate.NO_ANSWER)
    made.writes(18)
    assert made.writes(2, answer=HELD) == ["lamp.level=80.0@15"]
    assert made.step(1).counters.commands_held == 1


def test_one_write_a_point_is_on_the_way_at_a_time() -> None:
    made = rig("2026-03-05 07:59")
    made.read("lamp.level", 0.0)
    (first,) = made.step().writes
    assert made.writes(61) == []
    made.answer(first)
    assert made.writes(1) == ["lamp.level=80.0@15"]


def test_a_device_that_comes_back_is_told_again() -> None:
    made = settled()
    made.device("lamp", False)
    step = made.step(1)
    assert [(notice.kind, notice.subject, notice.on) for notice in step.notices] == [
        ("device-lost", "lamp", True)
    ]
    assert made.writes(1000, answer=HELD) == ["hall.level=10.0@15", "panel.mode=1@15"]
    made.device("lamp", True)
    step = made.step(1)
    assert made.words(step.writes) == ["lamp.level=10.0@15"]
    assert [(notice.kind, notice.on) for notice in step.notices] == [("device-lost", False)]


def test_a_device_that_restarted_is_told_again() -> None:
    made = settled()
    made.device("hall", True, restarted=True)
    assert made.writes(1) == ["hall.level=10.0@15"]


def test_a_device_lost_before_it_was_ever_heard_starts_bumpless() -> None:
    made = rig()
    made.device("lamp", False)
    assert made.writes(1) == []
    made.device("lamp", True)
    made.read("lamp.level", 10.0)
    assert made.writes(1) == []
    assert made.step(1).counters.commands_held == 1


def test_a_pulse_is_given_once_and_never_again() -> None:
    made = settled("2026-03-05 08:30")
    assert made.writes(1798) == ["hall.level=80.0@15", "lamp.level=80.0@15", "panel.mode=1@15"]
    assert made.writes(1, answer=HELD) == ["relay.latch=True@15"]
    written = []
    made.read("relay.latch", True)
    for _ in range(30):
        written += made.writes(30, answer=HELD)
    made.device("relay", False)
    made.step(1)
    made.device("relay", True, restarted=True)
    made.read("relay.latch", False)
    written += made.writes(1)
    made.restart()
    made.read("relay.latch", False)
    written += made.writes(1)
    assert "relay.latch=True@15" not in written


@pytest.mark.parametrize(
    ("fate", "repeated"), [(Fate.NO_ANSWER, False), (Fate.MISMATCH, False), (Fate.REJECTED, True)]
)
def test_a_pulse_of_unknown_fate_is_not_repeated(fate: Fate, repeated: bool) -> None:
    made = rig("2026-03-05 09:30")
    made.read("relay.latch", False)
    assert made.writes(answer=fate) == ["relay.latch=True@15"]
    notices = made.step(1).notices
    assert bool(made.writes(2)) is repeated
    assert [notice.kind for notice in notices] == ([] if repeated else ["command-failed"])


def test_a_pulse_that_was_never_sent_is_given_when_the_device_is_back() -> None:
    made = rig("2026-03-05 09:30")
    made.read("relay.latch", False)
    assert made.writes(answer=Fate.NOT_SENT) == ["relay.latch=True@15"]
    made.device("relay", False)
    step = made.step(1)
    assert [notice.kind for notice in step.notices] == ["device-lost"]
    assert step.memory.dropped == ["relay.latch"]
    assert [output.point for output in made.engine.remembered().outputs] == []
    assert made.writes(400) == []
    made.device("relay", True)
    made.read("relay.latch", False)
    assert made.writes(1, answer=HELD) == ["relay.latch=True@15"]
    made.step(1)
    made.device("relay", True, restarted=True)
    assert made.writes(400) == [], "and once only"


def test_a_pulse_never_sent_is_not_given_when_the_device_has_it_already_or_nobody_asks_any_more() -> None:
    for minutes, shown in ((10, True), (40, False)):
        made = rig("2026-03-05 09:30")
        made.read("relay.latch", False)
        made.writes(answer=Fate.NOT_SENT)
        made.device("relay", False)
        made.step(1)
        made.step(minutes * 60)
        made.device("relay", True)
        made.read("relay.latch", shown)
        assert made.writes(1) == []
        assert made.writes(30) == []


def test_a_pulse_never_sent_is_tried_within_bounds_and_told_once() -> None:
    made = rig("2026-03-05 09:05")
    made.read("relay.latch", False)
    sent, told = [], []
    step = made.step()
    for second in range(700):
        sent += [second for _ in step.writes]
        for write in step.writes:
            made.answer(write, Fate.NOT_SENT)
        step = made.step(1)
        told += [(notice.kind, notice.on) for notice in step.notices]
    assert sent == [0, 3, 9, 25, 326, 627]
    assert told == [("command-failed", True)]


def test_a_pulse_held_back_by_a_lock_is_given_after_it() -> None:
    made = rig("2026-03-05 09:30")
    made.read("relay.latch", False)
    made.writes(answer=Fate.NOT_SENT)
    made.do(Lock("relay", "Wang", "wiring", made.clock.now().wall_ms))
    assert made.writes(1) == []
    made.restart()
    made.read("relay.latch", False)
    assert made.writes(1) == []
    made.do(Unlock("relay", "Wang"))
    made.read("relay.latch", False)
    assert made.writes(1) == ["relay.latch=True@15"]


def test_the_answer_to_a_pulse_is_waited_for_through_a_restart_of_the_device() -> None:
    made = rig("2026-03-05 09:30")
    made.read("relay.latch", False)
    (pulse,) = made.step().writes
    made.device("relay", True, restarted=True)
    assert made.writes(1) == [], "it may have acted"
    made.answer(pulse, Fate.NOT_SENT)
    assert made.writes(1) == []
    assert made.writes(2) == ["relay.latch=True@15"]


def test_with_nobody_asking_nothing_is_written_to_modbus() -> None:
    made = settled()
    made.override("lamp.spare", True, 1)
    assert made.writes(1, answer=HELD) == ["lamp.spare=True@8"]
    made.do(Release("lamp.spare", "Li"))
    assert made.writes(1) == []
    assert made.writes(10_000) == [
        "hall.level=80.0@15",
        "lamp.level=80.0@15",
        "panel.mode=1@15",
        "relay.latch=True@15",
    ]
    assert "lamp.spare" not in {output.point for output in made.engine.remembered().outputs}


def test_on_modbus_a_change_of_slot_alone_writes_nothing() -> None:
    made = settled()
    made.override("lamp.level", 10.0, 1)
    assert made.writes(1) == []
    assert made.decided("lamp.level") == (10.0, 8)
    assert [output.slot for output in made.engine.remembered().outputs if output.point == "lamp.level"] == [8]


def test_a_change_of_slot_in_the_very_step_of_a_re_assert_does_not_take_its_place() -> None:
    made = settled()
    made.writes(897)
    made.override("lamp.level", 10.0, 1)
    assert "lamp.level=10.0@8" in made.writes(3, answer=HELD)
    made.writes(1)
    assert "lamp.level=10.0@8" in made.writes(900)


def test_re_assertion_and_ages_follow_the_speed_of_site_time() -> None:
    made = Rig(house(), speed=60.0)
    made.read("lamp.level", 10.0)
    made.step()
    assert made.writes(14) == []
    assert made.writes(1) == ["lamp.level=10.0@15"]


def test_a_set_up_register_that_does_not_take_is_told_once_and_its_mending_too() -> None:
    made = settled()
    told = []
    for fate in (Fate.REJECTED, Fate.REJECTED, Fate.READ_BACK, Fate.READ_BACK):
        made.set_up("panel.timeout", 60.0, fate)
        step = made.step(1)
        assert [item.fate for item in step.set_ups] == [fate]
        told += [(notice.kind, notice.subject, notice.on) for notice in step.notices]
    assert told == [("set-up-failed", "panel.timeout", True), ("set-up-failed", "panel.timeout", False)]


def test_wake_is_the_next_thing_that_happens_by_itself() -> None:
    made = rig("2026-03-05 07:00")
    assert made.wake_ms() == at("2026-03-05 08:00")
    made.override("lamp.level", 50.0, 0.5)
    assert made.wake_ms() == at("2026-03-05 07:30")
    made.read("lamp.level", 0.0)
    step = made.step()
    now = made.clock.now().wall_ms
    assert made.engine.wake_ms(made.clock.now()) == now + 15_000  # the reading grows stale
    made.answer(step.writes[0], Fate.NO_ANSWER)
    assert made.wake_ms() == now + 2_000


def test_an_untrusted_clock_takes_the_declared_values() -> None:
    made = settled("2026-03-05 08:30")
    made.clock.trusted = False
    step = made.step(1)
    assert sorted(made.words(step.writes)) == ["hall.level=50.0@15", "lamp.level=50.0@15"]
    assert [(notice.kind, notice.on) for notice in step.notices] == [("clock", True)]
    for write in step.writes:
        made.answer(write)
    made.clock.trusted = True
    step = made.step(1)
    # The pump's programme declares nothing for that time: it was let go, and is asked for anew.
    assert sorted(made.words(step.writes)) == ["hall.level=80.0@15", "lamp.level=80.0@15", "panel.mode=1@15"]
    assert [(notice.kind, notice.on) for notice in step.notices] == [("clock", False)]


def test_a_wall_clock_that_jumps_leaves_the_decision_of_the_new_time() -> None:
    made = settled()
    for minute, value in [("2026-03-05 09:00", 80.0), ("2026-03-05 07:30", 10.0), ("2026-04-01 08:00", 80.0)]:
        made.clock.set_wall(at(minute))
        made.step(1)
        assert made.decided("lamp.level") == (value, 15)
