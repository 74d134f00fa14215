"""trends.db: samples of points, for a month. Disposable: no start, control or interval waits for it, and a
file that is missing, damaged or of another version is begun anew.

Time and point of a sample are one integer, its key: 22 bytes a row for a fraction, 14 to 16 for a switch or a
whole number. Rows lie in the order of time, whatever their point, so that a commit writes one page or two and
what is old goes from one end. `synchronous=NORMAL`: a power cut may take the last commits with it, never the
file.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

from config.language import text
from controller.store.connection import beyond_use, open_reader, open_writer
from controller.store.errors import StoreClosed, StoreError
from controller.store.jobs import Job, T, WriterStatus
from controller.store.writer import Writer

FILE = "trends.db"
VERSION = 1
"""PRAGMA user_version. A file of another one is begun anew."""
KEEP_FREE = 16 * 1024 * 1024
"""Bytes of the disk that are left to others: trends stop growing long before intervals and the ledger do."""
POINT_BITS = 14
MOST_POINTS = (1 << POINT_BITS) - 1
"""Points that a file can name, of all Plans it was written under."""
PIECE = 4000
"""Rows deleted in one commit: some 80 kB, so that a nearly full disk takes it."""
_LIMIT = 50
"""Commits that wait while the disk fails; further ones are dropped."""
_GIVE_UP_S = 3.0
_SCHEMA = f"""
BEGIN;
CREATE TABLE points (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, unit TEXT NOT NULL);
CREATE TABLE samples (key INTEGER PRIMARY KEY, value);
CREATE VIEW courses AS
    SELECT points.key AS point, samples.key >> {POINT_BITS} AS time_ms, value
    FROM samples JOIN points ON points.id = samples.key & {MOST_POINTS};
PRAGMA user_version = {VERSION};
COMMIT;
"""  # noqa: S608 - our own numbers
_ADD = "INSERT OR REPLACE INTO samples (key, value) VALUES (?, ?)"

Row = tuple[int, int, int | float | None]
"""time_ms, the point's place among those the file was opened with, value."""


class NoRoom(Exception):
    """The disk is nearly full."""


class Named(NamedTuple):
    """A point as the file knows it."""

    key: str
    unit: str


class TrendStore:
    """The daemon's hold on trends.db. Methods but `begin_anew` and `give_up_room` do not wait for the
    disk."""

    def __init__(self, data: Path, points: Sequence[Named]) -> None:
        """Touches nothing: `begin` opens the file."""
        self.path = data / FILE
        self._points = tuple(points)
        self._ids: tuple[int, ...] = ()
        self._writer: Writer | None = None
        self._lock = threading.Lock()

    def begin(self) -> str:
        """Open the file, at a start or after trouble, and note the points. Returns why it was begun anew, ""
        if it was not. Waits for the disk. Raises sqlite3.Error, OSError."""
        with self._lock:
            why = self._close(1.0) or self._unfit()
            if why:
                self._make()
            with closing(self._open()) as connection:
                connection.execute("BEGIN IMMEDIATE")
                self._ids = tuple(_number(connection, point) for point in self._points)
                connection.execute("COMMIT")
            self._writer = Writer(self.path, limit=_LIMIT, synchronous="NORMAL")
        return why

    @property
    def usable(self) -> bool:
        """It is open and not known to be damaged."""
        writer = self._writer
        return writer is not None and not writer.status().damaged

    def status(self) -> WriterStatus | None:
        """None while it is not open."""
        return None if self._writer is None else self._writer.status()

    def keep(self, rows: Iterable[Row]) -> Future[int]:
        """Add samples, in one commit; a point's later one of the same millisecond stands. The future has how
        many, or fails with StoreError; caused by NoRoom when the disk is nearly full."""
        ids = self._ids
        found = [(first_key(time_ms) + ids[place], value) for time_ms, place, value in rows]

        def job(connection: sqlite3.Connection) -> int:
            if free(self.path.parent) < KEEP_FREE:
                raise NoRoom("the disk is nearly full")
            connection.executemany(_ADD, found)
            return len(found)

        return self._submit(job)

    def expire(self, before_ms: int, after_ms: int) -> Future[bool]:
        """Delete a piece of what is older or newer; whether there may be more."""

        def job(connection: sqlite3.Connection) -> bool:
            connection.execute("DELETE FROM samples WHERE key >= ?", (first_key(after_ms),))
            return _delete_piece(connection, first_key(before_ms))

        return self._submit(job)

    def give_up_room(self) -> int:
        """Delete the oldest half and give its room back to the disk, a bit at a time; all of it where not
        even that can be written. Returns how many bytes the file has become smaller. For a thread that may
        wait for the disk; never raises."""
        before = _size(self.path)
        try:
            self._halve()
        except (StoreError, sqlite3.Error, OSError):
            self._give_up_all()
        return max(0, before - _size(self.path))

    def close(self, timeout_s: float = 2.0) -> None:
        """Commit what waits, for so long (machine seconds) at most, and close."""
        with self._lock:
            self._close(timeout_s)

    def _submit(self, job: Job[T]) -> Future[T]:
        if (writer := self._writer) is not None:
            return writer.submit(job)
        future: Future[T] = Future()
        future.set_exception(StoreClosed(text("the store {file} is closed", file=self.path.name)))
        return future

    def _halve(self) -> None:
        writer = self._writer
        if writer is None:
            raise sqlite3.OperationalError("it is not open")
        with closing(open_reader(self.path)) as connection:
            (count,) = connection.execute("SELECT count(*) FROM samples").fetchone()
            found = connection.execute(
                "SELECT key FROM samples ORDER BY key LIMIT 1 OFFSET ?", (count // 2,)
            ).fetchone()
        if found is None:
            return

        def job(connection: sqlite3.Connection) -> bool:
            more = _delete_piece(connection, found[0])
            (pages,) = connection.execute("PRAGMA freelist_count").fetchone()
            for _ in range(pages):  # it frees one a step, and Python takes one step
                connection.execute("PRAGMA incremental_vacuum(1)")
            return more

        while writer.submit(job, within_s=_GIVE_UP_S).result(2 * _GIVE_UP_S):
            pass
        with closing(self._open()) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _give_up_all(self) -> None:
        """Deleting a file needs no room. It is begun anew like one that is missing."""
        with self._lock, suppress(OSError):
            self._close(1.0)
            self._delete()

    def _close(self, timeout_s: float) -> str:
        """What was wrong with the file, "" for nothing."""
        writer, self._writer = self._writer, None
        if writer is None:
            return ""
        status = writer.status()
        writer.close(timeout_s)
        return (status.error or "damaged") if status.damaged else ""

    def _unfit(self) -> str:
        """Why the file cannot be used; what the disk is at fault for is raised. Not all of it is read."""
        if not self.path.exists():
            return "it is gone"
        try:
            with closing(self._open()) as connection:
                (version,) = connection.execute("PRAGMA user_version").fetchone()
                if version != VERSION:
                    return "it is of another version of louguan"
                connection.execute("BEGIN IMMEDIATE")
                _number(connection, Named("", ""))
                connection.execute("SELECT value FROM samples ORDER BY key DESC LIMIT 1").fetchone()
                connection.execute(f"EXPLAIN {_ADD}", (0, None))
                connection.execute("ROLLBACK")
        except (sqlite3.Error, ValueError, TypeError) as error:
            if isinstance(error, sqlite3.Error) and not beyond_use(error, self.path):
                raise
            return str(error)
        return ""

    def _delete(self) -> None:
        for suffix in ("-wal", "-shm", ""):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)

    def _make(self) -> None:
        self._delete()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            # Before anything is written: what is deleted can be given back to the disk.
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
            connection.executescript(_SCHEMA)

    def _open(self) -> sqlite3.Connection:
        return open_writer(self.path, create=False, synchronous="NORMAL")


def free(folder: Path) -> int:
    """Bytes of its disk that may still be written. Raises OSError."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def first_key(time_ms: int) -> int:
    """The first key that a sample of that time can have."""
    return time_ms << POINT_BITS


def _number(connection: sqlite3.Connection, point: Named) -> int:
    connection.execute(
        "INSERT INTO points (key, unit) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET unit = excluded.unit",
        point,
    )
    (number,) = connection.execute("SELECT id FROM points WHERE key = ?", (point.key,)).fetchone()
    if number > MOST_POINTS:
        raise sqlite3.DataError(f"it cannot name more than {MOST_POINTS} points")
    return int(number)


def _delete_piece(connection: sqlite3.Connection, before: int) -> bool:
    """Delete the oldest of what is older than that key; whether there is more."""
    found = connection.execute(
        "SELECT key FROM samples WHERE key < ? ORDER BY key LIMIT 1 OFFSET ?", (before, PIECE)
    ).fetchone()
    connection.execute("DELETE FROM samples WHERE key < ?", (before if found is None else found[0],))
    return found is not None


def _size(path: Path) -> int:
    wal = Path(f"{path}-wal")
    return sum(file.stat().st_size for file in (path, wal) if file.exists())
