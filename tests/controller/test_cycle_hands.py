"""Held values that change by themselves: whose hand that was, and what is left alone for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from config.plan.asks import Ask, BadInput
from config.plan.conditions import Has
from config.plan.devices import Source, StopAction
from config.plan.reading import Quality, Value
from config.plan.rules import Interlock, Rule
from config.plan.site import Plan
from controller.decide.records import Lock, Observe, Override, Release, Unlock
from drivers.api import Fate
from tests.controller.hand_house import RESPECT_S, House, plan
from tests.controller.rig import Rig
from tests.plans import SWITCH, PlanMaker, everyday
from tests.schedules.build import at


def test_a_hand_is_left_alone_for_its_time_and_told() -> None:
    house = House(plan())
    assert house.by_hand("box.first", False) == []
    words = "box.first: changed by hand at 09:11 from on to off; left until 11:11"
    assert house.told == [(words, True)]
    (row,) = house.rows
    assert row.startswith("box.first: was True; left until ")
    found = house.rig.engine.explain(house.rig.id("box.first"), house.rig.clock.now())
    assert [(item.kind, str(item.text)) for item in found.hindrances] == [
        ("hand", "changed by hand at 09:11 from on to off")
    ]
    assert found.hindrances[0].until_ms == at("2026-03-05 11:11:04")
    assert found.has.state == "not sent"
    house.pass_time(119)
    assert house.told == [(words, True)]
    assert "box.first=True@15" not in house.run(58)
    assert house.run(4) == ["box.first=True@15"]
    assert house.told[1:] == [(words, False)]
    assert house.rows[1:] == ["box.first: its time is over"]


def test_it_is_not_re_asserted_and_a_new_decision_waits() -> None:
    house = House(plan(), "2026-03-05 11:30")
    house.by_hand("box.first", False)
    house.by_hand("box.level", 33.0)
    for _ in range(119):
        house.pass_time(1)
    assert house.rig.decided("box.level") == (10.0, 15), "noon has passed"
    assert house.says["box.level"] == 33.0
    assert house.says["box.first"] is False
    house.pass_time(3)
    assert (house.says["box.level"], house.says["box.first"]) == (10.0, False)


def test_without_a_word_in_the_site_it_is_asserted_again_in_its_turn() -> None:
    house = House(plan(hand_s=0.0))
    assert house.by_hand("box.first", False) == []
    assert house.told == []
    house.pass_time(15)
    house.run(1)
    assert house.says["box.first"] is True


def test_an_equipment_may_say_otherwise_than_its_device() -> None:
    maker = PlanMaker()
    box = maker.add_device("box", hand_s=RESPECT_S)
    first, second = (maker.add_point(box, name, SWITCH) for name in ("first", "second"))
    maker.add_equipment("lamp", "lamp-group", hand_s=0.0, switch=first)
    maker.add_equipment("other", "lamp-group", switch=second)
    made = Rig(maker.build())
    hands = made.engine._hands
    assert [hands.declared(point) for point in (first, second)] == [False, True]


def test_with_broken_communication_nobodys_hand_is_inferred() -> None:
    """One missed poll, a reading that was not good, a device that was lost."""
    house = House(plan())
    house.run(1, silent=True)
    house.by_hand("box.first", False)
    assert house.told == [], "a poll was missed: the box may have been without power"
    house = House(plan())
    house.rig.read("box.first", None, Quality.BAD)
    house.cycle()
    assert house.by_hand("box.first", False) == ["box.first=True@15"]
    assert house.told == []
    house = House(plan())
    house.rig.device("box", False)
    house.run(3, silent=True)
    house.rig.device("box", True)
    house.says["box.first"] = False
    assert "box.first=True@15" in house.run(1)
    assert house.told == []


def test_a_device_all_of_whose_outputs_fall_at_once_has_restarted() -> None:
    house = House(plan())
    house.says |= {"box.first": False, "box.level": 0.0}
    assert sorted(house.run(1)) == ["box.first=True@15", "box.level=80.0@15"]
    assert house.told == []
    # One of two is somebody's hand, and both are, if one of them is not at nothing.
    house = House(plan())
    house.says |= {"box.first": False, "box.level": 25.0}
    assert house.run(1) == []
    assert len(house.told) == 2


def test_a_lost_set_up_register_shows_that_the_device_has_restarted() -> None:
    house = House(plan())
    house.by_hand("box.first", False)
    house.rig.set_up("box.timeout", 60.0, Fate.REJECTED)
    assert house.run(1) == []
    house.rig.set_up("box.timeout", 60.0, Fate.READ_BACK)
    assert house.run(1) == ["box.first=True@15"]
    assert house.rows[-1] == "box.first: the device restarted"


def test_a_value_that_was_never_there_is_nobodys_hand() -> None:
    """A lamp on its way to its level is not changed by anybody."""
    house = House(plan(), "2026-03-05 11:59:50")
    house.rig.clock.advance(10)
    house.cycle()
    for level in (60.0, 40.0, 20.0):
        house.says["box.level"] = level
        house.run(1)
    assert house.told == []


def test_a_pulse_is_never_taken_for_a_hand() -> None:
    house = House(plan())
    house.rig.override("box.bell", True, 1)
    house.run(2)
    house.by_hand("box.bell", False)
    assert house.told == []


@pytest.mark.parametrize("value", [True, False])
def test_what_a_person_sets_ends_it_and_so_does_a_release(value: bool) -> None:
    house = House(plan())
    house.by_hand("box.first", False)
    house.rig.override("box.first", value, 1)
    assert house.run(1) == (["box.first=True@8"] if value else [])
    assert house.told[-1][1] is False
    assert house.rows[-1] == "box.first: a person commands it"
    house.rig.do(Release("box.first", "Li"))
    house.run(2)
    assert house.says["box.first"] is True
    house.by_hand("box.first", False)
    house.rig.do(Release("box.first", "Li"))
    assert house.run(1) == ["box.first=True@15"]


def test_one_who_commands_in_the_very_second_is_not_passed_over() -> None:
    house = House(plan())
    house.says["box.first"] = False
    house.rig.override("box.first", True, 1)
    house.run(2)
    assert house.told == []


def test_it_is_over_when_it_is_put_back_and_begins_anew_when_it_is_changed_again() -> None:
    house = House(plan())
    house.by_hand("box.level", 30.0)
    house.pass_time(30)
    house.run(1)
    house.by_hand("box.level", 55.0)
    assert house.told[-1] == (
        "lamps (box.level): changed by hand at 09:41 from 80 to 55; left until 11:41",
        True,
    )
    assert house.by_hand("box.level", 80.0) == []
    assert house.rows[-1] == "box.level: it was put back"


def test_it_is_kept_over_a_restart_of_the_daemon() -> None:
    house = House(plan())
    house.by_hand("box.first", False)
    house.rig.restart()
    house.rig.array("hall.level", s15=40.0)
    assert house.run(60) == []
    assert len(house.told) == 2, "told again by the new run"
    house.pass_time(121)
    assert house.says["box.first"] is True
    # Changed once more, before the new run has told it anything.
    house = House(plan())
    house.by_hand("box.level", 30.0)
    house.rig.restart()
    house.rig.array("hall.level", s15=40.0)
    house.run(2)
    assert house.by_hand("box.level", 50.0) == []
    assert "from 80 to 50" in house.told[-1][0]
    # Changed once more while the daemon was away: nobody knows by whom.
    house = House(plan())
    house.by_hand("box.level", 30.0)
    house.rig.restart()
    house.rig.array("hall.level", s15=40.0)
    house.says["box.level"] = 70.0
    assert house.run(2) == ["box.level=80.0@15"]


def test_it_outlives_a_break_if_it_is_found_as_it_was_left() -> None:
    house = House(plan())
    house.by_hand("box.first", False)
    house.rig.device("box", False)
    house.run(30, silent=True)
    house.rig.device("box", True)
    assert house.run(30) == ["box.level=80.0@15"], "the rest of the box is told again"
    house.rig.device("box", True, restarted=True)
    assert "box.first=True@15" in house.run(1)


def test_barriers_end_it() -> None:
    for begin, end in (
        (Lock("box", "Wang", "wiring", 0), Unlock("box", "Wang")),
        (Observe("box", True, "Wang", "", 0), Observe("box", False, "Wang", "", 0)),
    ):
        house = House(plan())
        house.by_hand("box.first", False)
        house.rig.do(begin)
        assert house.run(5) == []
        house.rig.do(end)
        assert "box.first=True@15" in house.run(2)
    house = House(plan())
    house.by_hand("box.level", 30.0)
    house.by_hand("box.auto", False)
    house.by_hand("box.level", 50.0)
    assert "box.level=80.0@15" in house.by_hand("box.auto", True)


def test_a_selector_that_cannot_be_read_does_not_end_it() -> None:
    house = House(plan())
    house.by_hand("box.level", 30.0)
    house.rig.read("box.auto", None, Quality.BAD)
    house.cycle()
    assert house.run(5) == []


def test_what_stands_in_our_slot_is_compared_not_the_present_value() -> None:
    house = House(plan())
    house.rig.array("hall.level", s15=40.0, s6=55.0)
    assert house.by_hand("hall.level", 55.0) == []
    assert house.told == [], "somebody else's lower slot is no hand in ours"
    house.rig.array("hall.level", s15=70.0)
    assert house.run(3) == []
    assert house.told == [("hall.level: changed by hand at 09:11 from 40 to 70; left until 11:11", True)]
    house.rig.array("hall.level", s15=70.0)
    assert house.run(3) == []
    house.rig.array("hall.level")
    assert house.run(1) == ["hall.level=40.0@15"], "an emptied slot is a sign of a restart"


def test_on_bacnet_a_change_seen_after_a_break_is_put_right() -> None:
    house = House(plan())
    house.rig.device("hall", False)
    house.run(1)
    house.rig.device("hall", True)
    house.rig.array("hall.level", s15=70.0)
    assert house.run(1) == ["hall.level=40.0@15"]
    assert house.told == []


@pytest.mark.parametrize(("slot", "sent"), [(5, True), (7, True), (8, False), (9, False), (11, False)])
def test_protection_and_process_safety_are_put_right_at_once(slot: int, sent: bool) -> None:
    house = House(plan())
    now = house.rig.clock.now().wall_ms
    house.rig.do(Override("box.first", True, "rule", "", now, now + 3_600_000, slot))
    house.run(2)
    assert house.by_hand("box.first", False) == ([f"box.first=True@{slot}"] if sent else [])
    assert bool(house.told) is not sent


def guarded(slot: int, value: Value, hand_s: float = RESPECT_S) -> Plan:
    """A rule asks for a level while the bell's point reads on."""
    made = plan(hand_s)
    bell, level = (point.id for key in ("box.bell", "box.level") if (point := made.point_named(key)))
    then = (Ask(level, value),)
    spec = Interlock(Has(bell, True), "ringing", then, None, "auto", BadInput("trip"))
    return replace(made, rules=(Rule(0, "guard", "", slot, Source("rules.yaml", 1, 1), spec),))


@pytest.mark.parametrize(("slot", "sent"), [(5, True), (7, True), (9, False), (11, False)])
def test_protection_that_comes_later_goes_out_and_ends_it(slot: int, sent: bool) -> None:
    house = House(guarded(slot, 0.0))
    house.by_hand("box.level", 30.0)
    assert house.by_hand("box.bell", True) == ([f"box.level=0.0@{slot}"] if sent else [])
    if sent:
        assert house.rows[-1] == "box.level: protection or process safety commands it"
        assert house.by_hand("box.bell", False) == ["box.level=80.0@15"]


@pytest.mark.parametrize("hand_s", [0.0, RESPECT_S])
@pytest.mark.parametrize(("slot", "sent"), [(5, True), (7, True), (9, False), (11, False)])
def test_protection_that_asks_for_what_was_held_does_not_wait_for_a_re_assert(
    slot: int, sent: bool, hand_s: float
) -> None:
    """Nothing but the slot changes, and the device has something else."""
    house = House(guarded(slot, 80.0, hand_s))
    assert house.by_hand("box.level", 30.0) == []
    assert house.by_hand("box.bell", True) == ([f"box.level=80.0@{slot}"] if sent else [])
    assert house.by_hand("box.bell", False) == []


def test_protection_that_asks_for_what_was_left_leaves_it() -> None:
    house = House(guarded(5, 30.0))
    house.by_hand("box.level", 30.0)
    assert house.by_hand("box.bell", True) == house.by_hand("box.bell", False) == []
    assert [on for _, on in house.told] == [True]


def test_at_a_stop_in_order_it_is_left() -> None:
    maker = PlanMaker()
    box = maker.add_device("box", hand_s=RESPECT_S)
    first = maker.add_point(box, "first", SWITCH, poll_s=1.0)
    second = maker.add_point(box, "second", SWITCH, poll_s=1.0)
    maker.stop(StopAction(first, "write", True), StopAction(second, "write", True))
    maker.add_programme(everyday("lamp", [first, second], (8, 12, True)))
    made = Rig(maker.build(), at("2026-03-05 09:00"))
    for first_says in (True, True, False):
        made.read("box.first", first_says)
        made.read("box.second", True)
        made.step()
        made.clock.advance(1.0)
    assert made.words(made.engine.stop_writes()) == ["box.second=True@15"]


def test_its_time_moves_with_the_clock() -> None:
    house = House(plan())
    house.by_hand("box.first", False)
    house.rig.clock.set_wall(at("2026-03-05 08:30"))
    house.run(1)
    (memory,) = [item for item in house.rig.engine.remembered().rules if item.rule.startswith("hand ")]
    left_ms = int(memory.memory["until_ms"]) - house.rig.clock.now().wall_ms
    assert 7_190_000 < left_ms < 7_200_000
