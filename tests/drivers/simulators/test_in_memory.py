"""The site in memory behaves as its drivers do: samples, writes, priority arrays, faults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from config.plan.points import BacnetObject
from config.plan.reading import Quality, Value
from config.plan.site import Plan
from controller.clock import VirtualClock
from drivers.api import DeviceState, Event, Fate, Sample, SlotState, Unchanged, Write, WriteReport
from drivers.simulators.faults import FaultError
from drivers.simulators.in_memory import InMemory
from drivers.simulators.stepping import PLANT_STEP_S
from tests.drivers.simulators import sites

START_MS = 1_772_676_000_000
"""2026-03-05 10:00 in Shuangliu, a Thursday."""


class Stand:
    """The example site on a clock, and all that came back."""

    def __init__(self, cycle_s: float = 10.0) -> None:
        self.plan, facts = sites.example("shuangliu")
        self.clock = VirtualClock(START_MS)
        self.cycle_s = cycle_s
        self.memory = InMemory(self.plan, facts, self.clock, cycle_s)
        self.events: list[Event] = []
        self.said: dict[int, Value | None] = {}
        self._seq = 0
        self.go(0)

    def go(self, cycles: int = 1) -> list[Event]:
        """What comes back in these cycles; 0: now, without the clock."""
        found: list[Event] = []
        for _ in range(max(cycles, 1)):
            if cycles:
                self.clock.advance(self.cycle_s)
            found += self.memory.advance()
        for event in found:
            if isinstance(event, Sample):
                self.said[event.point] = event.reading.value
        self.events += found
        return found

    def point(self, key: str) -> int:
        found = self.plan.point_named(key)
        assert found is not None
        return found.id

    def write(self, key: str, value: Value | None, slot: int = 15, null: Sequence[int] = ()) -> WriteReport:
        """Command it, and what became of that within a minute."""
        self._seq += 1
        self.memory.submit(Write(self._seq, self.point(key), value, slot, tuple(null)))
        found = self.go(6)
        reports = [event for event in found if isinstance(event, WriteReport) and event.seq == self._seq]
        assert len(reports) == 1
        return reports[0]

    def value(self, key: str) -> Value | None:
        return self.said[self.point(key)]


def points_of(event: Event) -> Sequence[int]:
    """What was read."""
    if isinstance(event, Unchanged):
        return event.points
    return (event.point,) if isinstance(event, Sample) else ()


@pytest.fixture
def stand() -> Stand:
    return Stand()


def test_the_first_round_reads_every_point_of_every_device(stand: Stand) -> None:
    assert {event.point for event in stand.events if isinstance(event, Sample)} == set(
        range(len(stand.plan.points))
    )


def test_each_point_comes_at_its_period(stand: Stand) -> None:
    times: set[tuple[int, int]] = set()
    for event in stand.go(60):
        # What says something new comes with its round, too.
        read_ns = event.reading.mono_ns if isinstance(event, Sample) else getattr(event, "mono_ns", 0)
        times.update((point, read_ns) for point in points_of(event))
    heard = Counter(point for point, _ in times)
    for point in stand.plan.points:
        cycles = max(1, int(point.poll_s / 10))
        assert heard[point.id] == pytest.approx(60 / cycles, abs=1), point.key


def test_a_command_acts_and_is_read_back(stand: Stand) -> None:
    report = stand.write("street-1.level", 40.0)
    assert (report.fate, report.value) == (Fate.READ_BACK, 40)
    assert stand.value("street-1.level") == 40
    stand.go(3)
    assert stand.memory.world.models["street"].show()["group1_power"] == pytest.approx(
        40 * 0.08 * (0.04 + 0.96 * 0.4), rel=0.05
    )


def test_what_was_commanded_steps_at_once_and_the_rest_with_the_plant(stand: Stand) -> None:
    world = stand.memory.world
    lamps, others = world.models["corridor-1"], world.models["corridor-2"]
    stand.go(6)
    stepped_s = world.wall_ms / 1000
    stand.memory.submit(Write(1, stand.point("corridor-1-zone-1.level"), 80.0, 15))
    stand.go(2)
    assert (lamps.environment.time_s, others.environment.time_s) == (stepped_s + 20, stepped_s)
    stand.go(4)
    assert lamps.environment.time_s == others.environment.time_s == stepped_s + 60


@pytest.mark.parametrize(
    ("key", "value", "detail"),
    [
        ("street-1.level", 140.0, "140.0 is outside 0.0 to 100.0"),
        ("street-1.level", None, "there is no slot to release on Modbus"),
        ("corridor-1-zone-1.level", -1.0, "-1.0 is outside 0.0 to 100.0"),
        ("main-1.p_total", 1.0, "read-only"),
    ],
)
def test_what_a_point_does_not_allow_is_refused(
    stand: Stand, key: str, value: Value | None, detail: str
) -> None:
    report = stand.write(key, value)
    assert (report.fate, report.detail) == (Fate.REJECTED, detail)


def test_a_priority_array_lets_the_lowest_slot_win_and_is_relinquished(stand: Stand) -> None:
    key = "corridor-1-zone-1.level"
    assert stand.write(key, 80.0, 15).fate is Fate.READ_BACK
    assert stand.write(key, 30.0, 8).fate is Fate.READ_BACK
    assert stand.value(key) == 30
    assert stand.write(key, None, 8).fate is Fate.READ_BACK
    assert stand.value(key) == 80
    stand.write(key, 50.0, 10, null=(15,))
    slots = [event.slots for event in stand.events if isinstance(event, SlotState)][-1]
    assert slots == ((10, 50.0),)
    assert stand.write(key, 50.0, 16).detail == "slot not ours to write"


def test_a_momentary_output_goes_off_again(stand: Stand) -> None:
    report = stand.write("canteen-water-1.flush", True)
    assert report.fate is Fate.READ_BACK
    assert stand.memory.world.models["canteen-water-1"].told["flush"] is False


def test_a_silent_device_grows_lost_and_comes_back(stand: Stand) -> None:
    device = next(one for one in stand.plan.devices if one.name == "grey-plant")
    stand.memory.fault("freeze", device="grey-plant")
    events = stand.go(2)
    assert DeviceState(device.id, False, "time-out") in events
    heard = {point for event in events for point in points_of(event)}
    assert heard.isdisjoint(device.points)
    assert stand.write("grey-water.mode", 1).fate is Fate.NOT_SENT
    stand.memory.fault("freeze", False, device="grey-plant")
    assert DeviceState(device.id, True, "answers") in stand.go(1)
    assert stand.write("grey-water.mode", 1).fate is Fate.READ_BACK


def test_a_restarted_lighting_controller_has_lost_its_commands_and_says_so(stand: Stand) -> None:
    key = "corridor-1-zone-1.level"
    stand.write(key, 80.0)
    device = next(one for one in stand.plan.devices if one.name == "corridor-1")
    stand.memory.fault("restart", device="corridor-1")
    events = stand.go()
    assert DeviceState(device.id, True, "announced itself again", restarted=True) in events
    assert SlotState(stand.point(key), ()) in events
    assert stand.value(key) == 0


FAULTS: list[tuple[str, str, dict[str, Any], str]] = [
    ("stuck", "grey-plant", {"point": "eq_level"}, "grey-plant.eq_level"),
    ("frozen-counter", "data-room", {}, "data-room.energy_import"),
]


@pytest.mark.parametrize(("fault", "device", "numbers", "key"), FAULTS)
def test_a_stuck_value_stands_still(
    stand: Stand, fault: str, device: str, numbers: dict[str, Any], key: str
) -> None:
    stand.memory.fault(fault, device=device, **numbers)
    before = stand.value(key)
    stand.go(60)
    assert stand.value(key) == before
    stand.memory.fault(fault, False, device=device, **numbers)
    stand.go(60)
    assert stand.value(key) != before


def test_a_counter_jumps(stand: Stand) -> None:
    before = stand.value("data-room.energy_import")
    stand.memory.fault("counter-jump", device="data-room", by=5000.0)
    stand.go(3)
    after = stand.value("data-room.energy_import")
    assert isinstance(before, float)
    assert isinstance(after, float)
    assert 5000 <= after - before < 5010


def test_a_lying_device_is_found_out(stand: Stand) -> None:
    stand.memory.fault("lying-write", device="street")
    stand.go()
    report = stand.write("street-1.level", 33.0)
    assert report.fate is Fate.MISMATCH


def test_an_exception_makes_readings_bad_with_its_reason(stand: Stand) -> None:
    stand.memory.fault("exception", device="street", code=4)
    events = stand.go(2)
    point = stand.point("street-1.level")
    reading = next(event.reading for event in events if isinstance(event, Sample) and event.point == point)
    assert (reading.quality, reading.reason) == (Quality.BAD, "exception 4")
    assert stand.write("street-1.level", 33.0).detail == "exception 4"
    stand.memory.fault("exception", False, device="street")
    stand.go(2)
    assert stand.value("street-1.level") is not None


@pytest.mark.parametrize(
    ("name", "aim", "says"),
    [
        ("crc", {"device": "street"}, "needs a wire"),
        ("mumble", {"device": "street"}, "no fault 'mumble'"),
        ("freeze", {"device": "nobody"}, "no device 'nobody'"),
        ("freeze", {}, "aimed at one device or one line"),
        ("stuck", {"line": "S1"}, "a fault of a device"),
        ("refuse-writes", {"device": "street"}, "of BACnet devices"),
    ],
)
def test_what_cannot_be_had_is_refused(stand: Stand, name: str, aim: dict[str, Any], says: str) -> None:
    with pytest.raises(FaultError, match=says):
        stand.memory.fault(name, **aim)


@pytest.mark.slow
def test_the_step_of_the_plant_changes_energy_and_starts_little() -> None:
    """What is allowed to a plant that is looked at every minute only."""
    plan, facts = sites.example("shuangliu")
    found = [_a_day(plan, facts, step_s) for step_s in (10.0, PLANT_STEP_S)]
    for name, (kwh, starts) in found[0].items():
        assert found[1][name][0] == pytest.approx(kwh, rel=0.02, abs=0.3), name
        assert found[1][name][1] == pytest.approx(starts, rel=0.25, abs=2), name


def _a_day(plan: Plan, facts: dict[str, object], step_s: float) -> dict[str, tuple[float, int]]:
    from drivers.simulators.plant.devices.metering import ElectricMeter
    from drivers.simulators.plant.world import World

    world = World(plan, facts, 1, START_MS, step_s)
    before = {name: model.total for name, model in world.models.items() if isinstance(model, ElectricMeter)}
    for number in range(round(86_400 / step_s)):
        world.advance(START_MS + (number + 1) * step_s * 1000)
    found: dict[str, tuple[float, int]] = {
        name: (world.models[name].total - start, 0)  # type: ignore[attr-defined]
        for name, start in before.items()
    }
    motors = world.models["grey-plant"].machines()
    return found | {name: (0.0, motor.starts) for name, motor in motors.items()}


def test_who_comes_after_another_is_told_everything(stand: Stand) -> None:
    """What was asked by the one is answered to nobody; what is momentary ends all the same."""
    before = dict(stand.said)
    pulse = next(
        item.id
        for item in stand.plan.points
        if item.command is not None
        and not item.life_safety
        and item.kind == "bool"
        and item.command.targetable
    )
    stand.memory.submit(Write(999, pulse, True, 15))
    stand.memory.reopen()
    stand.said.clear()
    found = stand.go(0)
    assert not [event for event in found if isinstance(event, WriteReport)]
    assert stand.said.keys() == before.keys()
    assert [event for event in found if isinstance(event, SlotState)]


def test_one_who_comes_while_a_device_is_silent_notices_it_himself(stand: Stand) -> None:
    stand.memory.fault("freeze", device="main-1")
    lost = [event for event in stand.go(2) if isinstance(event, DeviceState)]
    assert [event.online for event in lost] == [False]
    stand.memory.reopen()
    again = [event for event in stand.go(2) if isinstance(event, DeviceState)]
    assert [event for event in again if not event.online] == lost
    assert {event.device for event in again if event.online} == {
        device.id for device in stand.plan.devices if device.name != "main-1"
    }
    # A restart of what is frozen does not thaw it.
    stand.memory.fault("restart", device="main-1")
    assert not [event for event in stand.go(3) if isinstance(event, DeviceState)]


def test_a_device_that_answers_again_as_somebody_else_comes_is_told_to_him(stand: Stand) -> None:
    """As a driver tells its first answer: he may know that it was lost."""
    (device,) = (item.id for item in stand.plan.devices if item.name == "main-1")
    stand.memory.fault("freeze", device="main-1")
    stand.go(2)
    stand.memory.reopen([device])
    stand.memory.fault("freeze", on=False, device="main-1")
    states = [event for event in stand.go(1) if isinstance(event, DeviceState)]
    assert states == [DeviceState(device, True, "answers")]


def test_a_point_says_what_it_is_made_to_say_and_then_its_own_again(stand: Stand) -> None:
    point = next(
        item
        for item in stand.plan.points
        if item.command is None and item.kind == "bool" and item.poll_s < 10
    )
    own = stand.said[point.id]
    stand.memory.force(point.id, not own)
    stand.go(2)
    assert stand.said[point.id] is (not own)
    stand.memory.force(point.id, None)
    stand.go(2)
    assert stand.said[point.id] is own
    commanded = next(
        item
        for item in stand.plan.points
        if isinstance(item.source, BacnetObject) and item.source.commandable
    )
    with pytest.raises(FaultError, match="that the plant says"):
        stand.memory.force(commanded.id, 1.0)


def test_a_hand_at_a_device_changes_what_it_has(stand: Stand) -> None:
    modbus = next(
        item
        for item in stand.plan.points
        if item.command is not None and item.kind == "bool" and not isinstance(item.source, BacnetObject)
    )
    was = stand.memory.had(modbus.id).value
    stand.memory.by_hand(modbus.id, not was, 0)
    assert stand.memory.had(modbus.id).value is (not was)
    bacnet = next(
        item
        for item in stand.plan.points
        if item.command is not None and item.kind == "number" and isinstance(item.source, BacnetObject)
    )
    stand.memory.by_hand(bacnet.id, 40.0, 3)
    assert dict(stand.memory.had(bacnet.id).slots)[3] == 40.0
