"""A child process that writes both stores and says what is durable. `python writing.py DIRECTORY [LIMIT]`, or
`DIRECTORY only CYCLES`: so many, then an end in order, which says how many jobs were lost.

It prints a number after each commit has returned: so many cycles must survive anything. With LIMIT no file
may grow beyond so many bytes, as on a full disk; it then prints what failed, lifts the limit on a line from
stdin, and must lose nothing.
"""

from __future__ import annotations

import resource
import signal
import sys
import time
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from controller.consumption.log import Closed
from controller.consumption.meters import Meter
from controller.consumption.records import Flag, Interval, Mark
from controller.decide.records import Override
from controller.store.control import Changes, ControlStore
from controller.store.ledger import Entry, Kind
from controller.store.logdb import LogStore

START = 1_772_676_000_000
QUARTER = 900_000
METER = Meter("main", 0, "main.energy", "electricity", "kWh", "0.01", 1_000_000, 36.0, None, 10.0)


def cycle(control: ControlStore, log: LogStore, number: int) -> list[Future[Any]]:
    """One cycle's rows: a command's life, the wish behind it, and one interval with its mark."""
    now = START + number * QUARTER
    wish = Override(f"lamp-{number % 10}.level", number, "li", "test", now, now + 1)
    entries = (
        Entry(now, Kind.COMMAND, wish.point, number, 8, "li", "x" * 200),
        Entry(now, Kind.SENT, wish.point, number, 8),
    )
    row = Interval("main", now, now + QUARTER, now, number * 5, number * 5 + 5, 5, None, 900, Flag(0))
    mark = Mark(now + QUARTER, now + QUARTER, number * 5 + 5, now + QUARTER, number * 5 + 5)
    return [control.commit(Changes(now, entries, (wish,))), log.write(Closed((row,), (("main", mark),)))]


def main(data: Path, limit: int | None, cycles: int = 1_000_000) -> None:
    control, log = ControlStore.open(data, START), LogStore.open(data, START)
    began = control.begin(START, trusted=True, version="0", plan="")
    marks = log.register([METER], START)
    # A kill may fall between the two commits of a cycle: go on from the one that came less far.
    logged = (marks["main"].slot_ms - START) // QUARTER if marks else 0
    recorded = max((int(item.value) + 1 for item in began.remembered.overrides), default=0)
    first = min(logged, recorded)
    if limit is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        fill(control, log)
        return
    for number in range(first, first + cycles):
        for future in cycle(control, log, number):
            future.result()
        print(number + 1, flush=True)
    control.end(START, "done")
    print(f"lost: {control.close(30.0) + log.close(30.0)}", flush=True)


def fill(control: ControlStore, log: LogStore) -> None:
    futures: list[Future[Any]] = []
    number = 0
    while not (control.status().error and log.status().error):
        futures += cycle(control, log, number)
        number += 1
        time.sleep(0.0005)
    for _ in range(100):
        began = time.monotonic()
        futures += cycle(control, log, number)
        number += 1
        # Who waited for the disk would wait for ever here.
        assert time.monotonic() - began < 5.0, "the control had to wait for the disk"
    print(f"failing: {control.status().error} / {log.status().error}", flush=True)
    sys.stdin.readline()
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    for future in futures:
        future.result(60)
    control.end(START, "full")
    lost = control.close() + log.close()
    print(f"written: {number}, lost: {lost}", flush=True)


if __name__ == "__main__":
    if sys.argv[2:3] == ["only"]:
        main(Path(sys.argv[1]), None, int(sys.argv[3]))
    else:
        main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else None)
