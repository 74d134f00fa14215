"""An hour of the daemon at 5,000 points and the clock's own speed: does anything grow, and what does it cost?

    python -m bench.soak [--points 5000] [--minutes 60] [--warm 10] [--every 10] [--dir DIR]

Simulated devices over real sockets and pseudo-terminals, the daemon a program of its own, its data in a
directory of `--dir` (on a real disk). Every ten seconds its /proc is read and its `status` asked; once a
minute somebody takes a lamp over for two minutes, so that people's commands are among it. Slopes are least
squares over what was seen after the warm-up. Exit 1 when something grows, a cycle was missed or more is
written than the site allows.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import tempfile
import time
from pathlib import Path
from statistics import linear_regression, median
from typing import Any, NamedTuple, TextIO

from bench.flash import charged, daemon
from bench.measure import cpu_s, machine
from bench.soak_site import POINTS, write_site
from bench.start import compiled, simulators
from config.plan.codec import load
from config.plan.site import Plan
from controller.socket.client import Client

MOST_GROWTH_MIB = 2.0
"""An hour, of proportional memory: more than that is a leak worth looking for."""
_PERSON_EVERY_S = 60.0
_HELD_S = 120


class Sample(NamedTuple):
    """The daemon at one moment."""

    at_s: float
    """Since the first sample."""
    rss_kib: int
    pss_kib: int
    private_kib: int
    """What is its own alone, pages of its code and files left out."""
    handles: int
    threads: int
    written: int
    cpu_s: float
    cycles: int
    missed: int
    worst_ms: float
    online: int
    good: int
    sent: int
    answer_ms: float
    """How long `status` took."""


class Slope(NamedTuple):
    """A line through what was seen."""

    an_hour: float
    first: float
    """Median of the first sixth."""
    last: float


def slope(samples: list[tuple[float, float]]) -> Slope:
    """Least squares, by the hour. At least two samples at different times."""
    times, values = zip(*samples, strict=True)
    part = max(1, len(samples) // 6)
    return Slope(linear_regression(times, values).slope * 3600, median(values[:part]), median(values[-part:]))


async def watch(
    pid: int, socket: Path, plan: Plan, lasting_s: float, every_s: float, keep: TextIO | None
) -> list[Sample]:
    """Look at the daemon so long; what is seen goes to `keep` at once, a JSON object a line."""
    lamps = [point.key for point in plan.points if point.name == "ch2" and point.command is not None]
    began = time.monotonic()
    samples: list[Sample] = []
    people = 0
    async with await Client.connect(socket, person="soak", language="en") as client:
        while (passed := time.monotonic() - began) <= lasting_s:
            samples.append(await _sample(pid, client, passed))
            if keep is not None:
                keep.write(json.dumps(samples[-1]._asdict()) + "\n")
                keep.flush()
            if lamps and passed >= people * _PERSON_EVERY_S:
                lamp = lamps[people % len(lamps)]
                value = "off" if people // len(lamps) % 2 else "on"
                await client.call("set", point=lamp, value=value, for_s=_HELD_S)
                people += 1
            await asyncio.sleep(max(0.0, began + len(samples) * every_s - time.monotonic()))
    return samples


async def _sample(pid: int, client: Client, at_s: float) -> Sample:
    began = time.perf_counter()
    status: dict[str, Any] = await client.call("status")
    answer_ms = (time.perf_counter() - began) * 1000
    proc = Path(f"/proc/{pid}")
    rollup = dict(
        line.split(":", 1) for line in (proc / "smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    )
    kib = {name: int(value.split()[0]) for name, value in rollup.items()}
    stat = (proc / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return Sample(
        at_s=at_s,
        rss_kib=kib["Rss"],
        pss_kib=kib["Pss"],
        private_kib=kib["Private_Clean"] + kib["Private_Dirty"],
        handles=len(list((proc / "fd").iterdir())),
        threads=int(stat[17]),
        written=charged(pid),
        cpu_s=cpu_s(pid),
        cycles=status["cycles"],
        missed=status["cycles_missed"],
        worst_ms=status["worst_cycle_ms"],
        online=status["devices_online"],
        good=status["points_good"],
        sent=status["commands_sent"],
        answer_ms=answer_ms,
    )


class Found(NamedTuple):
    """What the hour says."""

    report: str
    complaints: list[str]


def judged(plan: Plan, samples: list[Sample], warm_s: float) -> Found:
    """The tables, in Markdown, and what is not as it has to be."""
    steady = [one for one in samples if one.at_s >= warm_s]
    first, last = steady[0], steady[-1]
    lasting_s = last.at_s - first.at_s
    grown = {
        "resident memory (RSS)": (slope([(one.at_s, one.rss_kib / 1024) for one in steady]), " MiB"),
        "its share of what is shared counted once (PSS)": (
            slope([(one.at_s, one.pss_kib / 1024) for one in steady]), " MiB",
        ),
        "its own alone (private)": (slope([(one.at_s, one.private_kib / 1024) for one in steady]), " MiB"),
        "file handles": (slope([(one.at_s, float(one.handles)) for one in steady]), ""),
        "threads": (slope([(one.at_s, float(one.threads)) for one in steady]), ""),
    }  # fmt: skip
    rows = [
        f"| {name} | {one.first:.1f}{unit} | {one.last:.1f}{unit} | {one.an_hour:+.2f}{unit} |"
        for name, (one, unit) in grown.items()
    ]
    a_day = (last.written - first.written) / lasting_s * 86_400 / 1e6
    cpu = (last.cpu_s - first.cpu_s) / lasting_s
    answers = sorted(one.answer_ms for one in steady)
    missed = last.missed - first.missed
    figures = {
        "written to the disk, a day": f"{a_day:.1f} MB, budget {plan.site.flash_budget_mb:g} MB",
        "CPU": f"{cpu * 100:.1f} % of one core",
        "cycles": f"{last.cycles - first.cycles:,} in {lasting_s:.0f} s, {missed} missed",
        "longest cycle": f"{last.worst_ms:.0f} ms, the start included",
        "commands sent": f"{last.sent - first.sent:,}",
        "`status` answered in": f"{median(answers):.0f} ms in the median, {answers[-1]:.0f} ms at most",
        "devices online, least": f"{min(one.online for one in steady)} of {len(plan.devices)}",
        "points good, least": f"{min(one.good for one in steady)} of {len(plan.points)}",
    }
    report = [
        f"{len(plan.points):,} points, {len(plan.devices)} devices, {len(plan.lines)} lines.",
        f"{len(samples)} looks, of which {len(steady)} after {warm_s / 60:.0f} min.",
        "",
        "| | at first | at last | an hour |",
        "|---|---:|---:|---:|",
        *rows,
        "",
        "| | |",
        "|---|---:|",
        *(f"| {name} | {value} |" for name, value in figures.items()),
    ]
    memory = grown["its share of what is shared counted once (PSS)"][0].an_hour
    complaints = [
        *([f"memory grows by {memory:.1f} MiB an hour"] if memory > MOST_GROWTH_MIB else []),
        *(["file handles grow"] if grown["file handles"][0].last > grown["file handles"][0].first else []),
        *(["threads grow"] if grown["threads"][0].last > grown["threads"][0].first else []),
        *([f"{missed} cycles were missed"] if missed else []),
        *([f"{a_day:.0f} MB are written a day"] if a_day > plan.site.flash_budget_mb else []),
    ]
    return Found("\n".join(report), complaints)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=POINTS)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--warm", type=float, default=10.0, help="minutes that slopes leave out")
    parser.add_argument("--every", type=float, default=10.0, help="seconds between two looks")
    parser.add_argument("--dir", type=Path, help="on a real disk (default: the system's place for such)")
    parser.add_argument("--samples", type=Path, help="keep what was seen in this file")
    options = parser.parse_args()
    print(machine(), flush=True)
    with contextlib.ExitStack() as stack:
        name = stack.enter_context(tempfile.TemporaryDirectory(dir=options.dir))
        keep = None if options.samples is None else stack.enter_context(options.samples.open("w"))
        folder = Path(name)
        site = folder / "site"
        write_site(site, options.points)
        plan_file = compiled("compile", site, folder / "plan.json")
        plan = load(plan_file.read_text(encoding="utf-8"))
        overlay = stack.enter_context(simulators(site, plan_file, folder))
        pid = stack.enter_context(daemon(site, folder, overlay))
        socket = folder / "data" / "louguan.sock"
        samples = asyncio.run(watch(pid, socket, plan, options.minutes * 60, options.every, keep))
    found = judged(plan, samples, options.warm * 60)
    print(found.report)
    for complaint in found.complaints:
        print(complaint, file=sys.stderr)
    sys.exit(bool(found.complaints))


if __name__ == "__main__":
    main()
