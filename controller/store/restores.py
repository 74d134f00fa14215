"""A log.db that was put back from a backup: what was logged since is lost here, and known to sinks. SQL only.

So nothing by which a sink knows a row is used again. New rows get feed ids far beyond those that were lost.
A slot that is logged a second time gets a revision of its own, above those that a sink may have: what it
counts then is right wherever the highest revision holds.
"""

from __future__ import annotations

import sqlite3

from controller.store import dense

APART = 1_000_000_000
"""Feed ids left out; a thousand years of a thousand meters take less than half the ids of a file."""
BOOTS_APART = 1_000
_EPOCH_MS = 1_735_689_600_000
"""2025-01-01."""
_STEP_MS = 600_000
"""Two restores within ten minutes share their revision."""
_LEAST = 1_000
"""Nobody corrects a slot so often."""


def note(connection: sqlite3.Connection, now_ms: int) -> int:
    """The file takes the place of a later one from now on. Returns the revision with which slots begin that
    started before. In a transaction of the caller's."""
    (highest,) = connection.execute("SELECT coalesce(max(revision), 0) FROM feed").fetchone()
    known = max([highest, *revisions(connection)])
    revision: int = max(_LEAST, (now_ms - _EPOCH_MS) // _STEP_MS, known + 1)
    connection.execute("INSERT INTO restores (restored_ms, revision) VALUES (?, ?)", (now_ms, revision))
    dense.leave_out(connection, APART)
    return revision


def leave_out(connection: sqlite3.Connection, table: str, ids: int) -> None:
    """Leave out so many ids of a table that numbers its rows itself."""
    if (
        connection.execute("UPDATE sqlite_sequence SET seq = seq + ? WHERE name = ?", (ids, table)).rowcount
        == 0
    ):
        connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, ids))


def revisions(connection: sqlite3.Connection) -> list[int]:
    """With which slots begin that were logged a second time."""
    return [number for (number,) in connection.execute("SELECT revision FROM restores ORDER BY id")]


def first_revision(connection: sqlite3.Connection, start_ms: int) -> int:
    """With which a slot begins that starts then: 0, but for those that may have been logged before."""
    found = connection.execute(
        "SELECT max(revision) FROM restores WHERE restored_ms > ?", (start_ms,)
    ).fetchone()
    return found[0] or 0
