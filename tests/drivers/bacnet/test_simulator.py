"""The simulated device by itself: what the plant and other tests rely on."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from bacpypes3.ipv4.app import NormalApplication
from bacpypes3.local.device import DeviceObject
from bacpypes3.pdu import Address, IPv4Address
from bacpypes3.primitivedata import Null

from config.plan.reading import Value
from drivers.simulators.bacnet import BacnetSimulator
from tests.drivers.bacnet.bench import ALL, DOOR, LUX, Spec, plan


@pytest.fixture
async def device() -> AsyncIterator[BacnetSimulator]:
    hours = Spec("hours", "accumulator 1", scale=3600.0)
    shade = Spec("shade", "positive-integer-value 1", command=ALL[1].command)
    made = plan({"a": [*ALL, hours, shade]})
    simulator = BacnetSimulator(made.devices[0], made.points)
    await simulator.start()
    yield simulator
    await simulator.stop()


async def test_a_commandable_object_begins_at_its_relinquish_default(device: BacnetSimulator) -> None:
    for name in ("level", "lamp", "scene", "speed", "shade"):
        made = device._objects[name]
        assert made.presentValue == made.relinquishDefault
        assert device.slots(name) == {}


async def test_local_logic_stands_behind_every_command(device: BacnetSimulator) -> None:
    heard: list[tuple[str, Value | None]] = []
    device.on_command(lambda name, value: heard.append((name, value)))
    device.set_value("level", 20.0)
    assert device.value("level") == 20.0
    device.command("level", 70.0, 9)
    device.command("level", 60.0, 12)
    device.set_value("level", 30.0)
    assert device.value("level") == 70.0
    device.command("level", None, 9)
    device.command("level", None, 12)
    assert device.value("level") == 30.0
    device.set_value("level", None)
    assert device.value("level") == 0.0
    assert heard == [("level", 70.0), ("level", 60.0), ("level", None)]


async def test_values_in_engineering_units_both_ways(device: BacnetSimulator) -> None:
    given: dict[str, Value] = {
        "lux": 250.0,
        "speed": 45.0,
        "lamp": True,
        "scene": 3,
        "door": True,
        "firmware": "v1",
        "hours": 7200.0,
        "shade": 12.0,
    }
    for name, value in given.items():
        device.set_value(name, value)
        assert device.value(name) == value


async def test_a_sensor_without_a_value_is_unreliable_until_it_has_one(device: BacnetSimulator) -> None:
    lux = device._objects["lux"]
    device.set_value("lux", None)
    assert list(lux.statusFlags) == [0, 1, 0, 0]
    device.set_value("lux", 3.0)
    assert list(lux.statusFlags) == [0, 0, 0, 0]


async def test_a_restart_clears_what_was_commanded(device: BacnetSimulator) -> None:
    device.set_value("level", 20.0)
    device.command("level", 70.0, 9)
    device.fault("restart", True)
    assert device.slots("level") == {}


async def test_unknown_faults_and_numbers_are_refused(device: BacnetSimulator) -> None:
    with pytest.raises(ValueError, match="no fault earthquake"):
        device.fault("earthquake", True)
    with pytest.raises(ValueError, match="slow takes seconds, not minutes"):
        device.fault("slow", True, minutes=3.0)
    with pytest.raises(ValueError, match="slow: seconds is x, which is no number"):
        device.fault("slow", True, seconds="x")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="needs a point"):
        device.fault("reliability", True)


async def test_two_devices_never_share_an_address() -> None:
    made = plan({"a": [LUX], "b": [DOOR]})
    first = BacnetSimulator(made.devices[0], made.points[:1])
    await first.start()
    try:
        port = int(first.address.partition(":")[2])
        with pytest.raises(OSError, match="in use"):
            await BacnetSimulator(made.devices[1], made.points[1:], port=port).start()
    finally:
        await first.stop()


async def test_bacpypes3_itself_reads_commands_and_relinquishes_it(device: BacnetSimulator) -> None:
    """The simulator must be right by another client than our driver."""
    own = DeviceObject(objectIdentifier=("device", 1), objectName="client", vendorIdentifier=999)
    client = NormalApplication(own, IPv4Address("127.0.0.1:0"))
    there = Address(device.address)
    try:
        device.set_value("level", 20.0)
        assert await client.read_property(there, "analog-output,1", "present-value") == 20.0
        assert await client.read_property(there, "analog-input,1", "object-name") == "lux"
        found = await client.read_property(there, "device,4194303", "object-identifier")
        assert str(found) == "device,1001"
        await client.write_property(there, "analog-output,1", "present-value", 80.0, priority=10)
        assert device.value("level") == 80.0
        await client.write_property(there, "analog-output,1", "present-value", Null(()), priority=10)
        assert device.value("level") == 20.0
        states = await client.read_property(there, "multi-state-value,1", "state-text")
        assert [str(text) for text in states] == ["none", "work", "meeting"]
    finally:
        client.close()
