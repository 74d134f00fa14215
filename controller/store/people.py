"""What people asked for, what stands on the outputs and what rules remember.

Keyed by names, never by a Plan's integers. Functions of a connection, for use inside one transaction.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from config.plan.reading import Value
from controller.decide.records import Ended, Lock, Observe, Output, Override, Remembered, RuleMemory
from controller.store import alarms
from controller.store.values import dump, load, storable


def put_override(connection: sqlite3.Connection, item: Override) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO overrides "
        "(point, slot, value, person, reason, set_ms, expires_ms, lasting_ms, trusted, urgent) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            item.point,
            int(item.slot),
            dump(item.value),
            storable(item.person),
            storable(item.reason),
            item.set_ms,
            item.expires_ms,
            item.lasting_ms,
            int(item.trusted),
            int(item.urgent),
        ),
    )


def drop_override(connection: sqlite3.Connection, ended: Ended) -> None:
    connection.execute(
        "DELETE FROM overrides WHERE point = ? AND slot = ? AND (expires_ms = ? OR ?)",
        (ended.point, int(ended.slot), ended.until_ms, not ended.until_ms or ended.moved),
    )


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
        "INSERT OR REPLACE INTO outputs (point, value, slot, since_ms, slots_left) VALUES (?, ?, ?, ?, ?)",
        (item.point, dump(item.value), int(item.slot), item.since_ms, " ".join(map(str, item.left))),
    )


def drop_output(connection: sqlite3.Connection, point: str) -> None:
    connection.execute("DELETE FROM outputs WHERE point = ?", (point,))


def put_rule(connection: sqlite3.Connection, item: RuleMemory) -> None:
    """What a rule remembers from now on; nothing of one that has nothing."""
    if item.memory:
        stored = storable(json.dumps(dict(item.memory), ensure_ascii=False))
        connection.execute("INSERT OR REPLACE INTO rules (name, memory) VALUES (?, ?)", (item.rule, stored))
    else:
        connection.execute("DELETE FROM rules WHERE name = ?", (item.rule,))


def remembered(connection: sqlite3.Connection) -> Remembered:
    """Everything, expired overrides included: the cycle ends those, so that the ledger has their end."""
    overrides = connection.execute(
        "SELECT point, value, person, reason, set_ms, expires_ms, slot, lasting_ms, trusted, urgent "
        "FROM overrides ORDER BY point, slot"
    )
    locks = connection.execute("SELECT target, person, reason, since_ms FROM locks ORDER BY target")
    observe = connection.execute(
        "SELECT target, observing, person, reason, since_ms FROM observe ORDER BY target"
    )
    outputs = connection.execute(
        "SELECT point, value, slot, since_ms, slots_left FROM outputs ORDER BY point"
    )
    rules = connection.execute("SELECT name, memory FROM rules ORDER BY name")
    return Remembered(
        tuple(_override(row) for row in overrides),
        tuple(Lock(*row) for row in locks),
        tuple(Observe(row[0], bool(row[1]), *row[2:]) for row in observe),
        tuple(Output(row[0], _commanded(row[1]), row[2], row[3], _slots(row[4])) for row in outputs),
        tuple(RuleMemory(name, json.loads(memory)) for name, memory in rules),
        alarms=alarms.standing(connection),
        last_alarm=alarms.last_id(connection),
    )


def _override(row: tuple[Any, ...]) -> Override:
    point, value, person, reason, set_ms, expires_ms, slot, lasting_ms, trusted, urgent = row
    return Override(
        point,
        _commanded(value),
        person,
        reason,
        set_ms,
        expires_ms,
        slot,
        lasting_ms,
        bool(trusted),
        bool(urgent),
    )


def _slots(stored: str) -> tuple[int, ...]:
    return tuple(int(word) for word in stored.split())


def _commanded(stored: str) -> Value:
    value = load(stored)
    if value is None:
        raise ValueError("a stored command without a value")
    return value
