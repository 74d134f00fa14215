"""What a step of the cycle costs, and how long 30 simulated days take.

    python -m bench.step [--plan FILE] [--full] [--days 30]

Samples come at the rates the plan declares, in a cycle of 10 s; most of them repeat their value, as in a
building. The writes that the engine hands out are answered in the next cycle. The floor is the least that
anyone could do with the same samples, putting each in its place; it is timed in the same run, cycle by cycle,
so that the ratio holds on any machine.
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path
from typing import NamedTuple

from config.plan.clock import Now, Pace
from config.plan.codec import load
from config.plan.reading import NEVER, Quality, Reading, Value
from config.plan.site import Plan
from controller.cycle import Engine
from controller.decide.records import Remembered
from drivers.api import Event, Fate, Sample, Write, WriteReport
from schedules.context import Context
from tests.plans import compound

CYCLE_S = 10.0
START_MS = 1_772_640_000_000
"""2026-03-05 00:00 in Shuangliu, a Thursday."""
TARGET_S = 60.0
TARGET_DAYS = 30


class World:
    """Points that mostly stand still: each is sampled when its poll is due, a share of them changes."""

    def __init__(self, plan: Plan, change: float, seed: int = 1) -> None:
        self._random = random.Random(seed)
        self._change = change
        self._values: list[Value] = [_first(point.kind) for point in plan.points]
        self._kinds = [point.kind for point in plan.points]
        by_poll: dict[float, list[int]] = {}
        for point in plan.points:
            by_poll.setdefault(max(CYCLE_S, point.poll_s), []).append(point.id)
        self._groups = [(round(poll_s / CYCLE_S), members) for poll_s, members in by_poll.items()]

    def samples(self, cycle: int, wall_ms: int, mono_ns: int) -> list[Sample]:
        """Everything polled in this cycle."""
        values, good = self._values, Quality.GOOD
        # Points of one poll period are spread over its cycles.
        due = [point for every, members in self._groups for point in members[cycle % every :: every]]
        for _ in range(round(len(due) * self._change)):
            self._wander(self._random.choice(due))
        # The named tuples' own constructors would take most of the time.
        new = tuple.__new__
        return [
            new(Sample, (point, new(Reading, (values[point], good, "", wall_ms, mono_ns)))) for point in due
        ]

    def obey(self, writes: list[Write]) -> list[Event]:
        """The devices take what they are told."""
        for write in writes:
            if write.value is not None:
                self._values[write.point] = write.value
        return [WriteReport(write.seq, write.point, Fate.READ_BACK, write.value, "") for write in writes]

    def _wander(self, point: int) -> None:
        value = self._values[point]
        if self._kinds[point] == "bool":
            self._values[point] = not value
        elif isinstance(value, float):
            self._values[point] = value + self._random.uniform(-1.0, 1.0)


def _first(kind: str) -> Value:
    values: dict[str, Value] = {"bool": False, "enum": 0, "text": ""}
    return values.get(kind, 20.0)


class Took(NamedTuple):
    """Seconds of CPU, and what they were for."""

    step_s: float
    floor_s: float
    making_s: float
    samples: int
    writes: int


def run(plan: Plan, change: float, cycles: int) -> Took:
    """`cycles` cycles, after a settling hour that is not counted."""
    world = World(plan, change)
    engine = Engine(plan, Context.of(plan), Pace(), Remembered())
    settling = round(3600 / CYCLE_S)
    clock = time.thread_time
    step_s = floor_s = making_s = 0.0
    samples = writes = 0
    answers: list[Event] = []
    bare: list[Reading] = [NEVER] * len(plan.points)
    for cycle in range(settling + cycles):
        now = Now(START_MS + round(cycle * CYCLE_S * 1000), round((1 + cycle * CYCLE_S) * 1e9), True)
        begun = clock()
        events = world.samples(cycle, now.wall_ms, now.mono_ns)
        made = clock()
        for point, reading in events:
            bare[point] = reading
        put = clock()
        step = engine.step(now, [*answers, *events])
        done = clock()
        answers = world.obey(step.writes)
        if cycle >= settling:
            making_s += made - begun
            floor_s += put - made
            step_s += done - put
            samples += len(events)
            writes += len(step.writes)
    return Took(step_s, floor_s, making_s, samples, writes)


def report(plan: Plan, name: str, change: float, cycles: int) -> None:
    """Print one line."""
    took = run(plan, change, cycles)
    step_us = took.step_s / cycles * 1e6
    each_us, ratio = took.step_s / took.samples * 1e6, took.step_s / took.floor_s
    making_us = took.making_s / cycles * 1e6
    print(
        f"{name:<22} {step_us:6.1f} µs a step of {took.samples / cycles:.0f} samples ({each_us:.2f} each), "
        f"{ratio:.1f} × the bare loop; {took.writes} writes; "
        f"30 days in {step_us * 0.2592:.0f} s, and {making_us * 0.2592:.0f} s to make the samples"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plan", type=Path, help="a compiled Plan, not the synthetic compound")
    parser.add_argument("--full", action="store_true", help="run the days instead of extrapolating")
    parser.add_argument("--days", type=float, default=TARGET_DAYS)
    options = parser.parse_args()
    plan = load(options.plan.read_text(encoding="utf-8")) if options.plan else compound()
    print(f"{len(plan.points)} points, {len(plan.devices)} devices, {len(plan.programmes)} programmes")
    a_day = round(86_400 / CYCLE_S)
    report(plan, "nothing changes", 0.0, a_day // 4)
    report(plan, "1 % of samples change", 0.01, a_day // 4)
    report(plan, "5 % of samples change", 0.05, a_day // 4)
    if options.full:
        begun = time.process_time()
        cycles = round(options.days * a_day)
        run(plan, 0.01, cycles)
        took_s = time.process_time() - begun
        print(f"{options.days:g} days in full: {cycles} steps in {took_s:.1f} s of CPU, the world included")
    target_us = TARGET_S / (TARGET_DAYS * a_day) * 1e6
    print(f"target: {TARGET_DAYS} days in {TARGET_S:g} s, that is {target_us:.0f} µs a step")


if __name__ == "__main__":
    main()
