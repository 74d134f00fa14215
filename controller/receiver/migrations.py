"""The steps of receiver.db."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.store.migrations import Step

if TYPE_CHECKING:
    from sqlite_utils import Database


def m001_first(db: Database) -> None:
    """Sites, their meters, and every revision of every interval that came."""
    db.execute("CREATE TABLE sites (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)")
    db.execute(
        """CREATE TABLE meters (
            id INTEGER PRIMARY KEY,
            site INTEGER NOT NULL REFERENCES sites (id),
            name TEXT NOT NULL,
            UNIQUE (site, name)
        )"""
    )
    db.execute(
        """CREATE TABLE intervals (
            meter INTEGER NOT NULL REFERENCES meters (id),
            start_ms INTEGER NOT NULL,
            revision INTEGER NOT NULL,
            end_ms INTEGER NOT NULL CHECK (end_ms > start_ms),
            quantity TEXT NOT NULL,
            unit TEXT NOT NULL,
            from_ms INTEGER,
            count_start TEXT,
            count_end TEXT,
            consumption TEXT,
            quantum TEXT,
            peak TEXT,
            peak_unit TEXT,
            covered_s INTEGER,
            flags TEXT NOT NULL,
            stream TEXT NOT NULL,
            received_ms INTEGER NOT NULL,
            PRIMARY KEY (meter, start_ms, revision)
        ) WITHOUT ROWID"""
    )


def m002_values(db: Database) -> None:
    """What collectors of the national protocol deliver: counts and codes, as they said them."""
    db.execute(
        """CREATE TABLE collected (
            building TEXT NOT NULL,
            meter TEXT NOT NULL,
            function TEXT NOT NULL,
            time_ms INTEGER NOT NULL,
            site TEXT NOT NULL,
            gateway TEXT NOT NULL,
            coding TEXT NOT NULL,
            error TEXT NOT NULL,
            value TEXT,
            received_ms INTEGER NOT NULL,
            PRIMARY KEY (building, meter, function, time_ms)
        ) WITHOUT ROWID"""
    )


def m003_heads(db: Database) -> None:
    """Heads of the sites' ledgers, as they told them: proof of what their ledgers were."""
    db.execute(
        """CREATE TABLE heads (
            site TEXT NOT NULL,
            seq INTEGER NOT NULL,
            hash TEXT NOT NULL,
            time_ms INTEGER NOT NULL,
            received_ms INTEGER NOT NULL,
            PRIMARY KEY (site, seq, hash)
        ) WITHOUT ROWID"""
    )


RECEIVER: tuple[Step, ...] = (m001_first, m002_values, m003_heads)
"""In order; a released step is never changed, only followed."""
