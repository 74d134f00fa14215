"""What a log of many meters costs: room, time to write it, to add it up, to verify it, and to start on it
while a sink has not got the last of it.

    python -m bench.log_year [--meters N] [--days N] [--before N] [--backlog N] [--folder DIR] [--quick]

Rows go through the consumption log and its store into a real log.db, an interval of 15 min at a time. A whole
year of that takes an hour or more: `--before 355` puts further days before them by SQL alone, so that what is
read is a year. The floor is sqlite3 alone with the same rows, schema and safety. The daemon is a process with
simulated devices; the receiver, another, takes the backlog over TLS on this machine.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sqlite3
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from bench.log_backlog import Drained, Started, leave, measured
from bench.log_filling import LENGTH_S, ZONE, Filled, bare, fill, meters, taken
from bench.log_grown import grow
from bench.measure import REPEATS, machine, table
from controller.store import history, sums
from controller.store.audit import audit_log
from controller.store.logdb import FILE, LogStore
from controller.store.migrations.log import LOG

END = "2026-03-05T10:00:00+08:00"
END_MS = round(datetime.fromisoformat(END).timestamp() * 1000)
_A_DAY = 86_400 // LENGTH_S


def months_of_days(connection: sqlite3.Connection) -> dict[tuple[str, str], Decimal]:
    """The same from the days that are kept, as `log export --by month` reads them."""
    zone = ZoneInfo(ZONE)
    at_ms, until_ms = sums.kept_span(connection)
    spans = list[tuple[int, int]]()
    while at_ms < until_ms:
        spans.append((at_ms, month_of(at_ms, zone)[1]))
        at_ms = spans[-1][1]
    found: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for name, items in sums.added(connection, history.meters(connection), spans).items():
        for item in items:
            found[name, month_of(item.start_ms, zone)[0]] += item.consumption or 0
    return dict(found)


def by_month(connection: sqlite3.Connection) -> dict[tuple[str, str], Decimal]:
    """Consumption by meter and local month, from the newest revision of each interval, as an export reads
    them."""
    zone = ZoneInfo(ZONE)
    found: dict[tuple[str, str], Decimal] = {}
    for meter in history.meters(connection):
        quanta: defaultdict[str, int] = defaultdict(int)
        month, until_ms = "", 0
        for item in history.newest(history.logged(connection, meter)):
            if item.row.start_ms >= until_ms:
                month, until_ms = month_of(item.row.start_ms, zone)
            quanta[month] += item.row.consumption or 0
        for name, total in quanta.items():
            found[meter.name, name] = meter.fittings[-1].exact(total) or Decimal(0)
    return found


def month_of(time_ms: int, zone: ZoneInfo) -> tuple[str, int]:
    """The local month of a time, and when it ends."""
    begin = datetime.fromtimestamp(time_ms / 1000, zone)
    begin = begin.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    end = begin.replace(year=begin.year + begin.month // 12, month=begin.month % 12 + 1)
    return f"{begin:%Y-%m}", round(end.timestamp() * 1000)


def summed(connection: sqlite3.Connection) -> int:
    """The floor of that: one pass of SQLite over all rows."""
    (found,) = connection.execute("SELECT sum(consumption) FROM logged").fetchone()
    return int(found)


def audited(connection: sqlite3.Connection) -> int:
    """How many problems there are."""
    return sum(1 for _ in audit_log(connection))


def timed(path: Path, what: Callable[[sqlite3.Connection], object]) -> tuple[float, object]:
    """Machine seconds, and the answer."""
    with closing(history.open_file(path, LOG)) as connection:
        began = time.perf_counter()
        answer = what(connection)
        return time.perf_counter() - began, answer


def run(folder: Path, count: int, days: float, before: float, backlog: int, repeats: int) -> None:
    """All of it, told as it comes."""
    data = folder / "data"
    data.mkdir(parents=True)
    path = data / FILE
    store = LogStore.open(data, END_MS)
    filled = fill(store, meters(count), END_MS, round(days * _A_DAY))
    assert store.close(600.0) == 0
    written = taken(path)
    rate, wear = bare(folder / "bare.db", written)
    least = (folder / "bare.db").stat().st_size / sum(map(len, written))
    tell_room(filled, path.stat().st_size / filled.rows, (least, wear, rate))
    rows = filled.rows
    if before:
        grown = grow(data, count, round(before * _A_DAY), END_MS)
        rows = grown.rows
        print(
            f"with {before:g} days before: {rows} rows in {grown.bytes / 1e6:.0f} MB, "
            f"{grown.bytes / rows:.1f} bytes a row; {grown.days} days worked out in {grown.days_s:.0f} s\n"
        )
    tell_reading(path, rows)
    leave(data, backlog, END_MS)
    started, drained = asyncio.run(measured(folder, END, repeats))
    empty = folder / "empty"
    (empty / "data").mkdir(parents=True)
    leave(empty / "data", 0, END_MS)
    without, _ = asyncio.run(measured(empty, END, repeats))
    tell_start(started, without, drained)


def tell_room(filled: Filled, size: float, floor: tuple[float, float, float]) -> None:
    least, wear, rate = floor
    rows = [
        ["rows", f"{filled.rows}", ""],
        ["bytes a row, with its feed", f"{size:.1f} B", f"{least:.1f} B"],
        ["bytes written to the disk a row", f"{filled.written_bytes / filled.rows:.0f} B", f"{wear:.0f} B"],
        ["rows a second", f"{filled.rows / filled.wall_s:.0f} /s", f"{rate:.0f} /s"],
        ["… of which the consumption log", f"{filled.step_s / filled.wall_s * 100:.0f} %", ""],
    ]
    print(table(["writing", "louguan", "sqlite3 alone"], rows), end="\n\n")


def tell_reading(path: Path, rows: int) -> None:
    sum_s, total = timed(path, summed)
    days_s, of_days = timed(path, months_of_days)
    month_s, found = timed(path, by_month)
    assert of_days == found
    audit_s, problems = timed(path, audited)
    assert problems == 0
    assert isinstance(found, dict)
    assert sum(found.values()) * 100 == total
    lines = [
        [name, f"{seconds:.2f} s", f"{seconds / rows * 1e6:.2f} µs", f"{seconds / sum_s:.0f}"]
        for name, seconds in (
            ("one sum by SQLite", sum_s),
            ("months of each meter, from its days", days_s),
            ("the same from its intervals", month_s),
            ("the audit", audit_s),
        )
    ]
    print(table(["reading", "all", "a row", "× the sum"], lines), end="\n\n")


def tell_start(started: Started, without: Started, drained: Drained) -> None:
    lines = [
        [
            name,
            f"{one.backlog}",
            f"{one.median_s:.2f} s",
            f"{one.most_s:.2f} s",
            f"{one.resident_mib:.0f} MiB",
        ]
        for name, one in (("on this log", started), ("on an empty one", without))
    ]
    print(table(["start until it answers", "rows that wait", "median", "most", "resident"], lines))
    print(
        f"\nbacklog: {drained.rows} rows to a receiver on this machine in {drained.seconds:.1f} s, "
        f"{drained.rows / drained.seconds:.0f} rows a second, {drained.resident_mib:.0f} MiB resident at most"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--meters", type=int, default=1000)
    parser.add_argument("--days", type=float, default=10.0)
    parser.add_argument("--before", type=float, default=0.0, help="days before those, by SQL alone")
    parser.add_argument("--backlog", type=int, default=100_000)
    parser.add_argument(
        "--folder", type=Path, help="where to put it; deleted afterwards (default: temporary)"
    )
    parser.add_argument("--quick", action="store_true", help="few rows, one start: only whether it works")
    options = parser.parse_args()
    count, days, before, backlog = (options.meters, options.days, options.before, options.backlog)
    if options.quick:
        count, days, before, backlog = 20, 1.0, 2.0, 500
    print(machine())
    print(f"{count} meters, {days:g} days of 15 min", end="\n\n")
    scratch = Path(tempfile.mkdtemp(prefix="louguan-bench-", dir=options.folder))
    try:
        run(scratch, count, days, before, backlog, 1 if options.quick else REPEATS)
    finally:
        shutil.rmtree(scratch)


if __name__ == "__main__":
    main()
