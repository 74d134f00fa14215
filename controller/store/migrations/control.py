"""The steps of control.db."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.store.migrations import Step

if TYPE_CHECKING:
    from sqlite_utils import Database


def m001_first(db: Database) -> None:
    """Boots, accepted plans, people's wishes, commanded outputs and the ledger."""
    db.execute(
        """CREATE TABLE boots (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            started_ms INTEGER NOT NULL,
            trusted INTEGER NOT NULL,
            version TEXT NOT NULL,
            plan TEXT NOT NULL,
            seen_ms INTEGER NOT NULL,
            ended_ms INTEGER,
            detail TEXT NOT NULL DEFAULT ''
        )"""
    )
    db.execute(
        """CREATE TABLE plans (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            hash TEXT NOT NULL,
            accepted_ms INTEGER NOT NULL,
            person TEXT NOT NULL,
            detail TEXT NOT NULL DEFAULT ''
        )"""
    )
    db.execute(
        """CREATE TABLE overrides (
            point TEXT NOT NULL,
            slot INTEGER NOT NULL CHECK (slot BETWEEN 5 AND 15),
            value TEXT NOT NULL,
            person TEXT NOT NULL,
            reason TEXT NOT NULL,
            set_ms INTEGER NOT NULL,
            expires_ms INTEGER NOT NULL,
            PRIMARY KEY (point, slot)
        ) WITHOUT ROWID"""
    )
    db.execute(
        """CREATE TABLE locks (
            target TEXT PRIMARY KEY,
            person TEXT NOT NULL,
            reason TEXT NOT NULL,
            since_ms INTEGER NOT NULL
        ) WITHOUT ROWID"""
    )
    db.execute(
        """CREATE TABLE observe (
            target TEXT PRIMARY KEY,
            observing INTEGER NOT NULL CHECK (observing IN (0, 1)),
            person TEXT NOT NULL,
            reason TEXT NOT NULL,
            since_ms INTEGER NOT NULL
        ) WITHOUT ROWID"""
    )
    db.execute(
        """CREATE TABLE outputs (
            point TEXT PRIMARY KEY,
            value TEXT NOT NULL,
            slot INTEGER NOT NULL,
            since_ms INTEGER NOT NULL,
            slots_left TEXT NOT NULL
        ) WITHOUT ROWID"""
    )
    db.execute(
        """CREATE TABLE ledger (
            seq INTEGER PRIMARY KEY,
            time_ms INTEGER NOT NULL,
            kind TEXT NOT NULL,
            point TEXT NOT NULL,
            value TEXT NOT NULL,
            slot INTEGER NOT NULL,
            who TEXT NOT NULL,
            why TEXT NOT NULL,
            source TEXT NOT NULL,
            fate TEXT NOT NULL,
            detail TEXT NOT NULL,
            hash BLOB NOT NULL
        )"""
    )
    db.execute("CREATE INDEX ledger_by_point ON ledger (point, seq)")


def m002_lasting(db: Database) -> None:
    """Overrides know how long they were to last, and whether the clock was trusted that said until when. Of
    those of before nobody knows: they keep their end."""
    db.execute("ALTER TABLE overrides ADD COLUMN lasting_ms INTEGER NOT NULL DEFAULT 0")
    db.execute(
        "ALTER TABLE overrides ADD COLUMN trusted INTEGER NOT NULL DEFAULT 1 CHECK (trusted IN (0, 1))"
    )


def m003_reasserts(db: Database) -> None:
    """Re-asserts that took, by point, until they are one row of the ledger."""
    db.execute(
        """CREATE TABLE reasserts (
            point TEXT PRIMARY KEY,
            value TEXT NOT NULL,
            slot INTEGER NOT NULL,
            fate TEXT NOT NULL,
            detail TEXT NOT NULL,
            times INTEGER NOT NULL CHECK (times > 0),
            first_ms INTEGER NOT NULL,
            last_ms INTEGER NOT NULL
        ) WITHOUT ROWID"""
    )


def m004_seals(db: Database) -> None:
    """Files that old rows of the ledger went into; the latest is what the rest is chained to."""
    db.execute(
        """CREATE TABLE seals (
            seq INTEGER PRIMARY KEY,
            hash BLOB NOT NULL,
            first INTEGER NOT NULL,
            file TEXT NOT NULL,
            sealed_ms INTEGER NOT NULL
        )"""
    )


def m005_rules(db: Database) -> None:
    """What each rule remembers, as JSON."""
    db.execute("CREATE TABLE rules (name TEXT PRIMARY KEY, memory TEXT NOT NULL) WITHOUT ROWID")


def m006_urgent(db: Database) -> None:
    """Overrides that may break a minimum run time."""
    db.execute("ALTER TABLE overrides ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0 CHECK (urgent IN (0, 1))")


def m007_bookings(db: Database) -> None:
    """Bookings of places, by the place's name; site time."""
    db.execute(
        """CREATE TABLE bookings (
            place TEXT NOT NULL,
            start_ms INTEGER NOT NULL,
            end_ms INTEGER NOT NULL CHECK (end_ms > start_ms),
            label TEXT NOT NULL,
            organiser TEXT NOT NULL,
            person TEXT NOT NULL,
            entered_ms INTEGER NOT NULL,
            PRIMARY KEY (place, start_ms, end_ms)
        ) WITHOUT ROWID"""
    )


def m008_applied(db: Database) -> None:
    """What a person said of a plan that he brought into force, and whether it was in force before."""
    db.execute("ALTER TABLE plans ADD COLUMN comment TEXT NOT NULL DEFAULT ''")
    db.execute("ALTER TABLE plans ADD COLUMN back_to INTEGER NOT NULL DEFAULT 0")


def m009_alarms(db: Database) -> None:
    """Alarms: those that stand, a history of those that are over, and what waits to be told of them."""
    db.execute(
        """CREATE TABLE alarms (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL,
            subject TEXT NOT NULL,
            priority TEXT NOT NULL CHECK (priority IN ('critical', 'high', 'medium', 'low')),
            latch INTEGER NOT NULL CHECK (latch IN (0, 1)),
            words TEXT NOT NULL,
            groups TEXT NOT NULL,
            active INTEGER NOT NULL CHECK (active IN (0, 1)),
            raised_ms INTEGER NOT NULL,
            returned_ms INTEGER,
            acked_ms INTEGER,
            acked_by TEXT NOT NULL,
            comment TEXT NOT NULL,
            shelved_until_ms INTEGER,
            shelved_by TEXT NOT NULL,
            shelved_why TEXT NOT NULL,
            suppressed TEXT NOT NULL,
            cause INTEGER NOT NULL,
            place INTEGER NOT NULL,
            times INTEGER NOT NULL,
            recent TEXT NOT NULL,
            chattering INTEGER NOT NULL CHECK (chattering IN (0, 1)),
            damped INTEGER NOT NULL CHECK (damped IN (0, 1)),
            said INTEGER NOT NULL CHECK (said IN (0, 1)),
            anew INTEGER NOT NULL CHECK (anew IN (0, 1)),
            told INTEGER NOT NULL,
            over INTEGER NOT NULL CHECK (over IN (0, 1))
        )"""
    )
    db.execute("CREATE INDEX alarms_standing ON alarms (id) WHERE over = 0")
    db.execute("CREATE INDEX alarms_by_time ON alarms (raised_ms)")
    db.execute(
        """CREATE TABLE outbox (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            channel TEXT NOT NULL,
            key TEXT NOT NULL,
            at_ms INTEGER NOT NULL,
            body TEXT NOT NULL,
            stands_for INTEGER NOT NULL
        )"""
    )
    db.execute("CREATE INDEX outbox_by_channel ON outbox (channel, id)")


def m010_booted(db: Database) -> None:
    """Which boot of the machine a run was in, and the site time at which that had begun."""
    db.execute("ALTER TABLE boots ADD COLUMN machine TEXT NOT NULL DEFAULT ''")
    db.execute("ALTER TABLE boots ADD COLUMN booted_ms INTEGER")


CONTROL: tuple[Step, ...] = (
    m001_first,
    m002_lasting,
    m003_reasserts,
    m004_seals,
    m005_rules,
    m006_urgent,
    m007_bookings,
    m008_applied,
    m009_alarms,
    m010_booted,
)
"""In order; a released step is never changed, only followed."""
