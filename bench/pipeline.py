"""From the wire to the log: what the whole daemon costs a point that is polled, at 1 Hz.

    python -m bench.pipeline [--quick] [--figures FILE]

Panels of 100 points (`bench.panel_site`), 10 of them and 100, each with a connection of its own, polled once
a second; all analogues, powers and counters say something else at each poll. Readings go through the driver,
the image, the step and the log, whose intervals (four counters a panel) end once a minute, as often as a site
may have it; each window has one such end in it. The floor reads the same blocks, unpacks them into a list and
writes the counters by bare sqlite3. Daemons, floors and panels are all programs of their own and run at one
time, so that whatever the machine does falls on all alike; CPU is that of the daemon's process alone.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.figures import Asked, Figure, asked, ratio, tell, value
from bench.measure import cpu_s, machine
from bench.panel_site import ANALOGUES, POINTS, write_site
from bench.running import daemon, panels, status

SIZES = (10, 100)
WINDOW_S = 60.0
QUICK_S = 2.0
_TICK_S = 0.05


class Running(NamedTuple):
    """The processes of one size."""

    size: int
    data: Path
    ours: int
    floor: int


@contextmanager
def running(size: int, folder: Path) -> Iterator[Running]:
    """Panels, the daemon on them, and the floor on panels of its own."""
    with ExitStack() as stack:
        ours, theirs = (stack.enter_context(panels(size, ANALOGUES)) for _ in range(2))
        write_site(folder / "site", ours.ports)
        pid = stack.enter_context(daemon(folder / "site", folder / "data"))
        words = [str(folder / "floor.db"), str(int(WINDOW_S)), *map(str, theirs.ports)]
        floor = stack.enter_context(
            subprocess.Popen(
                [sys.executable, "-m", "bench.floors.pipeline", *words],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        )
        assert floor.stdin is not None
        assert floor.stdout is not None
        floor.stdout.readline()
        try:
            yield Running(size, folder / "data", pid, floor.pid)
        finally:
            floor.stdin.close()


def figures(how: Asked) -> list[Figure]:
    """Of each size, the processor seconds of windows with one interval's end in each."""
    window_s = QUICK_S if how.quick else WINDOW_S
    found: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="louguan-bench-") as name, ExitStack() as stack:
        sizes = [
            stack.enter_context(running(size, _made(Path(name) / str(size))))
            for size in (SIZES[:1] if how.quick else SIZES)
        ]
        if not how.quick:
            time.sleep(WINDOW_S / 2 - time.time() % WINDOW_S % (WINDOW_S / 2))
        first = [status(one.data) for one in sizes]
        took: list[list[tuple[float, float]]] = [[] for _ in sizes]
        for _ in range(how.rounds):
            began = [(cpu_s(one.ours), cpu_s(one.floor)) for one in sizes]
            time.sleep(window_s)
            for one, then, list_of in zip(sizes, began, took, strict=True):
                list_of.append((cpu_s(one.ours) - then[0], cpu_s(one.floor) - then[1]))
        last = [status(one.data) for one in sizes]
    for one, rounds, before, after in zip(sizes, took, first, last, strict=True):
        missed = after["cycles_missed"] - before["cycles_missed"]
        written = after["intervals_written"] - before["intervals_written"]
        good, points = after["points_good"], after["points_total"]
        print(f"{points} points: {good} good, {missed} cycles missed, {written} intervals written")
        found += _of(one.size, rounds, window_s)
    return found


def _of(size: int, rounds: list[tuple[float, float]], window_s: float) -> list[Figure]:
    points = size * POINTS
    what = f"{size} devices × {POINTS} points at 1 Hz, from the wire to the log"
    ours = [our / (points * window_s) * 1000 for our, _ in rounds]
    floor = [max(their, _TICK_S / 5) / (points * window_s) * 1000 for _, their in rounds]
    found = [
        value(f"{what}: CPU for 1,000 points", ours, "s", 0.025),
        ratio(
            "the same, against bare polls, a list and SQLite", ours, floor, "bare polls, a list and SQLite"
        ),
    ]
    if size == SIZES[-1]:
        share = [our / window_s * 100 for our, _ in rounds]
        found.append(value(f"{points:,} points a second: a core", share, "%", 30.0))
    return found


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def main() -> int:
    how = asked(argparse.ArgumentParser(description=__doc__))
    print(machine())
    return tell(figures(how), how)


if __name__ == "__main__":
    sys.exit(main())
