"""What becomes of the log on a full disk: room is made inside log.db, as far as the site lets it.

First half of the trends go, which are for looking at alone. Then what every sink has, oldest first; then,
where the site says drop_oldest, what some sink has not got; else what is logged waits in memory. Days stay.
Each deletion of intervals is in the ledger, and on the board until there is room again.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from typing import Literal

from config.language import Text, text
from config.plan.clock import Clock
from controller.board import Board
from controller.decide.records import Notice
from controller.store import deletions, relief
from controller.store.control import Changes
from controller.store.deletions import Deletion
from controller.store.errors import StoreError
from controller.store.ledger import Entry, Kind
from controller.store.relief import Policy
from controller.stores import Stores

_log = logging.getLogger("louguan")
KEPT_DAYS = 35
"""What every sink has stays so long, full disk or not: a report of the month before can be made. Unless the
site says drop_oldest."""
BATCH = 500
"""Intervals in one commit: what is new waits for it, and it has to fit into the WAL there is."""
LEAST = 20
"""Where there is no room for so many, a fifth is tried the next time, down to this."""
_RUN_S = 2.0
"""Machine seconds at a time: the intervals of the moment wait for it."""
_DAY_MS = 86_400_000
_FOR_EVER_MS = 2**62


@dataclass(slots=True)
class _Since:
    """What the full disk has cost until now, for the board."""

    gone: Deletion | None = None
    exhausted: bool = False
    """Nothing more may go, and room is short still."""


class Room:
    """Makes room in log.db. `relieve` is called in its writer's thread, `look` in the event loop."""

    def __init__(
        self,
        stores: Stores,
        clock: Clock,
        board: Board,
        full_disk: Literal["keep", "drop_oldest"],
        spare: Callable[[], object] | None = None,
    ) -> None:
        """`spare`: gives up what may be lost, before any interval goes; once each time the disk is full. It
        waits for the disk."""
        self._stores = stores
        self._spare = spare
        self._spared = False
        self._clock = clock
        self._board = board
        self.full_disk = full_disk
        """As the site's Plan says."""
        self._batch = BATCH
        self._since = _Since()
        self._unrecorded = True
        """Until it was looked: the run before may not have come to it."""
        self._recording: asyncio.Task[None] | None = None

    def relieve(self, connection: sqlite3.Connection) -> bool:
        """Delete until there is room, nothing more may go or two seconds are over. True when some went.
        Raises sqlite3.Error."""
        some = False
        until_s = time.monotonic() + _RUN_S
        while time.monotonic() < until_s and self._is_full() and relief.short_by(connection):
            try:
                gone = self._delete(connection)
            except sqlite3.Error:
                self._batch = max(LEAST, self._batch // 5)
                raise
            self._batch = BATCH
            self._since.exhausted = gone is None
            if gone is None:
                break
            some = True
        else:
            self._since.exhausted = False
        return some

    async def look(self) -> None:
        """Every few seconds: ask for room while the disk is full, put what went into the ledger, and tell."""
        reserve = self._stores.reserve
        if reserve is not None and reserve.missing:
            if self._spare is not None and not self._spared:
                self._spared = True
                await asyncio.to_thread(self._spare)
            self._stores.log.relieve()
        if self._unrecorded and (self._recording is None or self._recording.done()):
            # control.db may have no room for hours: nobody waits for it.
            self._recording = asyncio.create_task(self._record(), name="record deletions")
        full = reserve is not None and reserve.missing
        if not full:
            self._since, self._spared = _Since(), False
        self._tell(full=full)

    def _is_full(self) -> bool:
        reserve = self._stores.reserve
        return reserve is not None and reserve.is_short()

    def _delete(self, connection: sqlite3.Connection) -> Deletion | None:
        now = self._clock.now()
        connection.execute("BEGIN IMMEDIATE")
        policy = self._policy(now.wall_ms, relief.newest_ms(connection), trusted=now.trusted)
        done = relief.delete(connection, policy, self._batch, now.wall_ms)
        connection.execute("COMMIT")
        if done is not None:
            self._unrecorded = True
            known = self._since.gone
            self._since.gone = done if known is None else deletions.joined(known, done)
        return done

    def _policy(self, now_ms: int, newest_ms: int, *, trusted: bool) -> Policy:
        """A clock gone wrong makes nothing old: both it and what was logged last must say so."""
        if self.full_disk == "drop_oldest":
            return Policy(_FOR_EVER_MS, drop=True)
        return Policy(min(now_ms, newest_ms) - KEPT_DAYS * _DAY_MS if trusted else None, drop=False)

    async def _record(self) -> None:
        """Into the ledger, and only then noted as being there: twice rather than never."""
        self._unrecorded = False
        log, control = self._stores.log, self._stores.control
        try:
            found = await asyncio.to_thread(log.ask, deletions.unrecorded)
            if found:
                now_ms = self._clock.now().wall_ms
                entry = Entry(now_ms, Kind.DELETED, detail=_detail(reduce(deletions.joined, found)))
                await asyncio.wrap_future(control.commit(Changes(now_ms, (entry,))))
                numbers = [one.number for one in found]
                job = log.submit(lambda connection: deletions.recorded(connection, numbers))
                await asyncio.wrap_future(job)
        except StoreError as error:
            self._unrecorded = True
            _log.debug("what was deleted is not in the ledger yet: %s", error)

    def _tell(self, *, full: bool) -> None:
        now_ms = self._clock.now().wall_ms
        gone, status = self._since.gone, self._stores.log.status()
        waits = full and self._since.exhausted and bool(status.error)
        notices = [
            Notice("deleted", "log.db", _words(gone), full and gone is not None and gone.delivered > 0),
            Notice("dropped", "log.db", _dropped(gone), full and gone is not None and gone.undelivered > 0),
            Notice("waiting", "log.db", _waits(status.waiting), waits),
        ]
        self._board.take(notices, now_ms)


def _detail(gone: Deletion) -> str:
    """For the ledger."""
    span = f"from {_utc(gone.first_ms)} to {_utc(gone.last_ms)}"
    parts = []
    if gone.delivered:
        parts.append(f"{gone.delivered} that every sink had")
    if gone.undelivered:
        parts.append(f"{gone.undelivered} that {', '.join(gone.sinks) or 'no sink'} had not")
    return f"{gone.delivered + gone.undelivered} intervals {span}, the disk being full: {' and '.join(parts)}"


def _words(gone: Deletion | None) -> Text:
    return text(
        "the disk is full: {count} intervals that every sink has were deleted, up to {when}; free some space",
        count=0 if gone is None else gone.delivered,
        when="" if gone is None else _utc(gone.last_ms),
    )


def _dropped(gone: Deletion | None) -> Text:
    return text(
        "the disk is full: {count} intervals that {sinks} never got were deleted, as the site's full_disk "
        "says; free some space",
        count=0 if gone is None else gone.undelivered,
        sinks="" if gone is None else ", ".join(gone.sinks),
    )


def _waits(count: int) -> Text:
    return text(
        "the disk is full and nothing more of log.db may be deleted: {count} entries wait in memory; free "
        "some space",
        count=count,
    )


def _utc(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
