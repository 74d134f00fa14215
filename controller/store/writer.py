"""One writer thread a database: jobs queued, committed in batches, answered after the commit.

The disk may fail without the control noticing: jobs wait in memory, in order and bounded, and are tried
again; `status()` tells. A job that fails by its own fault fails alone.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from traceback import clear_frames
from typing import Literal

from config.language import text
from config.language.details import detail
from controller.store.connection import Replaced, Trouble, identity, open_writer, trouble
from controller.store.errors import (
    StoreBacklogFull,
    StoreClosed,
    StoreDamaged,
    StoreError,
    StoreUnavailable,
)
from controller.store.jobs import Job, T, Waiting, WriterStatus, apart, as_store_error

_log = logging.getLogger(__name__)
_PAUSES_S = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Machine seconds between tries while the disk fails; the last one repeats."""
_BELIEVED = 3
"""Tries in a row that must find a file damaged. SQLite calls a read that the disk failed to do damage too
(vdbe.c makes SQLITE_CORRUPT of SQLITE_IOERR_CORRUPTFS), and such a failure may pass."""


class Writer:
    """Owns the writing connection of one database and the thread that uses it."""

    def __init__(
        self,
        path: Path,
        *,
        limit: int = 20_000,
        batch: int = 1_000,
        make_room: Callable[[], bool] = lambda: False,
        relief: Callable[[sqlite3.Connection], bool] = lambda _: False,
        synchronous: Literal["FULL", "NORMAL"] = "FULL",
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open `path` (which exists and is migrated) and start the thread.

        At most `limit` entries wait; `batch` of them share a commit, and what else their last job has.
        `make_room` is called in the thread when the disk fails; if it says that there is room now, the next
        try is made at once. `relief` makes room inside the file, in transactions of its own: called in the
        thread when a commit finds none, and after `relieve`. It too says whether it did, and may raise
        sqlite3.Error. `synchronous`: see `open_writer`. Raises sqlite3.Error.
        """
        self._path = path
        self._limit = limit
        self._batch = batch
        self._make_room = make_room
        self._relief = relief
        self._relief_asked = False
        self._monotonic = monotonic
        self._synchronous = synchronous
        self._connection: sqlite3.Connection | None = self._open()
        self._identity = identity(path)
        self._replaced = False
        self._wake = threading.Condition()
        self._queue: deque[Waiting] = deque()
        self._waiting = 0
        """Entries in the queue and in hand."""
        self._abandoned = 0
        self._closing = False
        self._retry_at: float | None = None
        """Not before; None: at once."""
        self._give_up_at: float | None = None
        self._at_it_since: float | None = None
        """None: it waits."""
        self._moved_at = -1
        """Commits when the WAL was moved last."""
        self._commits = self._jobs = self._refused = self._failures = self._damages = 0
        self._error = ""
        self._failing_since: float | None = None
        self._damaged: StoreDamaged | None = None
        self._thread = threading.Thread(target=self._run, name=f"store-{path.stem}", daemon=True)
        self._thread.start()

    def submit(self, job: Job[T], *, within_s: float | None = None, entries: int = 1) -> Future[T]:
        """Queue `job`; the future resolves after the commit that holds it. Never blocks, never raises.

        With `within_s` (machine seconds) the job is given up, unwritten, if it could not be committed by
        then: its future fails with StoreUnavailable. Futures fail only with a StoreError. A future that is
        cancelled before its first try is not written. `entries`: for how many it counts.
        """
        future: Future[T] = Future()
        deadline = None if within_s is None else self._monotonic() + within_s
        with self._wake:
            refusal = self._refusal(entries)
            if refusal is None:
                self._queue.append(Waiting(job, future, deadline, entries))
                self._waiting += entries
                self._wake.notify()
        if refusal is not None:
            future.set_exception(refusal)
        return future

    def relieve(self) -> None:
        """Let room be made inside the file before the next commit, if `relief` finds that it is needed."""
        with self._wake:
            self._relief_asked = True
            self._wake.notify()

    def status(self) -> WriterStatus:
        with self._wake:
            since = self._failing_since
            at_it = self._at_it_since
            stuck_s = 0.0 if at_it is None else self._monotonic() - at_it
            return WriterStatus(
                waiting=self._waiting,
                commits=self._commits,
                jobs=self._jobs,
                refused=self._refused,
                error=self._error,
                failing_s=0.0 if since is None else self._monotonic() - since,
                damaged=self._damaged is not None,
                stuck_s=stuck_s if self._closing or self._thread.is_alive() else float("inf"),
            )

    def close(self, timeout_s: float = 5.0) -> int:
        """Commit what waits, close the file, end the thread. Returns how many jobs could not be written.

        While the disk fails it is tried until `timeout_s` (machine seconds), then given up.
        """
        with self._wake:
            self._closing = True
            self._give_up_at = self._monotonic() + timeout_s
            self._wake.notify()
        self._thread.join(timeout_s + 10.0)
        with self._wake:
            return self._abandoned + self._waiting

    def _refusal(self, entries: int) -> StoreError | None:
        if self._damaged is not None:
            return self._damaged
        if self._closing:
            return StoreClosed(text("the store {file} is closed", file=self._path.name))
        if self._waiting + entries > max(self._limit, entries):
            self._refused += entries
            return StoreBacklogFull(
                text(
                    "{count} entries wait for {file} already; this one was not taken ({error})",
                    count=self._waiting,
                    file=self._path.name,
                    error=detail(self._error or "-"),
                )
            )
        return None

    # From here on: the writer thread.

    def _run(self) -> None:
        while (batch := self._take()) is not None:
            if not batch:
                if self._relieve():
                    self._retry_at = None
                continue
            failure = self._try(batch)
            if failure is None:
                self._succeeded(batch)
            else:
                self._failed(batch, failure)
        self._disconnect()
        self._abandon()

    def _take(self) -> list[Waiting] | None:
        """The next batch, or None when it is time to end; an empty one when room is to be made. Waits for
        work, and out the pause after a failure."""
        with self._wake:
            self._at_it_since = None
            while True:
                now = self._monotonic()
                self._give_up_late(now)
                if self._closing and (not self._queue or self._too_late(now)):
                    return None
                if self._relief_asked:
                    self._relief_asked = False
                    self._at_it_since = now
                    return []
                if self._queue and (self._retry_at is None or now >= self._retry_at):
                    break
                self._wake.wait(self._nap(now, self._retry_at))
            self._at_it_since = now
            batch, size = list[Waiting](), 0
            while self._queue and size < self._batch:
                batch.append(self._queue.popleft())
                size += batch[-1].entries
        return batch

    def _nap(self, now: float, retry_at: float | None) -> float | None:
        """How long to wait: until woken, the next try, a job's deadline or the end of closing."""
        if not self._queue:
            return None
        times = [entry.deadline for entry in self._queue if entry.deadline is not None]
        times += [when for when in (retry_at, self._give_up_at) if when is not None]
        return max(0.001, min(times) - now) if times else None

    def _too_late(self, now: float) -> bool:
        return self._failures > 0 and self._give_up_at is not None and now >= self._give_up_at

    def _give_up_late(self, now: float) -> None:
        late = [entry for entry in self._queue if entry.deadline is not None and now >= entry.deadline]
        for entry in late:
            self._queue.remove(entry)
            self._waiting -= entry.entries
            entry.fail(
                StoreUnavailable(
                    text(
                        "{file} could not be written in time: {why}",
                        file=self._path.name,
                        why=detail(self._error or "-"),
                    )
                ),
            )

    def _try(self, batch: list[Waiting]) -> sqlite3.Error | None:
        """Run and commit `batch`. Returns the error that kept the commit from happening."""
        try:
            self._look_at_the_file()
            if self._connection is None:
                self._connection = self._open()
            connection = self._connection
            # What is cached hides what has become of the file: each commit reads its pages anew.
            connection.execute("PRAGMA shrink_memory")
            connection.execute("BEGIN IMMEDIATE")
            for entry in batch:
                if not entry.future.cancelled():
                    self._run_job(connection, entry)
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            # A cursor that is held by a frame of the job would hold the connection, and its lock, open.
            clear_frames(error.__traceback__)
            # The last connection to go takes the WAL with it, and somebody else would have its blocks.
            if not (_is_full(error) and self._rolled_back()):
                self._disconnect()
            return error
        return None

    def _rolled_back(self) -> bool:
        """Whether the connection is as it was before the commit that failed."""
        try:
            if self._connection is not None and self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error:
            return False
        return True

    def _look_at_the_file(self) -> None:
        """Raises Replaced when the file that we have open is no longer the one at the path. One that is away
        while we have none open may come back."""
        other = identity(self._path) != self._identity
        self._replaced = other and (self._replaced or self._connection is not None)
        if self._replaced:
            raise Replaced("it was deleted or replaced")

    @staticmethod
    def _run_job(connection: sqlite3.Connection, entry: Waiting) -> None:
        """Run one job apart from the others. Raises what is not its fault."""
        found = apart(connection, entry.job)
        entry.error = found if isinstance(found, Exception) else None
        entry.result = found

    def _succeeded(self, batch: list[Waiting]) -> None:
        with self._wake:
            self._waiting -= sum(entry.entries for entry in batch)
            self._commits += 1
            self._jobs += sum(entry.entries for entry in batch if entry.error is None)
            self._damages = 0
            recovered, self._failures, self._error, self._failing_since = self._failures > 0, 0, "", None
            self._retry_at = None
        if recovered:
            _log.warning(text("{file} is written again", file=self._path.name))
        for entry in batch:
            if entry.error is None:
                entry.resolve()
            else:
                entry.fail(as_store_error(entry.error, self._path))

    def _failed(self, batch: list[Waiting], error: sqlite3.Error) -> None:
        """Put `batch` back for another try, unless the error says that none would help."""
        doomed: list[Waiting] = []
        reason: StoreError | None = None
        with self._wake:
            self._failures += 1
            self._error = str(error)
            self._retry_at = self._monotonic() + _PAUSES_S[min(self._failures, len(_PAUSES_S)) - 1]
            first = self._failing_since is None
            if first:
                self._failing_since = self._monotonic()
            kind = trouble(error)
            self._damages = self._damages + 1 if kind is Trouble.DAMAGE else 0
            if kind is Trouble.DAMAGE and self._damages < _BELIEVED:
                kind = Trouble.TRANSIENT
            if kind is Trouble.TRANSIENT:
                self._queue.extendleft(reversed(batch))
            elif kind is Trouble.DAMAGE:
                reason = self._damaged = StoreDamaged(
                    text("{file} is damaged: {why}", file=self._path.name, why=detail(str(error)))
                )
                doomed = batch + list(self._queue)
                self._queue.clear()
            else:
                reason = as_store_error(error, self._path)
                doomed = batch
            self._waiting -= sum(entry.entries for entry in doomed)
        if first:
            words = text("{file} cannot be written: {why}", file=self._path.name, why=detail(str(error)))
            _log.warning(words)
        if kind is Trouble.TRANSIENT:
            room = self._make_room()
            if _is_full(error):
                room |= self._relieve()
            if room:
                self._retry_at = None
        if reason is not None:
            for entry in doomed:
                entry.fail(reason)

    def _open(self) -> sqlite3.Connection:
        return open_writer(self._path, create=False, synchronous=self._synchronous)

    def _relieve(self) -> bool:
        """Whether there is more room inside the files now. It comes before what waits, and apart from it:
        that may be what there is no room for."""
        moved = False
        try:
            self._look_at_the_file()
            if self._connection is None:
                self._connection = self._open()
            moved = self._moved(self._connection)
            return self._relief(self._connection) or moved
        except sqlite3.Error as error:
            _log.debug("no room is made in %s: %s", self._path.name, error)
            if _is_full(error) and self._rolled_back():
                return moved
        except Exception:  # noqa: BLE001 - the thread goes on: what waits is to be written whatever this does
            _log.exception("no room is made in %s", self._path.name)
        self._disconnect()
        return False

    def _moved(self, connection: sqlite3.Connection) -> bool:
        """Move what is committed from the WAL into the database; true when the WAL can be written over now,
        in the blocks that it has, and could not before."""
        try:
            _, frames, moved = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except sqlite3.Error as error:
            _log.debug("%s cannot take in its WAL: %s", self._path.name, error)
            return False
        before, self._moved_at = self._moved_at, self._commits
        return bool(frames) and frames == moved and before != self._commits

    def _disconnect(self) -> None:
        """Close the connection: whatever was open is undone, and the next try starts from what is on the
        disk."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()

    def _abandon(self) -> None:
        """Tell whoever still waits that the disk did not come back before the end."""
        with self._wake:
            left = list(self._queue)
            self._queue.clear()
            self._abandoned, self._waiting = self._waiting, 0
        for entry in left:
            entry.fail(StoreClosed(text("{file} was closed before this was written", file=self._path.name)))


def _is_full(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
