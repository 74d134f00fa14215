"""Other devices on a Modbus line while it runs: what stays is not disturbed."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from drivers.api import DeviceState, Fate, Sample, Served, Write, WriteReport
from drivers.modbus.driver import ModbusLine
from hil_tests.modbus_servers import TcpServer, named_value
from tests.drivers.build import word
from tests.drivers.modbus.benches import TRANSPORTS, Bench
from tests.drivers.modbus.test_writes import relay

transports = pytest.mark.parametrize("transport", TRANSPORTS)


def served(bench: Bench, unit: int, device: int, first: int, *addresses: int) -> Served:
    """A device of other registers, by numbers that the line has never had."""
    points = tuple(
        replace(word(f"r{address}", address, poll_s=0.05), id=first + place, device=device)
        for place, address in enumerate(addresses)
    )
    like = bench.plan.devices[0]
    return Served(replace(like, id=device, unit=unit, points=tuple(point.id for point in points)), points)


def line_of(bench: Bench) -> ModbusLine:
    assert isinstance(bench.driver, ModbusLine)
    return bench.driver


@transports
async def test_one_device_becomes_another_and_its_neighbour_notices_nothing(transport: str) -> None:
    units = {9: [word("old", 1, poll_s=0.05)], 11: [word("other", 2, poll_s=0.05)]}
    async with Bench(transport, units) as bench:
        await bench.online()
        line_of(bench).take([0], [served(bench, 9, 7, 50, 30, 31)])
        state = await bench.until(DeviceState, lambda event: event.device == 7)
        assert state.online
        read = await bench.until(Sample, lambda event: event.point == 51)
        assert read.reading.value == named_value(9, 3, 31)
        bench.take()
        mark = len(bench.events)
        for point in (50, 51, 1):
            await bench.until(Sample, lambda event, point=point: event.point == point)  # type: ignore[misc]
        await asyncio.sleep(0.2)
        bench.take()
        assert 0 not in {event.point for event in bench.events[mark:] if isinstance(event, Sample)}
        assert [event.device for event in bench.seen(DeviceState)].count(1) == 1
        if isinstance(bench.server, TcpServer):
            assert bench.server.connections == 1


@transports
async def test_a_device_comes_and_goes_and_the_line_stays_open(transport: str) -> None:
    async with Bench(transport, {9: [word("first", 1, poll_s=0.05)], 11: []}, timeout_s=4.0) as bench:
        await bench.online()
        line_of(bench).take((), [served(bench, 11, 5, 20, 4)])
        assert (await bench.until(Sample, lambda event: event.point == 20)).reading.value == named_value(
            11, 3, 4
        )
        line_of(bench).take([5], [])
        await asyncio.sleep(0.1)
        bench.take()
        mark = len(bench.events)
        await asyncio.sleep(0.2)
        bench.take()
        late = [event for event in bench.events[mark:] if isinstance(event, Sample) and event.point == 20]
        assert late == []
        assert bench.driver.status().connected
        assert bench.driver.status().timeouts == 0


async def test_what_waits_for_a_device_that_goes_is_answered_and_a_pulse_ended() -> None:
    units = {1: [relay("stop", 2, pulse_s=0.3, verify="none"), relay("lamp", 3)], 2: [word("x", 1)]}
    async with Bench("modbus-tcp", units) as bench:
        await bench.online()
        bench.submit("u1.stop", True)
        await bench.holds(1, 1, 2, 1)
        bench.units[1].written.pop((1, 3), None)
        bench.driver.submit(Write(77, bench.point("u1.lamp").id, True, 15))
        line_of(bench).take([0], [])
        report = await bench.until(WriteReport, lambda event: event.seq == 77)
        assert (report.fate, report.detail) == (Fate.NOT_SENT, "its device has left the plan")
        await bench.holds(1, 1, 2, 0)
        assert (1, 3) not in bench.units[1].written
