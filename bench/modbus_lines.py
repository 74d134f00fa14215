"""Many Modbus TCP lines under our drivers, with the image that the cycle keeps; what that cost.

    python -m bench.modbus_lines PORT LINES POINTS SPACING SECONDS [alone]

Each line is one device with POINTS numbers of a tenth, SPACING registers apart, polled once a second; with
`alone` each register is asked for by itself. Once a second, on the whole second, the image takes what has
come, as the daemon's cycle does. Prints JSON, see Cost.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from typing import NamedTuple

from bench.loops import runner
from config.plan.clock import Pace
from config.plan.devices import Device, Limits
from config.plan.lines import Line
from config.plan.points import Point, Register
from config.plan.programmes import CalendarPlan
from config.plan.site import Plan, Site
from controller.clock import SiteClock
from controller.image import Image
from controller.lasting import settle
from drivers.api import Inbox
from drivers.modbus import open_line
from drivers.turns import Agenda, Turn

_SETTLES_S = 3.0
_POLL_S = 1.0


class Cost(NamedTuple):
    """Of all lines together over the seconds measured."""

    seconds: float
    cpu_s: float
    polls: int
    missed: int
    """Polls that were due and did not go out, or went out a period late."""
    late_p50_ms: float
    late_p99_ms: float
    late_most_ms: float
    """From when a poll was due to when it was sent."""
    good: int
    """Points whose reading is GOOD at the end."""


def plan_of(port: int, lines: int, each: int, spacing: int, alone: bool) -> Plan:
    """One device a line."""
    limits = Limits(max_registers=1, max_gap=0) if alone else Limits(max_gap=spacing)
    points = tuple(
        Point(
            number,
            f"d{number // each}.p{number % each}",
            f"p{number % each}",
            "",
            number // each,
            "number",
            "kW",
            Register("holding", number % each * spacing, "uint16", scale=0.1),
            _POLL_S,
            5.0,
        )
        for number in range(lines * each)
    )
    site = Site("bench", "bench", "Asia/Shanghai", 30.6, 103.9, "en", False, 86400.0, 900)
    return Plan(
        1,
        "",
        "",
        (),
        site,
        CalendarPlan("none", (), ()),
        tuple(
            Line(number, f"l{number}", "", "modbus-tcp", host="127.0.0.1", port=port)
            for number in range(lines)
        ),
        tuple(
            Device(
                number,
                f"d{number}",
                "",
                "bench",
                number,
                unit=1,
                limits=limits,
                points=tuple(range(number * each, (number + 1) * each)),
            )
            for number in range(lines)
        ),
        points,
        (),
        (),
    )


def _watched() -> list[float]:
    """How late each poll is that any agenda gives from now on, seconds; added to as they come."""
    late_s: list[float] = []
    given = Agenda.next

    def watched(self: Agenda, now_s: float) -> Turn | None:
        turn = given(self, now_s)
        if turn is not None and turn.kind == "poll":
            late_s.append(now_s - turn.due_s)
        return turn

    Agenda.next = watched  # type: ignore[method-assign]
    return late_s


async def _run(plan: Plan, seconds: float) -> Cost:
    inbox, clock, image = Inbox(), SiteClock(), Image(plan, Pace())
    drivers = [open_line(plan, line, inbox, clock, Pace()) for line in plan.lines]
    for driver in drivers:
        await driver.start()

    async def cycles(until_s: float) -> None:
        while time.monotonic() < until_s:
            await asyncio.sleep(1 - time.time() % 1)
            image.take(inbox.take(), [], [])
            image.age(time.monotonic_ns())

    await cycles(time.monotonic() + _SETTLES_S)
    settle()
    await cycles(time.monotonic() + 1.0)
    late_s = _watched()
    began = [driver.status().requests for driver in drivers]
    cpu_s, began_s = time.process_time(), time.monotonic()
    await cycles(began_s + seconds)
    cpu_s, took_s = time.process_time() - cpu_s, time.monotonic() - began_s
    asked = [driver.status().requests - before for driver, before in zip(drivers, began, strict=True)]
    blocks = max(round(count / took_s) for count in asked)
    least = int(took_s / _POLL_S) * blocks
    ranked = sorted(1000 * late for late in late_s)
    for driver in drivers:
        await driver.stop()
    return Cost(
        took_s,
        cpu_s,
        sum(asked),
        sum(max(0, least - count) for count in asked) + sum(late >= _POLL_S for late in late_s),
        ranked[len(ranked) // 2],
        ranked[len(ranked) * 99 // 100],
        ranked[-1],
        image.good,
    )


def main() -> None:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    port, lines, each, spacing = (int(word) for word in sys.argv[1:5])
    plan = plan_of(port, lines, each, spacing, "alone" in sys.argv)
    with runner() as running:
        print(json.dumps(running.run(_run(plan, float(sys.argv[5])))._asdict()))


if __name__ == "__main__":
    main()
