"""One serial line under our driver, asked as fast as it goes; what that cost.

    python -m bench.modbus_serial PATH BAUD REGISTERS SECONDS

Two units with a block of so many registers each. Prints JSON, see Cost. What is counted ends with the last
request that went out in time: the one that a stop still lets out is not of it.
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

_WARM_S = 0.5


class Cost(NamedTuple):
    """From one request to another."""

    sent_s: list[float]
    """When each was handed to the system, by the monotonic clock; the last only ends the one before."""
    cpu_s: float
    timeouts: int

    @property
    def polls(self) -> int:
        return len(self.sent_s) - 1

    @property
    def seconds(self) -> float:
        return self.sent_s[-1] - self.sent_s[0]


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
    counted, cpu_s = [one[0] for one in sent], sent[-1][1] - sent[0][1]
    await driver.stop()
    return Cost(counted, cpu_s, timeouts)


def main() -> None:
    path, baud, registers, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    undisturbed()
    plan = plan_of(0, 1, 2, registers, 1, ["busy"])
    line = replace(plan.lines[0], transport="modbus-rtu", path=path, baud=baud)
    with runner() as running:
        print(json.dumps(running.run(_run(replace(plan, lines=(line,)), seconds))._asdict()))


if __name__ == "__main__":
    main()
