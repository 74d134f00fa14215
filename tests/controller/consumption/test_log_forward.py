"""A log.db of before corrections is opened with all it holds, and corrected afterwards."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from controller.consumption.meters import Meter
from controller.store import amend, history
from controller.store.audit import audit_log
from controller.store.errors import StoreUnavailable
from controller.store.logdb import LogStore
from controller.store.migrations import bring_forward
from controller.store.migrations.log import LOG

TEN = 1_772_676_000_000
QUARTER = 900_000
MAIN = Meter("main", 0, "main.energy", "electricity", "kWh", "0.01", 1_000_000, 36.0, None, 10.0)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Two intervals of version 4."""
    path = tmp_path / "log.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        bring_forward(connection, "log", LOG[:4])
        connection.execute(
            "INSERT INTO meters (name, point, quantity) VALUES ('main', 'main.energy', 'electricity')"
        )
        connection.execute(
            "INSERT INTO fittings (meter, unit, quantum, modulus, since_ms, first_count) "
            "VALUES (1, 'kWh', '0.01', 1000000, ?, 0)",
            (TEN,),
        )
        for slot in (0, 1):
            start = TEN + slot * QUARTER
            figures = (start, start + QUARTER, start, slot * 10, slot * 10 + 10, 10)
            connection.execute(
                "INSERT INTO intervals VALUES (1, ?, 0, ?, 1, ?, ?, ?, ?, NULL, 900, 0)", figures
            )
            connection.execute("INSERT INTO feed (meter, start_ms, revision) VALUES (1, ?, 0)", (start,))
        end = TEN + 2 * QUARTER
        connection.execute(
            "INSERT INTO marks VALUES (1, ?, ?, 20, ?, 20, 0, NULL, 0)", (end, end, end - 1000)
        )
    return path


def test_it_is_read_once_it_was_brought_forward(old: Path) -> None:
    with pytest.raises(StoreUnavailable, match="older version"):
        history.open_file(old, LOG)
    store = LogStore.open(old.parent, TEN)
    try:
        assert store.opening.steps == tuple(step.__name__ for step in LOG[4:])
        assert store.register([MAIN], TEN)["main"].anchor_count == 20
        with store.reader() as reader:
            first = reader.intervals("main")[0]
        revised = store.submit(lambda connection: amend.revise(connection, store.periods, 1, [first])).result(
            9
        )
        assert revised == 1
        with store.reader() as reader:
            assert [row.consumption for row in reader.intervals("main")] == [10, 10]
    finally:
        store.close()
    with closing(history.open_file(old, LOG)) as connection:
        assert list(audit_log(connection)) == []
        (entry,) = history.meters(connection)
        assert entry.fittings[0].last_count is None
        assert [item.revision for item in history.logged(connection, entry)] == [0, 1, 0]
