"""What people add to log.db: corrections as new revisions, a replaced meter as a new fitting, notes. SQL
only, each within a transaction of its caller."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from controller.consumption.periods import Periods
from controller.consumption.records import Interval, Mark
from controller.store import days, dense, logrows
from controller.store.values import storable


class Refit(NamedTuple):
    """A meter that was replaced."""

    serial: str
    """Of the new one; "" when nobody said it."""
    at_ms: int
    last: int
    first: int


def refit(connection: sqlite3.Connection, meter: int, made: Refit) -> int:
    """Close the fitting in force and begin another that is read alike; its number."""
    number, unit, quantum, modulus = connection.execute(
        "SELECT id, unit, quantum, modulus FROM fittings WHERE meter = ? ORDER BY id DESC LIMIT 1", (meter,)
    ).fetchone()
    connection.execute("UPDATE fittings SET last_count = ? WHERE id = ?", (made.last, number))
    cursor = connection.execute(
        "INSERT INTO fittings (meter, serial, unit, quantum, modulus, since_ms, first_count) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (meter, storable(made.serial), unit, quantum, modulus, made.at_ms, made.first),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def unfit(connection: sqlite3.Connection, meter: int, now_ms: int) -> None:
    """Take the fitting in force back, a replacement's: what is of it is of the one before, which is read
    alike. What it was is kept, for older revisions were made by it."""
    (void, serial, since_ms, first, _), (kept, *_, last) = connection.execute(
        "SELECT id, serial, since_ms, first_count, last_count FROM fittings WHERE meter = ? "
        "ORDER BY id DESC LIMIT 2",
        (meter,),
    ).fetchall()
    connection.execute(
        "INSERT INTO undone (meter, serial, since_ms, last_count, first_count, undone_ms) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (meter, serial, since_ms, last, first, now_ms),
    )
    dense.refit(connection, meter, void, kept)
    connection.execute("UPDATE refused SET fitting = ? WHERE meter = ? AND fitting = ?", (kept, meter, void))
    connection.execute(
        "UPDATE OR IGNORE days SET fitting = ? WHERE meter = ? AND fitting = ?", (kept, meter, void)
    )
    both = connection.execute("SELECT start_ms FROM days WHERE meter = ? AND fitting = ?", (meter, void))
    days.renew_from(connection, meter, [start_ms for (start_ms,) in both])
    connection.execute("UPDATE fittings SET last_count = NULL WHERE id = ?", (kept,))
    connection.execute("DELETE FROM fittings WHERE id = ?", (void,))


def take_back(
    connection: sqlite3.Connection,
    periods: Periods,
    meter: int,
    rows: Sequence[Interval],
    before: Sequence[Interval],
    now_ms: int,
) -> int:
    """`unfit`, and each of `rows` as the next revision of its slot; `before`: what these slots said. Returns
    how many."""
    unfit(connection, meter, now_ms)
    count = revise(connection, periods, meter, rows)
    days.renew(connection, periods, meter, before)  # of the days whose consumption they no longer have
    return count


def revise(
    connection: sqlite3.Connection,
    periods: Periods,
    meter: int,
    rows: Sequence[Interval],
    fitting: int | None = None,
) -> int:
    """Add each row as the next revision of its slot, of that fitting or of its own; older ones are kept, and
    every sink gets the new ones. Returns how many."""
    for row in rows:
        last, own, _ = dense.revisions(connection, meter, row.start_ms)[-1]
        dense.put(connection, meter, own if fitting is None else fitting, last + 1, row)
    days.renew(connection, periods, meter, rows)
    return len(rows)


def stand(connection: sqlite3.Connection, meter: int, mark: Mark | None) -> None:
    """Where the meter's log goes on, if that has changed."""
    if mark is not None:
        logrows.put_mark(connection, meter, mark)


def annotate(
    connection: sqlite3.Connection, meter: int, span: tuple[int, int], note: str, person: str, now_ms: int
) -> None:
    """Note something to a span of a meter's time."""
    connection.execute(
        "INSERT INTO notes (meter, from_ms, to_ms, note, person, noted_ms) VALUES (?, ?, ?, ?, ?, ?)",
        (meter, *span, storable(note), storable(person), now_ms),
    )
