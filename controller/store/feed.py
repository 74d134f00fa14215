"""The feed in log.db: what each sink has got, what it still must get, what was set aside. SQL only.

The rows are the intervals themselves (see `dense`), by a number that each got when it was stored; which slot
has which numbers is noted in stretches, so that a stretch of them is found without a look at the rest.
Everything of a sink that is settled is kept as ranges of feed ids: delivered, set aside, or not meant for it.
What was set aside has a row of its own beside them, so that few ranges say much.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from controller.consumption.upload.port import Row
from controller.store.dense import NEWEST

_LOOK_BACK = 50_000
"""Feed rows among which the newest slot's first is sought."""
_LONGEST_MS = 3_600_000
"""No interval is longer, but for the one row of a long gap."""
_ROW = (
    "one.id, meters.name, meters.quantity, fittings.unit, fittings.quantum, one.start_ms, one.end_ms, "
    "one.revision, one.from_ms, count_start, count_end, consumption, peak, covered_s, flags"
)
_NAMED = "LEFT JOIN meters ON meters.id = one.meter LEFT JOIN fittings ON fittings.id = one.fitting"
AMONG = (
    "stretch BETWEEN coalesce((SELECT max(first) FROM stretches WHERE first <= ?1), 0) AND ?2 "
    "AND id BETWEEN ?1 AND ?2"
)
"""Of the feed: ids from the first parameter to the second, found by their stretches."""


class SinkState(NamedTuple):
    """What log.db says of a sink."""

    settled: tuple[tuple[int, int], ...]
    """Ranges of feed ids that need not be sent."""
    aside: tuple[int, ...]
    """Ids among them that were refused."""
    retired_ms: int | None


class Aside(NamedTuple):
    """A row that a sink will never take."""

    id: int
    meter: str
    start_ms: int
    revision: int
    reason: str
    since_ms: int


# Writing: each within a transaction of its caller, in the writer's thread


def begin(connection: sqlite3.Connection, sink: str, wall_ms: int) -> SinkState:
    """Note a sink of the Plan; what it has."""
    connection.execute(
        "INSERT INTO sinks (name, since_ms) VALUES (?, ?) ON CONFLICT DO NOTHING", (sink, wall_ms)
    )
    return state(connection, sink)


def settle(
    connection: sqlite3.Connection,
    sink: str,
    settled: Sequence[tuple[int, int]],
    refused: Iterable[tuple[int, str]],
    wall_ms: int,
) -> None:
    """Keep what a sink has now, whole, and what it refused."""
    connection.execute("DELETE FROM settled WHERE sink = ?", (sink,))
    connection.executemany(
        "INSERT INTO settled (sink, first, last) VALUES (?, ?, ?)", [(sink, *span) for span in settled]
    )
    connection.executemany(
        "INSERT INTO aside (sink, feed, reason, since_ms) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [(sink, number, reason, wall_ms) for number, reason in refused],
    )


def let_in_again(connection: sqlite3.Connection, sink: str, ids: Sequence[int] | None) -> list[int]:
    """Rows set aside (None: all of them) are to be sent again. Returns their ids; the caller settles."""
    asked = None if ids is None else set(ids)
    found = [
        number
        for (number,) in connection.execute("SELECT feed FROM aside WHERE sink = ? ORDER BY feed", (sink,))
        if asked is None or number in asked
    ]
    connection.executemany(
        "DELETE FROM aside WHERE sink = ? AND feed = ?", [(sink, number) for number in found]
    )
    return found


def take_in_again(connection: sqlite3.Connection, sink: str) -> bool:
    """A retired sink gets the log again, what it has not got included. False when it is not retired."""
    done = connection.execute(
        "UPDATE sinks SET retired_ms = NULL WHERE name = ? AND retired_ms IS NOT NULL", (sink,)
    )
    return done.rowcount == 1


def retire(connection: sqlite3.Connection, sink: str, wall_ms: int) -> bool:
    """Nothing waits for this sink any more. False when there is none of that name, or it is retired."""
    done = connection.execute(
        "UPDATE sinks SET retired_ms = ? WHERE name = ? AND retired_ms IS NULL", (wall_ms, sink)
    )
    return done.rowcount == 1


# Reading


def state(connection: sqlite3.Connection, sink: str) -> SinkState:
    spans = connection.execute("SELECT first, last FROM settled WHERE sink = ? ORDER BY first", (sink,))
    aside = connection.execute("SELECT feed FROM aside WHERE sink = ? ORDER BY feed", (sink,))
    found = connection.execute("SELECT retired_ms FROM sinks WHERE name = ?", (sink,)).fetchone()
    return SinkState(
        tuple((first, last) for first, last in spans),
        tuple(number for (number,) in aside),
        None if found is None else found[0],
    )


def last(connection: sqlite3.Connection) -> int:
    """The newest feed id; 0 when nothing was logged yet."""
    (found,) = connection.execute(
        "SELECT last FROM stretches WHERE first = (SELECT max(first) FROM stretches)"
    ).fetchone() or (0,)
    return int(found)


def newest_slot(connection: sqlite3.Connection) -> int:
    """The first feed id of a row of the newest slot; 1 when nothing was logged yet."""
    newest = last(connection)
    (found,) = connection.execute(
        "SELECT min(first) FROM stretches JOIN slots ON slots.id = slot WHERE first > ? AND end_ms >= "
        "(SELECT end_ms FROM stretches JOIN slots ON slots.id = slot ORDER BY first DESC LIMIT 1)",
        (newest - _LOOK_BACK,),
    ).fetchone()
    return found or 1


def in_order(
    connection: sqlite3.Connection, columns: str, first: int, last: int, joined: str = ""
) -> Iterator[tuple[Any, ...]]:
    """`columns` of the rows `one` of the feed with ids in [first, last], oldest first: a stretch at a
    time."""
    query = (
        f"SELECT {columns} FROM feed AS one {joined} "  # noqa: S608
        "WHERE stretch = ? AND one.id BETWEEN ? AND ? ORDER BY one.id"
    )
    stretches = connection.execute(
        "SELECT first FROM stretches WHERE first BETWEEN coalesce((SELECT max(first) FROM stretches "
        "WHERE first <= ?1), 0) AND ?2 AND last >= ?1 ORDER BY first",
        (first, last),
    )
    for (stretch,) in stretches:
        yield from map(tuple, connection.execute(query, (stretch, first, last)))


def rows(connection: sqlite3.Connection, first: int, last: int, limit: int) -> list[tuple[int, Row]]:
    """The rows with ids in [first, last], oldest first."""
    found = in_order(connection, _ROW, first, last, _NAMED)
    return [(item[0], Row(*item)) for item in islice(found, limit)]


def ending_in(
    connection: sqlite3.Connection, meters: Sequence[str], from_ms: int, to_ms: int, limit: int
) -> list[Row]:
    """The newest revision of every interval of these meters that ends in [from_ms, to_ms), by end."""
    marks = ",".join("?" * len(meters))
    found = connection.execute(
        f"SELECT {_ROW} FROM intervals AS one {_NAMED} WHERE meters.name IN ({marks}) AND one.end_ms >= ? "  # noqa: S608
        f"AND one.end_ms < ? AND one.start_ms >= ? AND one.start_ms < ? AND {NEWEST} "
        "ORDER BY one.end_ms, one.id LIMIT ?",
        (*meters, from_ms, to_ms, from_ms - _LONGEST_MS, to_ms, limit),
    )
    return [Row(*item) for item in found]


def since(connection: sqlite3.Connection, start_ms: int) -> list[int]:
    """Ids of all rows of intervals that start at or after `start_ms`."""
    found = connection.execute("SELECT id FROM intervals WHERE start_ms >= ? ORDER BY id", (start_ms,))
    return [number for (number,) in found]


def aside(connection: sqlite3.Connection, sink: str) -> list[Aside]:
    """What a sink refused, oldest first."""
    found = connection.execute(
        "SELECT one.id, meters.name, one.start_ms, one.revision, aside.reason, aside.since_ms FROM aside "
        "CROSS JOIN feed AS one ON stretch = (SELECT max(first) FROM stretches WHERE first <= aside.feed) "
        "AND one.id = aside.feed LEFT JOIN meters ON meters.id = one.meter "
        "WHERE aside.sink = ? ORDER BY one.id",
        (sink,),
    )
    return [Aside(*item) for item in found]


def last_reason(connection: sqlite3.Connection, sink: str) -> str:
    """Why it refused what was set aside last; "" when nothing is."""
    found = connection.execute(
        "SELECT reason FROM aside WHERE sink = ? ORDER BY since_ms DESC, feed DESC LIMIT 1", (sink,)
    ).fetchone()
    return "" if found is None else str(found[0])


def sinks(connection: sqlite3.Connection) -> list[tuple[str, int, int | None]]:
    """name, since_ms, retired_ms of every sink there ever was."""
    found = connection.execute("SELECT name, since_ms, retired_ms FROM sinks ORDER BY name")
    return [(name, since_ms, retired_ms) for name, since_ms, retired_ms in found]
