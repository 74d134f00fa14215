"""No wrong value ever, whatever stands between the driver and the server.

A value names the unit, table and address it belongs to; several reads of each unit have the same shape, so
that an answer taken for another's would be believed by every check of form.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack

import pytest

from config.plan.clock import Pace
from config.plan.lines import Line
from config.plan.points import Point, Register
from config.plan.reading import Quality
from config.plan.site import Plan
from drivers.api import Inbox, Sample
from drivers.backoff import Manners
from drivers.modbus import open_line
from hil_tests.modbus_servers import TcpServer, Unit, named_bit, named_value
from hil_tests.proxy import RTU_FAULTS, TCP_FAULTS, RtuFault, RtuMischief, RtuProxy, TcpFault, TcpProxy
from hil_tests.unfolding import Unfolding
from tests.drivers.build import MachineClock, line, plan, point

UNITS = (1, 2, 3)
QUICK, LONG = 300, 20_000
RATE = 0.1


def points(unit: int) -> list[Point]:
    """Four reads of two registers, two of one, and one of eight bits, from every table."""
    found = [
        point(f"h{address}", Register("holding", address, "uint32"), poll_s=0.001)
        for address in (10, 30, 40, 100)
    ]
    found += [
        point(f"i{address}", Register("input", address, "uint16"), poll_s=0.001) for address in (10, 30)
    ]
    found += [point(f"c{address}", Register("coil", address, "bool"), poll_s=0.001) for address in range(8)]
    return found


def expected(site: Plan, sample: Sample) -> int | bool:
    """The value that the point has at the server."""
    one = site.points[sample.point]
    unit = site.devices[one.device].unit
    assert isinstance(one.source, Register)
    address = one.source.address
    if one.source.space == "coil":
        return bool(named_bit(unit, 1, address))
    if one.source.space == "input":
        return named_value(unit, 4, address)
    return named_value(unit, 3, address) << 16 | named_value(unit, 3, address + 1)


async def read_all(site: Plan, own_line: Line, reads_: int, timeout_s: float) -> Counter[str]:
    """Poll until so many reads were asked for; judges every sample."""
    inbox = Inbox()
    readings = Unfolding(inbox)
    manners = Manners(timeout_s, step_s=0.001, longest_s=0.005, least_patience_s=timeout_s)
    driver = open_line(site, own_line, inbox, MachineClock(), Pace(), manners=manners)
    seen: Counter[str] = Counter()
    await driver.start()
    try:
        while driver.status().requests < reads_:
            await asyncio.sleep(0.05)
            for event in readings.take():
                if isinstance(event, Sample):
                    judge(site, event)
                    seen[event.reading.quality.name] += 1
                    seen[site.points[event.point].key] += 1
    finally:
        await driver.stop()
    seen["time-outs"] = driver.status().timeouts
    return seen


def judge(site: Plan, sample: Sample) -> None:
    if sample.reading.quality is Quality.GOOD:
        assert sample.reading.value == expected(site, sample), site.points[sample.point].key
    else:
        assert sample.reading.value is None


async def test_tcp_for_a_while() -> None:
    await asyncio.gather(*(spoil_tcp(fault, QUICK) for fault in TCP_FAULTS))


@pytest.mark.parametrize("transport", ["modbus-rtu", "modbus-rtu-over-tcp"])
async def test_rtu_for_a_while(transport: str) -> None:
    await asyncio.gather(*(spoil_rtu(transport, fault, QUICK) for fault in RTU_FAULTS))


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("fault", TCP_FAULTS)
async def test_tcp(fault: TcpFault) -> None:
    await spoil_tcp(fault, LONG)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("fault", RTU_FAULTS)
@pytest.mark.parametrize("transport", ["modbus-rtu", "modbus-rtu-over-tcp"])
async def test_rtu(transport: str, fault: RtuFault) -> None:
    await spoil_rtu(transport, fault, LONG)


async def spoil_tcp(fault: TcpFault, reads: int) -> None:
    timeout_s = 0.015
    units = {unit: Unit(unit) for unit in UNITS}
    async with TcpServer(units) as server, TcpProxy(server.port, fault, RATE, 7, timeout_s) as proxy:
        own_line = line("modbus-tcp", port=proxy.port, timeout_s=timeout_s)
        site = plan(own_line, {unit: points(unit) for unit in UNITS})
        seen = await read_all(site, own_line, reads, timeout_s)
    assert_worked(fault, seen, reads, proxy.spoilt)


async def spoil_rtu(transport: str, fault: RtuFault, reads: int) -> None:
    timeout_s = 0.015
    units = {unit: Unit(unit) for unit in UNITS}
    tcp = transport == "modbus-rtu-over-tcp"
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(TcpServer(units, rtu=True))
        mischief = RtuMischief(fault, RATE, 7, timeout_s)
        proxy = await stack.enter_async_context(RtuProxy(server.port, mischief, tcp=tcp))
        own_line = line(transport, port=proxy.port, path=proxy.path, baud=115200, timeout_s=timeout_s)
        site = plan(own_line, {unit: points(unit) for unit in UNITS})
        seen = await read_all(site, own_line, reads, timeout_s)
    assert_worked(fault, seen, reads, mischief.spoilt)


def assert_worked(fault: str, seen: Counter[str], reads_: int, spoilt: int) -> None:
    """Something was spoilt, and yet every point was read."""
    print(
        f"{fault}: {reads_} reads, {spoilt} spoilt, {seen['GOOD']} good values, {seen['time-outs']} time-outs"
    )
    assert spoilt > reads_ * RATE / 3
    assert seen["GOOD"] > reads_ / 4
    assert len([key for key in seen if "." in key]) == len(UNITS) * len(points(1))
