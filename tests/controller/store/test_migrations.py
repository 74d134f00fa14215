"""Files of every older version open, keep what they hold, and are brought forward once."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from controller.consumption.records import Flag, Interval, Mark
from controller.decide.records import Lock, Observe, Output, Override, Remembered
from controller.store import ledger
from controller.store.control import ControlStore
from controller.store.logdb import LogStore
from controller.store.migrations import Step, applied, bring_forward
from controller.store.migrations.control import CONTROL
from controller.store.migrations.log import LOG

DUMPS = Path(__file__).parent / "dumps"
NOON = 1_772_683_200_000
TEN = 1_772_676_000_000
QUARTER = 900_000
HASH = "ab" * 32


def restore(path: Path, dump: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((DUMPS / dump).read_text(encoding="utf-8"))


def schema(path: Path) -> set[tuple[str, str, int]]:
    """(table, column, place in the key) of a database."""
    with closing(sqlite3.connect(path)) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            (table, row[1], row[5])
            for table in tables
            for row in connection.execute(f"PRAGMA table_info({table})")
        }


def test_control_db_of_version_1_is_opened_with_all_it_holds(tmp_path: Path) -> None:
    restore(tmp_path / "control.db", "control-1.sql")
    store = ControlStore.open(tmp_path, NOON + 90_000)
    try:
        assert store.opening.steps == tuple(step.__name__ for step in CONTROL[1:])
        assert not store.opening.fresh
        began = store.begin(NOON + 90_000, trusted=True, version="0.2", plan=HASH)
        assert (began.boot, began.clean) == (3, False)
        assert began.remembered == Remembered(
            (Override("lamp.level", 30.0, "王工 (li)", "会议", NOON + 10_000, NOON + 7_200_000, 8, 0, True),),
            (Lock("pump-1", "li", "挂牌检修", NOON + 11_000),),
            (Observe("", False, "li", "", NOON + 12_000),),
            (Output("lamp.level", 30.0, 8, NOON + 10_000, (10, 15)),),
        )
        in_force = store.in_force()
        assert in_force is not None
        assert in_force.hash == HASH
        with closing(store.reader()) as connection:
            assert ledger.broken_at(connection) is None
            assert ledger.head(connection).seq == 7
    finally:
        store.close()


def test_log_db_of_version_1_is_opened_with_all_it_holds(tmp_path: Path) -> None:
    restore(tmp_path / "log.db", "log-1.sql")
    store = LogStore.open(tmp_path, NOON)
    try:
        with store.reader() as reader:
            rows = reader.intervals("main")
            assert [(row.start_ms, row.consumption, row.flags) for row in rows] == [
                (TEN, 50, Flag(0)),
                (TEN + QUARTER, None, Flag.PARTIAL),
                (TEN + 2 * QUARTER, 160, Flag.PARTIAL | Flag.RECOVERED),
            ]
            assert isinstance(rows[0], Interval)
            end = TEN + 3 * QUARTER
            assert reader.marks() == {"main": Mark(end, end, 310, end - 1000, 310)}
            assert [tuple(row) for row in reader.meters()] == [
                ("main", "main.energy", "electricity", "kWh", "0.01", 1_000_000)
            ]
    finally:
        store.close()


def test_rollovers_of_version_1_keep_the_modulus_they_were_counted_by(tmp_path: Path) -> None:
    restore(tmp_path / "log.db", "log-1.sql")
    with closing(sqlite3.connect(tmp_path / "log.db")) as connection, connection:
        connection.execute("UPDATE marks SET wraps = 2")
    store = LogStore.open(tmp_path, NOON)
    try:
        with store.reader() as reader:
            assert reader.marks()["main"].rolled == 2_000_000
    finally:
        store.close()


@pytest.mark.parametrize(("name", "steps"), [("control", CONTROL), ("log", LOG)])
def test_an_old_file_ends_up_as_a_new_one(tmp_path: Path, name: str, steps: tuple[Step, ...]) -> None:
    old, new = tmp_path / "old" / f"{name}.db", tmp_path / f"{name}.db"
    old.parent.mkdir()
    restore(old, f"{name}-1.sql")
    for path in (old, new):
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            bring_forward(connection, name, steps)
            assert applied(connection, name) == [step.__name__ for step in steps]
            assert bring_forward(connection, name, steps) == []
    assert schema(old) == schema(new)


@pytest.mark.parametrize("steps", [CONTROL, LOG])
def test_steps_are_numbered_without_a_gap(steps: tuple[Step, ...]) -> None:
    assert [step.__name__[:5] for step in steps] == [f"m{n:03}_" for n in range(1, len(steps) + 1)]


def test_a_step_that_fails_has_changed_nothing_and_is_tried_again(tmp_path: Path) -> None:
    def m099_breaks(db: object) -> None:
        db.execute("CREATE TABLE half (a)")  # type: ignore[attr-defined]
        raise sqlite3.OperationalError("disk full")

    def good(db: object) -> None:
        db.execute("CREATE TABLE half (a)")  # type: ignore[attr-defined]

    with closing(sqlite3.connect(tmp_path / "control.db", isolation_level=None)) as connection:
        with pytest.raises(sqlite3.OperationalError, match="disk full"):
            bring_forward(connection, "control", (*CONTROL, m099_breaks))
        good.__name__ = "m099_breaks"
        assert bring_forward(connection, "control", (*CONTROL, good)) == ["m099_breaks"]


def test_an_up_to_date_start_does_not_load_the_migration_library(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from controller.store.control import ControlStore; "
        "ControlStore.open(pathlib.Path(sys.argv[1]), 0).close(); print('sqlite_utils' in sys.modules)"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", program, str(tmp_path)],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        for _ in range(2)
    ]
    assert [one.stdout.strip() for one in said] == ["True", "False"]
