"""What log.db holds, for whoever only reads it: with or without a daemon that writes it. SQL only."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from config.language import text
from controller.consumption.audit import Fitting, Logged
from controller.consumption.records import Flag, Interval
from controller.consumption.upload.port import Row
from controller.store import dense
from controller.store.connection import open_reader
from controller.store.errors import StoreTooNew, StoreUnavailable
from controller.store.migrations import Step, applied

_FIGURES = (
    "start_ms, end_ms, from_ms, count_start, count_end, consumption, peak, covered_s, flags, "
    "revision, fitting"
)


class MeterEntry(NamedTuple):
    """One meter of the log."""

    number: int
    name: str
    point: str
    quantity: str
    fittings: tuple[Fitting, ...]
    """Oldest first; at least one."""
    last: Logged | None
    """Its newest interval, as corrected last."""


class FeedProblem(NamedTuple):
    """An interval that is not in the feed exactly once."""

    meter: str
    start_ms: int
    revision: int
    times: int
    """How often the feed has it."""


def open_file(path: Path, steps: Sequence[Step]) -> sqlite3.Connection:
    """A read-only connection to a database of this version, in a transaction: all is of one moment.

    Raises StoreUnavailable, StoreTooNew, sqlite3.Error.
    """
    if not path.exists():
        raise StoreUnavailable(text("there is no {file}", file=str(path)))
    connection = open_reader(path)
    try:
        known, had = {step.__name__ for step in steps}, set(applied(connection, path.stem))
        if had - known:
            raise StoreTooNew(text("{file} was written by a newer louguan", file=path.name))
        if known - had:
            raise StoreUnavailable(
                text("{file} is of an older version: start louguan on it once", file=path.name)
            )
        connection.execute("BEGIN")
    except BaseException:
        connection.close()
        raise
    return connection


class Note(NamedTuple):
    """What a person noted to a meter's time."""

    from_ms: int
    to_ms: int
    note: str
    person: str


def notes(connection: sqlite3.Connection, meter: MeterEntry) -> list[Note]:
    """All notes to a meter, by start."""
    found = connection.execute(
        "SELECT from_ms, to_ms, note, person FROM notes WHERE meter = ? ORDER BY from_ms, id", (meter.number,)
    )
    return [Note(*row) for row in found]


def noted(notes: Sequence[Note], row: Interval) -> str:
    """What was noted to an interval's time."""
    return "; ".join(one.note for one in notes if one.from_ms < row.end_ms and one.to_ms > row.start_ms)


def meters(connection: sqlite3.Connection) -> list[MeterEntry]:
    """Every meter that was ever logged, by name."""
    fitted: dict[int, list[Fitting]] = {}
    found = connection.execute(
        "SELECT meter, id, serial, unit, quantum, modulus, since_ms, first_count, last_count "
        "FROM fittings ORDER BY id"
    )
    for meter, *figures in found:
        fitted.setdefault(meter, []).append(Fitting(*figures))
    entries = connection.execute("SELECT id, name, point, quantity FROM meters ORDER BY name").fetchall()
    return [
        MeterEntry(
            number, name, point, quantity, tuple(fitted.get(number, ())), _last(connection, number, name)
        )
        for number, name, point, quantity in entries
    ]


def undone(connection: sqlite3.Connection, meter: MeterEntry) -> list[tuple[int, int]]:
    """When that meter was said to be replaced and was not, and by how much its counts went back then."""
    found = connection.execute(
        "SELECT since_ms, last_count - first_count FROM undone WHERE meter = ? ORDER BY id", (meter.number,)
    )
    return [(since_ms, back) for since_ms, back in found]


def began_ms(connection: sqlite3.Connection, meter: MeterEntry) -> int:
    """When its log began."""
    (first,) = connection.execute(
        "SELECT min(start_ms) FROM intervals WHERE meter = ?", (meter.number,)
    ).fetchone()
    since_ms = meter.fittings[0].since_ms
    return since_ms if first is None else min(int(first), since_ms)


def logged(
    connection: sqlite3.Connection, meter: MeterEntry, from_ms: int = 0, to_ms: int = 2**62
) -> Iterator[Logged]:
    """All revisions of all its intervals that start in [from_ms, to_ms), by start and revision."""
    found = connection.execute(
        f"SELECT {_FIGURES} FROM intervals WHERE meter = ? AND start_ms >= ? AND start_ms < ? "  # noqa: S608
        "ORDER BY start_ms, key",
        (meter.number, from_ms, to_ms),
    )
    for *figures, flags, revision, fitting in found:
        yield Logged(revision, fitting, Interval._make((meter.name, *figures, Flag(flags))))


def newest(rows: Iterator[Logged]) -> Iterator[Logged]:
    """Of each slot the newest revision."""
    held: Logged | None = None
    for item in rows:
        if held is not None and held.row.start_ms != item.row.start_ms:
            yield held
        held = item
    if held is not None:
        yield held


def upload_row(meter: MeterEntry, item: Logged) -> Row:
    """An interval as it goes to other people."""
    fitting = next(one for one in meter.fittings if one.number == item.fitting)
    row = item.row
    return Row(
        0,
        meter.name,
        meter.quantity,
        fitting.unit,
        fitting.quantum,
        row.start_ms,
        row.end_ms,
        item.revision,
        row.from_ms,
        row.count_start,
        row.count_end,
        row.consumption,
        row.peak,
        row.covered_s,
        int(row.flags),
    )


def last_consumption(meter: MeterEntry) -> Decimal | None:
    """Of its newest interval, in its unit; None = unknown, or none yet."""
    row = None if meter.last is None else upload_row(meter, meter.last)
    return None if row is None else row.exact(row.consumption)


def feed_problems(connection: sqlite3.Connection) -> list[FeedProblem]:
    """Intervals that the feed has not exactly once."""
    found = connection.execute(
        "SELECT name, start_ms, revision, times FROM (SELECT meters.name, one.start_ms, one.revision, "  # noqa: S608
        f"(SELECT count(*) FROM stretches WHERE slot = {dense.SLOT_OF} AND one.id BETWEEN first AND last) "
        "AS times FROM intervals AS one JOIN meters ON meters.id = one.meter) WHERE times <> 1 "
        "ORDER BY 1, 2, 3"
    ).fetchall()
    twice = connection.execute(
        "SELECT stretch FROM feed GROUP BY stretch HAVING count(*) > count(DISTINCT id)"
    ).fetchall()
    for (stretch,) in twice:
        found += connection.execute(
            "SELECT coalesce(name, '?'), start_ms, revision, count(*) FROM feed LEFT JOIN meters "
            "ON meters.id = feed.meter WHERE stretch = ? GROUP BY feed.id HAVING count(*) > 1",
            (stretch,),
        ).fetchall()
    return [FeedProblem(*row) for row in found]


def strangers(connection: sqlite3.Connection) -> list[int]:
    """Numbers of meters that have intervals and no name."""
    found = connection.execute(
        f"SELECT DISTINCT {dense.METER_OF} AS meter FROM logged WHERE meter NOT IN (SELECT id FROM meters)"  # noqa: S608
    )
    return [number for (number,) in found]


def timeless(connection: sqlite3.Connection) -> int:
    """How many intervals there are of which nothing says when they were."""
    (count,) = connection.execute(
        f"SELECT count(*) FROM logged WHERE {dense.SLOT_OF} NOT IN (SELECT id FROM slots)"  # noqa: S608
    ).fetchone()
    return int(count)


def _last(connection: sqlite3.Connection, number: int, name: str) -> Logged | None:
    row = connection.execute(
        f"SELECT {_FIGURES} FROM intervals WHERE meter = ?1 AND start_ms < "  # noqa: S608
        "coalesce((SELECT slot_ms FROM marks WHERE meter = ?1), 1 << 62) "
        "ORDER BY start_ms DESC, key DESC LIMIT 1",
        (number,),
    ).fetchone()
    if row is None:
        return None
    *figures, flags, revision, fitting = row
    return Logged(revision, fitting, Interval._make((name, *figures, Flag(flags))))
