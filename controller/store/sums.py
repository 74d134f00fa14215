"""The kept days of log.db, for whoever only reads it. SQL only."""

from __future__ import annotations

import sqlite3

from controller.consumption.audit_days import KeptDay
from controller.store.history import MeterEntry


def kept_days(
    connection: sqlite3.Connection, meter: MeterEntry, from_ms: int = 0, to_ms: int = 2**62
) -> list[KeptDay]:
    """Those that start in [from_ms, to_ms), by start and fitting."""
    columns = ", ".join(KeptDay._fields)
    found = connection.execute(
        f"SELECT {columns} FROM days WHERE meter = ? AND start_ms >= ? AND start_ms < ? "  # noqa: S608
        "ORDER BY start_ms, fitting",
        (meter.number, from_ms, to_ms),
    )
    return [KeptDay(*row) for row in found]


def days_are_due(connection: sqlite3.Connection, meter: MeterEntry) -> bool:
    """Whether days of its older intervals are still to be made."""
    found = connection.execute("SELECT 1 FROM days_due WHERE meter = ?", (meter.number,))
    return found.fetchone() is not None
