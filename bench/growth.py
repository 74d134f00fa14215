"""How costs grow with 1, 2, 4 and 8 times the points, devices, rules and years of log.

    python -m bench.growth [--quick] [--figures FILE] [--draw FILE.svg]

Each cost is measured in a process of its own, sizes in turns. What is told of it is the exponent: by how much
a doubling multiplies the cost, as a power of two; 1 is linear, less is better. Steps are those of panels of
100 points that are all read each second (`bench.panel_site`), checks those of a made-up campus
(`bench.soak_site`).
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import median

from bench.figures import Figure, asked, in_turns, tell, value
from bench.growth_chart import Curve, draw
from bench.growth_parts import grown_log
from bench.measure import most_resident_mib, table, timed
from bench.panel_site import office_programmes
from bench.panel_site import write_site as write_panels
from bench.soak_site import write_site as write_campus
from bench.start import compiled

TIMES = (1, 2, 4, 8)
MOST = 1.1
"""The exponent that still counts as linear: what the same program differs by from one run to the next."""
POINTS, PANELS, DEVICES, METERS, YEARS = 626, 6, 25, 10, 0.5
"""At 1 time."""
EACH_PANEL = 4
"""Programmes, and rules, a panel of 100 points."""


class Cost:
    """One that grows: what it is, its unit, and how it is measured at so many times the size."""

    def __init__(self, what: str, unit: str, of: Mapping[int, Callable[[], float]]) -> None:
        self.what = what
        self.unit = unit
        self.of = of
        self.rounds: dict[int, list[float]] = {}

    def exponents(self) -> list[float]:
        """Of each round: the slope of its costs against sizes, both as logarithms (least squares)."""
        sizes = [math.log(times) for times in self.rounds]
        return [
            _slope(sizes, [math.log(cost) for cost in costs])
            for costs in zip(*self.rounds.values(), strict=True)
        ]

    def figure(self) -> Figure:
        return value(f"growth of {self.what}, exponent", self.exponents(), "", at_most=MOST)

    def curve(self) -> Curve:
        """Its medians."""
        return Curve(self.what, self.unit, {times: median(costs) for times, costs in self.rounds.items()})


def costs_in(folder: Path, times: Sequence[int], *, quick: bool) -> list[Cost]:
    """All costs, with what they are measured on."""
    points, panels, devices, count, years, cycles, poll_s = (
        (150, 1, 5, 2, 0.2, 60, 0.5) if quick else (POINTS, PANELS, DEVICES, METERS, YEARS, 600, 4.0)
    )
    plans, sites, logs = {}, {}, {}
    for each in times:
        plans[each] = _panels(folder / f"panels-{each}", panels * each)
        sites[each] = folder / f"site-{each}"
        write_campus(sites[each], points * each)
        logs[each] = grown_log(folder / f"log-{each}", count, years * each)
    check = {
        each: [sys.executable, "-P", "-m", "config.written", "check", str(sites[each])] for each in times
    }

    def parts(part: str, words: Mapping[int, Sequence[str]]) -> dict[int, Callable[[], float]]:
        return {each: partial(_asked_of, part, words[each]) for each in times}

    def stepped(change: str) -> dict[int, Callable[[], float]]:
        return parts("step", {each: [str(plans[each]), change, str(cycles)] for each in times})

    logged = {each: [str(logs[each])] for each in times}
    polled = {each: [str(devices * each), str(poll_s)] for each in times}
    cpu = {each: partial(_cpu_s, check[each]) for each in times}
    memory = {each: partial(most_resident_mib, check[each]) for each in times}
    return [
        Cost("a step, nothing changes, by points, programmes, rules", "µs", stepped("0")),
        Cost("a step, 1 % changes, by points, programmes, rules", "µs", stepped("0.01")),
        Cost("polls, CPU by devices", "ms a second", parts("poll", polled)),
        Cost("check, CPU by points", "s", cpu),
        Cost("check, memory by points", "MiB", memory),
        Cost("a month read, by years of log", "ms", parts("month", logged)),
        Cost("the log opened, by years of log", "ms", parts("open", logged)),
    ]


def _panels(site: Path, panels: int) -> Path:
    """The plan of so many, with programmes and rules in proportion."""
    many = panels * EACH_PANEL
    write_panels(site, range(5000, 5000 + panels), programmes=office_programmes(panels, many), rules=many)
    return compiled("compile", site, site.with_suffix(".json"))


def _asked_of(part: str, words: Sequence[str]) -> float:
    """What a process of its own has measured."""
    command = [sys.executable, "-m", "bench.growth_parts", part, *words]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True)
    return float(json.loads(done.stdout))


def _cpu_s(command: Sequence[str]) -> float:
    return timed(command).cpu_s


def _slope(x: Sequence[float], y: Sequence[float]) -> float:
    middle = sum(x) / len(x)
    return sum((a - middle) * b for a, b in zip(x, y, strict=True)) / sum((a - middle) ** 2 for a in x)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draw", type=Path, metavar="FILE", help="draw the curves there, as SVG")
    how = asked(parser)
    drawing: Path | None = how.own.draw
    times = TIMES[:2] if how.quick else TIMES
    with tempfile.TemporaryDirectory(prefix="louguan-bench-") as scratch:
        costs = costs_in(Path(scratch), times, quick=how.quick)
        for cost in costs:
            took = in_turns({str(each): cost.of[each] for each in times}, how.rounds)
            cost.rounds = {int(each): rounds for each, rounds in took.items()}
    curves = [cost.curve() for cost in costs]
    rows = []
    for curve in curves:
        shown = (f"{cost:,.3g}" for cost in curve.costs.values())
        rows.append([f"{curve.what}, {curve.unit}", *shown])
    print(table(["medians", *(f"{each} ×" for each in times)], rows), end="\n\n")
    if drawing is not None:
        drawing.write_text(draw(curves), encoding="utf-8")
    return tell([cost.figure() for cost in costs], how)


if __name__ == "__main__":
    sys.exit(main())
