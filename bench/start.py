"""How long `louguan run` takes from exec to control, what memory it keeps, what it costs beyond polling.

    python -m bench.start [--site DIR] [--quick]

Real simulated devices over real sockets and pseudo-terminals, at the clock's own speed. A first run, not
counted, accepts the plan; then come five starts with the plan accepted last. A line's first complete cycle
is a step with at least one reading, good or bad, of each of its devices (see `bench.milestones`). Memory is
read 30 s after exec. The floor of a start is the bare interpreter; the wire's floor is told by lines with
many slow devices: 9600 baud carries about a thousand bytes a second, so a serial line is held to one sweep of
its own, every block of it read once, after the Modbus TCP lines. What the daemon costs is its CPU from the
twelfth second on, less what the same lines take when they are only polled (`bench.polling`), in turns.
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

from bench.figures import Figure, asked, tell, value
from bench.measure import REPEATS, bare, ends_with_us, exact_cpu_s, machine, repeated, resident_mib, table
from bench.without_bacnet import kept_without, without_bacnet
from config.plan.codec import dump, load
from config.plan.lines import Line
from config.plan.site import Plan
from drivers.batching import blocks_of
from drivers.modbus.requests import READS, data_length

REMEMBERED_AFTER_S = 30.0
SETTLED_AFTER_S = 12.0
READY_WITHIN_S = 120.0
IMPORTS = {
    "python -c pass": "pass",
    "import of the command": "import controller.cli.main, controller.cli.run",
    "import of the daemon": "import controller.app",
    "… with the Modbus driver": "import controller.app, drivers.modbus",
    "… and the BACnet driver": "import controller.app, drivers.modbus, drivers.bacnet.driver",
}


class Start(NamedTuple):
    """When one start of the daemon got where; seconds since exec."""

    imported: float
    first_cycle: float
    lines: dict[str, float]
    cpu_s: dict[str, float]
    """CPU until a line's first complete cycle: what it costs, however busy the machine is."""
    good: float
    """99 % of points are good."""
    resident_mib: float
    cpu: float
    """CPU a second, once settled; 0 when it did not stay so long."""


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
            preexec_fn=ends_with_us,  # noqa: PLW1509 - no threads here
        )
    try:
        while not report.exists():
            if daemon.poll() is not None or time.monotonic_ns() - began_ns > READY_WITHIN_S * 1e9:
                raise SystemExit(
                    f"the daemon did not get there; its log: {(folder / 'daemon.log').read_text()}"
                )
            time.sleep(0.05)
        settled, since_s = _stayed(daemon.pid, began_ns, min(stay_s, SETTLED_AFTER_S))
        used, until_s = _stayed(daemon.pid, began_ns, stay_s)
        memory = resident_mib(daemon.pid)
        cpu = (used - settled) / (until_s - since_s) if stay_s > SETTLED_AFTER_S else 0.0
    finally:
        daemon.terminate()
        daemon.wait(15)
    found = json.loads(report.read_text(encoding="ascii"))

    def after(then_ns: int) -> float:
        return (then_ns - began_ns) / 1e9

    lines = {name: after(then) for name, then in found["lines"].items()}
    return Start(
        after(found["imported"]),
        after(found["first_cycle"]),
        lines,
        found["cpu_s"],
        after(found["good"]),
        memory,
        cpu,
    )


def _stayed(pid: int, began_ns: int, stay_s: float) -> tuple[float, float]:
    """CPU seconds of a process so many seconds after its begin, and how many they are."""
    time.sleep(max(0.0, stay_s - (time.monotonic_ns() - began_ns) / 1e9))
    return exact_cpu_s(pid), (time.monotonic_ns() - began_ns) / 1e9


def polling(plan: Path, overlay: Path, settle_s: float, seconds: float) -> float:
    """CPU a second of the lines alone."""
    words = [str(word) for word in (plan, overlay, settle_s, seconds)]
    command = [sys.executable, "-m", "bench.polling", *words]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout) / seconds


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


def with_bytecode() -> None:
    """As an installed louguan is: where nothing has written it (PYTHONDONTWRITEBYTECODE), each start would
    compile its own source."""
    packages = [str(files(name)) for name in ("config", "drivers", "schedules", "controller")]
    subprocess.run([sys.executable, "-m", "compileall", "-q", *packages], check=True)


def sweep_s(plan: Plan, line: Line) -> float:
    """Each block of a serial line's devices asked for and answered once: bytes on the wire, silences between
    frames (3.5 characters) included, answers at once."""
    character_s = (1 + 8 + (line.parity != "N") + line.stop_bits) / line.baud
    characters = 0.0
    for device in plan.devices:
        if device.line == line.id:
            for block in blocks_of([plan.points[point] for point in device.points], device.limits):
                characters += 8 + 5 + data_length(READS[block.space], block.size) + 2 * 3.5
    return characters * character_s


def figures(plan: Plan, starts: list[Start], alone: list[float], without: list[float]) -> list[Figure]:
    """Those that are held to bounds, as far as the site has such lines."""

    def last(one: Start, transports: tuple[str, ...]) -> float:
        return max(one.lines[line.name] for line in plan.lines if line.transport in transports)

    kinds = {line.transport for line in plan.lines}
    found = []
    if "modbus-tcp" in kinds:
        tcp = [last(one, ("modbus-tcp",)) for one in starts]
        found.append(value("exec to control: Modbus TCP", tcp, "s", at_most=0.7))
        names = [line.name for line in plan.lines if line.transport == "modbus-tcp"]
        spent = [max(one.cpu_s[name] for name in names) for one in starts]
        found.append(value("… CPU until then", spent, "s"))
    if "bacnet-ip" in kinds:
        bacnet = [last(one, ("bacnet-ip",)) for one in starts]
        found.append(value("exec to control: BACnet", bacnet, "s", at_most=2.0))
    serial = [line for line in plan.lines if line.transport == "modbus-rtu"]
    if serial and "modbus-tcp" in kinds:
        sweeps = [
            max((one.lines[line.name] - last(one, ("modbus-tcp",))) / sweep_s(plan, line) for line in serial)
            for one in starts
        ]
        found.append(value("… serial lines after it, in sweeps", sweeps, "", at_most=1.0))
    found.append(value("memory 30 s after exec", [one.resident_mib for one in starts], "MiB", at_most=60.0))
    if without:
        found.append(value("memory without BACnet", without, "MiB", at_most=40.0))
    if alone:
        over = [100 * (one.cpu - polls) for one, polls in zip(starts, alone, strict=True)]
        found.append(
            value("idle CPU beyond polling", over, "% of a core", at_most=0.5, against="polling alone")
        )
        found.append(value("polling alone", [100 * polls for polls in alone], "% of a core"))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--site", type=Path, help="default: shuangliu, with --quick minimal")
    how = asked(parser)
    quick, site = how.quick, how.own.site
    if site is None:
        site = Path(str(files("config") / "sites" / ("minimal" if quick else "shuangliu")))
    repeats, stay_s = (1, 0.0) if quick else (REPEATS, REMEMBERED_AFTER_S)
    print(machine())
    with_bytecode()
    rows = []
    for name, program in IMPORTS.items():
        took = repeated(bare(program), repeats)
        rows.append([name, f"{took.median.wall_s:.2f} s", f"{took.least.wall_s:.2f} s"])
    print(table(["a program of its own", "median", "least"], rows), end="\n\n")
    starts: list[Start] = []
    alone: list[float] = []
    without: list[float] = []
    with tempfile.TemporaryDirectory(prefix="louguan-bench-") as scratch:
        folder = Path(scratch)
        file = compiled("compile", site, folder / "plan.json")
        plan = load(file.read_text(encoding="utf-8"))
        print(f"{plan.site.name}: {len(plan.devices)} devices, {len(plan.points)} points")
        other = folder / "without.json"
        other.write_text(dump(without_bacnet(plan)), encoding="utf-8")
        with simulators(site, file, folder) as overlay:
            first = start(site, folder, overlay, 0.0)
            for _ in range(repeats):
                starts.append(start(site, folder, overlay, stay_s))
                if not quick:
                    measured_s = REMEMBERED_AFTER_S - SETTLED_AFTER_S
                    alone.append(polling(file, overlay, SETTLED_AFTER_S / 2, measured_s))
                    without.append(kept_without(site, other, folder, overlay, REMEMBERED_AFTER_S))
    show(plan, first, starts)
    print()
    return tell(figures(plan, starts, alone, without), how)


if __name__ == "__main__":
    sys.exit(main())
