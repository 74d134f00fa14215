"""The ledger's old rows go into files that are whole, prove themselves, and go on in what is left."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from controller.clock import VirtualClock
from controller.sealing import seal_old_rows
from controller.store import archive, backup, ledger
from controller.store.archive import ArchiveAbandoned, ArchiveDamaged
from controller.store.connection import open_writer
from controller.store.control import Changes, ControlStore
from controller.store.errors import StoreError
from controller.store.ledger import Entry, Head, Kind

NOON = 1_772_683_200_000
DAY_MS = 86_400_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ControlStore]:
    made = ControlStore.open(tmp_path, NOON)
    yield made
    made.close()


def fill(store: ControlStore, *days: float) -> None:
    """Three rows a day, at each of these days after the first."""
    entries = [
        Entry(NOON + round(day * DAY_MS) + n, Kind.SENT, f"灯-{n}.level", 80.0, 15, why="午休")
        for day in days
        for n in range(3)
    ]
    store.commit(Changes(NOON, tuple(entries))).result(10)


def left(store: ControlStore) -> list[int]:
    """The sequence numbers still here; the chain must hold."""
    with closing(store.reader()) as connection:
        assert ledger.broken_at(connection) is None
        return [row.seq for row in ledger.read(connection)]


def files(data: Path) -> list[str]:
    return sorted(path.name for path in (data / "ledger").glob("*"))


def test_the_rest_of_the_chain_holds_and_the_file_proves_itself(store: ControlStore, tmp_path: Path) -> None:
    fill(store, 0, 1, 2)
    with closing(store.reader()) as connection:
        before = ledger.read(connection)
        head = ledger.head(connection)
    sealed = archive.seal(store.path, tmp_path, 6)
    assert files(tmp_path) == ["ledger-1-6.jsonl.gz"]
    assert left(store) == list(range(1, 10))
    store.take_out(sealed, NOON).result(5)
    assert left(store) == [7, 8, 9]
    assert archive.verify(sealed.path) == (Head(0, bytes(32)), Head(6, before[5].hash))
    kept = list(archive.rows(sealed.path))
    assert [row[0] for row in kept] == [1, 2, 3, 4, 5, 6]
    assert kept[0][3] == "灯-0.level"
    with closing(store.reader()) as connection:
        assert ledger.broken_at(connection, head) is None
        assert ledger.broken_at(connection, Head(6, before[5].hash)) is None
        assert ledger.broken_at(connection, Head(6, bytes(32))) == 6
        assert ledger.broken_at(connection, Head(10, bytes(32))) == 10
    fill(store, 3)
    store.take_out(archive.seal(store.path, tmp_path, 6), NOON).result(5)
    assert left(store) == []
    assert archive.verify(tmp_path / "ledger" / "ledger-7-12.jsonl.gz")[0] == Head(6, before[5].hash)
    fill(store, 4)
    assert left(store) == [13, 14, 15]


def test_the_file_can_be_followed_by_anyone(store: ControlStore, tmp_path: Path) -> None:
    """Written out by hand from the description, to fix the format."""
    fill(store, 0)
    sealed = archive.seal(store.path, tmp_path, 3)
    first, *lines, last = gzip.decompress(sealed.path.read_bytes()).decode().splitlines()
    assert json.loads(first) == {
        "format": "louguan-ledger",
        "version": 1,
        "after": 0,
        "after_hash": "00" * 32,
    }
    former = bytes(32)
    for line in lines:
        *content, stored = json.loads(line)
        said = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        former = hashlib.sha256(former + said).digest()
        assert former.hex() == stored
    assert json.loads(last) == {"last": 3, "hash": former.hex()}


@pytest.mark.parametrize("crime", ["alter", "remove", "cut", "swap", "junk", "add", "empty", "nothing"])
def test_a_file_that_was_touched_shows(store: ControlStore, tmp_path: Path, crime: str) -> None:
    fill(store, 0, 1)
    path = archive.seal(store.path, tmp_path, 6).path
    lines = gzip.decompress(path.read_bytes()).decode().splitlines(keepends=True)
    crimes = {
        "alter": [lines[0], lines[1].replace("80.0", "90.0"), *lines[2:]],
        "remove": [*lines[:2], *lines[3:]],
        "cut": lines[:-1],
        "swap": [lines[0], lines[2], lines[1], *lines[3:]],
        "junk": ["junk"],
        "add": [*lines, lines[1]],
        "empty": [],
    }
    content = gzip.compress("".join(crimes.get(crime, lines)).encode())
    path.write_bytes(content[: len(content) // 2] if crime == "nothing" else content)
    with pytest.raises(ArchiveDamaged):
        archive.verify(path)


def test_a_kill_between_the_file_and_the_deletion_doubles_nothing(
    store: ControlStore, tmp_path: Path
) -> None:
    fill(store, 0, 1, 2)
    first = archive.seal(store.path, tmp_path, 4)
    fill(store, 3)
    again = archive.seal(store.path, tmp_path, 9)
    assert again == first
    store.take_out(again, NOON).result(5)
    assert left(store) == list(range(5, 13))
    with pytest.raises(StoreError):
        store.take_out(first, NOON).result(5)
    assert left(store) == list(range(5, 13))


def test_after_a_backup_is_put_in_place_the_files_are_found_again(
    store: ControlStore, tmp_path: Path
) -> None:
    fill(store, 0, 1, 2)
    kept = backup.make(store.path, tmp_path, date(2026, 3, 5))
    sealed = archive.seal(store.path, tmp_path, 6)
    store.take_out(sealed, NOON).result(5)
    store.close()
    store.path.write_bytes(b"\xa5" * 9000)
    with closing(ControlStore.open(tmp_path, NOON + DAY_MS)) as restored:
        assert restored.opening.restored == kept
        assert left(restored)[:9] == list(range(1, 10))
        again = archive.seal(restored.path, tmp_path, 9)
        assert again == sealed
        restored.take_out(again, NOON).result(5)
        assert left(restored)[0] == 7


def test_a_new_chain_leaves_the_files_of_an_old_one_alone(store: ControlStore, tmp_path: Path) -> None:
    fill(store, 0, 1)
    other = archive.seal(store.path, tmp_path, 3).path
    content = other.read_bytes()
    store.close()
    store.path.write_bytes(b"\xa5" * 9000)
    with closing(ControlStore.open(tmp_path, NOON + DAY_MS)) as new:
        fill(new, 5, 6)
        sealed = archive.seal(new.path, tmp_path, 3)
        assert sealed.path.name == "ledger-1-3-2.jsonl.gz"
        new.take_out(sealed, NOON).result(5)
        assert left(new)[0] == 4
    assert other.read_bytes() == content


def test_a_broken_chain_is_not_sealed(store: ControlStore, tmp_path: Path) -> None:
    fill(store, 0, 1)
    with closing(open_writer(store.path, create=False)) as connection:
        connection.execute("UPDATE ledger SET who = 'zhao' WHERE seq = 2")
    with pytest.raises(ArchiveDamaged, match="does not hold at 2"):
        archive.seal(store.path, tmp_path, 5)
    assert files(tmp_path) == []


def test_what_is_given_up_leaves_nothing(store: ControlStore, tmp_path: Path) -> None:
    fill(store, *range(400))
    with pytest.raises(ArchiveAbandoned):
        archive.seal(store.path, tmp_path, 1000, lambda: True)
    assert files(tmp_path) == []


def test_a_month_at_a_time_and_nothing_that_is_young(store: ControlStore, tmp_path: Path) -> None:
    fill(store, *range(500))
    clock = VirtualClock(NOON + 430 * DAY_MS)
    assert seal_old_rows(store, tmp_path, clock, 400) == 0
    clock.set_wall(NOON + 432 * DAY_MS)
    assert seal_old_rows(store, tmp_path, clock, 400) == 1
    assert files(tmp_path) == ["ledger-1-96.jsonl.gz"]
    assert left(store)[0] == 97
    assert seal_old_rows(store, tmp_path, clock, 400) == 0
    clock.trusted = False
    clock.set_wall(NOON + 9000 * DAY_MS)
    assert seal_old_rows(store, tmp_path, clock, 400) == 0
    clock.trusted = True
    assert seal_old_rows(store, tmp_path, clock, 400, lambda: True) == 0


def test_rows_of_a_clock_gone_wrong_hold_up_nothing_and_take_nothing_along(
    store: ControlStore, tmp_path: Path
) -> None:
    fill(store, 0, 9000, 1, -9000, 450, -9000)
    assert seal_old_rows(store, tmp_path, VirtualClock(NOON + 460 * DAY_MS), 400) == 1
    assert left(store) == [13, 14, 15, 16, 17, 18]


def test_too_many_rows_are_sealed_whatever_their_age(
    store: ControlStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controller.sealing.MOST_KEPT", 100)
    monkeypatch.setattr("controller.store.archive.MOST_ROWS", 40)
    fill(store, *range(50))
    assert seal_old_rows(store, tmp_path, VirtualClock(NOON + 50 * DAY_MS), 400) == 2
    assert files(tmp_path) == ["ledger-1-40.jsonl.gz", "ledger-41-80.jsonl.gz"]
    assert len(left(store)) == 70
