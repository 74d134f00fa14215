"""`python -m bench.milestones REPORT WORD…`: the louguan command, noting when each line has been read.

The daemon is the real one; only its `cycle` is followed by a look at which devices have been read. REPORT
gets one JSON object, in the machine's monotonic nanoseconds, once all of it is reached: {"imported",
"first_cycle", "lines": {NAME: …}, "good": when 99 % of points were good, "cpu_s": {NAME: CPU until then}}.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from config.plan.reading import NEVER
from config.plan.site import Plan
from controller.cli import started
from controller.cli.__main__ import run
from controller.options import Options

if TYPE_CHECKING:
    from controller.daemon import Daemon

GOOD_SHARE = 0.99


class Milestones:
    """What has been reached. A line's first complete cycle is a step with at least one reading, good or bad,
    of each of its devices."""

    def __init__(self, report: Path) -> None:
        self._report = report
        self._waiting: dict[str, list[tuple[int, ...]]] | None = None
        self._reached: dict[str, object] = {"imported": time.monotonic_ns()}
        self._lines: dict[str, int] = {}
        self._cpu_s: dict[str, float] = {}

    @property
    def done(self) -> bool:
        return len(self._reached) == len(("imported", "first_cycle", "lines", "good", "cpu_s"))

    def look(self, daemon: Daemon) -> None:
        """After a cycle."""
        now = time.monotonic_ns()
        self._reached.setdefault("first_cycle", now)
        readings = daemon.engine.readings
        if self._waiting is None:
            self._waiting = _devices(daemon.plan)
        for line, devices in list(self._waiting.items()):
            unread = [points for points in devices if all(readings[point] is NEVER for point in points)]
            self._waiting[line] = unread
            if not unread:
                self._lines[line] = now
                self._cpu_s[line] = time.process_time()
                del self._waiting[line]
        if not self._waiting:
            self._reached.setdefault("lines", self._lines)
            self._reached.setdefault("cpu_s", self._cpu_s)
        if daemon.counters.points_good >= GOOD_SHARE * len(readings):
            self._reached.setdefault("good", now)
        if self.done:
            part = self._report.with_suffix(".part")
            part.write_text(json.dumps(self._reached), encoding="ascii")
            part.replace(self._report)


def _devices(plan: Plan) -> dict[str, list[tuple[int, ...]]]:
    """The points of each device, by line."""
    found: dict[str, list[tuple[int, ...]]] = {line.name: [] for line in plan.lines}
    for device in plan.devices:
        found[plan.lines[device.line].name].append(device.points)
    return found


def watch(report: Path) -> None:
    """Look at the daemon after each of its cycles, until everything is reached."""
    from controller.daemon import Daemon

    cycle = Daemon.cycle
    milestones = Milestones(report)

    def watched(self: Daemon) -> None:
        cycle(self)
        if not milestones.done:
            milestones.look(self)

    Daemon.cycle = watched  # type: ignore[method-assign]


def main() -> None:
    """As `louguan` begins, up to where everything of the daemon is imported and none of it has begun."""
    begin = started.started

    def watched(options: Options) -> int:
        watch(Path(sys.argv[1]))
        return begin(options)

    started.started = watched
    run(sys.argv[2:])


if __name__ == "__main__":
    main()
