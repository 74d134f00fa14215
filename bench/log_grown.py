"""A year put before what a log holds, by SQL alone: a file of the size that it has after a year, without the
year's commits. The days of it are worked out by the store itself, as it does with a log of before it had
any."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from bench.log_filling import LENGTH_S, ZONE, meters
from controller.consumption.records import Flag, Interval
from controller.store import dense
from controller.store.logdb import LogStore

LENGTH_MS = LENGTH_S * 1000
_AT_ONCE = 20
"""Intervals of all meters in one commit."""
_LOOK_S = 0.2


class Grown(NamedTuple):
    """Machine seconds, and what is there."""

    rows: int
    days: int
    days_s: float
    """To work out all days."""
    bytes: int


def grow(data: Path, count: int, slots: int, now_ms: int) -> Grown:
    """Put `slots` intervals of each meter before its first one, and let the store work out their days."""
    path = data / "log.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        firsts = connection.execute(
            "SELECT meter, start_ms, fitting, count_start FROM intervals AS one "
            "WHERE start_ms = (SELECT min(start_ms) FROM slots) ORDER BY meter"
        ).fetchall()
        before = [_before(meter, first_ms, count, slots) for meter, first_ms, _, count in firsts]
        for at in range(0, slots, _AT_ONCE):
            connection.execute("BEGIN")
            for _ in range(min(_AT_ONCE, slots - at)):
                rows = [(first[0], first[2], next(rows)) for first, rows in zip(firsts, before, strict=True)]
                assert dense.put_all(connection, rows)
            connection.execute("COMMIT")
        connection.execute("DELETE FROM days")
        connection.execute("INSERT INTO days_due SELECT id, (SELECT min(start_ms) FROM slots) FROM meters")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    began = time.perf_counter()
    store = LogStore.open(data, now_ms)
    store.register(meters(count), now_ms, ZONE)
    while store.ask(lambda asked: asked.execute("SELECT 1 FROM days_due LIMIT 1").fetchone()):
        time.sleep(_LOOK_S)
    took = time.perf_counter() - began
    number, days = store.ask(_counted)
    assert store.close(600.0) == 0
    return Grown(number, days, took, path.stat().st_size)


def _counted(connection: sqlite3.Connection) -> tuple[int, int]:
    (rows,) = connection.execute("SELECT count(*) FROM logged").fetchone()
    (days,) = connection.execute("SELECT count(*) FROM days").fetchone()
    return rows, days


def _before(meter: int, first_ms: int, counted: int, slots: int) -> Iterator[Interval]:
    """Rows whose counts end where the first one's begins."""
    count = counted - sum(300 + (slot * 31 + meter * 17) % 900 for slot in range(slots))
    for slot in range(slots):
        used = 300 + (slot * 31 + meter * 17) % 900
        start_ms = first_ms - (slots - slot) * LENGTH_MS
        yield Interval(
            "",
            start_ms,
            start_ms + LENGTH_MS,
            start_ms,
            count,
            count + used,
            used,
            5000 + used,
            LENGTH_S,
            Flag(0),
        )
        count += used
