"""Whatever is wrong with log.db, the daemon starts: the file is set aside with its companions and named."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from controller.consumption.log import Closed
from controller.consumption.meters import Meter
from controller.consumption.records import Flag, Interval, Mark
from controller.store.connection import open_writer
from controller.store.errors import StoreBacklogFull, StoreClosed, StoreTooNew, StoreUnavailable
from controller.store.logdb import LogStore

TEN = 1_772_676_000_000
QUARTER = 900_000
MAIN = Meter("main", 0, "main.energy", "electricity", "kWh", "0.01", 1_000_000, 36.0, None, 10.0)
WATER = Meter("water", 1, "water.volume", "water", "m³", "0.001", None, 5.0, None, 10.0)
PAGE = 4096


def row(slot: int) -> Interval:
    start = TEN + slot * QUARTER
    return Interval("main", start, start + QUARTER, start, slot, slot + 1, 1, None, 900, Flag(0))


@pytest.fixture
def sound(tmp_path: Path) -> bytes:
    """A log.db with something in each of its tables."""
    store = LogStore.open(tmp_path / "first", TEN)
    store.register([MAIN, WATER], TEN)
    mark = Mark(TEN + QUARTER, TEN + QUARTER, 1, TEN + QUARTER, 1)
    store.write(Closed(tuple(row(slot) for slot in range(20)), (("main", mark), ("water", mark)))).result(5)
    store.close()
    content = (tmp_path / "first" / "log.db").read_bytes()
    assert len(content) <= 32 * PAGE
    return content


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


def start(data: Path) -> Path | None:
    """A daemon's start on `data`, and that it can keep intervals; the file that was set aside."""
    store = LogStore.open(data, TEN + QUARTER)
    try:
        store.register([MAIN, WATER], TEN + QUARTER)
        written = store.write(Closed((row(900),)))
        until(lambda: written.done() or store.damaged)
        store.renew(TEN + QUARTER)
        assert written.result(10) in (0, 1)
        assert bool(store.opening.set_aside) is bool(store.opening.damage)
        return store.opening.set_aside
    finally:
        store.close()


def check(data: Path, content: bytes) -> Path | None:
    """Up with `content` as log.db, either with it or with a new one and the old one kept, byte by byte."""
    data.mkdir()
    (data / "log.db").write_bytes(content)
    aside = start(data)
    if aside is not None:
        assert aside.name.startswith("log.db.damaged-")
        assert aside.stat().st_size == len(content)
        assert start(data) is None, "the new one is sound"
    return aside


@pytest.mark.parametrize("spoil", [bytes, lambda size: random.Random(size).randbytes(size)])
def test_each_page_in_turn(tmp_path: Path, sound: bytes, spoil: Callable[[int], bytes]) -> None:
    gone = []
    for place in range(0, len(sound), PAGE):
        content = sound[:place] + spoil(PAGE) + sound[place + PAGE :]
        gone.append(check(tmp_path / str(place), content) is not None)
    assert gone[0]
    assert sum(gone) >= 4, "the tables read at a start are in pages of their own"


@pytest.mark.parametrize("seed", [0, 1, 105, 126])
def test_a_few_bytes_anywhere(tmp_path: Path, sound: bytes, seed: int) -> None:
    chance = random.Random(seed)
    for number in range(25):
        content = bytearray(sound)
        for _ in range(chance.randrange(1, 40)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        check(tmp_path / str(number), bytes(content))


def test_each_byte_of_the_header(tmp_path: Path, sound: bytes) -> None:
    for place in range(100):
        content = sound[:place] + bytes([sound[place] ^ 0xFF]) + sound[place + 1 :]
        check(tmp_path / str(place), content)


@pytest.mark.parametrize("size", [1, 50, 512, PAGE, PAGE + 1, 3 * PAGE])
def test_a_file_cut_off(tmp_path: Path, sound: bytes, size: int) -> None:
    check(tmp_path / "data", sound[:size])


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM _sqlite_migrations",
        "DROP TABLE _sqlite_migrations",
        "UPDATE _sqlite_migrations SET name = char(7) || name",
        "UPDATE _sqlite_migrations SET name = NULL",
        "UPDATE _sqlite_migrations SET name = 'm002_refuswd' WHERE name = 'm002_refused'",
        "UPDATE _sqlite_migrations SET name = CAST(x'ff' || name AS TEXT)",
        "ALTER TABLE _sqlite_migrations RENAME COLUMN name TO nme",
        "DROP TABLE meters",
        "DROP TABLE marks",
        "UPDATE marks SET slot_ms = 'noon'",
        "UPDATE marks SET slot_ms = 1.5, flags = x'00'",
        "UPDATE marks SET flags = 'clock'",
        "UPDATE meters SET id = 'x' || id",
    ],
)
def test_pages_that_are_whole_and_say_nonsense(tmp_path: Path, sound: bytes, statement: str) -> None:
    file = tmp_path / "data" / "log.db"
    file.parent.mkdir()
    file.write_bytes(sound)
    with closing(open_writer(file, create=False)) as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        try:
            connection.execute(statement)
        except sqlite3.IntegrityError:
            pytest.skip("the schema itself forbids it")
    assert start(file.parent) is not None
    assert start(file.parent) is None


def test_its_wal_and_shm_go_with_it(tmp_path: Path, sound: bytes) -> None:
    (tmp_path / "log.db").write_bytes(b"\xa5" * PAGE + sound[PAGE:])
    (tmp_path / "log.db-wal").write_bytes(b"wal" * 999)
    (tmp_path / "log.db-shm").write_bytes(bytes(32768))
    aside = start(tmp_path)
    assert aside is not None
    assert Path(f"{aside}-wal").read_bytes() == b"wal" * 999
    assert {path.name.partition("-2026")[0] for path in tmp_path.glob("log.db*")} == {
        "log.db",
        "log.db.damaged",
    }


def test_a_newer_one_is_refused_and_left_alone(tmp_path: Path, sound: bytes) -> None:
    file = tmp_path / "log.db"
    file.write_bytes(sound)
    with closing(open_writer(file, create=False)) as connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('log', 'm999_new', '')"
        )
    content = file.read_bytes()
    with pytest.raises(StoreTooNew, match="m999_new"):
        start(tmp_path)
    assert file.read_bytes() == content


def test_a_lock_is_no_damage(tmp_path: Path, sound: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controller.store.connection.BUSY_S", 0.0)
    (tmp_path / "log.db").write_bytes(sound)
    with closing(sqlite3.connect(tmp_path / "log.db", isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=DELETE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreUnavailable, match="locked"):
            start(tmp_path)
    assert not list(tmp_path.glob("*damaged*"))


def test_a_directory_in_its_place_is_no_damage(tmp_path: Path) -> None:
    (tmp_path / "log.db").mkdir()
    with pytest.raises(StoreUnavailable, match="cannot open"):
        start(tmp_path)
    assert (tmp_path / "log.db").is_dir()


def test_found_while_running_it_is_set_aside_and_nothing_is_lost(tmp_path: Path, sound: bytes) -> None:
    (tmp_path / "log.db").write_bytes(sound)
    store = LogStore.open(tmp_path, TEN)
    try:
        store.register([MAIN, WATER], TEN)
        with (tmp_path / "log.db").open("r+b") as file:
            file.seek(PAGE)
            file.write(b"\xa5" * (len(sound) - PAGE))
        # As many as the page cache of the writer does not hold.
        waiting = [store.write(Closed((row(slot), row(slot)._replace(meter="water")))) for slot in (20, 21)]
        until(lambda: store.damaged)
        mark = Mark(TEN + 23 * QUARTER, TEN + 23 * QUARTER, 9, TEN + 23 * QUARTER, 9)
        waiting.append(store.write(Closed((row(22),), (("main", mark), ("water", mark)))))
        assert not any(future.done() for future in waiting)
        for _ in range(3):
            store.renew(TEN + QUARTER)
        assert [future.result(10) for future in waiting] == [2, 2, 1]
        assert not store.damaged
        assert store.opening.set_aside is not None
        assert store.opening.set_aside.stat().st_size == len(sound)
        with store.reader() as reader:
            assert reader.intervals("main") == [row(20), row(21), row(22)]
            assert len(reader.intervals("water")) == 2
            assert reader.marks() == {"main": mark, "water": mark}
        assert store.write(Closed((row(23),))).result(5) == 1
    finally:
        assert store.close() == 0


def test_while_no_new_one_can_be_made_what_waits_is_bounded(
    tmp_path: Path, sound: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controller.store.logdb.MOST_KEPT", 2)
    (tmp_path / "log.db").write_bytes(sound)
    store = LogStore.open(tmp_path, TEN)
    store.register([MAIN], TEN)
    with (tmp_path / "log.db").open("r+b") as file:
        file.write(b"\xa5" * len(sound))
    waiting = [store.write(Closed((row(20),)))]
    until(lambda: store.damaged)
    with monkeypatch.context() as broken:
        broken.setattr("controller.store.opening.sync", _no_power)
        store.renew(TEN)
        until(lambda: not store.renewing)
    waiting += [store.write(Closed((row(slot),))) for slot in (21, 22, 23)]
    assert [future.done() for future in waiting] == [False, False, True, True]
    with pytest.raises(StoreBacklogFull):
        waiting[-1].result(0)
    store.renew(TEN)
    assert [future.result(10) for future in waiting[:2]] == [1, 1]
    assert not store.damaged
    assert store.close() == 0


def test_an_end_before_there_is_a_new_one_tells_what_was_lost(tmp_path: Path, sound: bytes) -> None:
    (tmp_path / "log.db").write_bytes(sound)
    store = LogStore.open(tmp_path, TEN)
    store.register([MAIN], TEN)
    with (tmp_path / "log.db").open("r+b") as file:
        file.write(b"\xa5" * len(sound))
    future = store.write(Closed((row(20),)))
    until(lambda: store.damaged)
    assert store.close() == 1
    with pytest.raises(StoreClosed):
        future.result(0)
    store.renew(TEN)
    assert not store.renewing


def _no_power(path: Path) -> None:
    raise OSError("the disk is gone")


@pytest.mark.parametrize("empty", [False, True], ids=["gone", "empty"])
def test_a_log_that_should_be_there_and_is_lost_is_told(tmp_path: Path, *, empty: bool) -> None:
    if empty:
        (tmp_path / "log.db").touch()
    store = LogStore.open(tmp_path, 1_772_683_200_000, expected=True)
    try:
        assert store.opening.damage == ("it is empty" if empty else "it is gone")
        assert store.opening.set_aside is not None
        store.register([], 1_772_683_200_000)
    finally:
        store.close()
