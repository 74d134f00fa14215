"""How long intervals are kept: five years, and in any case until every sink has acknowledged them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from config.language import text
from config.plan.clock import Clock
from controller.board import Board
from controller.decide.records import Notice
from controller.store import deletions
from controller.store.control import Changes, ControlStore
from controller.store.deletions import Deletion
from controller.store.expiry import Deleted, delete_old
from controller.store.ledger import Entry, Kind
from controller.store.logdb import LogStore

KEPT_DAYS = 5 * 366
BATCH = 500
"""Feed rows in one commit: the intervals of the moment wait for it."""
_DAY_MS = 86_400_000
_COMMIT_S = 60.0


def delete_old_intervals(
    control: ControlStore,
    log: LogStore,
    clock: Clock,
    board: Board,
    abandoned: Callable[[], bool] = lambda: False,
    *,
    kept_days: int = KEPT_DAYS,
) -> int:
    """Delete what is older than `kept_days`; how many rows. For a thread of its own. Nothing under a clock
    that is not trusted. What is deleted is in the ledger; a sink for which old rows must be kept stands on
    the board. Raises StoreError.
    """
    now = clock.now()
    if not now.trusted:
        return 0
    before_ms = now.wall_ms - kept_days * _DAY_MS
    deleted, after, waiting = 0, 0, set[str]()
    gone: Deletion | None = None
    while not abandoned():
        found, gone = log.submit(partial(_delete, before_ms, after, now.wall_ms, gone)).result(_COMMIT_S)
        deleted += found.rows
        waiting.update(found.waiting)
        after = found.upto
        # The feed is in the order of time, but for corrections, which are few: they go in a later year.
        if found.looked_at < BATCH or not found.old:
            break
    if deleted:
        when = datetime.fromtimestamp(before_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        detail = f"{deleted} intervals that ended before {when}"
        control.commit(Changes(now.wall_ms, (Entry(now.wall_ms, Kind.DELETED, detail=detail),)))
    words = text(
        "intervals older than {days} days are kept, for they were not delivered to {sinks}; see: louguan "
        "upload, louguan sink retire",
        days=kept_days,
        sinks=", ".join(sorted(waiting)),
    )
    board.take([Notice("retention", "log.db", words, bool(waiting))], now.wall_ms)
    return deleted


def _delete(
    before_ms: int, after: int, now_ms: int, gone: Deletion | None, connection: sqlite3.Connection
) -> tuple[Deleted, Deletion | None]:
    """The next stretch of the feed, noted in the file together with what went before it."""
    found = delete_old(connection, before_ms, after, BATCH)
    if found.span is None:
        return found, gone
    more = Deletion(0, now_ms, deletions.AGE, found.rows, 0, (), *found.span)
    noted = more if gone is None else deletions.joined(gone, more)
    return found, deletions.put(connection, noted, recorded=True)
