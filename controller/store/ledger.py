"""The ledger: each command's life, one row an event, chained by hashes.

A row's hash is SHA-256 over the hash of the row before it (32 zero bytes before the first) and the row's own
content as JSON. A row altered, removed or put in between breaks the chain from there on; a cut-off tail shows
against a head that was noted elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from config.plan.reading import Value
from controller.store.values import dump, load, storable

_NOTHING = bytes(32)
COLUMNS = "seq, time_ms, kind, point, value, slot, who, why, source, fate, detail"
"""What a row says, in the order in which it is hashed."""


class Kind(StrEnum):
    """What a row tells. Kept as words, so that later versions may add some."""

    START = "start"
    STOP = "stop"
    GAP = "gap"
    """Rows are missing here: an unclean end, or a disk that failed too long."""
    PLAN = "plan"
    COMMAND = "command"
    """A person asked for something: set, release, lock, unlock, observe, event …"""
    EXPIRED = "expired"
    """A person's command reached its end."""
    HAND = "hand"
    """A held value was changed by hand (value: to what), and is left alone; or that is over (detail: why)."""
    CLOCK = "clock"
    """Site time was put right, and with it the end of a person's command (point and slot given)."""
    DECIDED = "decided"
    WOULD_WRITE = "would-write"
    """Decided in observe mode: nothing was sent."""
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    READ_BACK = "read-back"
    MISMATCH = "mismatch"
    REJECTED = "rejected"
    NO_ANSWER = "no-answer"
    """Sent, and whether the device acted is unknown."""
    NOT_SENT = "not-sent"
    """Nothing went out: the device did not act."""
    REASSERTED = "reasserted"
    """Re-asserts of a held value that took: how many since when, and how each ended."""
    HELD = "held"
    LOST = "lost"
    """A commanded value no longer stands on the device."""
    DELETED = "deleted"
    """Old intervals left log.db."""


class Entry(NamedTuple):
    """One event, not yet in the chain."""

    time_ms: int
    kind: str
    point: str = ""
    value: Value | None = None
    slot: int = 0
    who: str = ""
    why: str = ""
    source: str = ""
    """"file:line:column" of the programme or rule behind it."""
    fate: str = ""
    detail: str = ""


class Row(NamedTuple):
    """One event in its place in the chain."""

    seq: int
    entry: Entry
    hash: bytes


class Head(NamedTuple):
    """The end of the chain; seq 0 when the ledger is empty."""

    seq: int
    hash: bytes


def head(connection: sqlite3.Connection) -> Head:
    row = connection.execute("SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1").fetchone()
    return anchor(connection) if row is None else Head(row[0], row[1])


def anchor(connection: sqlite3.Connection) -> Head:
    """What the first row here is chained to: the last one that was sealed into a file (see `archive`)."""
    row = connection.execute("SELECT seq, hash FROM seals ORDER BY seq DESC LIMIT 1").fetchone()
    return Head(0, _NOTHING) if row is None else Head(row[0], row[1])


def append(connection: sqlite3.Connection, entries: Iterable[Entry]) -> Head:
    """Chain `entries` to the ledger, in order. Returns the new head."""
    seq, former = head(connection)
    rows = []
    for entry in entries:
        seq += 1
        content = _content(seq, entry)
        former = link(former, content)
        rows.append((*content, former))
    connection.executemany(
        f"INSERT INTO ledger ({COLUMNS}, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        rows,
    )
    return Head(seq, former)


def read(
    connection: sqlite3.Connection, *, after: int = 0, point: str | None = None, limit: int = 1000
) -> list[Row]:
    """Rows with a sequence number above `after`, oldest first; of one point if given."""
    where, values = ("", ()) if point is None else ("AND point = ?", (point,))
    query = f"SELECT {COLUMNS}, hash FROM ledger WHERE seq > ? {where} ORDER BY seq LIMIT ?"  # noqa: S608
    return [row_of(row) for row in connection.execute(query, (after, *values, limit))]


def latest(connection: sqlite3.Connection, *, point: str | None = None, limit: int = 100) -> list[Row]:
    """The newest rows, newest first; of one point if given."""
    where, values = ("", ()) if point is None else ("WHERE point = ?", (point,))
    query = f"SELECT {COLUMNS}, hash FROM ledger {where} ORDER BY seq DESC LIMIT ?"  # noqa: S608
    return [row_of(row) for row in connection.execute(query, (*values, limit))]


def broken_at(connection: sqlite3.Connection, sealed: Head | None = None) -> int | None:
    """The first sequence number where the chain does not hold, None when it holds from the last row that was
    sealed into a file to the last one here.

    With `sealed`, a head noted earlier, that row must also still be there and the same; if it is in a file by
    now, the file must tell.
    """
    former_seq, former = anchor(connection)
    expected = former_seq + 1
    if sealed is not None and sealed.seq == former_seq and sealed.seq and sealed.hash != former:
        return former_seq
    query = f"SELECT {COLUMNS}, hash FROM ledger ORDER BY seq"  # noqa: S608
    for row in connection.execute(query):
        content, stored = tuple(row)[:-1], row[-1]
        former = link(former, content)
        if row[0] != expected or former != stored:
            return expected
        if sealed is not None and sealed.seq == expected and sealed.hash != stored:
            return expected
        expected += 1
    if sealed is not None and sealed.seq >= expected:
        return expected
    return None


def _content(seq: int, entry: Entry) -> tuple[int | str, ...]:
    words = (storable(word) for word in (entry.who, entry.why, entry.source, entry.fate, entry.detail))
    kind, point = storable(str(entry.kind)), storable(entry.point)
    return (seq, int(entry.time_ms), kind, point, dump(entry.value), int(entry.slot), *words)


def link(former: bytes, content: tuple[int | str, ...]) -> bytes:
    """The hash of a row with that content (`COLUMNS`), chained to the one before."""
    lowered = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return hashlib.sha256(former + lowered).digest()


def row_of(row: tuple[int | str | bytes, ...]) -> Row:
    """A row as the table has it (`COLUMNS`, hash). Raises ValueError."""
    seq, time_ms, kind, point, value, slot, who, why, source, fate, detail, digest = tuple(row)
    if not (
        isinstance(seq, int)
        and isinstance(time_ms, int)
        and isinstance(slot, int)
        and isinstance(digest, bytes)
    ):
        raise ValueError("this is no row of a ledger")
    words = (str(word) for word in (who, why, source, fate, detail))
    return Row(seq, Entry(time_ms, str(kind), str(point), load(str(value)), slot, *words), digest)
