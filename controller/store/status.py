"""How large the stores are: for people, and for whoever must act before a disk is full."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from controller.store.connection import open_reader


class StoreFigures(NamedTuple):
    """One database, in bytes and rows."""

    file: str
    bytes: int
    """The database itself."""
    wal_bytes: int
    """What is committed and not yet moved into it."""
    rows: dict[str, int]
    """Rows by table. Counting costs about 10 ms a million."""


class DiskFigures(NamedTuple):
    """The file system the data directory lies on."""

    total_bytes: int
    free_bytes: int


def figures(path: Path) -> StoreFigures:
    """The figures of the database at `path`. Reads all of it: not for the control's own thread.

    Raises sqlite3.Error, OSError.
    """
    with closing(open_reader(path)) as connection:
        rows = {table: _count(connection, table) for table in _tables(connection)}
    wal = Path(f"{path}-wal")
    return StoreFigures(path.name, path.stat().st_size, wal.stat().st_size if wal.exists() else 0, rows)


def disk(data: Path) -> DiskFigures:
    """Room on the data directory's file system. Raises OSError."""
    found = os.statvfs(data)
    return DiskFigures(found.f_blocks * found.f_frsize, found.f_bavail * found.f_frsize)


def _tables(connection: sqlite3.Connection) -> list[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%sqlite%' ORDER BY name"
    return [str(row[0]) for row in connection.execute(query)]


def _count(connection: sqlite3.Connection, table: str) -> int:
    (rows,) = connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()  # noqa: S608 - names of our own tables
    return int(rows)
