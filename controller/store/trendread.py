"""What trends.db holds, for whoever only reads it: with or without a daemon that writes it. SQL only."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from config.language import text
from controller.store.connection import open_reader
from controller.store.errors import StoreUnavailable
from controller.store.trenddb import MOST_POINTS, POINT_BITS, VERSION, first_key

_LATEST_MS = 2**48
"""Some thousand years hence; its key still fits a column."""


class Course(NamedTuple):
    """A point of which something was kept."""

    number: int
    key: str
    unit: str
    first_ms: int
    last_ms: int
    samples: int


def open_file(path: Path) -> sqlite3.Connection:
    """A read-only connection, in a transaction: all is of one moment. Raises StoreUnavailable,
    sqlite3.Error."""
    if not path.exists():
        raise StoreUnavailable(text("there is no {file}", file=str(path)))
    connection = open_reader(path)
    try:
        connection.execute("BEGIN")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version != VERSION:
            raise StoreUnavailable(text("{file} is of another version of louguan", file=path.name))
    except BaseException:
        connection.close()
        raise
    return connection


def courses(connection: sqlite3.Connection) -> list[Course]:
    """Every point of which something was kept, by key. Reads the whole file: a second for some millions."""
    found = connection.execute(
        "SELECT id, points.key, unit, first, last, number FROM points JOIN "
        "(SELECT key & ? AS point, min(key) AS first, max(key) AS last, count(*) AS number FROM samples "
        "GROUP BY point) ON id = point ORDER BY points.key",
        (MOST_POINTS,),
    )
    return [
        Course(*row)._replace(first_ms=row[3] >> POINT_BITS, last_ms=row[4] >> POINT_BITS) for row in found
    ]


def numbers(connection: sqlite3.Connection) -> dict[str, tuple[int, str]]:
    """Number and unit of every point that was ever to be kept, by key."""
    found = connection.execute("SELECT key, id, unit FROM points ORDER BY key")
    return {key: (number, unit) for key, number, unit in found}


def samples(
    connection: sqlite3.Connection, number: int, from_ms: int, to_ms: int
) -> Iterator[tuple[int, int | float | None]]:
    """(time_ms, value) of a point in [from_ms, to_ms), by time."""
    found = connection.execute(
        "SELECT key, value FROM samples WHERE key >= ? AND key < ? AND key & ? = ? ORDER BY key",
        (first_key(from_ms), first_key(min(to_ms, _LATEST_MS)), MOST_POINTS, number),
    )
    return ((row[0] >> POINT_BITS, row[1]) for row in found)
