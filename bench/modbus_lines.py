"""Many Modbus TCP lines under our drivers, with the image that the cycle keeps; what that cost.

    python -m bench.modbus_lines PORT LINES UNITS POINTS SPACING SECONDS [busy] [alone] [quick]

Each line has UNITS devices with POINTS numbers of a tenth, SPACING registers apart, polled once a second;
`busy`: as fast as the line goes. With `alone` each register is asked for by itself. Once a second, on the
whole second, the image takes what has come, as the daemon's cycle does. Prints JSON, see Cost. `quick`: does
not settle first, and in cycles of a quarter of a second.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from collections.abc import Sequence
from typing import NamedTuple

from bench.loops import runner, undisturbed
from config.plan.clock import Pace
from config.plan.devices import Device, Limits
from config.plan.lines import Line
from config.plan.points import Point, Register
from config.plan.programmes import CalendarPlan
from config.plan.site import Plan, Site
from controller import garbage
from controller.clock import SiteClock
from controller.image import Image
from drivers.api import Inbox
from drivers.modbus import open_line
from drivers.turns import Agenda, Turn

_SETTLES_S = 3.0
_POLL_S, _BUSY_S = 1.0, 0.0001


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


def plan_of(port: int, lines: int, units: int, each: int, spacing: int, options: Sequence[str]) -> Plan:
    """The devices of a line are numbered from unit 1 on."""
    limits = Limits(max_registers=1, max_gap=0) if "alone" in options else Limits(max_gap=spacing)
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
            _BUSY_S if "busy" in options else _POLL_S,
            5.0,
        )
        for number in range(lines * units * each)
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
                number // units,
                unit=1 + number % units,
                limits=limits,
                points=tuple(range(number * each, (number + 1) * each)),
            )
            for number in range(lines * units)
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


async def _run(plan: Plan, seconds: float, settles_s: float, cycle_s: float) -> Cost:
    inbox, clock, image = Inbox(), SiteClock(), Image(plan, Pace())
    drivers = [open_line(plan, line, inbox, clock, Pace()) for line in plan.lines]
    for driver in drivers:
        await driver.start()

    async def cycles(until_s: float) -> None:
        while time.monotonic() < until_s:
            await asyncio.sleep(cycle_s - time.time() % cycle_s)
            image.take(inbox.take(), [], [])
            image.age(time.monotonic_ns())

    await cycles(time.monotonic() + settles_s)
    garbage.stands()
    await cycles(time.monotonic() + settles_s / 3)
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
    port, lines, units, each, spacing = (int(word) for word in sys.argv[1:6])
    options = sys.argv[7:]
    if "busy" not in options:
        undisturbed()
    plan = plan_of(port, lines, units, each, spacing, options)
    settles_s, cycle_s = (0.1, 0.25) if "quick" in options else (_SETTLES_S, 1.0)
    with runner() as running:
        print(json.dumps(running.run(_run(plan, float(sys.argv[6]), settles_s, cycle_s))._asdict()))


if __name__ == "__main__":
    main()
