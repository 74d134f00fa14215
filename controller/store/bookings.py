"""Bookings of places in control.db. Functions of a connection, for use inside one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from config.plan.places import Booking
from controller.store.values import storable


def change(
    connection: sqlite3.Connection, added: Iterable[Booking], removed: Iterable[Booking], forget_ms: int
) -> None:
    """Forget what had ended by `forget_ms`, take out and put in."""
    if forget_ms:
        connection.execute("DELETE FROM bookings WHERE end_ms <= ?", (forget_ms,))
    connection.executemany(
        "DELETE FROM bookings WHERE place = ? AND start_ms = ? AND end_ms = ?", [item.key for item in removed]
    )
    connection.executemany(
        "INSERT OR REPLACE INTO bookings (place, start_ms, end_ms, label, organiser, person, entered_ms) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            item._replace(
                label=storable(item.label), organiser=storable(item.organiser), person=storable(item.person)
            )
            for item in added
        ],
    )


def read(connection: sqlite3.Connection) -> tuple[Booking, ...]:
    """All of them."""
    rows = connection.execute(
        "SELECT place, start_ms, end_ms, label, organiser, person, entered_ms FROM bookings "
        "ORDER BY place, start_ms, end_ms"
    )
    return tuple(Booking(*row) for row in rows)
