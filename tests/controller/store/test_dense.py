"""Intervals come back from their dense rows as they were, whatever they are; and days are what a look at all
of their intervals says, however they came about."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.consumption.periods import Periods, Span
from controller.consumption.records import Flag, Interval
from controller.consumption.rollups import Rollup, by, roll_up
from controller.store import days, dense, feed, history, logrows, sums
from controller.store.logrows import Part
from controller.store.migrations import bring_forward
from controller.store.migrations.log import LOG

START = 1_772_640_000_000
"""2026-03-05 00:00 local."""
QUARTER = 900_000
WHOLE = 2**63 - 1
PERIODS = Periods("Asia/Shanghai")


@cache
def _empty() -> bytes:
    """A log of three meters, the last one with another fitting."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        bring_forward(connection, "log", LOG)
        for number in (1, 2, 3):
            connection.execute("INSERT INTO meters VALUES (?, ?, 'p', 'electricity')", (number, f"m{number}"))
            _fit(connection, number)
        _fit(connection, 3)
        return connection.serialize()


@contextmanager
def made() -> Iterator[sqlite3.Connection]:
    """A log of three meters."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.deserialize(_empty())
        connection.execute("BEGIN")
        yield connection


def _fit(connection: sqlite3.Connection, meter: int) -> None:
    connection.execute(
        "INSERT INTO fittings (meter, unit, quantum, since_ms) VALUES (?, 'kWh', '0.01', 0)", (meter,)
    )


def stored(connection: sqlite3.Connection) -> list[tuple[int, int, int, Interval]]:
    """(meter, fitting, revision, interval) of all of them, by meter, start and revision."""
    found = connection.execute(
        "SELECT meter, fitting, revision, start_ms, end_ms, from_ms, count_start, count_end, consumption, "
        "peak, covered_s, flags FROM intervals ORDER BY meter, start_ms, key"
    )
    return [
        (meter, fitting, revision, Interval._make((f"m{meter}", *figures, Flag(flags))))
        for meter, fitting, revision, *figures, flags in found
    ]


NUMBERS = st.one_of(st.none(), st.integers(-5, 2000), st.sampled_from([WHOLE, -WHOLE - 1, 2**31, 1 << 20]))
TIMES = st.integers(0, 5).map(lambda slot: START + slot * QUARTER)


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    """Plain ones, and such as nobody has seen."""
    start = draw(TIMES)
    used, count = draw(st.integers(0, 900)), draw(st.integers(0, 2**31))
    plain = Interval("", start, start + QUARTER, start, count, count + used, used, 7, 900, Flag(0))
    if draw(st.booleans()):
        return plain._replace(
            peak=draw(NUMBERS), covered_s=draw(st.integers(0, 900)), flags=Flag(draw(st.integers(0, 255)))
        )
    return plain._replace(
        end_ms=start + draw(st.sampled_from([1, 300_000, QUARTER, 40 * QUARTER, 2**50])),
        from_ms=draw(st.one_of(st.none(), TIMES, st.integers(0, 2**50))),
        count_start=draw(NUMBERS),
        count_end=draw(NUMBERS),
        consumption=draw(st.one_of(st.none(), st.integers(0, WHOLE))),
        covered_s=draw(st.sampled_from([0, 899, 900, 1 << 20, WHOLE])),
        flags=Flag(draw(st.sampled_from([0, 3, 8, 64, 255]))),
    )


@given(rows=st.lists(st.tuples(st.integers(1, 3), st.integers(0, 3), intervals()), max_size=12))
def test_whatever_is_stored_comes_back(rows: list[tuple[int, int, Interval]]) -> None:
    with made() as connection:
        expected: dict[tuple[int, int, int], tuple[int, Interval]] = {}
        for meter, revision, row in rows:
            key = meter, row.start_ms, revision
            known = [of for of in expected if of[:2] == key[:2]]
            if known and revision < max(known)[2] and key not in expected:
                continue  # revisions only go up
            assert dense.put(connection, meter, 3, revision, row) is (key not in expected)
            expected.setdefault(key, (3, row._replace(meter=f"m{meter}")))
        listed = [(key[0], fitting, key[2], row) for key, (fitting, row) in sorted(expected.items())]
        assert stored(connection) == listed
        everything = feed.rows(connection, 1, 100, 100)
        assert [number for number, _ in everything] == list(range(1, len(expected) + 1))
        assert {(row.meter, row.start_ms, row.revision) for _, row in everything} == {
            (f"m{meter}", start_ms, revision) for meter, start_ms, revision in expected
        }
        assert history.feed_problems(connection) == []


@given(
    rows=st.lists(intervals(), min_size=1, max_size=6, unique_by=lambda row: row.start_ms),
    before=st.lists(intervals(), max_size=2),
)
def test_together_or_one_by_one_is_the_same(rows: list[Interval], before: list[Interval]) -> None:
    parts = [Part(number, number, rows, None) for number in (1, 2, 3)]
    found = []
    for together in (True, False):
        with made() as connection:
            for row in before:
                dense.put(connection, 2, 2, 0, row)
                days.renew(connection, PERIODS, 2, [row])
            if together:
                written = logrows.write(connection, PERIODS, parts)
            else:
                written = [one for part in parts for one in logrows.write(connection, PERIODS, [part])]
            kept = connection.execute("SELECT * FROM days ORDER BY meter, start_ms, fitting").fetchall()
            refused = connection.execute("SELECT meter, start_ms, reason, content FROM refused").fetchall()
            assert history.feed_problems(connection) == []
            found.append((written, stored(connection), kept, refused))
    assert found[0] == found[1]


@given(
    known=st.lists(st.sampled_from([0, 1, 900, 2**62, None]), min_size=1, max_size=30),
    at=st.sampled_from([0, 80, 95]),
)
def test_a_day_that_grew_is_the_day_that_is_added_up(known: list[int | None], at: int) -> None:
    with made() as connection:
        anchor, count = START + at * QUARTER, 0
        for number, used in enumerate(known):
            start = START + (at + number) * QUARTER
            end = start + QUARTER
            row = Interval("m1", start, end, None, None, None, None, None, 0, Flag.PARTIAL)
            if used is not None:
                flags = Flag(0) if anchor == start else Flag.RECOVERED | Flag.PARTIAL
                row = Interval("m1", start, end, anchor, count, count, used, used % 7 or None, 900, flags)
                row = row._replace(count_start=row.count_end if used > 900 else count - used)
                anchor = end
            logrows.write(connection, PERIODS, [Part(1, 1, [row], None)])
            grown = connection.execute("SELECT * FROM days ORDER BY start_ms").fetchall()
            starts = [row[1] for row in grown]
            days.renew_from(connection, 1, starts)
            assert connection.execute("SELECT * FROM days ORDER BY start_ms").fetchall() == grown


@given(
    rows=st.lists(
        st.tuples(
            st.integers(1, 3),
            st.integers(0, 70),
            st.one_of(st.none(), st.integers(0, 2**61)),
            st.integers(0, 255),
        ),
        max_size=25,
    ),
    span=st.tuples(st.integers(-3, 80), st.integers(-3, 80)),
)
def test_months_are_what_their_days_add_up_to(rows: list[tuple[Any, ...]], span: Span) -> None:
    from_ms, to_ms = (PERIODS.day(START + day * 86_400_000)[0] for day in span)
    with made() as connection:
        for meter, day, used, flags in rows:
            start, end = PERIODS.day(START + day * 86_400_000)
            connection.execute(
                "INSERT OR REPLACE INTO days VALUES (?, ?, ?, ?, ?, ?, 86400, ?, 0, ?, 900, 96, ?, 0)",
                (meter, start, meter, end, used, None if used is None else start - day, day, used, flags),
            )
        wholes, at_ms = [], from_ms
        while at_ms < to_ms:
            wholes.append((at_ms, min(to_ms, PERIODS.month(at_ms)[1])))
            at_ms = PERIODS.month(at_ms)[1]
        meters = history.meters(connection)
        added = sums.added(connection, meters, wholes)
        for meter in meters:
            items = sums.items(connection, meter, from_ms, to_ms, by_day=True)
            assert _rolled(added[meter.name]) == _rolled(items)


def _rolled(items: Any) -> list[Rollup]:
    return [
        one._replace(consumption=_plain(one.consumption)) for one in roll_up(items, by(PERIODS.month, 2**62))
    ]


def _plain(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else amount.normalize()


def test_a_meter_or_a_revision_beyond_the_key_is_refused() -> None:
    for meter, nth in ((dense.MOST_METERS, 0), (1, dense.MOST_REVISIONS), (0, 0)):
        with pytest.raises(OverflowError, match="no key holds"):
            dense.key(1, meter, nth)
    assert dense.key(1, dense.MOST_METERS - 1, dense.MOST_REVISIONS - 1) == dense.key(2, 0 + 1) - 1025


def test_what_is_deleted_takes_its_slot_and_its_place_in_the_feed_with_it() -> None:
    with made() as connection:
        for slot in range(3):
            start = START + slot * QUARTER
            row = Interval("", start, start + QUARTER, start, 0, 5, 5, None, 900, Flag(0))
            assert dense.put_all(connection, [(number, number, row) for number in (1, 2, 3)])
        keys = [key for (key,) in connection.execute("SELECT key FROM logged ORDER BY key")]
        dense.remove(connection, keys[:4])
        assert connection.execute("SELECT first, last FROM stretches ORDER BY 1").fetchall() == [
            (4, 6),
            (7, 9),
        ]
        assert connection.execute("SELECT count(*) FROM slots").fetchone() == (2,)
        assert [number for number, _ in feed.rows(connection, 1, 100, 100)] == [5, 6, 7, 8, 9]
        assert [number for number, _ in feed.rows(connection, 6, 8, 2)] == [6, 7]
        assert feed.last(connection) == 9
        dense.remove(connection, keys[4:])
        assert feed.last(connection) == 0
        assert dense.next_number(connection) == 10, "an id is never used again"
