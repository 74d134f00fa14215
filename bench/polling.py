"""`python -m bench.polling PLAN OVERLAY SETTLE SECONDS`: the lines of a plan polled, and nothing else.

What a daemon costs beyond polling is what it costs beyond this. Prints the CPU seconds of SECONDS, after
SETTLE of them.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import uvloop

from config.plan.clock import Pace
from config.plan.codec import load
from config.plan.site import Plan
from controller.app import open_line
from controller.clock import SiteClock
from controller.overlays import read_overlay
from drivers.api import Inbox


async def polled(plan: Plan, settle_s: float, seconds: float) -> float:
    inbox, clock = Inbox(), SiteClock()
    drivers = [
        await open_line(clock, Pace(), plan, line, inbox, lambda _: False, lambda _: False)
        for line in plan.lines
    ]
    for driver in drivers:
        await driver.start()

    async def live(for_s: float) -> None:
        until = time.monotonic() + for_s
        while time.monotonic() < until:
            await asyncio.sleep(1.0)
            inbox.take()

    await live(settle_s)
    began = time.process_time()
    await live(seconds)
    took = time.process_time() - began
    await asyncio.gather(*(driver.stop() for driver in drivers))
    return took


if __name__ == "__main__":
    _, file, overlay, settle, measured = sys.argv
    plan = read_overlay(Path(overlay)).over(load(Path(file).read_text(encoding="utf-8")))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(runner.run(polled(plan, float(settle), float(measured))))
