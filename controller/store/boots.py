"""Boots: when the daemon started, with what, and whether it came to an orderly end."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple


class Boot(NamedTuple):
    """One run of the daemon. `ended_ms` is None while it runs, and for ever after an unclean end."""

    id: int
    started_ms: int
    trusted: bool
    """Whether the clock was to be believed at the start."""
    version: str
    plan: str
    """Hash of the plan it started with, "" before the first."""
    seen_ms: int
    """Site time noted last: a lower bound for a clock that cannot be trusted. Goes back when site time was
    put right, which takes a trusted clock: a time that was wrong binds nobody once it is known to be."""
    ended_ms: int | None
    detail: str


class Stood(NamedTuple):
    """Where a run's clock stood when it was noted last."""

    seen_ms: int = 0
    machine: str = ""
    """Which boot of the machine that was; "": not known."""
    booted_ms: int | None = None
    """Site time at which the machine had booted (`Now.booted_ms`)."""

    def booted_in(self, machine: str) -> int | None:
        """The same, if it still is that boot of the machine."""
        return self.booted_ms if machine and machine == self.machine else None


def begin(connection: sqlite3.Connection, stood: Stood, trusted: bool, version: str, plan: str) -> int:
    """Note a start. Returns the boot's id."""
    cursor = connection.execute(
        "INSERT INTO boots (started_ms, trusted, version, plan, seen_ms, machine, booted_ms) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (stood.seen_ms, int(trusted), version, plan, *stood),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def seen(connection: sqlite3.Connection, boot: int, wall_ms: int, booted_ms: int | None = None) -> None:
    """Note that site time is `wall_ms`, and what was known then of the machine's boot."""
    connection.execute(
        "UPDATE boots SET seen_ms = ?, booted_ms = coalesce(?, booted_ms) WHERE id = ?",
        (wall_ms, booted_ms, boot),
    )


def end(connection: sqlite3.Connection, boot: int, wall_ms: int, detail: str) -> None:
    """Note an orderly end."""
    connection.execute(
        "UPDATE boots SET ended_ms = ?, seen_ms = ?, detail = ? WHERE id = ?",
        (wall_ms, wall_ms, detail, boot),
    )


def last(connection: sqlite3.Connection) -> Boot | None:
    """The latest boot, running or not."""
    columns = "id, started_ms, trusted, version, plan, seen_ms, ended_ms, detail"
    row = connection.execute(f"SELECT {columns} FROM boots ORDER BY id DESC LIMIT 1").fetchone()  # noqa: S608
    return None if row is None else Boot(row[0], row[1], bool(row[2]), *row[3:])


def latest(connection: sqlite3.Connection) -> Stood:
    """Where the clock of the latest run stood; nothing is known before the first. An earlier one may have
    been further, and wrong."""
    row = connection.execute(
        "SELECT seen_ms, machine, booted_ms FROM boots ORDER BY id DESC LIMIT 1"
    ).fetchone()
    return Stood() if row is None else Stood(*row)


def latest_seen_ms(connection: sqlite3.Connection) -> int | None:
    """The site time that the latest boot noted last, also in a file that no start has brought forward yet."""
    row = connection.execute("SELECT seen_ms FROM boots ORDER BY id DESC LIMIT 1").fetchone()
    return None if row is None else int(row[0])
