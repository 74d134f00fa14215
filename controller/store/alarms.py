"""Alarms in control.db: those that stand, and what there was before. Functions of a connection."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from config.language import stored
from controller.decide.alarms.alarm import Alarm
from controller.store.values import storable

MOST_KEPT = 5000
"""Alarms that are over, of which the history is kept."""
_COLUMNS = (
    "id, kind, subject, priority, latch, words, groups, active, raised_ms, returned_ms, acked_ms, acked_by, "
    "comment, shelved_until_ms, shelved_by, shelved_why, suppressed, cause, place, times, recent, "
    "chattering, damped, said, anew, told, over"
)
_PLACES = ", ".join("?" * len(_COLUMNS.split(",")))


def put(connection: sqlite3.Connection, alarm: Alarm) -> None:
    """As it is now."""
    row = alarm._replace(acked_by=storable(alarm.acked_by), comment=storable(alarm.comment))
    row = row._replace(shelved_by=storable(alarm.shelved_by), shelved_why=storable(alarm.shelved_why))
    values = row._asdict() | {
        "words": storable(stored.dump(alarm.words)),
        "groups": json.dumps(alarm.groups, ensure_ascii=False),
        "recent": json.dumps(alarm.recent),
    }
    connection.execute(
        f"INSERT OR REPLACE INTO alarms ({_COLUMNS}) VALUES ({_PLACES})",  # noqa: S608
        tuple(values.values()),
    )
    if alarm.over:
        connection.execute("DELETE FROM alarms WHERE over = 1 AND id <= ?", (alarm.id - MOST_KEPT,))


def standing(connection: sqlite3.Connection) -> tuple[Alarm, ...]:
    """Those that are not over."""
    rows = connection.execute(f"SELECT {_COLUMNS} FROM alarms WHERE over = 0 ORDER BY id")  # noqa: S608
    return tuple(_alarm(row) for row in rows)


def history(connection: sqlite3.Connection, since_ms: int, most: int) -> list[Alarm]:
    """The latest `most` that came, or were so, at `since_ms` or after, the latest first."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM alarms WHERE raised_ms >= ? OR returned_ms >= ? OR active = 1 "  # noqa: S608
        "ORDER BY raised_ms DESC, id DESC LIMIT ?",
        (since_ms, since_ms, most),
    )
    return [_alarm(row) for row in rows]


def last_id(connection: sqlite3.Connection) -> int:
    """Of any alarm there ever was; 0 before the first."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'alarms'").fetchone()
    return 0 if row is None else int(row[0])


def _alarm(row: tuple[Any, ...]) -> Alarm:
    found = dict(zip(Alarm._fields, row, strict=True))
    for flag in ("latch", "active", "chattering", "damped", "said", "anew", "over"):
        found[flag] = bool(found[flag])
    found["words"] = stored.load(found["words"])
    found["groups"] = tuple(json.loads(found["groups"]))
    found["recent"] = tuple(json.loads(found["recent"]))
    return Alarm(**found)
