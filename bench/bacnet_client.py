"""`python -m bench.bacnet_client PORT EXCHANGES`: a BACnet/IP line polling one device whose points are always
due.

25 analog inputs, present value and status flags each: one ReadPropertyMultiple of 50 properties a turn, from
the agenda to Samples in the inbox, by the daemon's loop and clock. Prints the CPU seconds of EXCHANGES, after
a tenth as many to warm up.
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
from drivers.api import Inbox, Sample
from drivers.bacnet import open_line

POINTS = 25
DUE_S = 0.002
"""Of a poll: with each goes a rest of the worker, as in a building."""
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
            poll_s=DUE_S,
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


async def polled(port: int, exchanges: int) -> float:
    """CPU seconds of so many."""
    inbox, made = Inbox(), plan(port)
    driver = open_line(made, made.lines[0], inbox, SiteClock(), Pace())
    await driver.start()
    warm = exchanges // 10 + 1

    async def until(requests: int) -> int:
        samples = 0
        while driver.status().requests < requests:
            await asyncio.sleep(_TAKE_S)
            samples += sum(isinstance(event, Sample) for event in inbox.take())
        return samples

    await until(warm)
    before, began = driver.status().requests, time.process_time()
    samples = await until(before + exchanges)
    took, asked = time.process_time() - began, driver.status().requests - before
    await driver.stop()
    print(f"{samples / asked:.1f} samples a request", file=sys.stderr)
    return took * exchanges / asked


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(runner.run(polled(int(sys.argv[1]), int(sys.argv[2]))))
