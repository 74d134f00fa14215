"""log.db: meters, what was fitted when, and their intervals. Written by one thread, read by connections
apart."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Self

from controller.consumption.intervals import Flag, Interval, Mark
from controller.consumption.log import Closed
from controller.consumption.meters import Meter
from controller.store.connection import open_reader
from controller.store.errors import StoreDamaged
from controller.store.jobs import Job
from controller.store.migrations.log import LOG
from controller.store.opening import Opening, prepare, set_aside
from controller.store.writer import Writer, WriterStatus

FILE = "log.db"
_MARK = "slot_ms, anchor_ms, anchor_count, last_ms, last_count, wraps, flags"


class LogStore:
    """The daemon's hold on log.db. Only `open`, `register` and `close` wait for the disk."""

    def __init__(self, path: Path, opening: Opening, writer: Writer) -> None:
        self.path = path
        self.opening = opening
        self._writer = writer
        self._ids: Mapping[str, tuple[int, int]] = {}

    @classmethod
    def open(cls, data: Path, wall_ms: int) -> LogStore:
        """Open data/log.db, making it if need be; what is no database is set aside (see `opening`).

        Raises StoreTooNew, StoreUnavailable.
        """
        path = data / FILE
        opening = prepare(path, LOG, check=False, wall_ms=wall_ms)
        return cls(path, opening, Writer(path))

    def register(self, meters: Iterable[Meter], wall_ms: int) -> dict[str, Mark]:
        """Note the meters of a Plan and return where the log of each stands, for those that have one.

        A meter whose counts are now of another quantum or unit gets a new fitting, and its log goes on from
        the same slot with an unknown count. Waits for the commit. Raises StoreError.
        """
        wanted = tuple(meters)
        try:
            return self._register(wanted, wall_ms)
        except StoreDamaged as error:
            self._begin_anew(wall_ms, str(error))
            return self._register(wanted, wall_ms)

    def _begin_anew(self, wall_ms: int, damage: str) -> None:
        """Set the damaged file aside whole: the control must start; what can be saved is saved by hand."""
        self._writer.close(1.0)
        aside = set_aside(self.path, wall_ms)
        self.opening = prepare(self.path, LOG, check=False, wall_ms=wall_ms)._replace(
            set_aside=aside, damage=damage
        )
        self._writer = Writer(self.path)

    def _register(self, wanted: tuple[Meter, ...], wall_ms: int) -> dict[str, Mark]:
        def job(connection: sqlite3.Connection) -> tuple[dict[str, tuple[int, int]], dict[str, Mark]]:
            ids: dict[str, tuple[int, int]] = {}
            marks: dict[str, Mark] = {}
            for meter in wanted:
                number = _meter_id(connection, meter)
                fitting, same_counts = _fitting_id(connection, number, meter, wall_ms)
                ids[meter.name] = (number, fitting)
                mark = _mark(connection, number)
                if mark is not None:
                    marks[meter.name] = mark if same_counts else Mark(mark.slot_ms, None, None, None, None)
            return ids, marks

        self._ids, marks = self._writer.submit(job, within_s=30.0).result()
        return marks

    def write(self, closed: Closed) -> Future[int]:
        """Queue intervals and the marks that belong to them; resolves with the number of rows that were new.

        Each meter's are a job of their own, so that one whose rows are refused takes no other's with it; the
        future then fails after all others are committed. A repeat of a row changes nothing. Meters must have
        been registered (KeyError).
        """
        rows: dict[str, list[Interval]] = {}
        for row in closed.intervals:
            rows.setdefault(row.meter, []).append(row)
        marks = dict(closed.marks)
        names = sorted({*rows, *marks})
        jobs = [_job(*self._ids[name], rows.get(name, ()), marks.get(name)) for name in names]
        return _together([self._writer.submit(job) for job in jobs])

    def reader(self) -> LogReader:
        """For readers in this process; close it after use."""
        return LogReader(self.path)

    def status(self) -> WriterStatus:
        return self._writer.status()

    def close(self, timeout_s: float = 5.0) -> int:
        """Commit what waits, up to `timeout_s` (machine seconds), and close. Returns how many jobs were
        lost."""
        return self._writer.close(timeout_s)


def _job(meter: int, fitting: int, rows: Sequence[Interval], mark: Mark | None) -> Job[int]:
    """Write one meter's rows and where its log stands."""

    def job(connection: sqlite3.Connection) -> int:
        before = connection.total_changes
        connection.executemany(
            "INSERT INTO intervals (meter, start_ms, revision, end_ms, fitting, from_ms, count_start, "
            "count_end, consumption, peak, covered_s, flags) VALUES (?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT DO NOTHING",
            [(meter, row.start_ms, row.end_ms, fitting, *row[3:-1], int(row.flags)) for row in rows],
        )
        written = connection.total_changes - before
        if mark is not None:
            connection.execute(
                f"INSERT OR REPLACE INTO marks (meter, {_MARK}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
                (meter, *mark[:-1], int(mark.flags)),
            )
            if mark.anchor_count is not None:
                connection.execute(
                    "UPDATE fittings SET first_count = ? WHERE id = ? AND first_count IS NULL",
                    (mark.anchor_count, fitting),
                )
        return written

    return job


def _together(parts: Sequence[Future[int]]) -> Future[int]:
    """Resolves with the sum when all of `parts` have, or fails with the first failure among them."""
    whole: Future[int] = Future()
    left = len(parts)
    lock = threading.Lock()

    def ended(_: Future[int]) -> None:
        nonlocal left
        with lock:
            left -= 1
            if left:
                return
        failure = next((error for part in parts if (error := part.exception()) is not None), None)
        if failure is not None:
            whole.set_exception(failure)
        else:
            whole.set_result(sum(part.result() for part in parts))

    for part in parts:
        part.add_done_callback(ended)
    if not parts:
        whole.set_result(0)
    return whole


class LogReader:
    """Reads a log.db that a daemon may be writing at the same time. Raises sqlite3.Error."""

    def __init__(self, path: Path) -> None:
        self._connection = open_reader(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def meters(self) -> list[sqlite3.Row]:
        """name, point, quantity, unit, quantum, modulus of every meter, as fitted last."""
        return self._connection.execute(
            "SELECT name, point, quantity, unit, quantum, modulus FROM meters JOIN fittings ON fittings.id = "
            "(SELECT max(id) FROM fittings WHERE meter = meters.id) ORDER BY name"
        ).fetchall()

    def intervals(self, meter: str, from_ms: int = 0, to_ms: int = 2**62) -> list[Interval]:
        """The newest revision of every interval of `meter` that starts in [from_ms, to_ms), by start."""
        rows = self._connection.execute(
            "SELECT ?, start_ms, end_ms, from_ms, count_start, count_end, consumption, peak, covered_s, "
            "flags FROM intervals AS one WHERE meter = (SELECT id FROM meters WHERE name = ?) "
            "AND start_ms >= ? AND start_ms < ? AND revision = (SELECT max(revision) FROM intervals AS other "
            "WHERE other.meter = one.meter AND other.start_ms = one.start_ms) ORDER BY start_ms",
            (meter, meter, from_ms, to_ms),
        )
        return [Interval(*row)._replace(flags=Flag(row[-1])) for row in rows]

    def marks(self) -> dict[str, Mark]:
        """Where the log of every meter stands."""
        names = self._connection.execute("SELECT name, id FROM meters ORDER BY name").fetchall()
        found = {str(name): _mark(self._connection, number) for name, number in names}
        return {name: mark for name, mark in found.items() if mark is not None}


def _meter_id(connection: sqlite3.Connection, meter: Meter) -> int:
    connection.execute(
        "INSERT INTO meters (name, point, quantity) VALUES (?, ?, ?) "
        "ON CONFLICT (name) DO UPDATE SET point = excluded.point, quantity = excluded.quantity",
        (meter.name, meter.key, meter.quantity),
    )
    (number,) = connection.execute("SELECT id FROM meters WHERE name = ?", (meter.name,)).fetchone()
    return int(number)


def _fitting_id(connection: sqlite3.Connection, number: int, meter: Meter, wall_ms: int) -> tuple[int, bool]:
    """The fitting in force, made anew where the counter is read otherwise than before; whether counts go
    on."""
    last = connection.execute(
        "SELECT id, unit, quantum, modulus FROM fittings WHERE meter = ? ORDER BY id DESC LIMIT 1", (number,)
    ).fetchone()
    same_counts = last is not None and (last[1], last[2]) == (meter.unit, meter.quantum)
    if same_counts and last[3] == meter.modulus:
        return int(last[0]), True
    cursor = connection.execute(
        "INSERT INTO fittings (meter, unit, quantum, modulus, since_ms) VALUES (?, ?, ?, ?, ?)",
        (number, meter.unit, meter.quantum, meter.modulus, wall_ms),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid, same_counts


def _mark(connection: sqlite3.Connection, number: int) -> Mark | None:
    query = f"SELECT {_MARK} FROM marks WHERE meter = ?"  # noqa: S608
    row = connection.execute(query, (number,)).fetchone()
    return None if row is None else Mark(*row)._replace(flags=Flag(row[-1]))
