"""What people asked for and what stands on the outputs: overrides, locks, observe mode, commanded values.

Keyed by names, never by a Plan's integers. Functions of a connection, for use inside one transaction.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from config.plan.reading import Value
from config.plan.slots import Slot
from controller.store.values import dump, load, storable


class Override(NamedTuple):
    """A person's command on a point. One a point and slot: the later replaces the earlier."""

    point: str
    value: Value
    person: str
    reason: str
    set_ms: int
    expires_ms: int
    slot: int = Slot.PEOPLE


class Lock(NamedTuple):
    """A maintenance lock on an equipment or a device."""

    target: str
    person: str
    reason: str
    since_ms: int


class Observe(NamedTuple):
    """Observe mode switched on or off by a person; target "" is the site. Overrules what the site files
    say."""

    target: str
    observing: bool
    person: str
    reason: str
    since_ms: int


class Output(NamedTuple):
    """What was last commanded on a point, by which slot and since when."""

    point: str
    value: Value
    slot: int
    since_ms: int


class Remembered(NamedTuple):
    """All of it, as it stood at the last commit."""

    overrides: tuple[Override, ...] = ()
    locks: tuple[Lock, ...] = ()
    observe: tuple[Observe, ...] = ()
    outputs: tuple[Output, ...] = ()


def put_override(connection: sqlite3.Connection, item: Override) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO overrides (point, slot, value, person, reason, set_ms, expires_ms) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            item.point,
            int(item.slot),
            dump(item.value),
            storable(item.person),
            storable(item.reason),
            item.set_ms,
            item.expires_ms,
        ),
    )


def drop_override(connection: sqlite3.Connection, point: str, slot: int) -> None:
    connection.execute("DELETE FROM overrides WHERE point = ? AND slot = ?", (point, int(slot)))


def put_lock(connection: sqlite3.Connection, item: Lock) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO locks (target, person, reason, since_ms) VALUES (?, ?, ?, ?)",
        (item.target, storable(item.person), storable(item.reason), item.since_ms),
    )


def drop_lock(connection: sqlite3.Connection, target: str) -> None:
    connection.execute("DELETE FROM locks WHERE target = ?", (target,))


def put_observe(connection: sqlite3.Connection, item: Observe) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO observe (target, observing, person, reason, since_ms) VALUES (?, ?, ?, ?, ?)",
        (item.target, int(item.observing), storable(item.person), storable(item.reason), item.since_ms),
    )


def put_output(connection: sqlite3.Connection, item: Output) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO outputs (point, value, slot, since_ms) VALUES (?, ?, ?, ?)",
        (item.point, dump(item.value), int(item.slot), item.since_ms),
    )


def drop_output(connection: sqlite3.Connection, point: str) -> None:
    connection.execute("DELETE FROM outputs WHERE point = ?", (point,))


def remembered(connection: sqlite3.Connection) -> Remembered:
    """Everything, expired overrides included: the cycle ends those, so that the ledger has their end."""
    overrides = connection.execute(
        "SELECT point, value, person, reason, set_ms, expires_ms, slot FROM overrides ORDER BY point, slot"
    )
    locks = connection.execute("SELECT target, person, reason, since_ms FROM locks ORDER BY target")
    observe = connection.execute(
        "SELECT target, observing, person, reason, since_ms FROM observe ORDER BY target"
    )
    outputs = connection.execute("SELECT point, value, slot, since_ms FROM outputs ORDER BY point")
    return Remembered(
        tuple(Override(row[0], _commanded(row[1]), *row[2:]) for row in overrides),
        tuple(Lock(*row) for row in locks),
        tuple(Observe(row[0], bool(row[1]), *row[2:]) for row in observe),
        tuple(Output(row[0], _commanded(row[1]), *row[2:]) for row in outputs),
    )


def _commanded(stored: str) -> Value:
    value = load(stored)
    if value is None:
        raise ValueError("a stored command without a value")
    return value
