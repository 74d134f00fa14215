"""log.db: meters, what was fitted when, and their intervals. Written by one thread, read by connections
apart."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

from config.language import text
from config.language.details import detail, reason
from controller.consumption.log import Closed
from controller.consumption.meters import Meter
from controller.consumption.periods import Periods
from controller.consumption.records import Interval, Mark
from controller.store import days, logrows
from controller.store.errors import (
    StoreBacklogFull,
    StoreClosed,
    StoreDamaged,
    StoreError,
    StoreJobFailed,
    StoreUnavailable,
)
from controller.store.jobs import Job, T, WriterStatus, as_store_error
from controller.store.logread import LogReader
from controller.store.logrows import Part, Registered, Written
from controller.store.migrations.log import LOG
from controller.store.opening import Opening, begin_writing, prepare, replace
from controller.store.writer import Writer

FILE = "log.db"
MOST_KEPT = 20_000
"""Meters' rows that wait in memory while a damaged file is being replaced; further ones are refused."""
_DAYS_AT_ONCE = 100
"""Days made in one commit of those that an older version left: the intervals of the moment wait for it."""


@dataclass(slots=True)
class _Closing:
    """What one `write` brings, on its way into the file."""

    number: int
    meters: tuple[tuple[str, Sequence[Interval], Mark | None], ...]
    future: Future[int] = field(default_factory=Future)


class LogStore:
    """The daemon's hold on log.db. Only `open`, `register` and `close` wait for the disk.

    When the file turns out damaged, what is written waits in memory until `renew` has put a new one in its
    place.
    """

    def __init__(self, path: Path, opening: Opening, make_room: Callable[[], bool] = lambda: False) -> None:
        """Raises StoreUnavailable."""
        self.path = path
        self.opening = opening
        """Of the file in use: replaced when that is."""
        self.refused = 0
        """Intervals that the file would not take, kept aside in it; `refusal` says why the latest was."""
        self.refusal = ""
        self.periods = Periods("UTC")
        """Of the site, since its meters were registered: by them days are told apart."""
        self.relief: Callable[[sqlite3.Connection], bool] = lambda _: False
        """Makes room inside the file: see `Writer`."""
        self._make_room = make_room
        self._writer = begin_writing(path, make_room, self._relieved)
        self._meters: tuple[Meter, ...] = ()
        self._ids: Mapping[str, tuple[int, int]] = {}
        self._lock = threading.RLock()
        self._writes = 0
        self._kept: list[_Closing] = []
        self._damaged = False
        """Nothing is given to the writer until the file has been replaced."""
        self._damage = ""
        self._renewal: threading.Thread | None = None
        self._closed = False
        self._generation = 0

    @classmethod
    def open(
        cls,
        data: Path,
        wall_ms: int,
        make_room: Callable[[], bool] = lambda: False,
        *,
        expected: bool = False,
        under_way: Callable[[], object] = lambda: None,
    ) -> LogStore:
        """Open data/log.db, making it if need be; a damaged one is set aside (see `opening`), and one that is
        `expected` and missing or empty counts as that. `make_room`: see `Writer`; `under_way` is called while
        an older file is brought forward.

        Raises StoreTooNew, StoreUnavailable.
        """
        path = data / FILE
        opening = prepare(
            path,
            LOG,
            check=False,
            wall_ms=wall_ms,
            expected=expected,
            probe=logrows.probe,
            under_way=under_way,
        )
        return cls(path, opening, make_room)

    def register(self, meters: Iterable[Meter], wall_ms: int, time_zone: str = "UTC") -> dict[str, Mark]:
        """Note the meters of a Plan and return where the log of each stands, for those that have one. Days
        are those of `time_zone` from now on.

        A meter whose counts are now of another quantum or unit gets a new fitting, and its log goes on from
        the same slot with an unknown count. Waits for the commit; days that are still to be made of older
        intervals are made afterwards, beside what is written. Raises StoreError.
        """
        self._meters = tuple(meters)
        self.periods = Periods(time_zone)
        try:
            return self._register(wall_ms)
        except (StoreDamaged, StoreJobFailed) as error:
            # Nothing that is asked here can be refused by a sound file.
            self._begin_anew(wall_ms, str(error))
            return self._register(wall_ms)

    def write(self, closed: Closed) -> Future[int]:
        """Queue intervals and the marks that belong to them; resolves with the number of rows that were new.

        What one meter brings fails by itself, and takes no other's with it; the future then fails after all
        others are committed. A row that is refused is kept aside, in the same commit
        (`refused`). A repeat of a row changes nothing. Meters must have been registered (KeyError).
        """
        rows: dict[str, list[Interval]] = {}
        for row in closed.intervals:
            rows.setdefault(row.meter, []).append(row)
        marks = dict(closed.marks)
        names = sorted({*rows, *marks})
        if strangers := [name for name in names if name not in self._ids]:
            raise KeyError(strangers[0])
        self._writes += 1
        closing = _Closing(self._writes, tuple((name, rows.get(name, ()), marks.get(name)) for name in names))
        if names:
            self._submit(closing)
        else:
            closing.future.set_result(0)
        return closing.future

    @property
    def damaged(self) -> bool:
        """The file was found damaged, and no other is in its place yet."""
        return self._damaged or self._writer.status().damaged

    @property
    def renewing(self) -> bool:
        return self._renewal is not None and self._renewal.is_alive()

    def renew(self, wall_ms: int) -> None:
        """Set the damaged file aside and begin a new one, in a thread; what waits is written there.

        It has worked when `damaged` is false; else it may be tried again. Does nothing unless damaged.
        """
        with self._lock:
            if not self.damaged or self.renewing or self._closed:
                return
            self._hold(self._writer.status().error)
            self._renewal = threading.Thread(
                target=self._renew, args=(wall_ms,), name="store-log-renewal", daemon=True
            )
            self._renewal.start()

    @property
    def generation(self) -> int:
        """Grows when the file is replaced: what was known of the old one says nothing of the new."""
        return self._generation

    def refitted(self, meter: str, fitting: int) -> None:
        """Rows of that meter are of another fitting from now on."""
        with self._lock:
            self._ids = {**self._ids, meter: (self._ids[meter][0], fitting)}

    def submit(self, job: Job[T], *, within_s: float | None = None) -> Future[T]:
        """Queue another job for this file's writer; the future fails only with a StoreError. `within_s`: see
        `Writer.submit`."""
        return self._writer.submit(job, within_s=within_s)

    def ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """Answer from what is committed, in the caller's thread. Raises StoreUnavailable."""
        try:
            with self.reader() as reader:
                return reader.ask(question)
        except sqlite3.Error as error:
            raise StoreUnavailable(
                text("cannot read {file}: {why}", file=self.path.name, why=detail(str(error)))
            ) from error

    def reader(self) -> LogReader:
        """For readers in this process; close it after use."""
        return LogReader(self.path)

    def relieve(self) -> None:
        """Let `relief` make room soon, if it finds that it is needed."""
        self._writer.relieve()

    def status(self) -> WriterStatus:
        return self._writer.status()

    def close(self, timeout_s: float = 5.0) -> int:
        """Commit what waits, up to `timeout_s` (machine seconds), and close. Returns how many jobs were
        lost."""
        self._closed = True
        if self._renewal is not None:
            self._renewal.join(timeout_s)
        lost = self._writer.close(timeout_s)
        with self._lock:
            left, self._kept = self._kept, []
        for closing in left:
            closing.future.set_exception(
                StoreClosed(text("{file} was closed before this was written", file=self.path.name))
            )
        return lost + sum(len(closing.meters) for closing in left)

    def _relieved(self, connection: sqlite3.Connection) -> bool:
        return self.relief(connection)

    def _register(self, wall_ms: int) -> dict[str, Mark]:
        meters, periods = self._meters, self.periods

        def job(connection: sqlite3.Connection) -> Registered:
            return logrows.register(connection, meters, wall_ms, periods)

        found = self._writer.submit(job, within_s=30.0).result()
        self._ids, self.refused, self.refusal = found.ids, found.refused, found.reason
        if found.days_due:
            self._fill_days()
        return found.marks

    def _fill_days(self) -> None:
        """One batch after the other, in the writer's thread; what the end of the run leaves, the next one
        does."""
        writer, periods = self._writer, self.periods

        def job(connection: sqlite3.Connection) -> bool:
            return days.fill(connection, periods, _DAYS_AT_ONCE)

        def ended(done: Future[bool]) -> None:
            if done.exception() is None and done.result() and writer is self._writer:
                writer.submit(job).add_done_callback(ended)

        writer.submit(job).add_done_callback(ended)

    def _begin_anew(self, wall_ms: int, damage: str) -> None:
        """Set the damaged file aside whole: the control must go on; what can be saved is saved by hand."""
        self._writer.close(1.0)
        try:
            self.opening = replace(self.path, LOG, damage, wall_ms)
            # First: what is still to be written of the old one must not get into the new.
            self._generation += 1
            self._writer = Writer(self.path, make_room=self._make_room, relief=self._relieved)
        except (sqlite3.Error, OSError) as error:
            raise StoreUnavailable(
                text("cannot open {file}: {why}", file=str(self.path), why=reason(error))
            ) from error

    def _renew(self, wall_ms: int) -> None:
        """In its own thread."""
        try:
            self._begin_anew(wall_ms, self._damage)
            self._register(wall_ms)
        except StoreError as error:
            self._damage = str(error)
            return
        with self._lock:
            self._damaged = False
            kept, self._kept = sorted(self._kept, key=lambda closing: closing.number), []
            for closing in kept:
                self._submit(closing)

    def _submit(self, closing: _Closing) -> None:
        parts = [Part(*self._ids[name], rows, mark) for name, rows, mark in closing.meters]

        def job(connection: sqlite3.Connection) -> list[Written | Exception]:
            return logrows.write(connection, self.periods, parts)

        with self._lock:
            if self._damaged:
                self._keep(closing)
            else:
                done = self._writer.submit(job, entries=len(parts))
                done.add_done_callback(lambda done: self._ended(closing, done))

    def _ended(self, closing: _Closing, done: Future[list[Written | Exception]]) -> None:
        """In the writer's thread, or at once where it takes nothing."""
        failure = done.exception()
        if isinstance(failure, StoreDamaged):
            with self._lock:
                self._hold(str(failure))
                self._keep(closing)
        elif failure is not None:
            closing.future.set_exception(failure)
        else:
            self._written(closing, done.result())

    def _written(self, closing: _Closing, parts: Sequence[Written | Exception]) -> None:
        written = [part for part in parts if isinstance(part, Written)]
        for part in written:
            if part.refused:
                self.refused, self.refusal = self.refused + part.refused, part.reason
        failure = next((part for part in parts if isinstance(part, Exception)), None)
        if failure is not None:
            closing.future.set_exception(as_store_error(failure, self.path))
        else:
            closing.future.set_result(sum(part.new for part in written))

    def _hold(self, damage: str) -> None:
        if not self._damaged:
            self._damaged, self._damage = True, damage

    def _keep(self, closing: _Closing) -> None:
        count = sum(len(kept.meters) for kept in self._kept)
        if self._closed or count >= MOST_KEPT:
            closing.future.set_exception(
                StoreBacklogFull(
                    text(
                        "{count} entries wait for {file} already; this one was not taken ({error})",
                        count=count,
                        file=self.path.name,
                        error=detail(self._damage),
                    )
                )
            )
        else:
            self._kept.append(closing)
