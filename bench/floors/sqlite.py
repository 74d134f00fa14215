"""Rows of an interval by sqlite3 alone: the figures that differ, in one table, appended."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path


def write(path: Path, batches: Iterable[Sequence[tuple[int, int, int, int, int]]]) -> None:
    """(start, meter, count, used, peak): each batch in a commit that survives a power cut."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE logged (start, meter, count, used, peak)")
        for rows in batches:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO logged VALUES (?, ?, ?, ?, ?)", rows)
            connection.execute("COMMIT")


def month(path: Path, from_ms: int, to_ms: int) -> int:
    """How many meters have used something in [from, to), by one sum of their days."""
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute(
            "SELECT meter, sum(consumption) FROM days WHERE start_ms >= ? AND start_ms < ? GROUP BY meter",
            (from_ms, to_ms),
        )
        return len(found.fetchall())
