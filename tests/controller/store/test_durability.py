"""What was said to be durable is there after kill -9 and after a full disk, in files that are sound."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from controller.decide.records import Override
from controller.store import ledger, people
from controller.store.connection import open_reader, sound
from controller.store.control import Changes, ControlStore
from controller.store.ledger import Entry, Kind
from controller.store.logread import LogReader
from tests.controller.store.writing import QUARTER, START
from tests.disks import fill, small_disk

PROGRAM = [sys.executable, "-m", "tests.controller.store.writing"]
ROOT = Path(__file__).parents[3]


def start(data: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*PROGRAM, str(data), *more], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )


def assert_whole(data: Path, durable: int) -> None:
    """Both files sound, chain intact, at least `durable` cycles there, each at most once and none half."""
    assert sound(data / "control.db") == ""
    assert sound(data / "log.db") == ""
    with closing(open_reader(data / "control.db")) as connection:
        assert ledger.broken_at(connection) is None
        rows = ledger.read(connection, limit=10**6)
        sent = [row.entry.value for row in rows if row.entry.kind == Kind.SENT]
        asked = [row.entry.value for row in rows if row.entry.kind == Kind.COMMAND]
        assert sent == asked
        assert set(range(durable)) <= set(sent)
        wishes = {item.point: item.value for item in people.remembered(connection).overrides}
        assert max(wishes.values(), default=-1) == max(
            (value for value in sent if value is not None), default=-1
        )
    with closing(LogReader(data / "log.db")) as reader:
        intervals = reader.intervals("main")
        assert [row.start_ms for row in intervals] == [START + n * QUARTER for n in range(len(intervals))]
        assert len(intervals) >= durable
        marks = reader.marks()
        if intervals:
            assert marks["main"].slot_ms == intervals[-1].end_ms
        assert all(after.count_start == before.count_end for before, after in pairwise(intervals))


def test_kill_9_loses_nothing_that_was_durable(tmp_path: Path) -> None:
    """Twenty lives of one pair of files, each ended at a random moment."""
    dice = random.Random(20260305)
    durable = 0
    for life in range(20):
        with start(tmp_path) as child:
            assert child.stdout is not None
            first = child.stdout.readline()
            durable = max(durable, int(first))
            time.sleep(dice.uniform(0, 0.05))
            child.kill()
            for line in child.stdout:
                if line.endswith("\n"):
                    durable = max(durable, int(line))
        assert child.returncode == -9
        assert_whole(tmp_path, durable)
        with closing(open_reader(tmp_path / "control.db")) as connection:
            kinds = [row.entry.kind for row in ledger.read(connection, limit=10**6)]
            assert kinds.count(Kind.GAP) == life, "each unclean end is marked at the next start"
    assert durable >= 20


def test_a_full_disk_stops_no_control_and_loses_nothing_when_room_comes(tmp_path: Path) -> None:
    """No file may grow beyond 300 kB: writes fail as on a full disk."""
    with start(tmp_path, "300000") as child:
        assert child.stdout is not None
        failing = child.stdout.readline()
        assert failing.startswith("failing: "), failing
        assert "failing:  " not in failing
        said, _ = child.communicate("\n", timeout=60)
    assert child.returncode == 0
    written = int(said.split()[1].rstrip(","))
    assert said.endswith("lost: 0\n")
    assert_whole(tmp_path, written)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 600 kB."""
    with small_disk(tmp_path / "small", 600) as folder:
        yield folder


def test_a_really_full_file_system(disk: Path) -> None:
    store = ControlStore.open(disk, START)
    store.begin(START, trusted=True, version="0", plan="")
    ballast = fill(disk, leave=20_000)
    futures = []
    for number in range(300):
        wish = Override("lamp.level", number, "li", "", START, START + 1)
        entry = Entry(START + number, Kind.SENT, "lamp.level", number, why="y" * 300)
        futures.append(store.commit(Changes(START + number, (entry,), (wish,))))
    end = time.monotonic() + 20
    while not store.status().error:
        assert time.monotonic() < end
        time.sleep(0.01)
    assert "full" in store.status().error
    refused = store.commit(Changes(START, (Entry(START, Kind.COMMAND, "lamp.level", 1, 8),)), within_s=0.2)
    assert "in time" in str(refused.exception(10))
    ballast.unlink()
    for future in futures:
        future.result(30)
    store.end(START + 1000, "")
    assert store.close() == 0
    assert sound(store.path) == ""
    with closing(open_reader(store.path)) as connection:
        assert ledger.broken_at(connection) is None
        sent = [row.entry.value for row in ledger.read(connection) if row.entry.kind == Kind.SENT]
        assert sent == list(range(300))
        assert not any(row.entry.kind == Kind.COMMAND for row in ledger.read(connection))
