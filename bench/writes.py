"""From due to the first byte of the write: 1,000 outputs that programmes switch at one instant.

    python -m bench.writes [--quick] [--figures FILE]

A hundred panels (`bench.panel_site`) of ten outputs each, every panel on a connection of its own and polled
once a second; a programme of each panel switches its outputs on and off with
each minute. The panels, a program of their own,
note when each write arrives; the daemon is the real one. The floor writes the same thousand registers, one at
a time on each of a hundred connections, and does nothing else; it starts when it is told. With --quick there
are fewer panels, and site time runs faster.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from bench.figures import Asked, Figure, asked, ratio, tell, value
from bench.measure import machine
from bench.panel_site import OUTPUTS, lamps_of, write_site
from bench.panels import Arrival
from bench.running import Panels, daemon, panels

PANELS = 100
ROUNDS = 6
SWITCHES = 8
"""Periods of a programme: as many as a day may well have."""
QUICK_SPEED = 30.0
_MINUTE_MS = 60_000
_AHEAD_NS = 200_000_000
"""Before a switch, when all that came before it is put away."""
_SETTLE_S = 5.0


class Floor:
    """The bare writer on panels of its own."""

    def __init__(self, child: subprocess.Popen[str], theirs: Panels) -> None:
        assert child.stdin is not None
        assert child.stdout is not None
        self._stdin, self._stdout, self._panels = child.stdin, child.stdout, theirs

    def late_ms(self, many: int) -> list[float]:
        """Of each of the writes it is told to make now, of which there are so many. Raises SystemExit when it
        has ended, or others wrote too."""
        self._panels.arrivals()
        due_ns = time.time_ns()
        self._stdin.write("\n")
        self._stdin.flush()
        if not self._stdout.readline():
            raise SystemExit("the floor has ended; what it says of it stands above")
        late = [(one.wall_ns - due_ns) / 1e6 for one in self._panels.arrivals()]
        if len(late) != many:
            raise SystemExit(f"{len(late)} bare writes came, not {many}")
        return late


def figures(how: Asked) -> list[Figure]:
    """Milliseconds: the 99th of a hundred writes, and the last one."""
    count = 10 if how.quick else PANELS
    speed = QUICK_SPEED if how.quick else 1.0
    with (
        tempfile.TemporaryDirectory(prefix="louguan-bench-") as name,
        panels(count, 0) as ours,
        panels(count, 0) as theirs,
    ):
        folder = Path(name)
        begin_ms = _whole(_MINUTE_MS)
        programmes = _every_minute(count, begin_ms)
        write_site(folder / "site", ours.ports, programmes=programmes, interval="15 min")
        words = [sys.executable, "-m", "bench.floors.writes", str(OUTPUTS), *map(str, theirs.ports)]
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
            floor = Floor(child, theirs)
            options: tuple[str, ...] = ()
            first_ms = begin_ms
            if how.quick:
                first_ms = _whole(1000)
                options = _sped_up(folder / "overlay.json", ours.ports, begin_ms, first_ms)
            with daemon(folder / "site", folder / "data", options=options):
                late, bare = _rounds(ours, floor, count, speed, 1 if how.quick else ROUNDS, first_ms)
            assert child.stdin is not None
            child.stdin.close()
    what = f"{count * OUTPUTS:,} outputs due at once over {count} connections"
    against = "bare writes over the same"
    p99, theirs_p99 = [_p99(one) for one in late], [_p99(one) for one in bare]
    return [
        value(f"{what}: first byte of the write, p99", p99, "ms", 100.0),
        value("the same, half of them", [median(one) for one in late], "ms"),
        ratio("the same, p99, against bare writes", p99, theirs_p99, against),
    ]


def _rounds(
    ours: Panels, floor: Floor, count: int, speed: float, rounds: int, first_ms: int
) -> tuple[list[list[float]], list[list[float]]]:
    """How late each write came, round by round, ours and the floor's. `first_ms`: outputs were due then."""
    late: list[list[float]] = []
    bare: list[list[float]] = []
    minute_ns = round(_MINUTE_MS * 1e6 / speed)
    while len(late) < rounds:
        # What is due meanwhile is of the round before, or of the start.
        left_ns = minute_ns - (time.time_ns() - first_ms * 1_000_000) % minute_ns - _AHEAD_NS
        time.sleep((left_ns if left_ns >= 0 else left_ns + minute_ns) / 1e9)
        ours.arrivals()
        time.sleep(min(_SETTLE_S, minute_ns / 2e9))
        came = ours.arrivals()
        if sum(one.many for one in came) == count * OUTPUTS:
            late.append(
                [ms for one in came for ms in [_late_ms(one, first_ms, minute_ns)] for _ in range(one.many)]
            )
            bare.append(floor.late_ms(count * OUTPUTS))
        else:
            print(f"{sum(one.many for one in came)} writes came, not {count * OUTPUTS}: not counted")
    return late, bare


def _late_ms(one: Arrival, first_ms: int, minute_ns: int) -> float:
    return (one.wall_ns - first_ms * 1_000_000) % minute_ns / 1e6


def _p99(late: list[float]) -> float:
    return sorted(late)[max(0, -(-len(late) * 99 // 100) - 1)]


def _whole(step_ms: int) -> int:
    """The last whole second or minute."""
    return time.time_ns() // 1_000_000 // step_ms * step_ms


def _sped_up(file: Path, ports: list[int], begin_ms: int, first_ms: int) -> tuple[str, ...]:
    """An overlay by which it was `begin_ms` at the machine's `first_ms`, and site time runs faster since."""
    mono_ns = time.monotonic_ns() - (time.time_ns() - first_ms * 1_000_000)
    lines = {f"L{number}": {"host": "127.0.0.1", "port": port} for number, port in enumerate(ports)}
    clock = {"start_ms": begin_ms, "mono_ns": mono_ns, "speed": QUICK_SPEED}
    file.write_text(json.dumps({"lines": lines, "clock": clock}), encoding="utf-8")
    return ("--overlay", str(file))


def _every_minute(count: int, begin_ms: int) -> dict[str, Any]:
    """Programmes that switch all outputs on with one minute and off with the next, for a while from that
    minute on."""
    lamps = lamps_of(count)
    begin = dt.datetime.fromtimestamp(begin_ms / 1000, dt.timezone(dt.timedelta(hours=8)))
    minutes = [f"{begin + dt.timedelta(minutes=number):%H:%M}" for number in range(2 * SWITCHES)]
    periods = [
        {"from": on, "to": off, "value": "on"} for on, off in zip(minutes[::2], minutes[1::2], strict=True)
    ]
    return {
        f"flash-{number}": {
            "label": f"flash {number}",
            "targets": lamps[number * OUTPUTS : (number + 1) * OUTPUTS],
            "default": "off",
            "untrusted_clock": "off",
            "week": {"everyday": periods},
        }
        for number in range(count)
    }


def main() -> int:
    how = asked(argparse.ArgumentParser(description=__doc__))
    print(machine())
    return tell(figures(how), how)


if __name__ == "__main__":
    sys.exit(main())
