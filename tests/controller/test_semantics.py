"""Sentences of what the daemon promises to do that no test beside the code in question has."""

from __future__ import annotations

from dataclasses import replace

import pytest

from config.plan.devices import Source, StopAction
from config.plan.reading import Quality
from config.plan.rules import Hazard, Rule
from config.plan.slots import Slot
from config.written.rules.registry import KINDS
from controller.decide.barriers import BarrierKind
from controller.decide.records import Lock, Observe, Release, Reset, Unlock
from tests.controller.decide.rules.lit import RULE as LIGHTING
from tests.controller.decide.rules.lit import Hall, hall_plan
from tests.controller.decide.rules.site import Plant
from tests.controller.rig import Rig
from tests.plans import LEVEL, PlanMaker, everyday
from tests.schedules.build import at

SLOTS = {
    "fire": 5,
    "gas": 5,
    "interlock": 5,
    "link": 7,
    "level": 10,
    "duty": 10,
    "cycling": 10,
    "make_up": 10,
    "presence": 11,
    "lighting": 11,
}
"""Protection, process safety, running the plant, presence and light."""


def test_every_kind_of_rule_asks_where_it_should() -> None:
    found = {word: kind.slot for word, kind in KINDS.items()}
    assert {word: slot for word, slot in found.items() if word in SLOTS} == SLOTS
    assert all(Slot.INTERLOCK <= slot <= Slot.PROGRAMME for slot in found.values()), "1 to 4, 16: never"
    assert Slot.MINIMUM_TIMES not in found.values()


ON = "  start: {kind: interlock, slot: 10, when: more.di1 is active, then: [{tag: pumps, value: on}], "
OFF = "  halt: {kind: interlock, slot: 10, when: more.di2 is active, then: [{tag: pumps, value: off}], "
WAY = "on_bad_input: release}\n"


@pytest.mark.parametrize("rules", [ON + WAY + OFF + WAY, OFF + WAY + ON + WAY])
def test_among_rules_of_one_slot_the_safe_value_is_heard_whatever_their_order(rules: str) -> None:
    plant = Plant(rules).set(more_di1=True, more_di2=True).run(1)
    assert plant.asked() == (False, 10)
    assert plant.set(more_di2=False).run(1).asked() == (True, 10)


@pytest.mark.parametrize(("first", "second"), [("wash", "fill"), ("fill", "wash")])
def test_else_the_one_declared_first_is_heard(first: str, second: str) -> None:
    """`check` lets two of one slot pass only where they cannot oppose each other: both ask for the same."""
    rule = (
        "  {}: {{kind: interlock, slot: 10, when: more.di1 is active, then: [{{tag: pumps, value: on}}], {}"
    )
    plant = Plant("".join(rule.format(name, WAY) for name in (first, second))).set(more_di1=True).run(1)
    winner = plant.rig.engine.decisions[plant.rig.id("pump-1.run_cmd")].winner
    assert winner is not None
    assert str(winner.reason).startswith(f"{first}: ")


def test_a_start_by_protection_respects_the_rest_time_too() -> None:
    plant = Plant(
        "  flush: {kind: interlock, when: more.di1 is active, then: [{target: slow, value: on}], "
        "on_bad_input: release}\n",
        "  slow: {kind: pump, label: 慢泵, run_cmd: relays.ch4, run_fb: inputs.di4, min_off: 3 min}\n",
    )
    plant.set(more_di1=True).run(100)
    assert plant.asked("slow.run_cmd") == (False, 5)
    assert plant.run(90).asked("slow.run_cmd") == (True, 5)


def everything_barred() -> Rig:
    """A pump under a fire rule with its selector in hand, locked, and in observe mode."""
    maker = PlanMaker()
    box = maker.add_device("box")
    mode = maker.add_point(box, "mode", LEVEL)
    auto = maker.add_point(box, "auto", kind="bool")
    contact = maker.add_point(box, "contact", kind="bool", life_safety=True)
    maker.add_equipment("pump", "pump", mode=mode, auto=auto)
    fire = Hazard("fire", (contact,), ("pump",), ())
    rule = Rule(0, "fire", "", 5, Source("rules.yaml", 1, 1), fire)
    made = Rig(replace(maker.build(), rules=(rule,)))
    for key, value in (("box.mode", 0.0), ("box.auto", False), ("box.contact", True)):
        made.read(key, value)
    made.do(Lock("pump", "Wang", "belt", 0), Observe("pump", True, "Wang", "", 0))
    made.step()
    return made


def test_barriers_are_told_in_their_order() -> None:
    made = everything_barred()

    def told() -> BarrierKind | None:
        barrier = made.engine.barrier(made.id("box.mode"))
        return None if barrier is None else barrier.kind

    assert told() is BarrierKind.HAZARD
    made.read("box.contact", False)
    made.step(1)
    made.do(Reset("fire", "Wang", "looked"))
    made.step(1)
    assert told() is BarrierKind.LOCK
    made.do(Unlock("pump", "Wang"))
    made.step(1)
    assert told() is BarrierKind.SELECTOR
    made.read("box.auto", True)
    made.step(1)
    assert told() is BarrierKind.OBSERVE
    made.do(Observe("pump", False, "Wang", "", 0))
    made.step(1)
    assert told() is None


def test_in_a_fire_no_slot_is_nulled_and_nothing_is_put_right() -> None:
    """On BACnet: an override that ends, of a point that nobody else asks for, too; a slot that somebody
    emptied; a device that restarts; a daemon that stops."""
    maker = PlanMaker()
    box = maker.add_device("box")
    contact = maker.add_point(box, "contact", kind="bool", life_safety=True, max_age_s=1e6)
    hall = maker.add_device("hall", bacnet=True)
    level = maker.add_point(hall, "level", LEVEL, max_age_s=1e6)
    accent = maker.add_point(hall, "accent", LEVEL, max_age_s=1e6)
    maker.add_equipment("lamps", "lamp-group", level=level)
    maker.add_equipment("accents", "lamp-group", level=accent)
    maker.add_programme(everyday("lamp", [level], (8, 12, 80.0), default=10.0))
    maker.stop(StopAction(level, "release"), StopAction(accent, "write", 0.0))
    rule = Rule(0, "fire", "", 5, Source("r", 1, 1), Hazard("fire", (contact,), ("lamps", "accents"), ()))
    made = Rig(replace(maker.build(), rules=(rule,)), at("2026-03-05 09:00"))
    made.read("box.contact", False)
    for key in ("hall.level", "hall.accent"):
        made.read(key, 0.0)
        made.override(key, 40.0, 1)
    for write in made.step().writes:
        made.answer(write)
    made.array("hall.level", s8=40.0)
    made.array("hall.accent", s8=40.0)
    assert made.writes(1) == []
    assert len(made.engine.last_writes({level, accent})) == 2
    made.read("box.contact", True)
    made.do(Release("hall.level", "Li"), Release("hall.accent", "Li"))
    made.array("hall.level")
    made.device("hall", True, restarted=True)
    assert made.writes(1) == []
    assert made.writes(4 * 3600) == []
    assert list(made.engine.stop_writes()) == []


def test_a_point_that_was_never_read_is_bad_and_says_so() -> None:
    maker = PlanMaker()
    maker.add_point(maker.add_device("lamp"), "level", LEVEL)
    made = Rig(maker.build())
    made.step(60)
    (reading,) = made.engine.readings
    assert (reading.value, reading.quality, reading.reason) == (None, Quality.BAD, "never")


def test_rules_without_time_go_on_under_a_clock_that_is_not_trusted() -> None:
    """Lights take the value for that, unless daylight says that it is day."""
    hall = Hall(hall_plan(LIGHTING)).set(zone1_lux=900.0).run(700)
    hall.rig.clock.trusted = False
    hall.run(1)
    assert (hall.level("one"), hall.level("two")) == (5.0, 30.0)
    hall.set(zone1_presence=True, zone2_presence=True).run(1)
    assert (hall.level("one"), hall.level("two")) == (5.0, 80.0)
