"""Logs written by the real log and store are clean, and whatever is changed in a row by hand is found."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.plan.clock import Pace
from controller.consumption.audit import Problem
from controller.consumption.log import ConsumptionLog
from controller.consumption.meters import meters_of
from controller.consumption.records import Flag
from controller.consumption.slots import Slots
from controller.store import history
from controller.store.audit import audit_log
from controller.store.logdb import LogStore
from controller.store.migrations.log import LOG
from tests.controller.consumption.bench import PLAN, START, Bench
from tests.controller.store.tampering import tamper

MODULUS = 1_000_000


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log.db without rows."""
    folder = tmp_path_factory.mktemp("empty")
    LogStore.open(folder, START).close()
    return folder / "log.db"


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("read"), st.sampled_from([5, 60, 300, 880, 900, 2000]), st.integers(0, 900)),
        st.tuples(st.just("wait"), st.sampled_from([60, 900, 3000]), st.integers(0, 900)),
        st.tuples(st.just("jump"), st.sampled_from([5, 300, 1200]), st.integers(0, MODULUS - 1)),
        st.tuples(st.just("restart"), st.sampled_from([1, 1000]), st.integers(0, 500)),
        st.tuples(st.just("refit"), st.just(1), st.just(0)),
        st.tuples(st.just("clock"), st.sampled_from([-1000, -70, 1000, 7200]), st.just(0)),
    ),
    min_size=4,
    max_size=40,
)


def write(folder: Path, steps: list[tuple[str, int, int]]) -> None:
    """A log of one run after the other: gaps, rollovers, resets, restarts, another quantum, a clock set."""
    bench, total, quantum = Bench(), 998_000, "0.01"
    store = LogStore.open(folder, START)
    meters = [meter for meter in meters_of(PLAN) if meter.name == "main"]
    try:
        store.register(meters, START, "America/Sao_Paulo")  # a day ends there an hour later
        for what, seconds, figure in [("read", 700, 1), *steps, ("wait", 40_000, 3), ("read", 890, 3)]:
            if what == "clock":
                bench.wall_ms += seconds * 1000
                seconds = 1
            if what == "jump":
                total = figure
            elif what in ("read", "wait", "restart"):
                total += min(figure, seconds)
            if what in ("restart", "refit"):
                if what == "refit":
                    quantum = "0.1" if quantum == "0.01" else "0.01"
                fitted = [replace(meter, quantum=quantum) for meter in meters]
                marks = store.register(fitted, bench.wall_ms, "America/Sao_Paulo")
                bench.log = ConsumptionLog(fitted, Slots("Asia/Shanghai", 900), Pace(1.0), marks)
            values = (
                {} if what in ("wait", "restart") else {"main_energy": (total % MODULUS) * float(quantum)}
            )
            closed = bench.after(seconds, **values)
            store.write(closed).result(10)
    finally:
        store.close()


def problems(path: Path) -> list[Problem]:
    with closing(history.open_file(path, LOG)) as connection:
        return list(audit_log(connection))


def written(path: Path) -> list[sqlite3.Row]:
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute("SELECT * FROM intervals ORDER BY start_ms").fetchall()


def change(path: Path, statement: str, *values: object) -> int:
    with closing(sqlite3.connect(path)) as connection, connection:
        tamper(connection).execute(statement, values)
        return connection.total_changes


OF = "WHERE start_ms = ? AND revision = 0"
COPY = (
    "INSERT INTO intervals SELECT meter, fitting, start_ms + ?, revision + ?, end_ms + ?, from_ms, "
    f"count_start, count_end, consumption, peak, covered_s, flags, key, id FROM intervals {OF}"
)


def tamperings(row: sqlite3.Row) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Statements that falsify this row."""
    key = row["start_ms"]
    for column in ("count_start", "count_end", "consumption"):
        alone = row["flags"] & Flag.SUSPECT and column != "consumption"
        if alone:  # nothing else says what the count at the edge of a suspect slot was
            continue
        if row[column] is None:
            yield f"UPDATE intervals SET {column} = 7 {OF}", (key,)
        else:
            for wrong in (row[column] + 1, row[column] + 12_345, None):
                yield f"UPDATE intervals SET {column} = ? {OF}", (wrong, key)
    if row["consumption"]:
        yield f"UPDATE intervals SET consumption = 0 {OF}", (key,)
        yield f"UPDATE intervals SET from_ms = from_ms - 900000 {OF}", (key,)
    yield f"DELETE FROM intervals {OF}", (key,)
    yield COPY, (0, 1, 0, key)
    yield COPY, (1, 0, 1, key)
    yield f"UPDATE intervals SET end_ms = end_ms + 1 {OF}", (key,)
    yield f"UPDATE intervals SET flags = ? {OF}", (row["flags"] ^ Flag.PARTIAL, key)
    mine = f"WHERE first <= (SELECT id FROM intervals {OF}) AND last >= (SELECT id FROM intervals {OF})"
    yield f"DELETE FROM stretches {mine}", (key, key)
    yield f"UPDATE stretches SET slot = slot + 1 {mine}", (key, key)
    yield "UPDATE logged SET id = id + 1 WHERE key = ?", (row["key"],)
    yield "UPDATE logged SET key = key + (1 << 50) WHERE key = ?", (row["key"],)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=STEPS, pick=st.randoms(use_true_random=False))
def test_what_was_logged_is_clean_and_what_was_changed_is_found(
    empty: Path, steps: list[tuple[str, int, int]], pick: Any
) -> None:
    with TemporaryDirectory() as name:
        path = Path(name) / "log.db"
        shutil.copy(empty, path)
        write(path.parent, steps)
        assert problems(path) == []
        rows = written(path)
        assert rows
        changes = [item for row in rows for item in tamperings(row)]
        for number, (statement, values) in enumerate(pick.sample(changes, min(6, len(changes)))):
            copy = Path(name) / f"{number}" / "log.db"
            copy.parent.mkdir()
            shutil.copy(path, copy)
            assert change(copy, statement, *values)
            assert problems(copy), (statement, values)


BACK = (("clock", -1000, 0), ("refit", 1, 0), ("clock", 1000, 0))


@pytest.mark.parametrize(
    "steps",
    [
        [("read", 2000, 0), *BACK],
        [*[("read", 300, 0)] * 2, ("wait", 60, 0), *[("restart", 1000, 0)] * 3, *BACK],
    ],
)
def test_a_slot_whose_clock_was_set_stays_doubtful_when_its_meter_is_read_otherwise(
    empty: Path, tmp_path: Path, steps: list[tuple[str, int, int]]
) -> None:
    shutil.copy(empty, tmp_path / "log.db")
    write(tmp_path, steps)
    assert problems(tmp_path / "log.db") == []
    assert [row["flags"] for row in written(tmp_path / "log.db") if row["flags"] & Flag.CLOCK]


def day_tamperings(day: sqlite3.Row) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Statements that falsify this day."""
    of = "WHERE start_ms = ? AND fitting = ?"
    key = (day["start_ms"], day["fitting"])
    for column in day.keys():  # noqa: SIM118 - a Row has its values inside
        if column not in ("meter", "start_ms", "end_ms"):
            wrong = 1 if day[column] is None else day[column] + (100 if column == "fitting" else 1)
            yield f"UPDATE days SET {column} = ? {of}", (wrong, *key)
    if day["consumption"] is not None:
        yield f"UPDATE days SET consumption = NULL {of}", key
    first = "(SELECT min(start_ms) FROM intervals WHERE start_ms >= days.start_ms)"
    yield f"UPDATE days SET start_ms = {first} + 1 {of}", key
    yield f"UPDATE days SET start_ms = start_ms - 1, end_ms = {first} {of}", key
    yield f"DELETE FROM days {of}", key
    columns = ", ".join(column for column in day.keys() if column not in ("start_ms", "end_ms"))  # noqa: SIM118
    for by in (-10, 10):
        copy = f"INSERT INTO days ({columns}, start_ms, end_ms) SELECT {columns}, start_ms + ?, end_ms + ?"
        yield f"{copy} FROM days {of}", (by * 86_400_000, by * 86_400_000, *key)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=STEPS, pick=st.randoms(use_true_random=False))
def test_a_day_that_was_changed_is_found(empty: Path, steps: list[tuple[str, int, int]], pick: Any) -> None:
    with TemporaryDirectory() as name:
        path = Path(name) / "log.db"
        shutil.copy(empty, path)
        write(path.parent, steps)
        with closing(sqlite3.connect(path)) as connection:
            connection.row_factory = sqlite3.Row
            days = connection.execute("SELECT * FROM days ORDER BY start_ms").fetchall()
        assert days
        changes = [item for day in days for item in day_tamperings(day)]
        for number, (statement, values) in enumerate(pick.sample(changes, min(8, len(changes)))):
            copy = Path(name) / f"{number}" / "log.db"
            copy.parent.mkdir()
            shutil.copy(path, copy)
            assert change(copy, statement, *values)
            assert problems(copy), (statement, values)


def test_a_quantum_that_comes_back_begins_anew(empty: Path, tmp_path: Path) -> None:
    """Its counts are read alike again, but were not in between."""
    shutil.copy(empty, tmp_path / "log.db")
    write(tmp_path, [("read", 60, 0)] * 4 + [("refit", 1, 0), ("refit", 1, 0)])
    assert problems(tmp_path / "log.db") == []
