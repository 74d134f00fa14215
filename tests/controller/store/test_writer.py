"""One writer thread: batches, order, jobs that fail alone, a disk that fails for a while, an orderly end."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from pathlib import Path
from typing import Any

import pytest

from controller.store.connection import Trouble, open_reader, open_writer, trouble
from controller.store.errors import (
    StoreBacklogFull,
    StoreClosed,
    StoreDamaged,
    StoreJobFailed,
    StoreUnavailable,
)
from controller.store.writer import Writer

WAIT_S = 10.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "some.db"
    connection = open_writer(file, create=True)
    connection.execute("CREATE TABLE numbers (n INTEGER PRIMARY KEY)")
    connection.close()
    return file


@pytest.fixture
def writer(path: Path) -> Iterator[Writer]:
    made = Writer(path)
    yield made
    made.close(0.5)


def put(number: int | str) -> Callable[[sqlite3.Connection], int]:
    def job(connection: sqlite3.Connection) -> int:
        connection.execute("INSERT INTO numbers (n) VALUES (?)", (number,))
        return int(number)

    return job


def numbers(path: Path) -> list[int]:
    reader = open_reader(path)
    try:
        return [row[0] for row in reader.execute("SELECT n FROM numbers ORDER BY n")]
    finally:
        reader.close()


class Gate:
    """Holds the writer thread inside a job until opened, so that the test decides what waits."""

    def __init__(self, writer: Writer) -> None:
        self._entered, self._open = threading.Event(), threading.Event()
        self.future: Future[None] = writer.submit(self._job)
        assert self._entered.wait(WAIT_S)

    def _job(self, _: sqlite3.Connection) -> None:
        self._entered.set()
        assert self._open.wait(WAIT_S)

    def open(self) -> None:
        self._open.set()
        self.future.result(WAIT_S)


def hold_lock(path: Path) -> sqlite3.Connection:
    """Another program that has the database locked: every commit of ours fails until it lets go."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other


@pytest.fixture
def impatient(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Writer]:
    """A writer that does not wait for another's lock and tries again soon."""
    monkeypatch.setattr("controller.store.connection.BUSY_S", 0.0)
    monkeypatch.setattr("controller.store.writer._PAUSES_S", (0.02,))
    made = Writer(path, limit=10)
    yield made
    made.close(0.1)


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_a_future_resolves_after_the_commit(writer: Writer, path: Path) -> None:
    assert writer.submit(put(7)).result(WAIT_S) == 7
    assert numbers(path) == [7]


async def test_a_future_may_be_awaited(writer: Writer, path: Path) -> None:
    assert await asyncio.gather(*(asyncio.wrap_future(writer.submit(put(n))) for n in range(50))) == list(
        range(50)
    )
    assert numbers(path) == list(range(50))


def test_what_waits_is_committed_together_and_in_order(writer: Writer, path: Path) -> None:
    gate = Gate(writer)
    order: list[int] = []
    futures = [writer.submit(put(n)) for n in range(200)]
    for future in futures:
        future.add_done_callback(lambda done: order.append(done.result()))
    assert writer.status().waiting == 201
    gate.open()
    futures[-1].result(WAIT_S)
    until(lambda: len(order) == 200)
    assert order == list(range(200))
    assert writer.status().commits == 2
    assert writer.status().jobs == 201


def test_durable_means_synchronous_full_and_wal(writer: Writer) -> None:
    def settings(connection: sqlite3.Connection) -> list[Any]:
        return [
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")
        ]

    assert writer.submit(settings).result(WAIT_S) == ["wal", 2]


def test_a_bad_job_fails_alone(writer: Writer, path: Path) -> None:
    def broken(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO numbers (n) VALUES (99)")
        raise ZeroDivisionError("a bug")

    gate = Gate(writer)
    good, double, bug, last = (writer.submit(job) for job in (put(1), put(1), broken, put(2)))
    gate.open()
    assert (good.result(WAIT_S), last.result(WAIT_S)) == (1, 2)
    for failed in (double, bug):
        with pytest.raises(StoreJobFailed, match=r"some\.db"):
            failed.result(WAIT_S)
    assert numbers(path) == [1, 2]
    assert writer.status().error == ""


def test_a_cancelled_job_is_not_written(writer: Writer, path: Path) -> None:
    gate = Gate(writer)
    cancelled, kept = writer.submit(put(1)), writer.submit(put(2))
    assert cancelled.cancel()
    gate.open()
    kept.result(WAIT_S)
    assert numbers(path) == [2]
    with pytest.raises(CancelledError):
        cancelled.result(WAIT_S)


def test_while_the_database_is_locked_jobs_wait_and_nothing_is_lost(impatient: Writer, path: Path) -> None:
    other = hold_lock(path)
    futures = [impatient.submit(put(n)) for n in range(5)]
    until(lambda: impatient.status().failing_s > 0.05)
    status = impatient.status()
    assert (status.waiting, "locked" in status.error, status.damaged) == (5, True, False)
    assert not any(future.done() for future in futures)
    other.execute("ROLLBACK")
    other.close()
    assert [future.result(WAIT_S) for future in futures] == list(range(5))
    assert numbers(path) == list(range(5))
    assert (impatient.status().error, impatient.status().failing_s) == ("", 0.0)


def test_what_waits_is_bounded_and_what_was_refused_is_counted(impatient: Writer, path: Path) -> None:
    other = hold_lock(path)
    futures = [impatient.submit(put(n)) for n in range(13)]
    for refused in futures[10:]:
        with pytest.raises(StoreBacklogFull):
            refused.result(0)
    assert impatient.status().refused == 3
    other.close()
    assert [future.result(WAIT_S) for future in futures[:10]] == list(range(10))


def test_a_job_with_a_deadline_is_given_up_unwritten(impatient: Writer, path: Path) -> None:
    other = hold_lock(path)
    patient, hasty = impatient.submit(put(1)), impatient.submit(put(2), within_s=0.05)
    with pytest.raises(StoreUnavailable, match="in time"):
        hasty.result(WAIT_S)
    other.close()
    patient.result(WAIT_S)
    assert numbers(path) == [1]


def test_closing_commits_what_waits(path: Path) -> None:
    writer = Writer(path)
    gate = Gate(writer)
    futures = [writer.submit(put(n)) for n in range(20)]
    threading.Timer(0.05, gate.open).start()
    assert writer.close() == 0
    assert [future.result(0) for future in futures] == list(range(20))
    assert writer.close() == 0
    with pytest.raises(StoreClosed):
        writer.submit(put(99)).result(0)


def test_closing_while_the_disk_fails_gives_up_in_time_and_tells(impatient: Writer, path: Path) -> None:
    other = hold_lock(path)
    futures = [impatient.submit(put(n)) for n in range(3)]
    began = time.monotonic()
    assert impatient.close(0.2) == 3
    assert time.monotonic() - began < 10
    for future in futures:
        with pytest.raises(StoreClosed):
            future.result(0)
    other.close()


def test_a_database_that_is_damaged_under_way_fails_all_and_takes_no_more(writer: Writer, path: Path) -> None:
    for number in range(5000):
        writer.submit(put(number))
    writer.submit(put(5000)).result(WAIT_S)
    checkpoint = sqlite3.connect(path)
    checkpoint.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    checkpoint.close()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"junk" * 4096)
    gate = Gate(writer)
    futures: list[Future[Any]] = [writer.submit(put(8000)), writer.submit(count), writer.submit(put(9000))]
    gate.open()
    for future in futures:
        with pytest.raises(StoreDamaged, match=r"some\.db is damaged"):
            future.result(WAIT_S)
    assert writer.status().damaged
    with pytest.raises(StoreDamaged):
        writer.submit(put(9001)).result(WAIT_S)


def count(connection: sqlite3.Connection) -> int:
    connection.execute("PRAGMA shrink_memory")
    return int(connection.execute("SELECT sum(n) FROM numbers").fetchone()[0])


def test_a_file_that_vanishes_is_not_replaced_by_an_empty_one(impatient: Writer, path: Path) -> None:
    impatient.submit(put(1)).result(WAIT_S)
    other = hold_lock(path)
    waiting = impatient.submit(put(2))
    until(lambda: impatient.status().failing_s)
    moved = path.rename(path.with_name("moved.db"))
    until(lambda: "unable to open" in impatient.status().error)
    other.close()
    assert not path.exists()
    moved.rename(path)
    assert waiting.result(WAIT_S) == 2
    assert 2 in numbers(path)


def test_no_thread_stays_behind(path: Path) -> None:
    before = threading.active_count()
    for _ in range(20):
        writer = Writer(path)
        writer.submit(lambda _: None)
        writer.close()
    assert threading.active_count() == before


@pytest.mark.parametrize(
    ("statement", "kind"),
    [("SELECT nonsense", Trouble.JOB), ("INSERT INTO t VALUES (NULL)", Trouble.JOB)],
)
def test_errors_are_told_apart(statement: str, kind: Trouble) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE t (a NOT NULL)")
    with pytest.raises(sqlite3.Error) as caught:
        connection.execute(statement)
    assert trouble(caught.value) is kind
    connection.close()
