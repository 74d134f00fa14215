"""The ledger's chain: whoever alters, removes or inserts a row shows."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.store import ledger
from controller.store.ledger import Entry, Head, Kind
from controller.store.migrations import bring_forward
from controller.store.migrations.control import CONTROL

FULL = Entry(
    1_772_683_200_000,
    Kind.READ_BACK,
    "lamp.level",
    80.0,
    8,
    "王工 (li)",
    "会议",
    "a.yaml:3:5",
    "read-back",
    "x",
)


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as made:
        bring_forward(made, "control", CONTROL)
        yield made


def test_rows_come_back_in_order_and_exact(connection: sqlite3.Connection) -> None:
    head = ledger.append(connection, [FULL, Entry(1, "later-word", value=None), FULL._replace(value=True)])
    rows = ledger.read(connection)
    assert [row.seq for row in rows] == [1, 2, 3]
    assert [row.entry for row in rows] == [FULL, Entry(1, "later-word"), FULL._replace(value=True)]
    assert type(rows[2].entry.value) is bool
    assert head == Head(3, rows[2].hash) == ledger.head(connection)
    assert ledger.broken_at(connection) is None


def test_the_chain_can_be_followed_by_anyone() -> None:
    """Written out by hand from the description, to fix the format."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        bring_forward(connection, "control", CONTROL)
        ledger.append(connection, [FULL])
        content = '[1,1772683200000,"read-back","lamp.level","80.0",8,"王工 (li)","会议",'
        content += '"a.yaml:3:5","read-back","x"]'
        assert ledger.head(connection).hash == hashlib.sha256(bytes(32) + content.encode()).digest()


def test_an_empty_ledger_has_a_head_of_nothing(connection: sqlite3.Connection) -> None:
    assert ledger.head(connection) == Head(0, bytes(32))
    assert ledger.broken_at(connection) is None
    assert ledger.append(connection, []) == Head(0, bytes(32))


@pytest.mark.parametrize(
    ("crime", "place"),
    [
        ("UPDATE ledger SET value = '100.0' WHERE seq = 4", 4),
        ("UPDATE ledger SET who = 'zhao' WHERE seq = 1", 1),
        ("UPDATE ledger SET time_ms = time_ms + 1 WHERE seq = 9", 9),
        ("DELETE FROM ledger WHERE seq = 5", 5),
        ("DELETE FROM ledger WHERE seq = 1", 1),
        ("UPDATE ledger SET hash = zeroblob(32) WHERE seq = 7", 7),
        ("DELETE FROM ledger WHERE seq = 10", 10),
        ("DELETE FROM ledger", 1),
    ],
)
def test_a_tampered_row_shows_where(connection: sqlite3.Connection, crime: str, place: int) -> None:
    sealed = ledger.append(connection, [FULL._replace(time_ms=n) for n in range(10)])
    assert ledger.broken_at(connection, sealed) is None
    connection.execute(crime)
    assert ledger.broken_at(connection, sealed) == place


def test_a_rewritten_chain_shows_against_a_sealed_head(connection: sqlite3.Connection) -> None:
    sealed = ledger.append(connection, [FULL, FULL])
    connection.execute("DELETE FROM ledger")
    ledger.append(connection, [FULL, FULL._replace(who="zhao"), FULL])
    assert ledger.broken_at(connection) is None
    assert ledger.broken_at(connection, sealed) == 2


def test_rows_are_found_by_point_and_page(connection: sqlite3.Connection) -> None:
    ledger.append(connection, [FULL._replace(point=f"p.{n % 3}") for n in range(30)])
    assert [row.seq for row in ledger.read(connection, after=10, point="p.0", limit=3)] == [13, 16, 19]
    assert [row.seq for row in ledger.latest(connection, point="p.2", limit=2)] == [30, 27]
    assert [row.seq for row in ledger.latest(connection, limit=2)] == [30, 29]


@given(
    st.lists(
        st.builds(
            Entry,
            st.integers(0, 2**53),
            st.text(st.characters(), max_size=8),
            st.text(st.characters(), max_size=8),
            st.one_of(st.none(), st.floats(), st.text(st.characters(), max_size=5), st.booleans()),
            st.integers(0, 16),
            st.text(st.characters(), max_size=8),
        ),
        max_size=8,
    ),
    st.integers(0, 10),
)
def test_whatever_is_entered_the_chain_holds(entries: list[Entry], split: int) -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        bring_forward(connection, "control", CONTROL)
        ledger.append(connection, entries[:split])
        connection.execute("BEGIN")
        with suppress(ZeroDivisionError):
            ledger.append(connection, entries)
            raise ZeroDivisionError
        connection.execute("ROLLBACK")
        ledger.append(connection, entries[split:])
        assert ledger.broken_at(connection) is None
        assert len(ledger.read(connection)) == len(entries)
