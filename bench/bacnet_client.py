"""`python -m bench.bacnet_client WAY PORT EXCHANGES`: our side of a BACnet/IP line, by the daemon's loop.

25 analog inputs of one device, present value and status flags each: one ReadPropertyMultiple of 50
properties. "exchange": one after the other, from the question to values in engineering units, judged.
"line": the whole driver, a poll each 2 ms from the agenda to events in the inbox, rests included. Prints the
CPU seconds of EXCHANGES, after a tenth as many to warm up.
"""

from __future__ import annotations

import asyncio
import sys
import time

import uvloop

from bench.bacnet_device import INSTANCE
from config.plan.clock import Pace
from config.plan.devices import Device, Limits
from config.plan.lines import Line
from config.plan.points import BacnetObject, Point
from config.plan.programmes import CalendarPlan
from config.plan.site import Plan, Site
from controller.clock import SiteClock
from drivers.api import Inbox
from drivers.bacnet import open_line
from drivers.bacnet.exchange import Exchange
from drivers.bacnet.line import Shared
from drivers.bacnet.plain import Question
from drivers.bacnet.reader import Reader
from drivers.bacnet.station import Ears, Station
from drivers.bacnet.timing import Timing

POINTS = 25
POLL_S = 0.002
_TAKE_S = 0.05


def plan(port: int) -> Plan:
    """A line, its device and the points."""
    points = tuple(
        Point(
            id=number,
            key=f"it.p{number}",
            name=f"p{number}",
            label="",
            device=0,
            kind="number",
            unit="°C",
            source=BacnetObject("analog-input", number),
            poll_s=POLL_S,
            max_age_s=5.0,
        )
        for number in range(POINTS)
    )
    device = Device(
        0,
        "it",
        "it",
        "bench",
        0,
        instance=INSTANCE,
        address=f"127.0.0.1:{port}",
        points=tuple(range(POINTS)),
        limits=Limits(max_properties=2 * POINTS),
    )
    line = Line(0, "B1", "B1", "bacnet-ip", host="127.0.0.1", port=0)
    site = Site("bench", "bench", "Asia/Shanghai", 30.5, 103.9, "en", False, 86400.0, 900)
    return Plan(1, "", "bench", (), site, CalendarPlan("none", (), ()), (line,), (device,), points, (), ())


async def exchanged(port: int, exchanges: int) -> float:
    """CPU seconds of so many, without agenda and inbox."""
    made = plan(port)
    station = Station("127.0.0.1", 0, (), Ears(lambda *_: None, lambda _: None, lambda *_: False))
    await station.open()
    exchange = Exchange(Shared(made.lines[0], Inbox(), SiteClock(), Pace(), Timing(), station))
    exchange.address, exchange.online = ("127.0.0.1", port), True
    reader, question = Reader(exchange.ask, 2 * POINTS), Question(made.points)

    async def run(count: int) -> int:
        read = 0
        for _ in range(count):
            payload = await reader.put(question)
            assert isinstance(payload, bytes)
            found = question.take(payload)
            if found is None:
                question.learn(payload, await reader.parsed(question.refs, payload))
            else:
                read += len(found)
        return read

    await run(exchanges // 10 + 1)
    began = time.process_time()
    read = await run(exchanges)
    took = time.process_time() - began
    await station.close()
    if read != exchanges * POINTS:
        raise SystemExit(f"{read} values in {exchanges} answers")
    return took


async def polled(port: int, exchanges: int) -> float:
    """CPU seconds of so many polls of the whole driver."""
    inbox, made = Inbox(), plan(port)
    driver = open_line(made, made.lines[0], inbox, SiteClock(), Pace())
    await driver.start()

    async def until(requests: int) -> None:
        while driver.status().requests < requests:
            await asyncio.sleep(_TAKE_S)
            inbox.take()

    await until(exchanges // 10 + 1)
    before, began = driver.status().requests, time.process_time()
    await until(before + exchanges)
    took, asked = time.process_time() - began, driver.status().requests - before
    await driver.stop()
    if driver.status().timeouts:
        raise SystemExit("time-outs: nothing of this can be compared")
    return took * exchanges / asked


if __name__ == "__main__":
    way = {"exchange": exchanged, "line": polled}[sys.argv[1]]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(runner.run(way(int(sys.argv[2]), int(sys.argv[3]))))
