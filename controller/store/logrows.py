"""The rows of log.db: what its writer thread runs. Each function works within a transaction of its caller."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from functools import partial
from operator import itemgetter
from typing import NamedTuple

from controller.consumption.meters import Meter
from controller.consumption.periods import Periods
from controller.consumption.records import Flag, Interval, Mark
from controller.store import days, dense, restores
from controller.store.connection import Trouble, trouble
from controller.store.jobs import apart
from controller.store.values import storable

_MARK = (
    "slot_ms, anchor_ms, anchor_count, last_ms, last_count, rolled, changed_ms, remainder, covered_ms, peak, "
    "flags"
)
_PUT_MARK = (
    f"INSERT INTO marks (meter, {_MARK}) VALUES ({', '.join('?' * 12)}) ON CONFLICT (meter) DO UPDATE "  # noqa: S608
    f"SET ({_MARK}) = ({', '.join(f'excluded.{name}' for name in _MARK.split(', '))})"
)
_FIRST_COUNT = "UPDATE fittings SET first_count = ? WHERE id = ? AND first_count IS NULL"
_REFUSE = "INSERT INTO refused (meter, fitting, start_ms, reason, content) VALUES (?, ?, ?, ?, ?)"


class Registered(NamedTuple):
    """What log.db says of the meters of a Plan."""

    ids: dict[str, tuple[int, int]]
    """By name: the meter's number and that of the fitting in force."""
    marks: dict[str, Mark]
    refused: int
    """Intervals kept aside, after another try."""
    reason: str
    """Of the latest of them."""
    days_due: bool
    """Days are still to be made of older intervals."""


class Part(NamedTuple):
    """What one meter brings."""

    meter: int
    fitting: int
    rows: Sequence[Interval]
    mark: Mark | None


class Written(NamedTuple):
    """What became of one meter's rows."""

    new: int
    refused: int
    """Kept aside."""
    reason: str


def probe(connection: sqlite3.Connection) -> None:
    """What a start does whatever the meters are."""
    register(connection, (), 0, Periods("UTC"))


def register(
    connection: sqlite3.Connection, meters: Iterable[Meter], wall_ms: int, periods: Periods
) -> Registered:
    """Note the meters of a Plan. A sound file refuses nothing of this."""
    # What every interval will need is there, if this can be explained.
    for statement, parts in (*dense.EXPLAINED, (_PUT_MARK, 12), (_REFUSE, 5), *days.EXPLAINED):
        connection.execute(f"EXPLAIN {statement}", (None,) * parts)
    ids: dict[str, tuple[int, int]] = {}
    marks: dict[str, Mark] = {}
    for meter in meters:
        number = _meter_id(connection, meter)
        fitting, same_counts = _fitting_id(connection, number, meter, wall_ms)
        ids[meter.name] = (number, fitting)
        mark = mark_of(connection, number)
        if mark is not None:
            marks[meter.name] = mark if same_counts else _begun_anew(mark)
    _try_again(connection, periods)
    refused, reason = connection.execute(
        "SELECT count(*), (SELECT reason FROM refused ORDER BY id DESC LIMIT 1) FROM refused"
    ).fetchone()
    return Registered(ids, marks, int(refused), str(reason or ""), days.are_due(connection))


def write(
    connection: sqlite3.Connection, periods: Periods, parts: Sequence[Part]
) -> list[Written | Exception]:
    """Write what each meter brings: its rows, what their days add up to, and where its log stands. What one
    of them brings and nothing takes is its own fault, and none of the others'. A row that the table refuses
    is kept aside: the mark goes on, so it would be lost otherwise. A repeat of a row changes nothing."""
    together = apart(connection, partial(_write_together, periods=periods, parts=parts))
    if not isinstance(together, Exception):
        return together
    return [apart(connection, partial(_write_one, periods=periods, part=part)) for part in parts]


class _NotAllNewError(Exception):
    """Some slot was logged before: each row has to be looked at."""


def _write_together(
    connection: sqlite3.Connection, periods: Periods, parts: Sequence[Part]
) -> list[Written | Exception]:
    """All at once, where everything is new and nothing is refused. Raises whatever keeps it from that."""
    starts: dict[int, list[tuple[int, int, Interval]]] = {}
    for meter, fitting, rows, _ in parts:
        for row in rows:
            starts.setdefault(row.start_ms, []).append((meter, fitting, row))
    for start_ms, found in sorted(starts.items()):
        found.sort(key=itemgetter(0))
        if restores.first_revision(connection, start_ms) or not dense.put_all(connection, found):
            raise _NotAllNewError
        days.grow(connection, periods, start_ms, found)
    marked = [(meter, fitting, mark) for meter, fitting, _, mark in parts if mark is not None]
    connection.executemany(_PUT_MARK, [(meter, *mark[:-1], int(mark.flags)) for meter, _, mark in marked])
    if connection.execute("SELECT 1 FROM fittings WHERE first_count IS NULL LIMIT 1").fetchone():
        counted = [(mark.anchor_count, number) for _, number, mark in marked if mark.anchor_count is not None]
        connection.executemany(_FIRST_COUNT, counted)
    return [Written(len(rows), 0, "") for _, _, rows, _ in parts]


def _write_one(connection: sqlite3.Connection, periods: Periods, part: Part) -> Written:
    meter, fitting, rows, mark = part
    new, refused, reason = list[Interval](), 0, ""
    for row in rows:
        try:
            if _insert(connection, meter, fitting, row):
                new.append(row)
        except (sqlite3.Error, OverflowError, UnicodeError) as error:
            if isinstance(error, sqlite3.Error) and trouble(error) is not Trouble.JOB:
                raise
            reason = str(error)
            refused += _keep_aside(connection, meter, fitting, row, reason)
    days.renew(connection, periods, meter, new)
    if mark is not None:
        put_mark(connection, meter, mark)
        if mark.anchor_count is not None:
            connection.execute(_FIRST_COUNT, (mark.anchor_count, fitting))
    return Written(len(new), refused, reason)


def put_mark(connection: sqlite3.Connection, meter: int, mark: Mark) -> None:
    """Where a meter's log stands from now on."""
    connection.execute(_PUT_MARK, (meter, *mark[:-1], int(mark.flags)))


def mark_of(connection: sqlite3.Connection, number: int) -> Mark | None:
    """Where a meter's log stands. Raises ValueError for what cannot be a mark."""
    row = connection.execute(f"SELECT {_MARK} FROM marks WHERE meter = ?", (number,)).fetchone()  # noqa: S608
    if row is None:
        return None
    whole = (row[0], row[5], *row[7:9], row[-1])
    if not all(isinstance(figure, int | None) for figure in row) or None in whole:
        raise ValueError(f"the mark of meter {number} is no mark: {tuple(row)}")
    return Mark(*row)._replace(flags=Flag(row[-1]))


def _begun_anew(mark: Mark) -> Mark:
    """The same slot with an unknown count; whether its time is to be believed stays as it was."""
    return Mark(mark.slot_ms, None, None, None, None, flags=mark.flags & Flag.CLOCK)


def _insert(connection: sqlite3.Connection, meter: int, fitting: int, row: Interval) -> bool:
    """Whether that was new."""
    return dense.put(connection, meter, fitting, restores.first_revision(connection, row.start_ms), row)


def _keep_aside(connection: sqlite3.Connection, meter: int, fitting: int, row: Interval, reason: str) -> int:
    """1 when that was new."""
    content = json.dumps(row._asdict() | {"flags": int(row.flags)}, ensure_ascii=False)
    known = connection.execute("SELECT 1 FROM refused WHERE meter = ? AND content = ?", (meter, content))
    if known.fetchone():
        return 0
    # As text: what was refused for its size must not be refused again here.
    connection.execute(_REFUSE, (meter, fitting, str(row.start_ms), storable(reason), storable(content)))
    return 1


def _try_again(connection: sqlite3.Connection, periods: Periods) -> None:
    """Let in what this version takes of what was refused earlier, or what somebody has put right."""
    found = connection.execute("SELECT id, meter, fitting, content FROM refused ORDER BY id").fetchall()
    for number, meter, fitting, content in found:
        try:
            row = Interval(**json.loads(content))
            if _insert(connection, meter, fitting, row):
                days.renew(connection, periods, meter, [row])
        except (sqlite3.Error, OverflowError, ValueError, TypeError) as error:
            if isinstance(error, sqlite3.Error) and trouble(error) is not Trouble.JOB:
                raise
        else:
            connection.execute("DELETE FROM refused WHERE id = ?", (number,))


def _meter_id(connection: sqlite3.Connection, meter: Meter) -> int:
    connection.execute(
        "INSERT INTO meters (name, point, quantity) VALUES (?, ?, ?) "
        "ON CONFLICT (name) DO UPDATE SET point = excluded.point, quantity = excluded.quantity",
        (meter.name, meter.key, meter.quantity),
    )
    (number,) = connection.execute("SELECT id FROM meters WHERE name = ?", (meter.name,)).fetchone()
    return int(number)


def _fitting_id(connection: sqlite3.Connection, number: int, meter: Meter, wall_ms: int) -> tuple[int, bool]:
    """The fitting in force, made anew where the counter is read otherwise than before; whether counts go
    on."""
    last = connection.execute(
        "SELECT id, unit, quantum, modulus FROM fittings WHERE meter = ? ORDER BY id DESC LIMIT 1", (number,)
    ).fetchone()
    same_counts = last is not None and (last[1], last[2]) == (meter.unit, meter.quantum)
    if same_counts and last[3] == meter.modulus:
        return int(last[0]), True
    cursor = connection.execute(
        "INSERT INTO fittings (meter, unit, quantum, modulus, since_ms) VALUES (?, ?, ?, ?, ?)",
        (number, meter.unit, meter.quantum, meter.modulus, wall_ms),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid, same_counts
