"""The days of log.db: what a meter's intervals of a local day add up to, kept for ever.

A day is worked out anew from its intervals, as corrected last, in the transaction that changes one of them.
Only where its own figures say that it has all from its begin to where the next interval starts, that one is
added to it, in the transaction that stores it: to add up the whole day each time was most of what a log of
many meters cost. An interval belongs to the day in which it starts, the one row of a long gap too.
A day keeps its bounds: after a change of the site's time zone the days kept by then stay, and the first new
one begins where the last of them ends. A day of which an interval was deleted is sealed: it
stands as it was worked out last. SQL only; each function works within a transaction of its caller.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from controller.consumption.gaps import Lack, lacks
from controller.consumption.periods import Periods
from controller.consumption.records import Flag, Interval
from controller.store.connection import Trouble, trouble
from controller.store.dense import NEWEST

LONGEST_MS = 3 * 86_400_000
"""No day is longer, whatever a time zone does."""
_MOST = 1 << 61
"""Quanta: two such sums are still a whole number to SQLite."""
_DAY_OF = (
    "SELECT start_ms, end_ms, sealed FROM days WHERE meter = ? AND start_ms <= ? "
    "ORDER BY start_ms DESC LIMIT 1"
)
_SUMS = (
    "SELECT fitting, flags, sum(consumption), "  # noqa: S608
    "min(CASE WHEN consumption IS NOT NULL THEN from_ms END), sum((end_ms - start_ms) / 1000), "
    "sum(CASE WHEN consumption IS NULL THEN (end_ms - start_ms) / 1000 ELSE 0 END), max(peak), "
    "sum(covered_s), count(*) FROM intervals AS one "
    f"WHERE meter = ? AND start_ms >= ? AND start_ms < ? AND {NEWEST} GROUP BY fitting, flags"
)
_PUT = (
    "INSERT INTO days (meter, start_ms, end_ms, fitting, consumption, from_ms, logged_s, unknown_s, later_s, "
    "peak, covered_s, intervals, flags) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
IS_MADE = (
    "EXISTS (SELECT 1 FROM days WHERE days.meter = one.meter AND days.start_ms <= one.start_ms "  # noqa: S608
    f"AND days.end_ms > one.start_ms AND days.start_ms > one.start_ms - {LONGEST_MS})"
)
"""Of a row `one` of the feed: its day is worked out, and its interval may go."""
_GROW = (
    "UPDATE days SET consumption = consumption + ?1, logged_s = logged_s + ?2, "  # noqa: S608
    "peak = max(coalesce(peak, ?3), coalesce(?3, peak)), covered_s = covered_s + ?4, "
    "intervals = intervals + 1, flags = flags | ?5 WHERE start_ms = ?6 AND meter = ?7 AND fitting = ?8 "
    f"AND end_ms = ?9 AND start_ms + logged_s * 1000 = ?10 AND sealed = 0 AND consumption <= {_MOST}"
)
EXPLAINED = ((_DAY_OF, 2), (_SUMS, 3), (_PUT, 13), (_GROW, 10))
"""What every interval will need, with the number of its parts."""


class _Bounds(NamedTuple):
    start_ms: int
    end_ms: int
    sealed: int = 0


@dataclass(slots=True)
class _Sum:
    """Of one fitting's intervals in a day."""

    consumption: int | None = None
    from_ms: int | None = None
    logged_s: int = 0
    unknown_s: int = 0
    later_s: int = 0
    peak: int | None = None
    covered_s: int = 0
    intervals: int = 0
    flags: int = 0


def grow(
    connection: sqlite3.Connection, periods: Periods, start_ms: int, rows: Iterable[tuple[int, int, Interval]]
) -> None:
    """(meter, fitting, interval) of one start, which are in their table by now and the first of their slots,
    are in their days."""
    day = periods.day(start_ms)
    others = list[tuple[int, Interval]]()
    for meter, fitting, row in rows:
        used = row.consumption
        if used is not None and used <= _MOST and row.from_ms == start_ms:
            seconds = (row.end_ms - start_ms) // 1000
            figures = (used, seconds, row.peak, row.covered_s, int(row.flags))
            where = (day[0], meter, fitting, day[1], start_ms)
            if connection.execute(_GROW, (*figures, *where)).rowcount == 1:
                continue
        others.append((meter, row))
    for meter, row in others:
        renew(connection, periods, meter, [row])


def renew(connection: sqlite3.Connection, periods: Periods, meter: int, rows: Iterable[Interval]) -> None:
    """Work out anew every day that these intervals, which are in their table by now, touch: that in which
    each starts, and those of which it has what was used."""
    touched: dict[int, _Bounds] = {}
    for row in rows:
        day = _bounds(connection, periods, meter, row.start_ms)
        touched[day.start_ms] = day
        if row.consumption is None or row.from_ms is None or row.from_ms >= day.start_ms:
            continue
        before = connection.execute(
            "SELECT DISTINCT start_ms, end_ms, sealed FROM days WHERE meter = ? AND start_ms > ? "
            "AND start_ms < ? AND end_ms > ? AND (unknown_s > 0 OR later_s > 0)",
            (meter, row.from_ms - LONGEST_MS, day.start_ms, row.from_ms),
        )
        touched |= {found[0]: _Bounds(*found) for found in before}
    ahead = _Ahead(connection, meter)
    for start_ms in sorted(touched):
        if not touched[start_ms].sealed:
            _work_out(connection, meter, touched[start_ms], ahead)


def renew_from(connection: sqlite3.Connection, meter: int, starts: Iterable[int]) -> None:
    """Work out anew the kept days that begin then."""
    ahead = _Ahead(connection, meter)
    for start_ms in sorted(starts):
        found = connection.execute(
            "SELECT start_ms, end_ms, sealed FROM days WHERE meter = ? AND start_ms = ?", (meter, start_ms)
        ).fetchone()
        if found is not None and not found[2]:
            _work_out(connection, meter, _Bounds(*found), ahead)


def seal(connection: sqlite3.Connection, deleted: Iterable[tuple[int, int]]) -> None:
    """Intervals, (meter, start_ms), were deleted: the days of those of which no revision is left stand as
    they are."""
    connection.executemany(
        "UPDATE days SET sealed = 1 WHERE meter = ?1 AND sealed = 0 AND start_ms = "
        "(SELECT max(start_ms) FROM days WHERE meter = ?1 AND start_ms <= ?2) AND NOT EXISTS "
        "(SELECT 1 FROM intervals WHERE intervals.meter = ?1 AND intervals.start_ms = ?2)",
        deleted,
    )


def sealed_until(connection: sqlite3.Connection, meter: int) -> int:
    """When the last sealed day of that meter ends; 0 for none."""
    (found,) = connection.execute(
        "SELECT max(end_ms) FROM days WHERE meter = ? AND sealed = 1", (meter,)
    ).fetchone()
    return found or 0


def fill(connection: sqlite3.Connection, periods: Periods, limit: int) -> bool:
    """Work out up to `limit` days of intervals that are older than the table of days. Whether some are left
    to be made."""
    while limit > 0:
        due = connection.execute("SELECT meter, from_ms FROM days_due ORDER BY meter LIMIT 1").fetchone()
        if due is None:
            return False
        limit -= _fill_meter(connection, periods, due[0], due[1], limit)
    return are_due(connection)


def are_due(connection: sqlite3.Connection) -> bool:
    """Whether days of intervals that are older than the table of days are still to be made."""
    return connection.execute("SELECT 1 FROM days_due LIMIT 1").fetchone() is not None


def _fill_meter(connection: sqlite3.Connection, periods: Periods, meter: int, at_ms: int, limit: int) -> int:
    """How many days were made, at least one counted."""
    ahead = _Ahead(connection, meter)
    for count in range(limit):
        (first,) = connection.execute(
            "SELECT min(start_ms) FROM intervals WHERE meter = ? AND start_ms >= ?", (meter, at_ms)
        ).fetchone()
        if first is None:
            connection.execute("DELETE FROM days_due WHERE meter = ?", (meter,))
            return max(1, count)
        day = _bounds(connection, periods, meter, first)
        if not day.sealed:
            _work_out(connection, meter, day, ahead)
        at_ms = day.end_ms
    connection.execute("UPDATE days_due SET from_ms = ? WHERE meter = ?", (at_ms, meter))
    return limit


def _bounds(connection: sqlite3.Connection, periods: Periods, meter: int, at_ms: int) -> _Bounds:
    """Those of the kept day in which that time lies; else of the local day, as far as no kept one has it."""
    before = connection.execute(_DAY_OF, (meter, at_ms)).fetchone()
    if before is not None and before[1] > at_ms:
        return _Bounds(*before)
    start_ms, end_ms = periods.day(at_ms)
    if before is not None:
        start_ms = max(start_ms, before[1])
    (after,) = connection.execute(
        "SELECT min(start_ms) FROM days WHERE meter = ? AND start_ms > ?", (meter, at_ms)
    ).fetchone()
    return _Bounds(start_ms, end_ms if after is None else min(end_ms, after))


def _work_out(connection: sqlite3.Connection, meter: int, day: _Bounds, ahead: _Ahead) -> None:
    connection.execute("DELETE FROM days WHERE meter = ? AND start_ms = ?", (meter, day.start_ms))
    try:
        for fitting, one in _sums(connection, meter, day, ahead).items():
            figures = (one.consumption, one.from_ms, one.logged_s, one.unknown_s, one.later_s, one.peak)
            rest = (one.covered_s, one.intervals, one.flags)
            connection.execute(_PUT, (meter, day.start_ms, day.end_ms, fitting, *figures, *rest))
    except (sqlite3.Error, OverflowError) as error:
        # A sum that no column holds: the day is missing then, and the audit says so. The intervals are kept.
        if isinstance(error, sqlite3.Error) and trouble(error) is not Trouble.JOB:
            raise


def _sums(connection: sqlite3.Connection, meter: int, day: _Bounds, ahead: _Ahead) -> dict[int, _Sum]:
    found: dict[int, _Sum] = {}
    for (
        fitting,
        flags,
        consumption,
        from_ms,
        logged_s,
        without_s,
        peak,
        covered_s,
        count,
    ) in connection.execute(_SUMS, (meter, day.start_ms, day.end_ms)):
        one = found.setdefault(fitting, _Sum())
        if consumption is not None:
            one.consumption = consumption + (one.consumption or 0)
        one.from_ms = min((at for at in (one.from_ms, from_ms) if at is not None), default=None)
        one.peak = max((high for high in (one.peak, peak) if high is not None), default=None)
        one.logged_s += logged_s
        one.unknown_s += without_s
        one.covered_s += covered_s
        one.intervals += count
        one.flags |= flags
    if any(one.unknown_s for one in found.values()):
        for fitting, seconds in _booked_later(connection, meter, day, ahead):
            found[fitting].unknown_s -= seconds
            found[fitting].later_s += seconds
    return found


def _booked_later(
    connection: sqlite3.Connection, meter: int, day: _Bounds, ahead: _Ahead
) -> Iterable[tuple[int, int]]:
    """(fitting, seconds) of intervals that have no consumption because a later one has it."""
    listed = connection.execute(
        "SELECT start_ms, end_ms, from_ms, consumption, flags, fitting FROM intervals AS one "  # noqa: S608
        f"WHERE meter = ? AND start_ms >= ? AND start_ms < ? AND {NEWEST} ORDER BY start_ms",
        (meter, day.start_ms, day.end_ms),
    ).fetchall()
    rows = [
        Interval("", start_ms, end_ms, from_ms, None, None, consumption, None, 0, Flag(flags))
        for start_ms, end_ms, from_ms, consumption, flags, _ in listed
    ]
    for row, lack, found in zip(rows, lacks(rows, ahead.counted_from(day.end_ms)), listed, strict=True):
        if lack is Lack.RECOVERED:
            yield found[-1], (row.end_ms - row.start_ms) // 1000


class _Ahead:
    """Since when the next known interval of a meter counts. Asked in the order of time."""

    def __init__(self, connection: sqlite3.Connection, meter: int) -> None:
        self._connection = connection
        self._meter = meter
        self._valid: tuple[int, int] | None = None
        """From when to when one may ask without another look."""
        self._from_ms: int | None = None

    def counted_from(self, at_ms: int) -> int | None:
        """Of the first one that starts at or after `at_ms`; None for none."""
        if self._valid is None or not self._valid[0] <= at_ms <= self._valid[1]:
            found = next_known(self._connection, self._meter, at_ms)
            self._valid = at_ms, 2**63 if found is None else found[0]
            self._from_ms = None if found is None else found[1]
        return self._from_ms


def next_known(connection: sqlite3.Connection, meter: int, at_ms: int) -> tuple[int, int | None] | None:
    """start_ms and from_ms of the first interval at or after that time whose consumption is known."""
    found: tuple[int, int | None] | None = connection.execute(
        f"SELECT start_ms, from_ms FROM intervals AS one WHERE meter = ? AND start_ms >= ? AND {NEWEST} "  # noqa: S608
        "AND consumption IS NOT NULL ORDER BY start_ms LIMIT 1",
        (meter, at_ms),
    ).fetchone()
    return found
