"""Resets of counters of which log.db says that nobody has explained them. SQL only."""

from __future__ import annotations

import sqlite3

from controller.consumption.records import Flag, Jump
from controller.store.dense import NEWEST


def unexplained(connection: sqlite3.Connection, since_ms: int) -> list[Jump]:
    """Suspect intervals that start at or after `since_ms`, of which nobody has said what was used or noted
    anything, and since which their meter was not replaced; by meter and time."""
    found = connection.execute(
        "SELECT name, start_ms, end_ms FROM meters CROSS JOIN intervals AS one ON one.meter = meters.id "  # noqa: S608
        f"WHERE start_ms >= ? AND flags & ? AND consumption IS NULL AND {NEWEST} "
        "AND NOT EXISTS (SELECT 1 FROM notes WHERE notes.meter = one.meter AND notes.from_ms < one.end_ms "
        "AND notes.to_ms > one.start_ms) "
        "AND NOT EXISTS (SELECT 1 FROM fittings AS new WHERE new.meter = one.meter AND new.id > one.fitting "
        "AND new.first_count IS NOT NULL AND new.since_ms >= one.start_ms) "
        "ORDER BY name, start_ms",
        (since_ms, int(Flag.SUSPECT)),
    )
    return [Jump(*row) for row in found]
