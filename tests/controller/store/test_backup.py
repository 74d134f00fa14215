"""Backups of control.db: made while it is written, checked, few; and what takes a damaged file's place."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from controller.decide.records import Lock, Observe, Override, Remembered
from controller.store import backup, ledger, people
from controller.store.backup import BackupAbandoned, BackupFailed
from controller.store.connection import open_reader, open_writer, sound
from controller.store.control import Began, Changes, ControlStore
from controller.store.errors import StoreUnavailable
from controller.store.ledger import Entry, Kind
from controller.store.migrations.control import CONTROL

NOON = 1_772_683_200_000
"""2026-03-05 12:00 in Shanghai."""
DAY_MS = 86_400_000
TODAY = date(2026, 3, 5)
LOCK = Lock("pump-1", "li", "挂牌检修", NOON)


@contextmanager
def store(data: Path, wall_ms: int = NOON) -> Iterator[ControlStore]:
    made = ControlStore.open(data, wall_ms)
    try:
        yield made
    finally:
        made.close()


def begin(made: ControlStore, wall_ms: int = NOON) -> Began:
    return made.begin(wall_ms, trusted=True, version="0.1", plan="")


def rows(path: Path) -> list[Entry]:
    with closing(open_reader(path)) as connection:
        assert ledger.broken_at(connection) is None
        return [row.entry for row in ledger.read(connection, limit=1_000_000)]


def filled(data: Path, count: int = 2000) -> None:
    """A control.db of about 1 MB that ended in order, with a lock in it."""
    with store(data) as made:
        begin(made)
        entries = tuple(Entry(NOON, Kind.SENT, f"p.{number}", why="x" * 200) for number in range(count))
        made.commit(Changes(NOON, entries, locks=(LOCK,))).result(10)
        made.end(NOON, "in order")


def spoil(path: Path) -> None:
    """Damage the middle of a database file."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xff" * 8192)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_backup_is_one_plain_sound_file_with_everything_in_it(tmp_path: Path) -> None:
    filled(tmp_path)
    with store(tmp_path) as made:
        path = backup.make(made.path, tmp_path, TODAY)
        assert path == tmp_path / "backup" / "control-2026-03-05.db"
        assert names(path.parent) == [path.name]
        with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as connection:
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert people.remembered(connection).locks == (LOCK,)
        assert rows(path) == rows(made.path)


def test_a_backup_is_of_one_moment_while_a_writer_goes_on(tmp_path: Path) -> None:
    filled(tmp_path, 20_000)
    with store(tmp_path) as made:
        begin(made)
        ended = threading.Event()
        written = 0

        def write() -> None:
            nonlocal written
            while not ended.is_set():
                # One commit: a wish and its row. A copy torn in between would have one without the other.
                wish = Override(f"q.{written}", written, "li", "", NOON, NOON + 1)
                row = Entry(NOON, Kind.COMMAND, wish.point, written, 8, "li")
                made.commit(Changes(NOON, (row,), (wish,))).result(10)
                written += 1

        writer = threading.Thread(target=write)
        writer.start()
        asked = before = 0

        def look() -> bool:
            nonlocal asked, before
            asked += 1
            if asked == 1:
                # The copy has begun, and waits here until the writer has gone on.
                before, until = written, time.monotonic() + 10
                while written < before + 3 and time.monotonic() < until:
                    time.sleep(0.001)
                assert written >= before + 3, "the writer stood still while the backup was made"
            return False

        started = written
        try:
            path = backup.make(made.path, tmp_path, TODAY, look)
        finally:
            ended.set()
            writer.join()
        assert asked > 10
        commands = [entry.point for entry in rows(path) if entry.kind == Kind.COMMAND]
        with closing(open_reader(path)) as connection:
            wishes = {item.point for item in people.remembered(connection).overrides}
        assert set(commands) == wishes
        assert commands == [f"q.{number}" for number in range(len(commands))]
        # Nothing from after the first look (one may have been on its way): it was never begun anew.
        assert started <= len(commands) <= before + 1


def test_the_newest_seven_are_kept(tmp_path: Path) -> None:
    with store(tmp_path) as made:
        for number in range(10):
            backup.make(made.path, tmp_path, TODAY + timedelta(days=number))
    expected = [f"control-2026-03-{day:02}.db" for day in range(8, 15)]
    assert names(tmp_path / "backup") == expected
    assert [path.name for path in backup.kept(tmp_path, date(2026, 3, 14))] == expected[::-1]


def test_one_date_has_one_backup_the_later_one(tmp_path: Path) -> None:
    with store(tmp_path) as made:
        backup.make(made.path, tmp_path, TODAY)
        begin(made)
        path = backup.make(made.path, tmp_path, TODAY)
    assert [entry.kind for entry in rows(path)] == [Kind.START]
    assert len(names(path.parent)) == 1


def test_dates_of_a_clock_gone_wrong_come_last_and_go_first(tmp_path: Path) -> None:
    with store(tmp_path) as made:
        for number in (4000, *range(backup.KEPT - 1)):
            backup.make(made.path, tmp_path, TODAY + timedelta(days=number))
        assert len(backup.kept(tmp_path, TODAY)) == backup.KEPT
        assert backup.kept(tmp_path, TODAY + timedelta(days=6))[-1].name == "control-2037-02-15.db"
        backup.make(made.path, tmp_path, TODAY + timedelta(days=7))
    assert "control-2037-02-15.db" not in names(tmp_path / "backup")


def test_what_is_no_backup_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    folder.mkdir()
    for name in ("control-2026-13-01.db", "control-mine.db", "notes.txt"):
        (folder / name).write_text("mine")
    assert backup.kept(tmp_path, TODAY) == []
    with store(tmp_path) as made:
        backup.make(made.path, tmp_path, TODAY)
    assert {"control-2026-13-01.db", "control-mine.db", "notes.txt"} < set(names(folder))


def test_a_backup_given_up_at_any_look_leaves_the_former_one(tmp_path: Path) -> None:
    filled(tmp_path, 10_000)
    with store(tmp_path) as made:
        path = backup.make(made.path, tmp_path, TODAY)
        former = path.read_bytes()
        begin(made)
        looks = 0

        def count() -> bool:
            nonlocal looks
            looks += 1
            return False

        backup.make(made.path, tmp_path, TODAY + timedelta(days=1), count)
        assert looks > 5
        for last in range(1, looks + 1, max(1, looks // 8)):
            seen = iter(range(1, looks + 5))
            with pytest.raises(BackupAbandoned):
                backup.make(made.path, tmp_path, TODAY, lambda seen=seen, last=last: next(seen) >= last)  # type: ignore[misc]
            assert path.read_bytes() == former
            assert len(names(path.parent)) == 2


def test_remains_of_a_killed_backup_go_with_the_next(tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    folder.mkdir()
    (folder / "control-2026-03-04.db.part").write_bytes(b"half")
    with store(tmp_path) as made:
        path = backup.make(made.path, tmp_path, TODAY)
    assert names(folder) == [path.name]


def test_a_copy_of_a_damaged_file_does_not_count(tmp_path: Path) -> None:
    filled(tmp_path)
    good = backup.make(tmp_path / "control.db", tmp_path, TODAY)
    former = good.read_bytes()
    spoil(tmp_path / "control.db")
    with pytest.raises((BackupFailed, sqlite3.DatabaseError)):
        backup.make(tmp_path / "control.db", tmp_path, TODAY)
    assert good.read_bytes() == former
    assert names(good.parent) == [good.name]


def test_a_backup_of_nothing_fails(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        backup.make(tmp_path / "control.db", tmp_path, TODAY)
    assert names(tmp_path / "backup") == []


def restored(data: Path, wall_ms: int = NOON + DAY_MS) -> tuple[ControlStore, Began]:
    made = ControlStore.open(data, wall_ms)
    try:
        return made, begin(made, wall_ms)
    finally:
        made.close()


def test_the_newest_backup_takes_a_damaged_files_place(tmp_path: Path) -> None:
    filled(tmp_path)
    with store(tmp_path) as made:
        begin(made)
        backup.make(made.path, tmp_path, TODAY - timedelta(days=1))
        made.commit(Changes(NOON, unlocked=("pump-1",), locks=(LOCK._replace(target="fan-1"),))).result(5)
        newest = backup.make(made.path, tmp_path, TODAY)
        made.commit(Changes(NOON, (Entry(NOON, Kind.SENT, "late.level"),))).result(5)
    before = rows(newest)
    spoil(tmp_path / "control.db")
    made, began = restored(tmp_path)
    opening = made.opening
    assert (opening.restored, opening.fresh) == (newest, False)
    assert opening.set_aside == tmp_path / "control.db.damaged-20260306T040000Z"
    assert sound(opening.set_aside)
    assert [lock.target for lock in began.remembered.locks] == ["fan-1"]
    assert began.boot == 3
    after = rows(tmp_path / "control.db")
    assert after[: len(before)] == before
    told = after[len(before) :]
    assert [entry.kind for entry in told] == [Kind.GAP, Kind.COMMAND, Kind.GAP, Kind.START]
    assert "set aside as control.db.damaged-20260306T040000Z" in told[0].detail
    assert told[0].detail.endswith("; restored from control-2026-03-05.db, later events are missing")
    assert "boot 2 did not end in order" in told[2].detail
    assert newest.exists()
    assert not list(tmp_path.glob("control.db.new*"))
    again, _ = restored(tmp_path)
    assert (again.opening.set_aside, again.opening.restored) == (None, None)


def test_a_backup_that_is_damaged_itself_is_passed_over(tmp_path: Path) -> None:
    filled(tmp_path)
    source = tmp_path / "control.db"
    days = [TODAY - timedelta(days=number) for number in range(5)]
    paths = [backup.make(source, tmp_path, day) for day in days]
    spoil(paths[0])
    paths[1].write_bytes(b"")
    paths[2].write_bytes(b"no database" * 999)
    paths[3].unlink()
    with closing(sqlite3.connect(paths[3])) as connection:
        connection.execute("CREATE TABLE other (one)")
    spoil(source)
    made, began = restored(tmp_path)
    assert made.opening.restored == paths[4]
    assert began.remembered.locks == (LOCK,)


def test_a_backup_of_a_newer_version_is_passed_over(tmp_path: Path) -> None:
    filled(tmp_path)
    source = tmp_path / "control.db"
    newer, older = (backup.make(source, tmp_path, day) for day in (TODAY, TODAY - timedelta(days=1)))
    with closing(sqlite3.connect(newer, isolation_level=None)) as connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('control', 'm999', '')"
        )
    spoil(source)
    assert restored(tmp_path)[0].opening.restored == older


def test_a_backup_of_an_older_version_is_brought_forward(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def m999_later(db: Database) -> None:
        db.create_table("later", {"one": int})

    filled(tmp_path)
    path = backup.make(tmp_path / "control.db", tmp_path, TODAY)
    spoil(tmp_path / "control.db")
    monkeypatch.setattr("controller.store.control.CONTROL", (*CONTROL, m999_later))
    made, began = restored(tmp_path)
    assert (made.opening.restored, made.opening.steps) == (path, ("m999_later",))
    assert began.remembered.locks == (LOCK,)
    with closing(open_reader(made.path)) as connection:
        assert connection.execute("SELECT count(*) FROM later").fetchone()[0] == 0


def test_without_a_backup_it_starts_empty_as_ever(tmp_path: Path) -> None:
    filled(tmp_path)
    spoil(tmp_path / "control.db")
    made, began = restored(tmp_path)
    assert (made.opening.fresh, made.opening.restored) == (True, None)
    assert began.boot == 1
    assert began.remembered.locks == ()


@pytest.mark.parametrize("with_backup", [True, False])
def test_what_takes_its_place_is_held_back_even_if_killed_before_it_begins(
    tmp_path: Path, with_backup: bool
) -> None:
    filled(tmp_path)
    if with_backup:
        backup.make(tmp_path / "control.db", tmp_path, TODAY)
    spoil(tmp_path / "control.db")
    with store(tmp_path, NOON + DAY_MS) as made:
        assert made.opening.set_aside is not None
        aside = made.opening.set_aside.name
    with store(tmp_path, NOON + DAY_MS + 1) as made:
        assert made.opening.set_aside is None
        began = begin(made, NOON + DAY_MS + 1)
    held = Observe("", True, "louguan", aside, NOON + DAY_MS)
    assert began.remembered == Remembered((), (LOCK,) if with_backup else (), (held,), ())
    assert any(entry.kind == Kind.GAP and aside in entry.detail for entry in rows(tmp_path / "control.db"))


def test_killed_between_the_steps_the_damage_is_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the power went just before the new file takes the name."""
    filled(tmp_path)
    path = backup.make(tmp_path / "control.db", tmp_path, TODAY)
    spoil(tmp_path / "control.db")
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", _no_power)
        with pytest.raises(StoreUnavailable), store(tmp_path):
            pass
    made, began = restored(tmp_path)
    assert made.opening.restored == path
    assert began.remembered.locks == (LOCK,)


def _no_power(self: Path, target: Path) -> Path:
    raise OSError("the power is gone")


def test_a_damaged_files_wal_goes_with_it(tmp_path: Path) -> None:
    filled(tmp_path)
    backup.make(tmp_path / "control.db", tmp_path, TODAY)
    with closing(open_writer(tmp_path / "control.db", create=False)) as connection:
        connection.execute("DELETE FROM locks")
        wal = (tmp_path / "control.db-wal").read_bytes()
    assert wal
    spoil(tmp_path / "control.db")
    (tmp_path / "control.db-wal").write_bytes(wal)
    made, began = restored(tmp_path)
    assert made.opening.set_aside is not None
    assert began.remembered.locks == (LOCK,)
    assert not os.path.lexists(tmp_path / "control.db-wal")
