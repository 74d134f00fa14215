"""Starts one by one after the power came back, in the engine: boots, devices that return, duty, why."""

from __future__ import annotations

from itertools import pairwise
from typing import Self

import pytest

from config.plan.reading import Value
from drivers.api import Write
from tests.controller.decide.rules.site import PLANT, Plant

NAMES = ("pump-1", "pump-2", "fan-1", "fan-2")
RELAYS = {"pump-1": "ch1", "pump-2": "ch2", "fan-1": "ch4", "fan-2": "ch5", "yard": "ch6", "lamp": "ch3"}
FEEDBACK = {"relays.ch1": "inputs.di1", "relays.ch2": "inputs.di2", "relays.ch4": "inputs.di4"}
MORE = """
  fan-1: {kind: fan, label: 1#风机, run_cmd: relays.ch4, run_fb: inputs.di4}
  fan-2: {kind: fan, label: 2#风机, run_cmd: relays.ch5, min_off: 1 min}
  yard: {kind: lamp-group, label: 场地灯, rated: 6 kW, switch: relays.ch6}
programmes:
  yard: {label: 场地灯, targets: [yard, lamp], default: on, untrusted_clock: on}
"""
RULES = """
  run: {kind: link, when: more.di1 is active, on_bad_input: release,
    then: [{tag: pumps, value: on}, {target: fan-2, value: on}]}
  air: {kind: link, when: more.di2 is active, then: [{target: fan-1, value: on}], on_bad_input: release}
  guard: {kind: interlock, when: more.di3 is active, then: [{target: pump-1, value: off}], on_bad_input: trip}
"""
RESTART = "restart: {after: 30 s, stagger: 5 s, order: [fan-1, pump-2], lamps_above: 2 kW}"


class House(Plant):
    """Relays do what they are told, and what runs says so."""

    SITE = PLANT.replace("longitude: 103.923}}", f"longitude: 103.923}}, {RESTART}}}")

    def __init__(self, rules: str = RULES) -> None:
        self.started: list[tuple[int, str]] = []
        """(second since the power came back, who)."""
        self.second = 0
        super().__init__(rules, MORE)
        self.rig.machine = "first boot"
        self.set(more_di1=True, more_di2=True).run(120)
        self.started.clear()

    def run(self, seconds: float, by: float = 1.0) -> Self:
        for _ in range(round(seconds)):
            for relay, feedback in FEEDBACK.items():
                if feedback in self.says:
                    self.says[feedback] = self.says[relay]
            super().run(1)
            self.second += 1
        return self

    def note(self, write: Write) -> None:
        key, value = self.rig.plan.points[write.point].key, write.value
        if value is True and self.says[key] is False:
            self.started.append((self.second, key.partition(".")[2]))
        self.says[key] = value

    def on(self) -> set[str]:
        return {name for name, relay in RELAYS.items() if self.says.get(f"relays.{relay}") is True}

    def dark(self) -> Self:
        """The power is gone: relays drop, nothing is read."""
        for relay in RELAYS.values():
            self.says[f"relays.{relay}"] = False
        self.second = 0
        self.started.clear()
        return self

    def boot(self) -> Self:
        """The power is back, and this machine boots."""
        self.dark().rig.machine = "second boot"
        return self.restart()

    def names(self) -> list[tuple[int, str]]:
        who = {relay: name for name, relay in RELAYS.items()}
        return [(second, who[relay]) for second, relay in self.started]


def test_without_a_restart_all_start_at_once() -> None:
    made = House()
    assert made.on() == {*NAMES, "yard", "lamp"}
    made.dark().restart().run(3)
    assert {second for second, _ in made.names()} == {0}, "the daemon started anew, the machine did not"


def test_after_a_boot_starts_go_one_by_one_in_the_order_declared() -> None:
    made = House().boot().run(100)
    starts = made.names()
    assert [name for _, name in starts if name != "lamp"] == ["fan-1", "pump-2", "pump-1", "yard", "fan-2"]
    times = [second for second, name in starts if name != "lamp"]
    assert times[0] in (30, 31)
    assert all(later - earlier >= 5 for earlier, later in pairwise(times))
    assert times[:4] == [times[0] + 5 * place for place in range(4)]
    assert times[4] >= 60, "it rests its minute"
    assert ("lamp", 0) in [(name, second) for second, name in starts], "a lamp of unknown power"


def test_what_was_on_all_the_time_stays_on() -> None:
    made = House()
    made.rig.machine = "second boot"
    made.restart().run(60)
    assert made.started == []
    assert made.on() == {*NAMES, "yard", "lamp"}


def test_stops_and_what_protects_know_nothing_of_it() -> None:
    made = House().boot().run(36)
    assert made.on() - {"lamp"} == {"fan-1", "pump-2"}
    assert made.set(more_di1=False, more_di2=False).run(1).on() - {"lamp"} == set()
    made.set(more_di1=True, more_di2=True).run(30)
    assert "pump-1" in made.on()
    assert "pump-1" not in made.set(more_di3=True).run(1).on()
    assert made.set(more_di3=False, more_di1=False, more_di2=False).run(60).on() == {"yard", "lamp"}


def test_one_that_no_longer_wants_to_start_holds_nobody_up() -> None:
    made = House().boot().run(20)
    made.set(more_di2=False).run(25)
    assert [name for _, name in made.names() if name != "lamp"][:2] == ["pump-2", "pump-1"]


def test_what_waits_is_told_with_its_time() -> None:
    made = House().boot().run(10)
    found = made.rig.engine.explain(made.rig.id("pump-1.run_cmd"), made.rig.clock.now())
    (hindrance,) = found.hindrances
    assert str(hindrance.text) == "1#泵: the power came back: starts go one by one"
    assert hindrance.until_ms is not None
    waits_s = (hindrance.until_ms - made.rig.clock.now().wall_ms) / 1000
    while "pump-1" not in made.on():
        made.run(1)
    assert made.second - 10 == pytest.approx(waits_s, abs=2)


def test_a_restart_of_the_daemon_goes_on_where_it_was() -> None:
    made = House().boot().run(33).restart()
    made.run(60)
    starts = [(second, name) for second, name in made.names() if name != "lamp"]
    assert [name for _, name in starts] == ["fan-1", "pump-2", "pump-1", "yard", "fan-2"]
    assert all(later - earlier >= 5 for (earlier, _), (later, _) in pairwise(starts))


@pytest.mark.parametrize("by_s", [-7200, 7200])
def test_a_clock_that_is_put_right_changes_nothing(by_s: int) -> None:
    made = House().boot().run(20)
    made.rig.clock.set_wall(made.rig.clock.now().wall_ms + by_s * 1000)
    made.run(50)
    assert next(second for second, name in made.names() if name == "fan-1") in (30, 31)


def come_back(made: House, *devices: str) -> None:
    for name in devices:
        made.rig.device(name, True)


def lose(made: House, *devices: str) -> dict[str, Value | None]:
    """They do not answer; what they read before."""
    for name in devices:
        made.rig.device(name, False)
    kept = {key: value for key, value in made.says.items() if key.partition(".")[0] in devices}
    for key in kept:
        del made.says[key]
    return kept


def test_many_devices_that_come_back_stagger_starts_too() -> None:
    made = House()
    kept = lose(made, "relays", "inputs", "panel")
    for _ in range(40):
        made.rig.step(1.0)
    for key in kept:
        if key.startswith("relays."):
            kept[key] = False
    made.says |= kept
    made.second = 0
    made.started.clear()
    come_back(made, "relays", "inputs", "panel")
    made.run(100)
    starts = [(second, name) for second, name in made.names() if name != "lamp"]
    assert [name for _, name in starts] == ["fan-1", "pump-2", "pump-1", "yard", "fan-2"]
    assert all(later - earlier >= 5 for (earlier, _), (later, _) in pairwise(starts))
    assert starts[0][0] in (30, 31)


def test_one_device_that_comes_back_staggers_nothing() -> None:
    made = House()
    kept = lose(made, "relays")
    for _ in range(40):
        made.rig.step(1.0)
    made.says |= dict.fromkeys(kept, False)
    made.second = 0
    made.started.clear()
    come_back(made, "relays")
    made.run(5)
    assert {second for second, _ in made.names()} <= {0, 1}


DUTY = """
  air: {kind: link, when: more.di2 is active, then: [{target: fan-1, value: on}], on_bad_input: release}
  turns: {kind: duty, machines: [pump-1, pump-2], when: more.di1 is active, first: rested, take_over: 10 s,
    on_bad_input: release}
"""


def test_a_machine_that_waits_for_its_turn_is_not_passed_over() -> None:
    made = House(DUTY)
    (first,) = made.on() & {"pump-1", "pump-2"}
    made.boot().run(60)
    assert made.on() & {"pump-1", "pump-2"} == {first}
    assert [name for _, name in made.names() if name.startswith("pump")] == [first]
