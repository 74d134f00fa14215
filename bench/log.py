"""What a log of many meters costs a row: room, time to write it, and to add a month of it up.

    .venv/bin/python -m bench.log [--quick] [--figures FILE]

An interval of 1,000 meters a commit, kept as safely as the daemon keeps it, a day of them; the floor is
sqlite3 alone with nothing but the figures that differ. Rows a second are by the clock on the wall, with the
disk's time in them; a month is added up by the processor alone.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from bench.figures import Figure, asked, in_turns, ratio, tell, value
from bench.floors import sqlite as floor
from bench.log_filling import LENGTH_S, ZONE, meters
from controller.consumption.log import Closed
from controller.consumption.periods import Periods, Span
from controller.consumption.records import Flag, Interval, Mark
from controller.consumption.rollups import by, roll_up
from controller.store import dense, history, sums
from controller.store.connection import open_writer
from controller.store.logdb import FILE, LogStore
from controller.store.migrations.log import LOG

MIDNIGHT = 1_772_640_000_000
"""2026-03-05 00:00 in the zone of the bench."""
_A_DAY = 86_400 // LENGTH_S
_DAY_MS = 86_400_000
_THREE_YEARS = 3 * 365.25


class Cost:
    """Of contenders, round by round."""

    def __init__(self, folder: Path, count: int, slots: int) -> None:
        self._folder = folder
        self._count, self._slots = count, slots
        self.cpu_us: dict[str, list[float]] = {}
        """Of the processor, a row."""
        self.bytes: dict[str, float] = {}
        """Of the file, a row."""

    def rate(self, name: str, write: Callable[[Path, Sequence[Closed]], None]) -> float:
        """Rows a second."""
        data = Path(tempfile.mkdtemp(prefix=name, dir=self._folder))
        rows = list(closed(self._count, self._slots))
        began, cpu = time.perf_counter(), time.process_time()
        write(data, rows)
        took, cpu = time.perf_counter() - began, time.process_time() - cpu
        total = self._count * self._slots
        self.cpu_us.setdefault(name, []).append(cpu / total * 1e6)
        self.bytes[name] = (data / FILE).stat().st_size / total
        shutil.rmtree(data)
        return total / took


def closed(count: int, slots: int) -> Iterator[Closed]:
    """Intervals of so many meters, from midnight on."""
    counts = [5_000_000 + number * 7919 for number in range(count)]
    names = [meter.name for meter in meters(count)]
    for slot in range(slots):
        start = MIDNIGHT + slot * LENGTH_S * 1000
        end = start + LENGTH_S * 1000
        rows, marks = [], []
        for number, name in enumerate(names):
            used = 300 + (slot * 31 + number * 17) % 900
            before, counts[number] = counts[number], counts[number] + used
            rows.append(
                Interval(
                    name, start, end, start, before, counts[number], used, 5000 + used, LENGTH_S, Flag(0)
                )
            )
            marks.append((name, Mark(end, end, counts[number], end - 2000, counts[number], 0, end - 2000)))
        yield Closed(tuple(rows), tuple(marks))


def by_the_store(data: Path, listed: Sequence[Closed]) -> None:
    """All that the daemon keeps of them: rows, feed, days, where each log stands."""
    with closing(LogStore.open(data, MIDNIGHT)) as store:
        store.register(meters(len(listed[0].intervals)), MIDNIGHT, ZONE)
        for one in listed:
            store.write(one).result()


def rows_alone(data: Path, listed: Sequence[Closed]) -> None:
    """The rows in their table, one commit an interval."""
    LogStore.open(data, MIDNIGHT).close()
    with closing(open_writer(data / FILE, create=False)) as connection:
        for one in listed:
            connection.execute("BEGIN IMMEDIATE")
            dense.put_all(connection, [(number, number, row) for number, row in enumerate(one.intervals, 1)])
            connection.execute("COMMIT")


def bare(data: Path, listed: Sequence[Closed]) -> None:
    floor.write(
        data / FILE,
        (
            [
                (row.start_ms, number, row.count_end or 0, row.consumption or 0, row.peak or 0)
                for number, row in enumerate(one.intervals, 1)
            ]
            for one in listed
        ),
    )


def grown(data: Path, count: int, days: int) -> None:
    """A log of meters that have so many kept days."""
    with closing(LogStore.open(data, MIDNIGHT)) as store:
        store.register(meters(count), MIDNIGHT, ZONE)
    with closing(open_writer(data / FILE, create=False)) as connection:
        connection.execute("BEGIN")
        for day in range(days):
            start = MIDNIGHT + (day - days) * _DAY_MS
            connection.executemany(
                "INSERT INTO days VALUES (?, ?, ?, ?, ?, ?, 86400, 0, 0, ?, 86400, 96, 0, 0)",
                [
                    (number, start, number, start + _DAY_MS, 28_800 + number % 900 + day, start, 5000 + day)
                    for number in range(1, count + 1)
                ],
            )
        connection.execute("COMMIT")


def month(data: Path, span: Span) -> float:
    """Milliseconds of CPU to add up what each meter used in it, from its days."""
    with closing(history.open_file(data / FILE, LOG)) as connection:
        entries = history.meters(connection)
        began = time.process_time()
        found = sums.added(connection, entries, [span])
        slicing = by(Periods(ZONE).month, span[1])
        used = {name: roll_up(items, slicing) for name, items in found.items()}
        took = time.process_time() - began
        assert all(rolled[0].consumption for rolled in used.values())
        assert len(used) == len(entries)
        return took * 1000


def month_alone(data: Path, count: int, span: Span) -> float:
    """The same by one sum of SQLite, in milliseconds."""
    began = time.process_time()
    assert floor.month(data / FILE, *span) == count
    return (time.process_time() - began) * 1000


def measured(folder: Path, rounds: int, *, quick: bool) -> list[Figure]:
    count, slots = (100, 8) if quick else (1000, _A_DAY)
    cost = Cost(folder, count, slots)
    rates = in_turns(
        {
            "bare": partial(cost.rate, "bare", bare),
            "rows": partial(cost.rate, "rows", rows_alone),
            "store": partial(cost.rate, "store", by_the_store),
        },
        rounds,
    )
    smaller = Cost(folder, 200, 8 if quick else 2 * _A_DAY)
    smaller.rate("store", by_the_store)
    data = folder / "grown"
    grown(data, count, 100 if quick else 366)
    span = Periods(ZONE).month(MIDNIGHT - 60 * _DAY_MS)
    months = in_turns(
        {"alone": partial(month_alone, data, count, span), "month": partial(month, data, span)}, rounds
    )
    mb = smaller.bytes["store"] * 200 * _A_DAY * _THREE_YEARS / 1e6
    return [
        value("log: bytes a row, all its fields, feed and days", [cost.bytes["store"]], "B", at_most=32),
        value("log: 3 years of 200 meters, by two days of them", [mb], "MB", at_most=700),
        value("log: rows a second alone, 1,000 a commit", rates["rows"], "/s", at_least=80_000),
        value("log: rows a second with feed, days and marks", rates["store"], "/s", at_least=40_000),
        value("log: … by sqlite3 alone, five figures a row", rates["bare"], "/s"),
        ratio(
            "log: CPU a row with all against sqlite3", cost.cpu_us["store"], cost.cpu_us["bare"], "sqlite3"
        ),
        value("log: a month of 1,000 meters from its days", months["month"], "ms", at_most=50),
        ratio("log: … against one sum by SQLite", months["month"], months["alone"], "sqlite3"),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    how = asked(parser)
    folder = Path(tempfile.mkdtemp(prefix="louguan-bench-"))
    try:
        return tell(measured(folder, how.rounds, quick=how.quick), how)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
