"""What a step of the cycle costs with 5,000 points, 200 programmes and 200 rules; and of a site's plan, how
long 30 simulated days take.

    python -m bench.step [--quick] [--figures FILE]
    python -m bench.step --plan FILE [--full] [--days 30]

The first way: all points are polled once a second and each cycle, one a second, takes what came. Nothing
changes, or one in a hundred points has another value, drawn at random, so that thresholds of rules are
crossed. Only `Engine.step` is timed.

The second way: readings come at the rates the plan declares, in a cycle of 10 s; most of them repeat, as in a
building. They take the drivers' own way from registers to the inbox; the writes that the engine hands out are
answered in the next cycle. Three parts are told apart: reading (from raw answers to events), the step, and
the log. The floor is the least that anyone could do with the same readings, putting each in its place; it is
timed in the same run, so that the ratio holds on any machine.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench.figures import Asked, Figure, asked, in_turns, ratio, tell, value
from bench.panel_site import office_programmes, write_site
from bench.start import compiled
from bench.world import World
from config.plan.clock import Pace
from config.plan.codec import load
from config.plan.reading import NEVER, Reading
from config.plan.site import Plan
from controller.clock import VirtualClock
from controller.consumption.log import ConsumptionLog
from controller.consumption.meters import meters_of
from controller.consumption.slots import Slots
from controller.cycle import Engine
from controller.decide.records import Remembered
from drivers.api import Event, Inbox
from schedules.context import Context

CYCLE_S = 10.0
START_MS = 1_772_640_000_000
"""2026-03-05 00:00 in Shuangliu, a Thursday."""
TARGET_S = 60.0
TARGET_DAYS = 30
PANELS = 50
CYCLES = 300
SETTLING = 30
"""Cycles in which each point is read for the first time and each output told."""
MORNING_MS = 6 * 3_600_000


class Took(NamedTuple):
    """Seconds of CPU of all cycles, and what they were for."""

    reading_s: float
    step_s: float
    log_s: float
    floor_s: float
    readings: int
    writes: int
    intervals: int


def run(plan: Plan, change: float, cycles: int) -> Took:
    """`cycles` cycles, after a settling hour that is not counted."""
    inbox, clock = Inbox(), VirtualClock(START_MS)
    world = World(plan, inbox, clock, CYCLE_S, change)
    engine = Engine(plan, Context.of(plan), Pace(), Remembered())
    log = ConsumptionLog(meters_of(plan), Slots(plan.site.time_zone, plan.site.interval_s), Pace(), {})
    settling = round(3600 / CYCLE_S)
    cpu = time.thread_time
    took = [0.0] * 4
    readings = writes = intervals = 0
    answers: list[Event] = []
    bare: list[Reading] = [NEVER] * len(plan.points)
    same = Reading(0.0, NEVER.quality, "", 0, 0)
    for cycle in range(settling + cycles):
        now = clock.advance(CYCLE_S)
        count = world.live(cycle)
        begun = cpu()
        world.poll()
        read = cpu()
        for point in range(count):
            bare[point] = same
        put = cpu()
        step = engine.step(now, [*answers, *inbox.take()])
        stepped = cpu()
        closed = log.step(now, step.counts)
        done = cpu()
        answers = world.obey(step.writes)
        if cycle >= settling:
            parts = (read - begun, stepped - put, done - stepped, put - read)
            took = [total + part for total, part in zip(took, parts, strict=True)]
            readings += count
            writes += len(step.writes)
            intervals += len(closed.intervals)
    return Took(took[0], took[1], took[2], took[3], readings, writes, intervals)


def report(plan: Plan, name: str, change: float, cycles: int) -> None:
    """Print one line."""
    took = run(plan, change, cycles)

    def each_us(seconds: float) -> float:
        return seconds / cycles * 1e6

    many = TARGET_DAYS * 86_400 / CYCLE_S / cycles
    step_s, log_s, all_s = (
        seconds * many
        for seconds in (took.step_s, took.step_s + took.log_s, took.step_s + took.log_s + took.reading_s)
    )
    print(
        f"{name:<24} {took.readings / cycles:.0f} readings; step {each_us(took.step_s):6.1f} µs "
        f"({took.step_s / took.floor_s:.1f} × the bare loop), reading {each_us(took.reading_s):6.1f} µs, "
        f"log {each_us(took.log_s):5.1f} µs; {took.writes} writes, {took.intervals} intervals; "
        f"30 days: steps {step_s:.0f} s, with the log {log_s:.0f} s, with reading {all_s:.0f} s"
    )


def figures(how: Asked) -> list[Figure]:
    """Milliseconds of CPU a step, the median of its cycles; the floor puts the same readings into a list."""
    with tempfile.TemporaryDirectory(prefix="louguan-bench-") as name:
        site = Path(name) / "site"
        write_site(site, range(5000, 5000 + PANELS), programmes=office_programmes(PANELS, 200), rules=200)
        plan = load(compiled("compile", site, Path(name) / "plan.json").read_text(encoding="utf-8"))
    print(f"{len(plan.points)} points, {len(plan.programmes)} programmes, {len(plan.rules)} rules")
    cycles = 60 if how.quick else CYCLES

    def step(change: float) -> Callable[[], float]:
        return lambda: _step_ms(plan, change, cycles)

    took = in_turns({"bare": lambda: _bare_ms(plan), "idle": step(0.0), "busy": step(0.01)}, how.rounds)
    bare = "each reading put into a list"
    return [
        value("step, 5,000 points, 200 programmes, 200 rules: idle", took["idle"], "ms", 0.2),
        value("the same, 1 % of points changing", took["busy"], "ms", 3.0),
        ratio("a step, idle", took["idle"], took["bare"], bare),
        ratio("a step, 1 % of points changing", took["busy"], took["bare"], bare),
    ]


def _step_ms(plan: Plan, change: float, cycles: int) -> float:
    took_s = steps_s(plan, change, cycles, start_ms=START_MS + MORNING_MS, settling=SETTLING, below=256)
    return median(took_s) * 1000


def steps_s(
    plan: Plan, change: float, cycles: int, *, start_ms: int, settling: int, below: int = 0
) -> list[float]:
    """CPU of each step of the daemon's second, without reading and log, after `settling` that do not count.
    `change`, `below`: see World."""
    inbox, clock = Inbox(), VirtualClock(start_ms)
    world = World(plan, inbox, clock, 1.0, change, below=below)
    engine = Engine(plan, Context.of(plan), Pace(), Remembered())
    answers: list[Event] = []
    took: list[float] = []
    for cycle in range(settling + cycles):
        now = clock.advance(1.0)
        world.live(cycle)
        world.poll()
        events = [*answers, *inbox.take()]
        begun = time.thread_time()
        step = engine.step(now, events)
        took.append(time.thread_time() - begun)
        answers = world.obey(step.writes)
    return took[settling:]


def _bare_ms(plan: Plan) -> float:
    same = Reading(0.0, NEVER.quality, "", 0, 0)
    bare: list[Reading] = [NEVER] * len(plan.points)
    took = []
    for _ in range(100):
        begun = time.thread_time()
        for point in range(len(bare)):
            bare[point] = same
        took.append(time.thread_time() - begun)
    return median(took) * 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plan", type=Path, help="a compiled Plan: what 30 days of it take")
    parser.add_argument("--full", action="store_true", help="run the days instead of extrapolating")
    parser.add_argument("--days", type=float, default=TARGET_DAYS)
    how = asked(parser)
    options = how.own
    if options.plan is None:
        return tell(figures(how), how)
    thirty_days(load(options.plan.read_text(encoding="utf-8")), options.days if options.full else 0.0)
    return 0


def thirty_days(plan: Plan, days: float) -> None:
    """Print what they take, extrapolated; and `days` of them in full."""
    print(f"{len(plan.points)} points, {len(plan.devices)} devices, {len(plan.programmes)} programmes")
    a_day = round(86_400 / CYCLE_S)
    report(plan, "nothing changes", 0.0, a_day // 4)
    report(plan, "1 % of readings change", 0.01, a_day // 4)
    report(plan, "5 % of readings change", 0.05, a_day // 4)
    if days:
        begun = time.process_time()
        cycles = round(days * a_day)
        run(plan, 0.01, cycles)
        took_s = time.process_time() - begun
        print(f"{days:g} days in full: {cycles} cycles in {took_s:.1f} s of CPU, the world included")
    target_us = TARGET_S / (TARGET_DAYS * a_day) * 1e6
    print(f"target: {TARGET_DAYS} days in {TARGET_S:g} s, that is {target_us:.0f} µs a cycle")


if __name__ == "__main__":
    sys.exit(main())
