"""A log of before its rows were dense is carried over with all that it holds, at once or not at all."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.store import feed, history
from controller.store.audit import audit_log
from controller.store.logdb import LogStore
from controller.store.migrations import applied, bring_forward
from controller.store.migrations.log import LOG
from tests.controller.store.test_dense import QUARTER, START, intervals, stored

BEFORE = 9
"""Steps that an old log has had."""


def old(path: str | Path, rows: Sequence[tuple[Any, ...]], fed: Sequence[int]) -> sqlite3.Connection:
    """One with these rows of its table of intervals; `fed`: which of them the feed has, in its order."""
    connection = sqlite3.connect(path, isolation_level=None)
    bring_forward(connection, "log", LOG[:BEFORE])
    connection.execute("BEGIN")
    for number in (1, 2, 3):
        connection.execute("INSERT INTO meters VALUES (?, ?, 'p', 'electricity')", (number, f"m{number}"))
        connection.execute(
            "INSERT INTO fittings (meter, unit, quantum, since_ms) VALUES (?, 'kWh', '0.01', 0)", (number,)
        )
    connection.executemany(f"INSERT INTO intervals VALUES ({','.join('?' * 12)})", rows)
    connection.executemany(
        "INSERT INTO feed (meter, start_ms, revision) VALUES (?, ?, ?)", [rows[number][:3] for number in fed]
    )
    connection.execute("COMMIT")
    return connection


@given(data=st.data())
def test_every_row_and_every_place_in_the_feed_is_kept(data: st.DataObject) -> None:
    rows = {}
    for meter in (1, 2, 3):
        for row in data.draw(st.lists(intervals(), max_size=4)):
            for revision in data.draw(st.sampled_from([(0,), (0, 1), (0, 1, 1000)])):
                figures = (row.end_ms, 4 - meter, *row[3:-1], int(row.flags))
                rows[meter, row.start_ms, revision] = (meter, row.start_ms, revision, *figures)
    listed = list(rows.values())
    fed = data.draw(st.lists(st.sampled_from(range(len(listed))), unique=True)) if listed else []
    gone = data.draw(st.sampled_from(fed)) if fed else None
    with closing(old(":memory:", listed, fed)) as connection:
        if gone is not None:  # retention has taken it, and more may have been there behind it
            connection.execute("DELETE FROM feed WHERE id = ?", (fed.index(gone) + 1,))
            connection.execute(
                "DELETE FROM intervals WHERE meter = ? AND start_ms = ? AND revision = ?", listed[gone][:3]
            )
        expected = connection.execute("SELECT * FROM intervals ORDER BY 1, 2, 3").fetchall()
        places = connection.execute("SELECT id, meter, start_ms, revision FROM feed ORDER BY id").fetchall()
        bring_forward(connection, "log", LOG)
        found = [
            (meter, row.start_ms, revision, row.end_ms, fitting, *row[3:-1], int(row.flags))
            for meter, fitting, revision, row in stored(connection)
        ]
        assert found == expected
        later = feed.rows(connection, 1, 1000, 1000)
        names = {(number, f"m{meter}", start_ms, revision) for number, meter, start_ms, revision in places}
        assert names <= {(number, row.meter, row.start_ms, row.revision) for number, row in later}
        assert len(later) == len(expected), "what the feed had left out is in it now"
        assert all(number > len(fed) for number, _ in later[len(places) :]), "with new numbers"
        assert history.feed_problems(connection) == []


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An old log of some hours of three meters, with a correction; its days are still to be made."""
    path = tmp_path_factory.mktemp("old") / "log.db"
    rows, fed = [], []
    for slot in range(40):
        start = START + slot * QUARTER
        for meter in (1, 2, 3):
            rows.append(
                (meter, start, 0, start + QUARTER, meter, start, slot * 5, slot * 5 + 5, 5, 9, 900, 0)
            )
            fed.append(len(rows) - 1)
    with closing(old(path, rows, fed)) as connection:
        connection.execute("INSERT INTO days_due SELECT meter, min(start_ms) FROM intervals GROUP BY meter")
        for meter in (1, 2, 3):
            end = START + 40 * QUARTER
            connection.execute(
                "INSERT INTO marks (meter, slot_ms, anchor_ms, anchor_count, last_ms, last_count, rolled, "
                "flags) VALUES (?, ?, ?, 200, ?, 200, 0, 0)",
                (meter, end, end, end),
            )
    return path


KILLED = """
import os, signal, sqlite3, sys
from controller.store.migrations import bring_forward
from controller.store.migrations.log import LOG
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode=WAL")
def look(statement):
    if statement.lstrip().startswith(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
connection.set_trace_callback(look)
bring_forward(connection, "log", LOG)
"""


@pytest.mark.parametrize("at", ["INSERT INTO stretches", "DROP TABLE intervals", "CREATE INDEX days_by"])
def test_a_kill_on_the_way_leaves_the_old_log_or_the_new_one(plain: Path, tmp_path: Path, at: str) -> None:
    path = Path(shutil.copy(plain, tmp_path / "log.db"))
    killed = subprocess.run([sys.executable, "-c", KILLED, str(path), at], check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        had = len(applied(connection, "log"))
        assert had == (BEFORE + 1 if "days" in at else BEFORE)
        bring_forward(connection, "log", LOG)
        assert len(stored(connection)) == 120
        assert [number for number, _ in feed.rows(connection, 1, 200, 200)] == list(range(1, 121))
        assert list(audit_log(connection)) == []
        size = connection.execute("SELECT count(*) FROM stretches").fetchone()
        assert size == (40,), "one for all meters of a slot"


def test_whoever_waits_hears_that_it_goes_on(
    plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controller.store.migrations._A_WHILE", 1000)
    shutil.copy(plain, tmp_path / "log.db")
    heard: list[None] = []
    with closing(LogStore.open(tmp_path, START, under_way=lambda: heard.append(None))) as store:
        assert store.opening.steps == tuple(step.__name__ for step in LOG[BEFORE:])
    assert heard
    before = len(heard)
    with closing(LogStore.open(tmp_path, START, under_way=lambda: heard.append(None))):
        assert len(heard) == before, "there is nothing to wait for"
