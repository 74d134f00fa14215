"""What a rehearsal costs, and where the time goes.

    python -m bench.rehearse [--site DIR] [--days 1] [--cycle 10] [--plant 60] [--quick] [--figures FILE]

First CPU seconds of this process, by part: the plant with its readings, the step and the log, the watchers,
in a cycle and in 30 and 365 days at that. Then those of the whole command, compiler and tables included: a
month once, and five times a few days, which tell how much the machine makes of it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from bench.figures import asked, tell, value
from bench.measure import louguan, timed
from config.plan.clock import Now
from config.plan.reading import Reading
from config.plan.site import Plan
from controller.cli.rehearse_source import site_of
from controller.clock import VirtualClock
from controller.consumption.meters import meters_of
from controller.consumption.records import Interval
from controller.decide.step import Step
from controller.rehearsal.commands import Commands
from controller.rehearsal.demand import Demand
from controller.rehearsal.loop import Rehearsal
from controller.rehearsal.metering import Consumption
from controller.rehearsal.motors import Motors
from controller.rehearsal.needs import Needs
from controller.rehearsal.watched import watched
from drivers.api import Event
from drivers.simulators.in_memory import InMemory
from schedules.context import Context

ROOT = Path(__file__).parent.parent
FIRST = date(2026, 3, 5)
MONTH, FEW = 30, 3
"""Days of a rehearsal that is held to its target, and of those that are repeated."""
TARGET_S = 45.0


class _Timed:
    """CPU seconds of the plant with its readings, and of the watchers."""

    def __init__(self, memory: InMemory, watchers: Sequence[Any]) -> None:
        self.memory = memory
        self.submit = memory.submit
        self.read_now = memory.read_now
        self.plant_s = 0.0
        self.watching_s = 0.0
        self._watchers = watchers

    def advance(self) -> list[Event]:
        began_s = time.process_time()
        events = self.memory.advance()
        self.plant_s += time.process_time() - began_s
        return events

    def look(self, now: Now, step: Step, readings: Sequence[Reading]) -> None:
        self._timed(lambda: [watcher.look(now, step, readings) for watcher in self._watchers])

    def intervals(self, rows: Sequence[Interval]) -> None:
        self._timed(lambda: [watcher.intervals(rows) for watcher in self._watchers])

    def _timed(self, run: Callable[[], object]) -> None:
        began_s = time.process_time()
        run()
        self.watching_s += time.process_time() - began_s


def run(plan: Plan, facts: dict[str, Any], days: float, cycle_s: float, plant_s: float) -> None:
    """Rehearse and print."""
    context = Context.of(plan)
    start_ms = context.local.midnight(FIRST)
    clock = VirtualClock(start_ms)
    memory = InMemory(plan, facts, clock, cycle_s, plant_step_s=plant_s, watched=watched(plan))
    consumption = Consumption(plan, meters_of(plan), context, start_ms)
    demand, commands = Demand(plan, consumption), Commands(plan)
    motors = Motors(plan, round(cycle_s * 1000), start_ms)
    timed = _Timed(memory, (consumption, demand, motors, commands, Needs(plan, context)))
    rehearsal = Rehearsal(plan, context, timed, clock, cycle_s)
    began_s = time.process_time()
    rehearsal.run(start_ms + round(days * 86_400_000), (timed,))
    took_s = time.process_time() - began_s
    rest_s = took_s - timed.plant_s - timed.watching_s
    cycles = rehearsal.cycles
    points = len(plan.points)
    print(f"{points} points, {days:g} days, a cycle each {cycle_s:g} s, the plant every {plant_s:g} s")
    for name, seconds in (
        ("plant and readings", timed.plant_s),
        ("step and log", rest_s),
        ("watchers", timed.watching_s),
        ("all", took_s),
    ):
        each_us = seconds / cycles * 1e6
        month_s = each_us * 30 * 86_400 / cycle_s / 1e6
        print(f"{name:<20} {each_us:8.0f} µs a cycle {month_s:8.0f} s for 30 days")
    print(f"365 days: {took_s / cycles * 365 * 86_400 / cycle_s:.0f} s")
    print(f"electricity: {consumption.total('electricity')} kWh")


def whole_s(site: Path, days: int) -> float:
    """CPU of `louguan rehearse` for so many days, from exec to its end."""
    return timed(
        louguan("rehearse", str(site), "--days", str(days), "--from", FIRST.isoformat(), "--json")
    ).cpu_s


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--site", type=Path, default=ROOT / "config/sites/shuangliu")
    parser.add_argument("--days", type=float, default=1, help="of those by part")
    parser.add_argument("--cycle", type=float, default=10)
    parser.add_argument("--plant", type=float, default=60)
    how = asked(parser)
    options = how.own
    plan, facts = site_of(options.site)
    run(plan, facts, 1 / 24 if how.quick else options.days, options.cycle, options.plant)
    few, month = (1, 1) if how.quick else (FEW, MONTH)
    name = plan.site.name
    rounds = [whole_s(options.site, few) for _ in range(how.rounds)]
    once = rounds if how.quick else [whole_s(options.site, month)]
    return tell(
        [
            value(f"rehearsal of {name}, {month} days at a cycle of 10 s, once", once, "s", at_most=TARGET_S),
            value(f"rehearsal of {name}, {few} days", rounds, "s"),
        ],
        how,
    )


if __name__ == "__main__":
    sys.exit(main())
