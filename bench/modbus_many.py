"""Many Modbus TCP devices under the whole driver, and what merging reads into blocks saves.

    python -m bench.modbus_many [--quick] [--figures FILE]

A thousand devices, each a line of its own with a block of 100 registers and 20 points, polled once a second;
the devices are in another process. Of the 20 points none, four or all say something else in each answer. The
core process has drivers, inbox and image, each second taken as the cycle does; how late a poll goes out
is told of the moment that its agenda held it due. Lateness is held to its bound with four of twenty: when
20,000 readings change each second, taking them into the image alone is longer than lateness may be.

For the merging, the same 2,000 points on two lines are asked for as fast as the lines go, in blocks of 125
and one register a request, so that neither is charged with waking up.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from functools import partial

from bench.figures import Asked, Figure, asked, in_turns, ratio, tell, value
from bench.modbus_device import Device
from bench.modbus_lines import Cost

_MOVING = {"four": 5, "none": 0, "all": 25}
"""Registers of the device that move, of 125: so many of the twenty points, which stand five apart."""


def _cost(moving: int, shape: tuple[int, int, int, int], seconds: float, *more: str) -> Cost:
    with Device("--move", str(moving)) as device:
        words = [str(number) for number in (device.port, *shape, seconds)]
        command = [sys.executable, "-m", "bench.modbus_lines", *words, *more]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=120)
    return Cost(**json.loads(done.stdout))


def many(how: Asked) -> list[Figure]:
    """A thousand devices."""
    lines, seconds, more = (100, 0.5, ("quick",)) if how.quick else (1000, 6.0, ())
    names = ["four"] if how.quick else list(_MOVING)
    costs: dict[str, list[Cost]] = {name: [] for name in names}

    def core(name: str) -> float:
        one = _cost(_MOVING[name], (lines, 1, 20, 5), seconds, *more)
        costs[name].append(one)
        return 100 * one.cpu_s / one.seconds

    took = in_turns({name: partial(core, name) for name in names}, how.rounds)
    held, of = costs["four"], "% of a core"
    others = (
        [
            value("the same, none changing", took["none"], of),
            value("the same, all changing", took["all"], of, at_most=15.0),
            value("the same, all changing: lateness p99", [one.late_p99_ms for one in costs["all"]], "ms"),
        ]
        if not how.quick
        else []
    )
    what = f"{lines:,} TCP devices at 1 Hz, 100 registers, 20 points"
    return [
        value(f"{what}, four of them changing", took["four"], of, at_most=15.0),
        value("the same: lateness p99", [one.late_p99_ms for one in held], "ms", at_most=10.0),
        value("the same: polls missed", [one.missed for one in held], "", at_most=0.0),
        value("the same: points good", [one.good for one in held], "", at_least=20.0 * lines),
        *others,
    ]


def merged(how: Asked) -> list[Figure]:
    """2,000 points as 16 blocks, and each by itself; two of 125 move."""
    seconds, more = (0.5, ("busy", "quick")) if how.quick else (3.0, ("busy",))

    def each_us(points: int, *ways: str) -> float:
        one = _cost(2, (2, 8, 125, 1), seconds, *more, *ways)
        return 1e6 * one.cpu_s / (one.polls * points)

    took = in_turns({"blocks": partial(each_us, 125), "alone": partial(each_us, 1, "alone")}, how.rounds)
    return [
        value("poll CPU a point, automatic blocks of 125", took["blocks"], "µs"),
        ratio(
            "one register a request, over the same",
            took["blocks"],
            took["alone"],
            "blocks of 125",
            at_least=50.0,
        ),
    ]


def main() -> int:
    """The exit code: 1 when a bound is not kept."""
    how = asked(argparse.ArgumentParser(prog="python -m bench.modbus_many", description=__doc__))
    return tell([*many(how), *merged(how)], how)


if __name__ == "__main__":
    sys.exit(main())
