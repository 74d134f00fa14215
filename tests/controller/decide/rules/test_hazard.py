"""Fire and gas drills: nothing is written to what yields, whoever asks, until a person resets it."""

from __future__ import annotations

import pytest

from controller.decide.records import Lock, Refused, Reset
from drivers.api import Write
from tests.controller.decide.rules.site import Plant

SAFETY = """
  hood: {kind: fan, label: 排风机, tags: [kitchen], run_cmd: relays.ch5, run_fb: inputs.di5}
  hood-light: {kind: lamp-group, label: 罩灯, tags: [kitchen], switch: relays.ch6}
programmes:
  light: {label: 罩灯, targets: hood-light, default: off, untrusted_clock: on,
    week: {everyday: [{from: "08:00", to: "20:00", value: on}]}}
"""
RULES = """
  cooking: {kind: interlock, slot: 10, when: more.di1 is active, then: [{target: hood, value: on}],
    on_bad_input: release}
  fire: {kind: fire, label: 火警, contacts: [safety.di1], yields: {tag: kitchen}}
  gas: {kind: gas, label: 燃气, contacts: [safety.di2, safety.di3], yields: [hood-light]}
"""
COMMANDS = ("relays.ch5", "relays.ch6")


class Kitchen(Plant):
    """One that lists what is written to what yields."""

    def __init__(self) -> None:
        self.written: list[tuple[str, object]] = []
        super().__init__(RULES, SAFETY)

    def note(self, write: Write) -> None:
        key = self.rig.plan.points[write.point].key
        if key in COMMANDS:
            self.written.append((key, write.value))
            self.says[key] = write.value

    def taken(self) -> list[tuple[str, object]]:
        taken, self.written = self.written, []
        return taken


def cooking() -> Kitchen:
    """At 07:00, the fan running by itself since its rest is over."""
    made = Kitchen()
    made.set(more_di1=True).run(5)
    made.set(inputs_di5=True)
    made.run(5)
    assert ("relays.ch5", True) in made.taken()
    return made


def test_from_the_first_cycle_of_a_fire_nothing_is_written() -> None:
    made = cooking()
    made.set(safety_di1=True)
    made.rig.override("hood-light", True, 1)
    made.run(7200)
    assert made.taken() == [], "the programme at 08:00, a person and the re-asserts are all held back"
    assert ("fire", "fire", True) in made.notices
    barrier = made.rig.engine.barrier(made.rig.id("hood.run_cmd"))
    assert barrier is not None
    assert str(barrier.text) == "fire alarm; it stands until somebody resets it"
    assert made.rig.engine.stop_writes() == []


def test_after_a_fire_has_stopped_the_motor_its_command_is_withdrawn_and_that_alone() -> None:
    made = cooking()
    made.set(safety_di1=True).run(10)
    assert made.taken() == []
    made.set(inputs_di5=False).run(10)
    assert made.taken() == [("relays.ch5", False)]
    made.set(safety_di1=False).run(600)
    assert made.taken() == [], "the panel was reset, the daemon was not"


def test_a_command_stands_while_nobody_knows_whether_the_motor_has_stopped() -> None:
    made = cooking()
    made.set(safety_di1=True, inputs_di5=None).run(60)
    assert made.taken() == []


def test_all_its_contacts_must_be_closed() -> None:
    made = cooking()
    made.set(safety_di2=True).run(2)
    made.set(safety_di2=False, safety_di3=True).run(2)
    with pytest.raises(Refused, match="still stands"):
        made.rig.do(Reset("gas", "Li", "aired"))
    made.set(safety_di3=False).run(2)
    made.rig.do(Reset("gas", "Li", "aired"))


def test_a_person_resets_it_once_its_contacts_are_closed() -> None:
    made = cooking()
    made.set(safety_di1=True).run(10)
    with pytest.raises(Refused, match="still stands"):
        made.rig.do(Reset("fire", "Li", "false alarm"))
    made.set(safety_di1=None).run(10)
    with pytest.raises(Refused, match="still stands"):
        made.rig.do(Reset("fire", "Li", "false alarm"))
    made.set(safety_di1=False).run(10)
    made.rig.override("hood-light", True, 1)
    made.run(1)
    assert made.taken() == []
    made.rig.do(Reset("fire", "Li", "false alarm"))
    made.run(2)
    assert made.taken() == [("relays.ch5", True), ("relays.ch6", True)]


def test_the_alarm_outlives_a_restart() -> None:
    made = cooking()
    made.set(safety_di1=True).run(10).set(safety_di1=False)
    made.restart()
    made.rig.override("hood-light", True, 1)
    made.run(600)
    assert made.taken() == []


def test_a_contact_that_cannot_be_read_any_more_is_an_alarm() -> None:
    made = cooking()
    made.set(safety_di1=None).run(2)
    made.rig.override("hood-light", True, 1)
    made.run(100)
    assert made.taken() == []
    assert ("fire", "fire", True) in made.notices
    lost = "fire alarm, for a contact that could not be read; it stands until somebody resets it"
    assert made.words[-1] == f"火警 (fire): {lost}"
    barrier = made.rig.engine.barrier(made.rig.id("hood.run_cmd"))
    assert barrier is not None
    assert str(barrier.text) == lost
    told = len(made.words)
    made.set(safety_di1=False).run(2)
    made.restart()
    made.run(70)
    barrier = made.rig.engine.barrier(made.rig.id("hood.run_cmd"))
    assert barrier is not None
    assert str(barrier.text) == lost
    assert not any("fire alarm;" in words for words in made.words[told:])
    made.set(safety_di1=True).run(2)
    assert made.words[-1] == "火警 (fire): fire alarm; it stands until somebody resets it"


def test_before_its_contacts_are_read_nothing_is_written_and_nothing_latched() -> None:
    made = cooking()
    made.restart()
    safety = {key for key in made.says if key.startswith("safety")}
    kept = {key: made.says.pop(key) for key in safety}
    made.rig.override("hood-light", True, 1)
    made.run(50)
    assert made.taken() == []
    made.says |= kept
    made.run(2)
    assert made.taken() == [("relays.ch6", True)]
    assert ("fire", "fire", True) not in made.notices


def test_contacts_that_are_never_read_become_an_alarm_after_a_minute() -> None:
    made = cooking()
    made.restart()
    for key in [key for key in made.says if key.startswith("safety")]:
        del made.says[key]
    made.run(70)
    assert ("fire", "fire", True) in made.notices


def test_gas_takes_no_command_back_and_leaves_others_alone() -> None:
    made = cooking()
    made.set(safety_di3=True, inputs_di5=False).run(5)
    assert made.taken() == []
    made.set(more_di1=False, inputs_di5=True).run(5)
    made.rig.override("hood-light", True, 1)
    made.run(20)
    assert made.taken() == [], "the lamp yields; nobody asks anything of the fan"


def test_a_lock_still_holds_what_a_fire_would_withdraw() -> None:
    made = cooking()
    made.rig.do(Lock("hood", "Wang", "at work", made.rig.clock.now().wall_ms))
    made.set(safety_di1=True, inputs_di5=False).run(20)
    assert made.taken() == []
