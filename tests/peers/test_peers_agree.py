"""The peers among themselves, without louguan: what they say is believed in this folder's other tests."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers.programs import (
    RefusedError,
    bacnet,
    libmodbus_rtu,
    libmodbus_tcp,
    mbpoll,
    modbus_serial,
    serial_line,
)

pytestmark = pytest.mark.peers

UNIT = 7


@pytest.fixture(params=["tcp", "rtu"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a client finds a fresh libmodbus server, over each transport."""
    if request.param == "tcp":
        with libmodbus_tcp() as port:
            yield f"127.0.0.1:{port}"
    else:
        with serial_line(tmp_path) as (ours, theirs), libmodbus_rtu(theirs, UNIT):
            yield ours


def test_both_clients_read_the_known_start_values(where: str) -> None:
    floats_and_more = [0x42F7, 0, 0, 0xC0E8, 0xEE6B, 0x2800, 0x10000 - 40]
    assert modbus_serial(where, UNIT, "read", "holding", 99, 9) == [1099, *floats_and_more, 1107]
    assert modbus_serial(where, UNIT, "read", "input", 5, 3) == [2005, 2006, 2007]
    assert modbus_serial(where, UNIT, "read", "coil", 0, 5) == [True, False, False, True, False]
    assert modbus_serial(where, UNIT, "read", "discrete", 0, 3) == [False, True, False]
    assert mbpoll(where, UNIT, "4", 98, count=2) == {98: 1098, 99: 1099}
    assert mbpoll(where, UNIT, "4:float", 100) == {100: 123.5}
    assert mbpoll(where, UNIT, "3", 199) == {199: 2199}
    assert mbpoll(where, UNIT, "0", 2, count=2) == {2: 0, 3: 1}


def test_what_one_client_writes_the_other_reads(where: str) -> None:
    assert modbus_serial(where, UNIT, "write", "holding", 3, 77) == 1
    assert modbus_serial(where, UNIT, "write-many", "holding", 4, 500, 60000) == 2
    assert modbus_serial(where, UNIT, "write", "coil", 1, 1) == 1
    assert modbus_serial(where, UNIT, "write-many", "coil", 2, 1, 0, 1) == 3
    assert mbpoll(where, UNIT, "4", 3, count=3) == {3: 77, 4: 500, 5: 60000}
    assert mbpoll(where, UNIT, "0", 0, count=5) == {0: 1, 1: 1, 2: 1, 3: 0, 4: 1}
    mbpoll(where, UNIT, "4", 10, write=(4242, 4343))
    mbpoll(where, UNIT, "4:float", 12, write=(-2.5,))
    mbpoll(where, UNIT, "0", 9, write=(0,))
    assert modbus_serial(where, UNIT, "read", "holding", 10, 4) == [4242, 4343, 0xC020, 0]
    assert modbus_serial(where, UNIT, "read", "coil", 9, 1) == [False]


def test_a_refusal_is_told(where: str) -> None:
    with pytest.raises(RefusedError, match="Illegal data address"):
        modbus_serial(where, UNIT, "read", "holding", 199, 2)
    with pytest.raises(RefusedError, match="Illegal data address"):
        mbpoll(where, UNIT, "4", 199, count=2)


def test_silence_is_told(tmp_path: Path) -> None:
    with (
        serial_line(tmp_path) as (ours, theirs),
        libmodbus_rtu(theirs, UNIT),
        pytest.raises(RefusedError, match="Timed out"),
    ):
        modbus_serial(ours, UNIT + 1, "read", "holding", 0, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        with pytest.raises(RefusedError, match="TIMEOUT"):
            bacnet(f"127.0.0.1:{mute.getsockname()[1]}", "read", "device,1", "object-name")


async def test_the_bacnet_client_reads_commands_and_relinquishes() -> None:
    """Against a bare bacpypes3 device, so that a fault of our simulator cannot hide in it."""
    from bacpypes3.ipv4.app import NormalApplication
    from bacpypes3.local.analog import AnalogOutputObject
    from bacpypes3.local.device import DeviceObject
    from bacpypes3.pdu import IPv4Address

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    device = DeviceObject(objectIdentifier=("device", 1001), objectName="bare", vendorIdentifier=999)
    application = NormalApplication(device, IPv4Address(address))
    application.add_object(
        AnalogOutputObject(
            objectIdentifier=("analog-output", 1),
            objectName="dimmer",
            presentValue=10.0,
            relinquishDefault=10.0,
        )
    )
    dimmer = "analog-output,1"

    async def ask(*words: object) -> object:
        said = await asyncio.to_thread(bacnet, address, *words)
        return next(iter(said.values()))

    try:
        found = await ask("who-is")
        assert isinstance(found, list)
        assert [one["deviceId"] for one in found] == [1001]
        assert await ask("read", dimmer, "present-value") == 10
        assert await ask("write", dimmer, "present-value", "real", 42.5, 10)
        assert await ask("write", dimmer, "present-value", "real", 60, 8)
        slots = [None] * 7 + [60, None, 42.5] + [None] * 6
        assert await ask(
            "read-multiple", f"{dimmer}:present-value:priority-array", "device,1001:object-name"
        ) == {
            dimmer: {"present-value": 60, "priority-array": slots},
            "device,1001": {"object-name": "bare"},
        }
        assert await ask("relinquish", dimmer, 8)
        assert await ask("read", dimmer, "present-value") == 42.5
        assert await ask("relinquish", dimmer, 10)
        assert await ask("read", dimmer, "present-value") == 10
        assert await ask("read", dimmer, "priority-array", 10) is None
        with pytest.raises(RefusedError, match="Class:1 - Code:31"):  # object, unknown-object
            await ask("read", "analog-input,9", "present-value")
    finally:
        application.close()
