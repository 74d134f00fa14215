"""What the daemon writes to the disk: in an hour of steady work, by file, and for each interval it closes.

    python -m bench.flash [--site DIR] [--minutes 5] [--dir DIR]

A real daemon on real simulated devices at the clock's own speed; its data lie in a directory of `--dir`,
which must be on a real disk: tmpfs writes none, overlay file systems may count otherwise. Bytes are those
that the kernel charges the process with (/proc/PID/io, write_bytes: whole pages, at the time they are made
dirty, not the file system's own journal). Which file they go to is told by strace, as the bytes that are
handed over and the number of flushes, in a time of its own: it slows the daemon down. Neither time has an
interval's end in it; what that costs is measured apart, with all meters of the site, in this process.
"""

from __future__ import annotations

import argparse
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from bench.measure import ends_with_us, machine, table
from bench.start import READY_WITHIN_S, compiled, simulators
from config.plan.codec import load
from config.plan.site import Plan
from controller.consumption.log import Closed
from controller.consumption.meters import meters_of
from controller.consumption.records import Flag, Interval, Mark
from controller.store.logdb import LogStore

SETTLE_S = 90.0
"""Each device has been told for the first time, the first backup made."""
SLOTS = 96
_CALL = re.compile(r"(?:\[pid +)?\d+\]? +(\w+)\(\d+<([^>]*)>.*= (\d+)$")
_LOG_EVERY_S = 900
_MARGIN_S = 20.0


class Written(NamedTuple):
    """By one file."""

    name: str
    calls: int
    bytes: int
    flushes: int


def charged(pid: int | str) -> int:
    """Bytes that the kernel says this process has had written."""
    lines = Path(f"/proc/{pid}/io").read_text(encoding="ascii").splitlines()
    return int(dict(line.split(": ") for line in lines)["write_bytes"])


@contextmanager
def daemon(site: Path, folder: Path, overlay: Path) -> Iterator[int]:
    """The running daemon's process id, once its devices have settled."""
    words = ["run", str(site), "--data", str(folder / "data"), "--overlay", str(overlay), "--accept"]
    with (folder / "daemon.log").open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "controller.cli", *words],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=ends_with_us,  # noqa: PLW1509 - no threads here
        )
    try:
        end = time.monotonic() + READY_WITHIN_S
        while not (folder / "data" / "louguan.sock").exists():
            if child.poll() is not None or time.monotonic() > end:
                raise SystemExit((folder / "daemon.log").read_text())
            time.sleep(0.1)
        time.sleep(SETTLE_S)
        yield child.pid
    finally:
        child.terminate()
        child.wait(15)


def beside_boundaries(lasting_s: float) -> None:
    """Wait until no interval ends within so long."""
    while True:
        left_s = _LOG_EVERY_S - time.time() % _LOG_EVERY_S
        if left_s > lasting_s + _MARGIN_S and _LOG_EVERY_S - left_s > _MARGIN_S:
            return
        time.sleep(5)


def traced(pid: int, lasting_s: float, file: Path) -> list[Written]:
    """What goes to which file, for so long."""
    calls = "trace=pwrite64,write,pwritev,fsync,fdatasync"
    words = ["strace", "-f", "-y", "-qq", "-s", "0", "-e", calls, "-o", str(file), "-p", str(pid)]
    strace = subprocess.Popen(words)
    time.sleep(lasting_s)
    strace.send_signal(signal.SIGINT)
    strace.wait(15)
    many: Counter[str] = Counter()
    size: Counter[str] = Counter()
    flushes: Counter[str] = Counter()
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        found = _CALL.search(line)
        if found is None or not found[2].startswith("/") or found[2].startswith("/dev"):
            continue
        name = Path(found[2]).name
        if "sync" in found[1]:
            flushes[name] += 1
        else:
            many[name] += 1
            size[name] += int(found[3])
    names = sorted({*many, *flushes}, key=lambda name: -size[name])
    return [Written(name, many[name], size[name], flushes[name]) for name in names]


def closing(plan: Plan, folder: Path) -> float:
    """Bytes written for each interval, all meters closing one together."""
    meters = meters_of(plan)
    store = LogStore.open(folder, 0)
    store.register(meters, 0)
    step = plan.site.interval_s * 1000
    before = charged("self")
    for slot in range(SLOTS):
        start, end = slot * step, (slot + 1) * step
        rows = tuple(
            Interval(one.name, start, end, start, slot * 9, slot * 9 + 9, 9, 1500, 900, Flag(0))
            for one in meters
        )
        marks = tuple((one.name, Mark(end, end, slot * 9 + 9, end, slot * 9 + 9)) for one in meters)
        store.write(Closed(rows, marks)).result(30)
    store.close()
    return (charged("self") - before) / (SLOTS * len(meters))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--site", type=Path, default=Path(str(files("config") / "sites" / "shuangliu")))
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--dir", type=Path, help="on a real disk (default: the system's place for such)")
    options = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory(dir=options.dir) as name:
        folder = Path(name)
        plan_file = compiled("compile", options.site, folder / "plan.json")
        plan = load(plan_file.read_text(encoding="utf-8"))
        each = closing(plan, folder / "apart")
        lasting_s = options.minutes * 60
        with (
            simulators(options.site, plan_file, folder) as overlay,
            daemon(options.site, folder, overlay) as pid,
        ):
            beside_boundaries(lasting_s)
            before = charged(pid)
            time.sleep(lasting_s)
            steady = (charged(pid) - before) / lasting_s
            rows: list[Written] = []
            if shutil.which("strace"):
                beside_boundaries(lasting_s)
                rows = traced(pid, lasting_s, folder / "strace")
    meters = len(meters_of(plan))
    closings = each * meters * 86_400 / plan.site.interval_s
    print(f"steady: {steady * 3600 / 1e6:.2f} MB an hour; an interval: {each:.0f} bytes, {meters} meters")
    day = steady * 86_400 + closings
    print(
        f"a day: {steady * 86_400 / 1e6:.1f} MB + {closings / 1e6:.1f} MB of intervals = {day / 1e6:.1f} MB"
    )
    print()
    shown = [
        (
            one.name,
            f"{one.calls * 3600 / lasting_s:.0f}",
            f"{one.bytes * 3600 / lasting_s / 1e6:.2f}",
            f"{one.flushes * 3600 / lasting_s:.0f}",
        )
        for one in rows
    ]
    print(table(("an hour, by file", "writes", "MB handed over", "flushes"), shown))


if __name__ == "__main__":
    main()
