"""The feed in log.db: what each sink has got, what it still must get, what was set aside. SQL only.

Everything of a sink that is settled is kept as ranges of feed ids: delivered, set aside, or not meant for it.
What was set aside has a row of its own beside them, so that few ranges say much.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from controller.consumption.upload.port import Row

ADD = "INSERT INTO feed (meter, start_ms, revision) VALUES (?, ?, ?)"
_LOOK_BACK = 50_000
"""Feed rows among which the newest slot's first is sought."""
_LONGEST_MS = 3_600_000
"""No interval is longer, but for the one row of a long gap."""
_ROW = (
    "feed.id, meters.name, meters.quantity, fittings.unit, fittings.quantum, feed.start_ms, "
    "intervals.end_ms, feed.revision, from_ms, count_start, count_end, consumption, peak, covered_s, flags"
)
_JOINED = (
    "FROM feed LEFT JOIN intervals ON intervals.meter = feed.meter AND intervals.start_ms = feed.start_ms "
    "AND intervals.revision = feed.revision LEFT JOIN meters ON meters.id = feed.meter "
    "LEFT JOIN fittings ON fittings.id = intervals.fitting"
)


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


def add(connection: sqlite3.Connection, meter: int, start_ms: int, revision: int) -> None:
    """An interval was stored: every sink must get it."""
    connection.execute(ADD, (meter, start_ms, revision))


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
    (found,) = connection.execute("SELECT max(id) FROM feed").fetchone()
    return found or 0


def newest_slot(connection: sqlite3.Connection) -> int:
    """The first feed id of a row of the newest slot; 1 when nothing was logged yet."""
    (found,) = connection.execute(
        f"SELECT min(feed.id) {_JOINED} WHERE feed.id > (SELECT max(id) FROM feed) - ? AND intervals.end_ms "  # noqa: S608
        f">= (SELECT intervals.end_ms {_JOINED} ORDER BY feed.id DESC LIMIT 1)",
        (_LOOK_BACK,),
    ).fetchone()
    return found or 1


def rows(connection: sqlite3.Connection, first: int, last: int, limit: int) -> list[tuple[int, Row | None]]:
    """The rows with ids in [first, last], oldest first; None for one whose interval is no longer kept."""
    found = connection.execute(
        f"SELECT {_ROW} {_JOINED} WHERE feed.id BETWEEN ? AND ? ORDER BY feed.id LIMIT ?",
        (first, last, limit),
    )
    return [(item[0], None if item[6] is None else Row(*item)) for item in found]


def ending_in(
    connection: sqlite3.Connection, meters: Sequence[str], from_ms: int, to_ms: int, limit: int
) -> list[Row]:
    """The newest revision of every interval of these meters that ends in [from_ms, to_ms), by end."""
    marks = ",".join("?" * len(meters))
    found = connection.execute(
        f"SELECT {_ROW} {_JOINED} WHERE meters.name IN ({marks}) AND intervals.end_ms >= ? "  # noqa: S608
        "AND intervals.end_ms < ? AND feed.start_ms >= ? AND NOT EXISTS (SELECT 1 FROM intervals AS newer "
        "WHERE newer.meter = feed.meter AND newer.start_ms = feed.start_ms "
        "AND newer.revision > feed.revision) "
        "ORDER BY intervals.end_ms, feed.id LIMIT ?",
        (*meters, from_ms, to_ms, from_ms - _LONGEST_MS, limit),
    )
    return [Row(*item) for item in found]


def since(connection: sqlite3.Connection, start_ms: int) -> list[int]:
    """Ids of all rows of intervals that start at or after `start_ms`."""
    found = connection.execute("SELECT id FROM feed WHERE start_ms >= ? ORDER BY id", (start_ms,))
    return [number for (number,) in found]


def aside(connection: sqlite3.Connection, sink: str) -> list[Aside]:
    """What a sink refused, oldest first."""
    found = connection.execute(
        "SELECT feed.id, meters.name, feed.start_ms, feed.revision, aside.reason, aside.since_ms FROM aside "
        "JOIN feed ON feed.id = aside.feed LEFT JOIN meters ON meters.id = feed.meter "
        "WHERE aside.sink = ? ORDER BY feed.id",
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
