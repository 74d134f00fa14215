"""One serial line under our driver, asked as fast as it goes; what that cost.

    python -m bench.modbus_serial PATH BAUD REGISTERS SECONDS

Two units with a block of so many registers each. Prints JSON, see Cost.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import replace
from typing import NamedTuple

from bench.loops import runner, undisturbed
from bench.modbus_lines import plan_of
from config.plan.clock import Pace
from config.plan.site import Plan
from controller.clock import SiteClock
from drivers.api import Inbox
from drivers.modbus import open_line
from drivers.modbus.wire import SerialWire

_WARM_S = 1.0


class Cost(NamedTuple):
    """From one request to another."""

    seconds: float
    cpu_s: float
    polls: int
    timeouts: int


def _watched() -> list[tuple[float, float]]:
    """When each request is handed to the system from now on, and the CPU used by then; seconds."""
    sent: list[tuple[float, float]] = []
    given = SerialWire.send

    def watched(self: SerialWire, data: bytes) -> None:
        sent.append((time.monotonic(), time.process_time()))
        given(self, data)

    SerialWire.send = watched  # type: ignore[method-assign]
    return sent


async def _run(plan: Plan, seconds: float) -> Cost:
    inbox, sent = Inbox(), _watched()
    driver = open_line(plan, plan.lines[0], inbox, SiteClock(), Pace())
    await driver.start()
    await asyncio.sleep(_WARM_S)
    inbox.take()
    sent.clear()
    timeouts = driver.status().timeouts
    await asyncio.sleep(seconds)
    inbox.take()
    timeouts = driver.status().timeouts - timeouts
    (began_s, cpu_began_s), *_, (ended_s, cpu_ended_s) = sent
    await driver.stop()
    return Cost(ended_s - began_s, cpu_ended_s - cpu_began_s, len(sent) - 1, timeouts)


def main() -> None:
    path, baud, registers, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    undisturbed()
    plan = plan_of(0, 1, 2, registers, 1, ["busy"])
    line = replace(plan.lines[0], transport="modbus-rtu", path=path, baud=baud)
    with runner() as running:
        print(json.dumps(running.run(_run(replace(plan, lines=(line,)), seconds))._asdict()))


if __name__ == "__main__":
    main()
