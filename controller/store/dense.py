"""Intervals as log.db stores them: one row of the table `logged` for the interval and its place in the feed.

Its key is the slot (a start that was logged, with its usual end), the meter and a number among the revisions
of the two, so that an interval of all meters lies in few pages. What follows from other figures is not
stored: an interval counts from its start, its first count is the last one less the consumption, all of it is
covered and nothing is remarkable, unless `rest` says otherwise. The views `intervals` and `feed` show all of
it. SQL only; what writes runs within a transaction of its caller.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from controller.consumption.records import Interval

_SLOT, _METER = 26, 10
"""Bits of a key behind the slot and behind the meter."""
MOST_METERS = 1 << _SLOT - _METER
"""Numbers of meters are below that."""
MOST_REVISIONS = 1 << _METER
"""Rows of one meter and slot."""
_FLAGS = 20
"""Bits of a small `rest` behind the flags: seconds that are covered."""
_WHOLE = 1 << 63
_INSERT = (
    "INSERT INTO logged (key, id, fitted, count_end, consumption, peak, rest) VALUES (?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (key) DO NOTHING"
)
_NOTE = "INSERT INTO stretches (first, last, slot) VALUES (?, ?, ?)"
NEWEST = (
    f"NOT EXISTS (SELECT 1 FROM logged AS newer WHERE newer.key > one.key "  # noqa: S608
    f"AND newer.key <= (one.key | {MOST_REVISIONS - 1}))"
)
"""Of a row `one` of the views: no later revision of it is there."""
SLOT_OF = f"(key >> {_SLOT})"
METER_OF = f"((key >> {_METER}) & {MOST_METERS - 1})"
EXPLAINED = ((_INSERT, 7), (_NOTE, 3))
"""What every interval will need, with the number of its parts."""
Packed: TypeAlias = tuple[int, int, int, int | None, int | None, int | None, int | str | None]


class Slot(NamedTuple):
    """A start that was logged."""

    number: int
    start_ms: int
    end_ms: int
    """That its intervals have who do not say otherwise."""


def slot_of(connection: sqlite3.Connection, start_ms: int, end_ms: int) -> Slot:
    """The slot that starts then, noted now if it is new: with that end."""
    asked = "SELECT id, start_ms, end_ms FROM slots WHERE start_ms = ?"
    found = connection.execute(asked, (start_ms,)).fetchone()
    if found is None:
        connection.execute("INSERT INTO slots (start_ms, end_ms) VALUES (?, ?)", (start_ms, end_ms))
        found = connection.execute(asked, (start_ms,)).fetchone()
    return Slot(*found)


def key(slot: int, meter: int, nth: int = 0) -> int:
    """Raises OverflowError for what is beyond it."""
    if not 0 < meter < MOST_METERS or not 0 <= nth < MOST_REVISIONS:
        raise OverflowError(f"no key holds meter {meter} and its revision number {nth} of one slot")
    return slot << _SLOT | meter << _METER | nth


def packed(
    slot: Slot, meter: int, nth: int, number: int, fitting: int, revision: int, row: Interval
) -> Packed:
    """A row of the table. `number`: in the feed. What no row can hold is for the table to refuse, or raises
    OverflowError."""
    rest: int | str | None
    _, start_ms, end_ms, from_ms, count_start, count_end, consumption, peak, covered_s, flags = row
    if (
        from_ms == start_ms
        and end_ms == slot.end_ms
        and revision == 0
        and type(count_end) is type(consumption) is type(count_start) is type(covered_s) is int
        and count_end - count_start == consumption
        and 0 <= covered_s < 1 << _FLAGS
        and 0 <= flags < 1 << 16
    ):
        whole = not flags and covered_s * 1000 == end_ms - start_ms
        rest = None if whole else flags << _FLAGS | covered_s
    else:
        if end_ms <= start_ms:
            raise OverflowError(f"it ends at {end_ms}, and starts at {start_ms}")
        figures = (int(flags), covered_s, from_ms, count_start, end_ms, revision)
        if any(isinstance(one, int) and not -_WHOLE <= one < _WHOLE for one in figures):
            raise OverflowError("a figure is too large to be stored")
        rest = json.dumps(figures, separators=(",", ":"))
    return key(slot.number, meter, nth), number, fitting - meter, count_end, consumption, peak, rest


def revisions(connection: sqlite3.Connection, meter: int, start_ms: int) -> list[tuple[int, int, int]]:
    """(revision, fitting, nth) of what a meter has of the slot that starts then, oldest first."""
    found = connection.execute(
        f"SELECT revision, fitting, key & {MOST_REVISIONS - 1} FROM intervals "  # noqa: S608
        "WHERE meter = ? AND start_ms = ? ORDER BY key",
        (meter, start_ms),
    )
    return [(revision, fitting, nth) for revision, fitting, nth in found]


def next_number(connection: sqlite3.Connection) -> int:
    """The id of the next row: one that no row ever had."""
    (number,) = connection.execute("SELECT last + 1 FROM fed").fetchone()
    return int(number)


def _note(connection: sqlite3.Connection, first: int, last: int, slot: int) -> None:
    """Intervals of that slot were stored with these ids, which come next: every sink must get them."""
    grown = connection.execute(
        "UPDATE stretches SET last = ?2 WHERE first = (SELECT max(first) FROM stretches) AND slot = ?3 "
        "AND last = ?1 - 1",
        (first, last, slot),
    )
    if grown.rowcount == 0:
        connection.execute(_NOTE, (first, last, slot))
    connection.execute("UPDATE fed SET last = ?", (last,))


def put(connection: sqlite3.Connection, meter: int, fitting: int, revision: int, row: Interval) -> bool:
    """Store it as that revision of its slot, for every sink to get. False when there is one, which stays."""
    known = revisions(connection, meter, row.start_ms)
    if any(one[0] == revision for one in known):
        return False
    slot = slot_of(connection, row.start_ms, row.end_ms)
    number = next_number(connection)
    nth = known[-1][2] + 1 if known else 0
    connection.execute(_INSERT, packed(slot, meter, nth, number, fitting, revision, row))
    _note(connection, number, number, slot.number)
    return True


def put_all(connection: sqlite3.Connection, rows: Sequence[tuple[int, int, Interval]]) -> bool:
    """Store (meter, fitting, interval) of one start, the first of their slots, as `put` does one by one.
    False when one of them was there: then half of it is done."""
    _, _, (_, start_ms, end_ms, *_) = rows[0]
    slot = slot_of(connection, start_ms, end_ms)
    first = next_number(connection)
    made = [
        packed(slot, meter, 0, number, fitting, 0, row)
        for number, (meter, fitting, row) in enumerate(rows, first)
    ]
    if connection.executemany(_INSERT, made).rowcount != len(made):
        return False
    _note(connection, first, first + len(made) - 1, slot.number)
    return True


def refit(connection: sqlite3.Connection, meter: int, void: int, kept: int) -> None:
    """What a meter has of the one fitting is of the other."""
    connection.execute(
        "UPDATE logged SET fitted = ?3 - ?1 WHERE key IN (SELECT key FROM intervals WHERE meter = ?1 "
        "AND fitting = ?2)",
        (meter, void, kept),
    )


def leave_out(connection: sqlite3.Connection, ids: int) -> None:
    """Use none of the next so many ids."""
    connection.execute("UPDATE fed SET last = last + ?", (ids,))


def remove(connection: sqlite3.Connection, keys: list[int]) -> None:
    """Delete these rows, and of slots and stretches of the feed what has none any more."""
    connection.executemany("DELETE FROM logged WHERE key = ?", [(one,) for one in keys])
    for slot in sorted({one >> _SLOT for one in keys}):
        span = slot << _SLOT, (slot + 1 << _SLOT) - 1
        connection.execute(
            "DELETE FROM stretches WHERE slot = ? AND NOT EXISTS (SELECT 1 FROM logged "
            "WHERE key BETWEEN ? AND ? AND id BETWEEN first AND last)",
            (slot, *span),
        )
        connection.execute(
            "DELETE FROM slots WHERE id = ? AND NOT EXISTS (SELECT 1 FROM logged WHERE key BETWEEN ? AND ?)",
            (slot, *span),
        )
