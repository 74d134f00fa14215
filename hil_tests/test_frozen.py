"""Six frozen units on each kind of line: the others keep their poll period, and each loss is told once."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection
from contextlib import AsyncExitStack
from itertools import pairwise
from typing import Any

import pytest

from config.plan.clock import Pace
from config.plan.lines import Line
from drivers.api import DeviceState, Event, Inbox, Sample
from drivers.modbus import open_line
from hil_tests.modbus_servers import PtyServer, TcpServer, Unit
from hil_tests.unfolding import Unfolding
from tests.drivers.build import MachineClock, line, plan, word
from tests.held_up import HeldUp

UNITS = range(1, 15)
FROZEN = (2, 3, 7, 8, 11, 14)
_ASKED_LESS_S = 4.0
"""Until what has been told as lost is asked for less often."""
WORDS = 10
"""Registers in each unit's one read."""


async def serve(stack: AsyncExitStack, transport: str, units: dict[int, Unit]) -> Line:
    """A line at its usual speed: a gateway that takes 20 ms for an answer, or 9600 baud."""
    if transport == "modbus-rtu":
        port = await stack.enter_async_context(PtyServer(units, baud=9600, think_s=0.01))
        return line(transport, path=port.path, baud=9600, timeout_s=0.3)
    rtu = transport == "modbus-rtu-over-tcp"
    server = await stack.enter_async_context(TcpServer(units, rtu=rtu, hold_s=0.02))
    return line(transport, port=server.port, baud=9600, timeout_s=0.3 if rtu else 1.0)


class Watch:
    """Collects what comes out of a line."""

    def __init__(self, inbox: Inbox) -> None:
        self._readings = Unfolding(inbox)
        self.events: list[Event] = []

    async def run(self, seconds: float) -> list[Event]:
        """The events of so many seconds."""
        mark = len(self.events)
        await asyncio.sleep(seconds)
        self.events += self._readings.take()
        return self.events[mark:]

    async def told(self, units: Collection[int]) -> None:
        """Until a loss is told for each of so many devices."""
        mark = len(self.events)
        async with asyncio.timeout(60.0):
            while sum(isinstance(one, DeviceState) for one in self.events[mark:]) < len(units):
                await self.run(0.1)


def periods(events: list[Event], points: set[int], held_up: HeldUp) -> list[float]:
    """Seconds between two readings of each point, sorted; without those that the machine gave to others."""
    times: dict[int, list[float]] = defaultdict(list)
    for event in events:
        if isinstance(event, Sample) and event.point in points:
            times[event.point].append(event.reading.mono_ns / 1e9)
    assert len(times) == len(points), "a point was not read"
    pairs = [pair for own in times.values() for pair in pairwise(own)]
    return sorted(after - before - held_up.during(before, after) for before, after in pairs)


def p95(values: list[float]) -> float:
    return values[int(0.95 * (len(values) - 1))]


TRANSPORTS = ("modbus-tcp", "modbus-rtu", "modbus-rtu-over-tcp")


async def test_six_frozen_units_of_each_line() -> None:
    """All three kinds of line at once, judged once the losses are told."""
    await asyncio.gather(*(freeze_six(transport, 1.0, 3.0, 4.0, first_told=True) for transport in TRANSPORTS))


@pytest.mark.slow
@pytest.mark.timeout(500)
@pytest.mark.parametrize(("poll_s", "before_s", "after_s"), [(1.0, 30.0, 120.0), (5.0, 60.0, 240.0)])
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_six_frozen_units_for_long(
    transport: str, poll_s: float, before_s: float, after_s: float
) -> None:
    await freeze_six(transport, poll_s, before_s, after_s)


async def freeze_six(
    transport: str, poll_s: float, before_s: float, after_s: float, first_told: bool = False
) -> None:
    """Without `first_told` the time in which the units are found out counts too."""
    units = {unit: Unit(unit) for unit in UNITS}
    async with AsyncExitStack() as stack:
        own_line = await serve(stack, transport, units)
        site = plan(
            own_line, {unit: [word(f"w{n}", n, poll_s=poll_s) for n in range(WORDS)] for unit in UNITS}
        )
        inbox = Inbox()
        driver = open_line(site, own_line, inbox, MachineClock(), Pace())
        watch = Watch(inbox)
        await driver.start()
        stack.push_async_callback(driver.stop)
        await watch.run(poll_s + 1.0)
        healthy: dict[str, Any] = {
            "points": {one.id for one in site.points if site.devices[one.device].unit not in FROZEN},
            "held_up": await stack.enter_async_context(HeldUp()),
        }
        before = p95(periods(await watch.run(before_s), **healthy))
        for unit in FROZEN:
            units[unit].frozen = True
        mark = len(watch.events)
        if first_told:
            await watch.told(FROZEN)
            await watch.run(_ASKED_LESS_S)
        after = p95(periods(await watch.run(after_s), **healthy))
        events = watch.events[mark:]
        print(f"{transport} every {poll_s} s: p95 {before:.3f} s before, {after:.3f} s after")
        assert after <= 1.2 * max(before, poll_s)

        lost = [event for event in events if isinstance(event, DeviceState)]
        assert sorted(site.devices[event.device].unit for event in lost) == sorted(FROZEN)
        assert not any(event.online for event in lost)
        frozen = {one.id for one in site.points} - healthy["points"]
        # The first fraction of a second may still hold what was on its way.
        heard = [e for e in events if isinstance(e, Sample) and e.point in frozen]
        first = min(e.reading.mono_ns for e in events if isinstance(e, Sample))
        assert all(event.reading.mono_ns < first + 0.5e9 for event in heard)

        for unit in FROZEN:
            units[unit].frozen = False
        back: list[Event] = []
        async with asyncio.timeout(60.0):
            while len(back) < len(FROZEN):
                back += [event for event in await watch.run(0.2) if isinstance(event, DeviceState)]
        assert all(isinstance(event, DeviceState) and event.online for event in back)
        assert sorted(
            site.devices[event.device].unit for event in back if isinstance(event, DeviceState)
        ) == sorted(FROZEN)
