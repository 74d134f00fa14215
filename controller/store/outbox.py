"""What waits to be told to each channel, in control.db: put there with what it tells of, taken out once it
was delivered. Functions of a connection."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from typing import NamedTuple

from controller.store.values import storable

MOST_WAITING = 500
"""Of one channel. Beyond it the oldest become one row that only says how many they were."""


class Outgoing(NamedTuple):
    """One thing to be told to one channel."""

    channel: str
    key: str
    """The same, however often it is sent: the other side may tell a repeat by it."""
    at_ms: int
    body: str
    """JSON; "" = only how many."""


class Waiting(NamedTuple):
    """The same in its place."""

    id: int
    channel: str
    key: str
    at_ms: int
    body: str
    stands_for: int
    """How many it was, of which nothing else is known any more; 1 = itself."""


def put(connection: sqlite3.Connection, item: Outgoing) -> None:
    """Behind all that waits."""
    connection.execute(
        "INSERT INTO outbox (channel, key, at_ms, body, stands_for) VALUES (?, ?, ?, ?, 1)",
        (item.channel, item.key, item.at_ms, storable(item.body)),
    )
    count = connection.execute("SELECT COUNT(*) FROM outbox WHERE channel = ?", (item.channel,)).fetchone()[0]
    if count > MOST_WAITING:
        first, second = waiting(connection, item.channel, 2)
        connection.execute("DELETE FROM outbox WHERE id = ?", (first.id,))
        connection.execute(
            "UPDATE outbox SET body = '', stands_for = ? WHERE id = ?",
            (first.stands_for + second.stands_for, second.id),
        )


def waiting(connection: sqlite3.Connection, channel: str, most: int) -> list[Waiting]:
    """The oldest of a channel."""
    rows = connection.execute(
        "SELECT id, channel, key, at_ms, body, stands_for FROM outbox WHERE channel = ? ORDER BY id LIMIT ?",
        (channel, most),
    )
    return [Waiting(*row) for row in rows]


def delivered(connection: sqlite3.Connection, item: Waiting) -> None:
    """It is told; what has meanwhile become more than it was stays."""
    connection.execute("DELETE FROM outbox WHERE id = ? AND stands_for = ?", (item.id, item.stands_for))


def keep_only(connection: sqlite3.Connection, channels: Collection[str]) -> None:
    """Nothing waits for a channel that is no more."""
    known = sorted(channels)
    places = ", ".join("?" * len(known))
    connection.execute(f"DELETE FROM outbox WHERE channel NOT IN ({places})", known)  # noqa: S608
