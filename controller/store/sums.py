"""What is added up of log.db: its kept days, or its intervals. SQL only."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator

from controller.consumption.audit import Fitting, Logged
from controller.consumption.audit_days import KeptDay
from controller.consumption.gaps import Lack, lacks
from controller.consumption.periods import Span
from controller.consumption.rollups import Item, item_of, item_of_day
from controller.consumption.spreading import is_recovered, shares, spread
from controller.store import days, history
from controller.store.history import MeterEntry

_ADDED = (
    "SELECT meter, fitting, flags, sum(consumption >> 32), sum(consumption & 4294967295), min(from_ms), "
    "sum(logged_s - unknown_s - later_s), sum(unknown_s), sum(later_s), max(peak), sum(covered_s) "
    "FROM days WHERE start_ms >= ? AND start_ms < ? GROUP BY meter, fitting, flags"
)
"""A day's consumption in two halves: what SQLite adds up has to be below 2 ** 63."""


def added(
    connection: sqlite3.Connection, meters: Iterable[MeterEntry], spans: Iterable[Span]
) -> dict[str, list[Item]]:
    """What the kept days of these meters, all of whose days are made, add up to in each of the spans, by
    name: the same as their `items` in these, in few of them."""
    entries = {meter.number: meter for meter in meters}
    fittings = {one.number: one for meter in entries.values() for one in meter.fittings}
    found: dict[str, list[Item]] = {meter.name: [] for meter in entries.values()}
    for from_ms, to_ms in spans:
        for number, fitting, flags, high, low, *rest in connection.execute(_ADDED, (from_ms, to_ms)):
            if number in entries:
                quanta = None if high is None else (high << 32) + low
                fitted = fittings[fitting]
                item = Item._make((from_ms, fitted.unit, fitted.exact(quanta), *rest, flags))
                found[entries[number].name].append(item)
    return found


def kept_span(connection: sqlite3.Connection) -> Span:
    """From the begin of the first kept day to after the begin of the last; nothing when there is none."""
    (first_ms,) = connection.execute("SELECT min(start_ms) FROM days").fetchone()
    (last_ms,) = connection.execute("SELECT max(start_ms) FROM days").fetchone()
    return (0, 0) if first_ms is None else (first_ms, last_ms + 1)


def items(
    connection: sqlite3.Connection,
    meter: MeterEntry,
    from_ms: int,
    to_ms: int,
    *,
    by_day: bool,
    spreading: bool = False,
) -> Iterator[Item]:
    """What a meter logged in [from_ms, to_ms). `by_day`: only whole days are asked for, so that kept ones
    do, whose intervals may be gone. `spreading`: what was recovered as its shares, as far as its intervals
    are there."""
    fittings = {one.number: one for one in meter.fittings}
    since_ms = from_ms
    if by_day and not days_are_due(connection, meter):
        since_ms = to_ms
        if spreading:
            since_ms = min(to_ms, max(from_ms, days.sealed_until(connection, meter.number)))
        for day in kept_days(connection, meter, from_ms, since_ms):
            yield item_of_day(day, fittings[day.fitting])
    if since_ms < to_ms:
        found = _of_intervals(connection, meter, fittings, since_ms, to_ms, spreading=spreading)
        yield from (item for item in found if item.start_ms >= from_ms)


def _of_intervals(
    connection: sqlite3.Connection,
    meter: MeterEntry,
    fittings: dict[int, Fitting],
    from_ms: int,
    to_ms: int,
    *,
    spreading: bool,
) -> Iterator[Item]:
    """With shares of before `from_ms`."""
    listed = list(history.newest(history.logged(connection, meter, from_ms, to_ms)))
    after = days.next_known(connection, meter.number, to_ms)
    found = lacks([one.row for one in listed], None if after is None else after[1])
    rows: list[tuple[Logged, Lack | None, Fitting]] = [
        (one, lack, fittings[one.fitting]) for one, lack in zip(listed, found, strict=True)
    ]
    if not spreading:
        yield from (item_of(one, lack, fitting) for one, lack, fitting in rows)
        return
    yield from spread(rows)
    if after is not None:
        for one in history.newest(history.logged(connection, meter, after[0], after[0] + 1)):
            if is_recovered(one.row):
                ahead = shares(one.row, fittings[one.fitting])
                yield from (item for item in ahead if item.start_ms < to_ms)


def kept_days(
    connection: sqlite3.Connection, meter: MeterEntry, from_ms: int = 0, to_ms: int = 2**62
) -> list[KeptDay]:
    """Those that start in [from_ms, to_ms), by start and fitting."""
    columns = ", ".join(KeptDay._fields)
    found = connection.execute(
        f"SELECT {columns} FROM days WHERE meter = ? AND start_ms >= ? AND start_ms < ? "  # noqa: S608
        "ORDER BY start_ms, fitting",
        (meter.number, from_ms, to_ms),
    )
    return [KeptDay(*row) for row in found]


def days_are_due(connection: sqlite3.Connection, meter: MeterEntry) -> bool:
    """Whether days of its older intervals are still to be made."""
    found = connection.execute("SELECT 1 FROM days_due WHERE meter = ?", (meter.number,))
    return found.fetchone() is not None


def begun_ms(connection: sqlite3.Connection, meter: MeterEntry) -> int | None:
    """When its log begins: its first interval, deleted ones included. None for one that has no log."""
    number = (meter.number,)
    (first,) = connection.execute("SELECT min(start_ms) FROM intervals WHERE meter = ?", number).fetchone()
    day = connection.execute(
        "SELECT start_ms, from_ms FROM days WHERE meter = ? AND sealed = 1 ORDER BY start_ms LIMIT 1", number
    ).fetchone()
    if day is None or (first is not None and first < day[0]):
        return None if first is None else int(first)
    start_ms, from_ms = day
    return int(start_ms if from_ms is None else max(start_ms, from_ms))


def logged_until(connection: sqlite3.Connection, meter: MeterEntry, at_ms: int) -> int:
    """When the last of its intervals ends that starts before then; 0 for none."""
    found = connection.execute(
        "SELECT end_ms FROM intervals WHERE meter = ? AND start_ms < ? ORDER BY start_ms DESC LIMIT 1",
        (meter.number, at_ms),
    ).fetchone()
    return 0 if found is None else int(found[0])
