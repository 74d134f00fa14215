"""What left log.db, noted where it was, in the commit that deleted it. SQL only.

So the ledger gets it whatever happens in between, and whoever looks at what is left knows that what is
missing is not lost.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

AGE, FULL = "age", "full"
"""Why: too old, or the disk was full."""


class Deletion(NamedTuple):
    """Intervals that were deleted in one go."""

    number: int
    """0 before it was noted."""
    deleted_ms: int
    why: str
    delivered: int
    """Intervals that every sink had."""
    undelivered: int
    """Others."""
    sinks: tuple[str, ...]
    """That lacked some of those."""
    first_ms: int
    """The earliest start."""
    last_ms: int
    """The latest end."""


def joined(one: Deletion, other: Deletion) -> Deletion:
    """Both as one, with the number of the first."""
    return one._replace(
        delivered=one.delivered + other.delivered,
        undelivered=one.undelivered + other.undelivered,
        sinks=tuple(sorted({*one.sinks, *other.sinks})),
        first_ms=min(one.first_ms, other.first_ms),
        last_ms=max(one.last_ms, other.last_ms),
    )


def put(connection: sqlite3.Connection, item: Deletion, *, recorded: bool = False) -> Deletion:
    """Note it, or what has become of it if it has a number. Within a transaction of the caller's, in the
    writer's thread. `recorded`: it is in the ledger by other ways. Returns it with its number."""
    figures = (item.deleted_ms, item.why, item.delivered, item.undelivered, " ".join(item.sinks))
    cursor = connection.execute(
        "INSERT OR REPLACE INTO deletions (id, deleted_ms, why, delivered, undelivered, sinks, first_ms, "
        "last_ms, recorded) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (item.number or None, *figures, item.first_ms, item.last_ms, int(recorded)),
    )
    assert cursor.lastrowid is not None
    return item._replace(number=cursor.lastrowid)


def unrecorded(connection: sqlite3.Connection) -> list[Deletion]:
    """What the ledger has not got yet, oldest first."""
    found = connection.execute(
        "SELECT id, deleted_ms, why, delivered, undelivered, sinks, first_ms, last_ms FROM deletions "
        "WHERE recorded = 0 ORDER BY id"
    )
    return [
        Deletion(number, deleted_ms, why, delivered, undelivered, tuple(sinks.split()), first_ms, last_ms)
        for number, deleted_ms, why, delivered, undelivered, sinks, first_ms, last_ms in found
    ]


def recorded(connection: sqlite3.Connection, numbers: list[int]) -> None:
    """The ledger has these now. Within a transaction of the caller's, in the writer's thread."""
    connection.executemany("UPDATE deletions SET recorded = 1 WHERE id = ?", [(one,) for one in numbers])


def upto_ms(connection: sqlite3.Connection) -> int:
    """What ended later was never deleted; 0 when nothing was."""
    (found,) = connection.execute("SELECT coalesce(max(last_ms), 0) FROM deletions").fetchone()
    return int(found)
