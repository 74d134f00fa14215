"""Many Modbus TCP devices under the whole driver, and what merging reads into blocks saves.

    python -m bench.modbus_many [--quick] [--figures FILE]

A thousand devices, each a line of its own with a block of 100 registers and 20 points, polled once a second;
the devices are in another process. Of the 20 points none, four or all say something else in each answer. The
core process has drivers, inbox and image, each second taken as the cycle does; how late a poll goes out
is told of the moment that its agenda held it due. Lateness and CPU are held to bounds with four of twenty:
when 20,000 readings change each second, taking them into the image alone is longer than lateness may be.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from functools import partial

from bench.figures import Asked, Figure, asked, ratio, tell, value
from bench.modbus_device import Device
from bench.modbus_lines import Cost

_MOVING = {"none": 0, "four": 5, "all": 25}
"""Registers of the device that move, of 125: so many of the twenty points, which stand five apart."""


def _cost(moving: int, lines: int, each: int, spacing: int, seconds: float, *more: str) -> Cost:
    with Device("--move", str(moving)) as device:
        words = [str(number) for number in (device.port, lines, each, spacing, seconds)]
        command = [sys.executable, "-m", "bench.modbus_lines", *words, *more]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=120)
    return Cost(**json.loads(done.stdout))


def many(how: Asked) -> list[Figure]:
    """A thousand devices."""
    lines, seconds = (100, 1.0) if how.quick else (1000, 6.0)
    costs: dict[str, list[Cost]] = {name: [] for name in _MOVING}
    for number in range(how.rounds):
        names = list(_MOVING)
        for name in names if number % 2 == 0 else reversed(names):
            costs[name].append(_cost(_MOVING[name], lines, 20, 5, seconds))
    for name, rounds in costs.items():
        print(f"{name} moving: {rounds}")
    what = f"{lines:,} TCP devices at 1 Hz, 100 registers, 20 points"
    held = costs["four"]
    return [
        value(
            f"{what}: four points change, CPU",
            [100 * one.cpu_s / one.seconds for one in held],
            "% of a core",
            15.0,
        ),
        value("the same: lateness p99", [one.late_p99_ms for one in held], "ms", 10.0),
        value("the same: polls missed", [one.missed for one in held], "", 0.0),
        value("the same: points good", [one.good for one in held], "", at_least=20.0 * lines),
        value(
            "the same, none changes, CPU",
            [100 * one.cpu_s / one.seconds for one in costs["none"]],
            "% of a core",
        ),
        value(
            "the same, all change, CPU",
            [100 * one.cpu_s / one.seconds for one in costs["all"]],
            "% of a core",
            15.0,
        ),
        value("the same, all change: lateness p99", [one.late_p99_ms for one in costs["all"]], "ms"),
    ]


def merged(how: Asked) -> list[Figure]:
    """125 points of neighbouring registers, as one block and each by itself; two of them move."""
    lines, seconds = (2, 1.0) if how.quick else (10, 5.0)
    cost = partial(_cost, 2, lines, 125, 1, seconds)
    blocks: list[float] = []
    alone: list[float] = []
    for _ in range(how.rounds):
        for took, one, times in ((blocks, cost(), 125), (alone, cost("alone"), 1)):
            took.append(1e6 * one.cpu_s / (one.polls * times))
    return [
        value("poll CPU a point, one block of 125", blocks, "µs"),
        ratio("the same, one register a request", blocks, alone, "blocks", at_least=50.0),
    ]


def main() -> int:
    """The exit code: 1 when a bound is not kept."""
    how = asked(argparse.ArgumentParser(prog="python -m bench.modbus_many", description=__doc__))
    return tell([*many(how), *merged(how)], how)


if __name__ == "__main__":
    sys.exit(main())
