"""The account of re-asserts that took, until it is closed into the ledger: one row a point."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from typing import NamedTuple

from config.plan.reading import Value
from controller.store.ledger import Entry, Kind
from controller.store.values import dump, load, storable


class Reasserted(NamedTuple):
    """So many writes of a value that the device held already, each of which ended the same way."""

    point: str
    value: Value | None
    slot: int
    fate: str
    """"read-back" or "acknowledged"."""
    detail: str
    times: int
    first_ms: int
    """Site time at which the first of them was sent."""
    last_ms: int
    """And the last answered."""


def put(connection: sqlite3.Connection, item: Reasserted) -> None:
    """Let the account of a point be `item`."""
    connection.execute(
        "INSERT OR REPLACE INTO reasserts (point, value, slot, fate, detail, times, first_ms, last_ms) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (item.point, dump(item.value), item.slot, item.fate, storable(item.detail), *item[5:]),
    )


def drop(connection: sqlite3.Connection, point: str) -> None:
    """The account of a point is closed."""
    connection.execute("DELETE FROM reasserts WHERE point = ?", (point,))


def take(connection: sqlite3.Connection, wall_ms: int) -> list[Entry]:
    """Close what a run that did not end in order has left open; the rows for it."""
    found = standing(connection)
    connection.execute("DELETE FROM reasserts")
    return [entry(item, wall_ms) for item in found]


def standing(connection: sqlite3.Connection) -> list[Reasserted]:
    """The accounts that are open. Raises ValueError for what cannot be one."""
    rows = connection.execute(
        "SELECT point, value, slot, fate, detail, times, first_ms, last_ms FROM reasserts ORDER BY point"
    ).fetchall()
    if strange := [row[0] for row in rows if not all(isinstance(figure, int) for figure in row[5:])]:
        raise ValueError(f"the account of {strange[0]} is none")
    return [Reasserted(row[0], load(row[1]), *row[2:]) for row in rows]


def entry(item: Reasserted, wall_ms: int) -> Entry:
    """The ledger's row that closes an account."""
    times = f"{item.times} times from {_iso(item.first_ms)} to {_iso(item.last_ms)}"
    return Entry(
        wall_ms,
        Kind.REASSERTED,
        point=item.point,
        value=item.value,
        slot=item.slot,
        fate=item.fate,
        detail=f"{times}; {item.detail}" if item.detail else times,
    )


def _iso(wall_ms: int) -> str:
    return datetime.fromtimestamp(wall_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
