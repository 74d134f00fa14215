"""Every transport carries the same device: functions, exceptions, limits, units, broken lines."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from typing import Any

import pytest

from config.plan.lines import Line
from drivers.simulators.simulation import Simulation
from tests.drivers.simulators import plans
from tests.drivers.simulators.masters import Refusal, RtuTcpMaster, SerialMaster, TcpMaster, crc16

LINES: dict[str, tuple[Line, Any]] = {
    "tcp": (plans.TCP, TcpMaster),
    "rtu-over-tcp": (plans.OVER_TCP, RtuTcpMaster),
    "serial": (plans.SERIAL, SerialMaster),
}


@pytest.fixture(params=LINES)
async def both(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Simulation, Any]]:
    """A simulation of the small plan, and a master on its line."""
    line, master_class = LINES[request.param]
    async with Simulation(plans.small(line), {}, plans.Clock(), tick_s=3600) as simulation:
        master = await master_class.open(simulation.overlay()["lines"]["T1"])
        yield simulation, master
        await master.close()


async def test_coils(both: tuple[Simulation, Any]) -> None:
    simulation, master = both
    await master.write_coil(1, 1, True)
    assert await master.bits(1, 1, 0, 2) == [0, 1]
    await master.write_coils(1, 0, [1, 0])
    assert await master.bits(1, 1, 0, 2) == [1, 0]
    assert simulation.devices["relay"].model.told == {"ch1": True, "ch2": False, "ch4": False}


async def test_registers_and_orders(both: tuple[Simulation, Any]) -> None:
    simulation, master = both
    await master.write_register(2, 0, 30)
    high, low = struct.unpack(">HH", struct.pack(">f", 300_000.0))
    await master.write_registers(2, 2, [low, high])
    assert simulation.devices["panel"].model.told["pressure"] == 300_000.0
    assert await master.registers(2, 3, 0, 1) == [30]
    assert await master.registers(2, 3, 2, 2) == [low, high]


async def test_fields_of_one_word(both: tuple[Simulation, Any]) -> None:
    """Only the fields that change reach the model; bits that are no output keep what the plant says."""
    simulation, master = both
    told = simulation.devices["panel"].model.told
    await master.write_register(2, 4, 0x8021)
    assert (told["mode"], told["lamp"]) == (2, True)
    assert await master.registers(2, 3, 4, 1) == [0x0021]
    with pytest.raises(Refusal) as refusal:
        await master.write_register(2, 4, 0x0031)
    assert refusal.value.code == 3
    assert await master.registers(2, 3, 4, 1) == [0x0021]


REFUSED = [
    ("unknown function", 2, bytes([7]), 1),
    ("mask write", 2, struct.pack(">BHHH", 22, 0, 0xFFFF, 0), 1),
    ("register function of another kind", 2, struct.pack(">BHHBH", 16, 0, 1, 2, 5), 1),
    ("single write of a float", 2, struct.pack(">BHH", 6, 2, 5), 1),
    ("address nobody has", 2, struct.pack(">BHH", 3, 100, 1), 2),
    ("gap", 2, struct.pack(">BHH", 3, 0, 3), 2),
    ("another table", 2, struct.pack(">BHH", 4, 2, 1), 2),
    ("write of a measurement", 3, struct.pack(">BHH", 6, 0, 5), 2),
    ("too many for the device", 2, struct.pack(">BHH", 3, 0, 5), 3),
    ("too many for the protocol", 3, struct.pack(">BHH", 3, 0, 126), 3),
    ("none at all", 3, struct.pack(">BHH", 3, 0, 0), 3),
    ("value out of range", 2, struct.pack(">BHH", 6, 0, 101), 3),
    ("half a float", 2, struct.pack(">BHHBH", 16, 2, 1, 2, 5), 3),
    ("coil neither on nor off", 1, struct.pack(">BHH", 5, 0, 1), 3),
    ("counts that do not agree", 1, struct.pack(">BHHBB", 15, 0, 9, 1, 1), 3),
]


@pytest.mark.parametrize(
    ("unit", "pdu", "code"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
async def test_refused(both: tuple[Simulation, Any], unit: int, pdu: bytes, code: int) -> None:
    _, master = both
    with pytest.raises(Refusal) as refusal:
        await master.request(unit, pdu)
    assert refusal.value.code == code


async def test_gap_is_read_where_allowed(both: tuple[Simulation, Any]) -> None:
    _, master = both
    words = await master.registers(3, 3, 0, 12)
    assert words[2:10] == [0] * 8


async def test_contact_not_available_and_counter(both: tuple[Simulation, Any]) -> None:
    """A normally closed contact that rests is closed; None is the device's own code; a counter rolls over."""
    simulation, master = both
    assert await master.bits(2, 2, 7, 1) == [1]
    panel, meter = simulation.devices["panel"], simulation.devices["meter"]
    assert panel.put is not None
    assert meter.put is not None
    panel.put(panel.points["door"], True)
    assert await master.bits(2, 2, 7, 1) == [0]
    panel.put(panel.points["probe"], -12.3)
    assert await master.registers(2, 4, 0, 1) == [0x10000 - 123]
    panel.put(panel.points["probe"], 9999.0)
    assert await master.registers(2, 4, 0, 1) == [0x7FFE]
    panel.put(panel.points["probe"], None)
    assert await master.registers(2, 4, 0, 1) == [0x7FFF]
    meter.put(meter.points["energy_import"], 1_000_000.25)
    assert await master.registers(3, 3, 10, 2) == [0, 25]


async def test_foreign_unit() -> None:
    """Silence on a serial line; a TCP gateway says that nobody is there."""
    for line, master_class in LINES.values():
        async with Simulation(plans.small(line), {}, plans.Clock(), tick_s=3600) as simulation:
            master = await master_class.open(simulation.overlay()["lines"]["T1"])
            master.timeout = 0.3
            with pytest.raises((TimeoutError, Refusal)) as got:
                await master.registers(99, 3, 0, 1)
            assert isinstance(got.value, Refusal) == (line.transport == "modbus-tcp")
            await master.close()


async def test_broadcast_is_obeyed_in_silence() -> None:
    async with Simulation(plans.small(plans.SERIAL), {}, plans.Clock(), tick_s=3600) as simulation:
        master = await SerialMaster.open(simulation.overlay()["lines"]["T1"])
        master.timeout = 0.3
        with pytest.raises(TimeoutError):
            await master.write_coil(0, 0, True)
        assert simulation.devices["relay"].model.told["ch1"] is True
        await master.close()


async def test_serial_reply_takes_its_wire_time() -> None:
    """60 registers at 19200 8N1: 8 + 125 characters of 10 bits take 69 ms, at whatever speed the site
    runs."""
    plan = plans.Builder(plans.SERIAL).device(
        "wide", *(plans.point(f"r{n}", plans.register("holding", n)) for n in range(60))
    ).plan()  # fmt: skip
    clock = plans.Clock()
    clock.speed = 600.0
    async with Simulation(plan, {}, clock, tick_s=3600) as simulation:
        master = await SerialMaster.open(simulation.overlay()["lines"]["T1"])
        loop = asyncio.get_running_loop()
        took_s = []
        for _ in range(4):
            begin = loop.time()
            await master.registers(1, 3, 0, 60)
            took_s.append(loop.time() - begin)
        assert 0.069 <= min(took_s) < 0.15, "the least: a busy machine is late now and then"
        await master.close()


async def test_requests_in_lumps_and_junk() -> None:
    """A frame that comes in two parts is one; junk is forgotten after a silence."""
    async with Simulation(plans.small(plans.OVER_TCP), {}, plans.Clock(), tick_s=3600) as simulation:
        master = await RtuTcpMaster.open(simulation.overlay()["lines"]["T1"])
        request = bytes([1, 1, 0, 0, 0, 2])
        frame = request + crc16(request)
        loop, parted_s = asyncio.get_running_loop(), 1.0
        while parted_s > 0.015:  # longer on a busy machine: then they are none
            await asyncio.sleep(0.1)
            master.writer.write(frame[:3])
            begun_s = loop.time()
            await asyncio.sleep(0.005)
            parted_s = loop.time() - begun_s
            master.writer.write(frame[3:])
        assert (await master.reader.read(100))[:3] == bytes([1, 1, 1])
        master.writer.write(b"\x01\x03rubbish")
        await asyncio.sleep(0.05)
        assert await master.bits(1, 1, 0, 2) == [0, 0]
        await master.close()


@pytest.mark.parametrize("kind", LINES)
async def test_unplugged_line_comes_back_at_its_address(kind: str) -> None:
    line, master_class = LINES[kind]
    async with Simulation(plans.small(line), {}, plans.Clock(), tick_s=3600) as simulation:
        where = simulation.overlay()["lines"]["T1"]
        master = await master_class.open(where)
        await master.bits(1, 1, 0, 2)
        await simulation.fault("unplug", True, line="T1")
        master.timeout = 0.3
        with pytest.raises((OSError, EOFError, AssertionError, TimeoutError)):
            await master.bits(1, 1, 0, 2)
        with pytest.raises((ConnectionRefusedError, FileNotFoundError)):
            await master_class.open(where)
        await simulation.fault("unplug", False, line="T1")
        assert simulation.overlay()["lines"]["T1"] == where
        again = await master_class.open(where)
        assert await again.bits(1, 1, 0, 2) == [0, 0]
        await again.close()
        await master.close()
