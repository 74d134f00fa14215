"""How long `louguan run` takes from exec to control, and how much memory it keeps.

    python -m bench.start [--site DIR] [--quick]

Real simulated devices over real sockets and pseudo-terminals, at the clock's own speed. A first run, not
counted, accepts the plan; then come five starts with the plan accepted last. A line's first complete cycle is
a step with at least one reading, good or bad, of each of its devices (see `bench.milestones`). Memory is read
30 s after exec. The floor is the bare interpreter; the wire's floor is told by lines with many slow devices:
9600 baud carries about a thousand bytes a second.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench.measure import REPEATS, bare, machine, repeated, resident_mib, table
from config.plan.codec import load
from config.plan.site import Plan

REMEMBERED_AFTER_S = 30.0
READY_WITHIN_S = 120.0
IMPORTS = {
    "python -c pass": "pass",
    "import of the command": "import controller.cli.main",
    "import of the daemon": "import controller.app",
    "… with the Modbus driver": "import controller.app, drivers.modbus",
    "… and the BACnet driver": "import controller.app, drivers.modbus, drivers.bacnet.driver",
}


class Start(NamedTuple):
    """When one start of the daemon got where; seconds since exec."""

    imported: float
    first_cycle: float
    lines: dict[str, float]
    good: float
    """99 % of points are good."""
    resident_mib: float


def compiled(what: str, site: Path, file: Path) -> Path:
    """What the compiler says of a site, in a file."""
    command = [sys.executable, "-P", "-m", "config.written", what, str(site)]
    with file.open("wb") as output:
        subprocess.run(command, stdout=output, check=True)
    return file


@contextmanager
def simulators(site: Path, plan: Path, folder: Path) -> Iterator[Path]:
    """Running simulated devices; where the daemon finds their addresses."""
    overlay, plant = folder / "overlay.json", compiled("plant", site, folder / "plant.json")
    options = {"--plan": plan, "--plant": plant, "--overlay-out": overlay}
    words = [str(word) for option in options.items() for word in option]
    child = subprocess.Popen(
        [sys.executable, "-m", "drivers.simulators", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdin is not None
    assert child.stdout is not None
    with child:
        try:
            json.loads(child.stdout.readline())  # ready
            yield overlay
        finally:
            child.stdin.close()


def start(site: Path, folder: Path, overlay: Path, stay_s: float) -> Start:
    """Start the daemon, wait for its milestones, stay, look at its memory and end it in order."""
    report = folder / "milestones.json"
    report.unlink(missing_ok=True)
    words = ["run", str(site), "--data", str(folder / "data"), "--overlay", str(overlay)]
    began_ns = time.monotonic_ns()
    with (folder / "daemon.log").open("ab") as log:
        daemon = subprocess.Popen(
            [sys.executable, "-m", "bench.milestones", str(report), *words],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        while not report.exists():
            if daemon.poll() is not None or time.monotonic_ns() - began_ns > READY_WITHIN_S * 1e9:
                raise SystemExit(
                    f"the daemon did not get there; its log: {(folder / 'daemon.log').read_text()}"
                )
            time.sleep(0.05)
        time.sleep(max(0.0, stay_s - (time.monotonic_ns() - began_ns) / 1e9))
        memory = resident_mib(daemon.pid)
    finally:
        daemon.terminate()
        daemon.wait(15)
    found = json.loads(report.read_text(encoding="ascii"))

    def after(then_ns: int) -> float:
        return (then_ns - began_ns) / 1e9

    lines = {name: after(then) for name, then in found["lines"].items()}
    return Start(after(found["imported"]), after(found["first_cycle"]), lines, after(found["good"]), memory)


def show(plan: Plan, first: Start, starts: list[Start]) -> None:
    """Print the milestones in the order they are usually reached, then the memory."""
    names = {line.name: f"line {line.name}, {line.transport}, {_count(plan, line.id)}" for line in plan.lines}
    reached = [_milestones(one, names) for one in (first, *starts)]
    rows = []
    for name in reached[0]:
        values = [one[name] for one in reached[1:]]
        figures = (reached[0][name], median(values), min(values), max(values))
        rows.append([name, *(f"{figure:.2f} s" for figure in figures)])
    rows.sort(key=lambda row: float(row[2].split()[0]))
    memory = [one.resident_mib for one in starts]
    rows.append(["resident memory", "", *(f"{of(memory):.0f} MiB" for of in (median, min, max))])
    print(table(["since exec", "plan not yet accepted", "median", "least", "most"], rows))


def _count(plan: Plan, line: int) -> str:
    members = [device for device in plan.devices if device.line == line]
    return f"{len(members)} devices"


def _milestones(one: Start, names: dict[str, str]) -> dict[str, float]:
    lines = {names[line]: then for line, then in one.lines.items()}
    return {
        "code imported": one.imported,
        "first cycle": one.first_cycle,
        **lines,
        "all lines": max(lines.values()),
        "99 % of points good": one.good,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--site", type=Path, default=Path(str(files("config") / "sites" / "shuangliu")))
    parser.add_argument(
        "--quick", action="store_true", help="one start, memory at once: only whether it works"
    )
    options = parser.parse_args()
    repeats, stay_s = (1, 0.0) if options.quick else (REPEATS, REMEMBERED_AFTER_S)
    print(machine())
    rows = []
    for name, program in IMPORTS.items():
        took = repeated(bare(program), repeats)
        rows.append([name, f"{took.median.wall_s:.2f} s", f"{took.least.wall_s:.2f} s"])
    print(table(["a program of its own", "median", "least"], rows), end="\n\n")
    with tempfile.TemporaryDirectory(prefix="louguan-bench-") as scratch:
        folder = Path(scratch)
        file = compiled("compile", options.site, folder / "plan.json")
        plan = load(file.read_text(encoding="utf-8"))
        print(f"{plan.site.name}: {len(plan.devices)} devices, {len(plan.points)} points")
        with simulators(options.site, file, folder) as overlay:
            first, *starts = [
                start(options.site, folder, overlay, stay) for stay in (0.0, *[stay_s] * repeats)
            ]
    show(plan, first, starts)


if __name__ == "__main__":
    main()
