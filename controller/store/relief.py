"""Room inside log.db on a full disk: pages of old intervals, which new ones then use. SQL only; each function
runs within a transaction of its caller, in the writer's thread.

The file does not grow while it has free pages, and its WAL is written over and over in the blocks it has. To
give pages back to the disk would help nobody: whoever filled it would have them at once, and to move them to
the file's end needs the room that there is not.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from controller.consumption.upload.ranges import Ranges
from controller.store import days, deletions, dense, feed
from controller.store.deletions import FULL, Deletion

ROOM = 1024 * 1024
"""Bytes to be free inside the file; of a small one no more than a quarter. Almost four days of 100 meters."""
LAST_MS = 86_400_000
"""The last day of what was logged always stays."""


class Policy(NamedTuple):
    """What may go."""

    before_ms: int | None
    """Of what every sink has: what ended before; None = nothing."""
    drop: bool
    """Then also what some sink has not got, oldest first."""


class _Old(NamedTuple):
    number: int
    meter: int
    start_ms: int
    end_ms: int
    key: int


def short_by(connection: sqlite3.Connection) -> int:
    """Pages that are still to become free."""
    pages, free, size = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    return max(0, min(ROOM // size, pages // 4) - free)


def newest_ms(connection: sqlite3.Connection) -> int:
    """The end of the interval that was logged last; 0 when there is none."""
    found = connection.execute(
        "SELECT end_ms FROM feed WHERE stretch = (SELECT max(first) FROM stretches) ORDER BY id DESC LIMIT 1"
    ).fetchone()
    return 0 if found is None else int(found[0])


def delete(connection: sqlite3.Connection, policy: Policy, limit: int, now_ms: int) -> Deletion | None:
    """Delete the oldest `limit` intervals that may go, and note it. None when nothing may go."""
    last = newest_ms(connection) - LAST_MS
    lacking = _lacking(connection)
    old: list[_Old] = []
    if policy.before_ms is not None:
        spans = Ranges(span for lacks in lacking.values() for span in lacks).holes(1, feed.last(connection))
        old = list(_oldest(connection, spans, min(policy.before_ms, last), limit))
    delivered, sinks = len(old), set[str]()
    if not old and policy.drop:
        old = list(_oldest(connection, iter([(1, feed.last(connection))]), last, limit))
        sinks = {name for name, lacks in lacking.items() if any(one.number in lacks for one in old)}
    if not old:
        return None
    dense.remove(connection, [one.key for one in old])
    days.seal(connection, [one[1:3] for one in old])
    connection.executemany("DELETE FROM aside WHERE feed = ?", [one[:1] for one in old])
    done = Deletion(
        0,
        now_ms,
        FULL,
        delivered,
        len(old) - delivered,
        tuple(sorted(sinks)),
        min(one.start_ms for one in old),
        max(one.end_ms for one in old),
    )
    return deletions.put(connection, done)


def _lacking(connection: sqlite3.Connection) -> dict[str, Ranges]:
    """What each sink that is not retired has not got, or refused."""
    last, found = feed.last(connection), {}
    for name, _, retired_ms in feed.sinks(connection):
        if retired_ms is None and last:
            state = feed.state(connection, name)
            lacks = Ranges(Ranges(state.settled).holes(1, last))
            lacks.update(state.aside)
            found[name] = lacks
    return found


def _oldest(
    connection: sqlite3.Connection, spans: Iterator[tuple[int, int]], before_ms: int, limit: int
) -> Iterator[_Old]:
    """The first rows of the feed in `spans`, up to the first that ended later: they are in the order of
    time, but for corrections. Those whose day is not made yet stay."""
    left = limit
    for first, last in spans:
        rows = feed.in_order(connection, f"id, meter, start_ms, end_ms, key, {days.IS_MADE}", first, last)
        for *one, is_made in rows:
            row = _Old(*one)
            if not is_made:
                continue
            if row.end_ms >= before_ms:
                return
            left -= 1
            yield row
            if not left:
                return
