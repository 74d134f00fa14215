"""A data directory, taken away while it is written and put back: whole, verified, marked, nothing re-used."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import tarfile
import threading
from contextlib import closing
from pathlib import Path

import pytest

from config.plan import codec
from config.plan.site import Plan
from controller import restored
from controller.accept.file import ProgressFile
from controller.accept.records import Left, Progress
from controller.backups import making
from controller.backups.manifest import BackupWrong, Manifest
from controller.backups.restoring import ASIDE, NotEmpty, Restored, restore
from controller.decide.records import Lock, Observe
from controller.options import NotStarted
from controller.store import archive, history, restores
from controller.store.audit import audit_heads, audit_ledger, audit_log
from controller.store.connection import open_reader, open_writer
from controller.store.ledger import Head, Kind, head, read
from controller.store.migrations.control import CONTROL
from controller.store.migrations.log import LOG
from controller.store.plans import Acceptance
from tests.controller.rig import THURSDAY
from tests.controller.shell import Shell, metered, shell
from tests.controller.store.tampering import tamper
from tests.controller.test_delivery import delivery, took
from tests.controller.test_stores import minutes, until

MADE = THURSDAY + 40 * 60_000
LATER = THURSDAY + 6 * 3_600_000


@pytest.fixture
def plan() -> Plan:
    return metered()


def live(made: Shell, first: int, last: int) -> None:
    """The meter counts on and its intervals are in the file."""
    before = made.daemon.intervals_written
    minutes(made, first, last)
    until(made, lambda: made.daemon.intervals_written >= before + last // 15 - (first + 14) // 15)


@pytest.fixture
def data(tmp_path: Path, plan: Plan) -> Path:
    """What a run of forty minutes has left: two intervals, a lock, an accepted plan, a sealed file."""
    folder = tmp_path / "data"
    with shell(folder, plan) as made:
        content = codec.dump(plan)
        control = made.stores.control
        control.accept(content, Acceptance(plan.hash, THURSDAY, "li")).result(10)
        live(made, 0, 31)
        asyncio.run(_locked(made))
        rows = archive.first_after(control.path, LATER, LATER, 0)
        control.take_out(archive.seal(control.path, folder, rows - 1), THURSDAY).result(10)
    return folder


async def _locked(made: Shell) -> None:
    await made.daemon.accept(Lock("lamp", "li", "wiring", THURSDAY))


def back_up(data: Path, target: Path) -> Manifest:
    return making.make(data, target, version="0.1.0", now_ms=MADE)


def put_back(source: Path, data: Path, *, replace: bool = False, with_problems: bool = False) -> Restored:
    data.mkdir(exist_ok=True)
    return restore(source, data, now_ms=LATER, replace=replace, with_problems=with_problems)


def content(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(("-wal", "-shm", ".lock"))
    }


@pytest.mark.parametrize("sealed", [False, True])
def test_a_head_that_a_restore_lost_is_missed_and_that_is_said(
    tmp_path: Path, data: Path, plan: Plan, sealed: bool
) -> None:
    back_up(data, tmp_path / "away")
    with shell(data, plan) as made:
        asyncio.run(_locked(made))
    with closing(open_reader(data / "control.db")) as reader:
        later = head(reader)
        before = read(reader, limit=1)[0]
    put_back(tmp_path / "away", data, replace=True)
    if sealed:
        with shell(data, plan) as made:
            control = made.stores.control
            control.take_out(archive.seal(control.path, data, later.seq), LATER).result(10)
    with closing(history.open_file(data / "control.db", CONTROL)) as reader:
        lost = [str(one.what) for one in audit_heads(reader, data, [later])]
        other = Head(before.seq, bytes(32))
        rewritten = [str(one.what) for one in audit_heads(reader, data, [other])]
    assert len(lost) == len(rewritten) == 1
    assert "restore from a backup at 2026-03-05 05:00 UTC" in lost[0], lost
    assert "another than the one known elsewhere" in rewritten[0]
    assert "restore" not in rewritten[0], "no restore came before it"


@pytest.mark.parametrize("name", ["away.tar.gz", "away"])
def test_what_is_put_back_is_what_was_there_and_says_so(tmp_path: Path, data: Path, name: str) -> None:
    made = back_up(data, tmp_path / name)
    assert made.counts == {"ledger_rows": 1, "meters": 1, "intervals": 2}
    assert (made.site, made.simulated) == ("shuangliu", False)
    assert [part.name for part in made.parts][:2] == [
        "control.db",
        "ledger/" + next((data / "ledger").iterdir()).name,
    ]
    there = put_back(tmp_path / name, tmp_path / "back")
    assert (there.problems, there.placed, there.aside, there.manifest) == ((), True, None, made)
    back = tmp_path / "back"
    assert not (back / "restoring").exists()
    assert not (back / restored.UNFINISHED).exists()
    for folder in ("plans", "ledger"):
        assert content(back / folder) == content(data / folder) != {}
    with closing(open_reader(back / "control.db")) as connection:
        assert list(audit_ledger(connection, back)) == []
        rows = [row.entry for row in read(connection)]
        assert [row.kind for row in rows[-2:]] == [Kind.GAP, Kind.COMMAND]
        assert rows[-1].detail == "observe on site"
        assert f"from {name}, made 2026-03-04T23:40:00Z" in rows[-2].detail


def test_the_record_of_a_commissioning_comes_back_with_what_it_left(tmp_path: Path, data: Path) -> None:
    """It is hours of people's work, and an output that is still to be put back is known nowhere else."""
    left = Left("lamp.switch", False, None, True, "li", THURSDAY, "print")
    ProgressFile(data).save(Progress("shuangliu", left={left.point: left}))
    back_up(data, tmp_path / "away.tar.gz")
    put_back(tmp_path / "away.tar.gz", tmp_path / "back")
    assert ProgressFile(tmp_path / "back").load("shuangliu").left == {left.point: left}


def test_a_backup_of_before_there_was_a_record_in_it_is_put_back(tmp_path: Path, data: Path) -> None:
    back_up(data, tmp_path / "away")
    file = tmp_path / "away" / "manifest.json"
    said = json.loads(file.read_text(encoding="utf-8")) | {"format_version": 1}
    file.write_text(json.dumps(said), encoding="utf-8")
    assert put_back(tmp_path / "away", tmp_path / "back").placed


def test_a_start_on_it_observes_until_somebody_has_looked(tmp_path: Path, data: Path, plan: Plan) -> None:
    back_up(data, tmp_path / "away.tar.gz")
    put_back(tmp_path / "away.tar.gz", tmp_path / "back")
    with shell(tmp_path / "back", plan, LATER + 60_000) as made:
        made.house_answers()
        made.cycle()
        made.cycle()
        assert made.written == []
        remembered = made.daemon.engine.remembered()
        held = restored.held_back(remembered.observe)
        assert held is not None
        assert held.reason == "2026-03-05T07:40:00+08:00", "the site's time"
        assert [lock.target for lock in remembered.locks] == ["lamp"]
        made.board.take([restored.notice(held.reason, on=True)], LATER)
        asyncio.run(_looked(made))
        made.cycle()
        assert "restored" not in {item.kind for item in made.board.standing()}
        assert restored.held_back(made.daemon.engine.remembered().observe) is None


async def _looked(made: Shell) -> None:
    await made.daemon.accept(Observe("", False, "li", "", LATER))


def test_one_is_made_while_the_databases_are_written(tmp_path: Path, plan: Plan) -> None:
    with shell(tmp_path / "data", plan) as made:
        made.stores.control.accept(codec.dump(plan), Acceptance(plan.hash, THURSDAY, "li")).result(10)
        done = threading.Event()
        found: list[Manifest] = []

        def work() -> None:
            try:
                found.extend(back_up(tmp_path / "data", tmp_path / f"{number}.tar.gz") for number in range(4))
            finally:
                done.set()

        thread = threading.Thread(target=work)
        thread.start()
        minute = 0
        while not done.is_set():
            minutes(made, minute, minute + 15)
            minute += 15
        thread.join()
    assert found[-1].counts["intervals"] > 0
    for number in range(4):
        there = put_back(tmp_path / f"{number}.tar.gz", tmp_path / f"back-{number}")
        assert there.placed
        assert there.problems == ()


async def test_ids_and_keys_that_a_sink_may_know_are_not_used_again(
    tmp_path: Path, data: Path, plan: Plan
) -> None:
    """The sink got two more intervals after the backup. They are logged again from the counter, as unknown
    and as one recovered row; wherever the highest revision holds, the sum is the counter's."""
    back_up(data, tmp_path / "away.tar.gz")
    sunk: dict[tuple[int, int], tuple[int, int | None]] = {}

    async def deliver(made: Shell) -> list[int]:
        sink = delivery(made.stores.log)
        rows = await sink.pending(1, None, 1000)
        for row in rows:
            key = (row.start_ms, row.revision)
            figures = (row.end_ms, row.consumption)
            assert sunk.setdefault(key, figures) == figures, "a key that the sink knows has other content"
        await sink.settle(took(*(row.id for row in rows)))
        return [row.id for row in rows]

    with shell(data, plan, THURSDAY + 31 * 60_000) as made:
        live(made, 31, 61)
        lost = await deliver(made)
    assert lost == [1, 2, 3, 4]
    put_back(tmp_path / "away.tar.gz", tmp_path / "back")
    with shell(tmp_path / "back", plan, LATER) as made:
        live(made, 360, 391)
        again = await deliver(made)
        assert set(again) & set(lost) == {1, 2}, "the backup has these, and the sink too"
        assert min(set(again) - {1, 2}) > restores.APART
        progress = await delivery(made.stores.log).progress()
        assert (progress.backlog, progress.holes) == (0, 0)
        assert [item.kind for item in made.board.standing()] == ["observe"]
        with made.stores.log.reader() as reader:
            count = reader.marks()["lamp"].anchor_count
    newest = {start: figures for (start, _), figures in sorted(sunk.items())}
    assert sum(consumption or 0 for _, consumption in newest.values()) == (count or 0) - 1000 == 3890
    assert {revision for start, revision in sunk if start >= THURSDAY + 30 * 60_000 and start < LATER} > {0}
    with closing(history.open_file(tmp_path / "back" / "log.db", LOG)) as connection:
        assert [str(one.what) for one in audit_log(connection)] == []


def test_it_is_not_put_into_what_somebody_uses(tmp_path: Path, data: Path) -> None:
    back_up(data, tmp_path / "away.tar.gz")
    before = content(data)
    with pytest.raises(NotEmpty):
        put_back(tmp_path / "away.tar.gz", data)
    assert content(data) == before
    there = put_back(tmp_path / "away.tar.gz", data, replace=True)
    assert there.aside is not None
    assert there.aside.name.startswith(ASIDE)
    assert content(there.aside) == before, "set aside, never deleted"
    again = put_back(tmp_path / "away.tar.gz", data, replace=True)
    assert again.aside is not None
    assert again.aside != there.aside
    assert there.aside.exists()


def test_a_kill_in_between_lets_nothing_start(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(data, tmp_path / "away.tar.gz")
    moves = 0
    rename = Path.rename

    def killed(self: Path, target: Path) -> Path:
        nonlocal moves
        moves += 1
        if moves == 6:
            raise OSError("as if killed")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", killed)
    with pytest.raises(OSError, match="as if killed"):
        put_back(tmp_path / "away.tar.gz", data, replace=True)
    monkeypatch.undo()
    with pytest.raises(NotStarted, match="was not finished"):
        restored.refuse_unfinished(data)
    assert put_back(tmp_path / "away.tar.gz", data, replace=True).placed
    restored.refuse_unfinished(data)


def test_what_the_audit_finds_is_told_and_only_put_in_place_when_asked(tmp_path: Path, data: Path) -> None:
    with closing(sqlite3.connect(data / "log.db")) as connection, connection:
        tamper(connection).execute("UPDATE intervals SET consumption = consumption + 1")
    next((data / "ledger").iterdir()).unlink()
    made = back_up(data, tmp_path / "away.tar.gz")
    assert len(made.missing) == 1
    there = put_back(tmp_path / "away.tar.gz", tmp_path / "back")
    words = [str(problem.what) for problem in there.problems]
    assert not there.placed
    assert f"{made.missing[0]} is missing" in words
    assert any("is not the difference of its counts" in one for one in words)
    assert list((tmp_path / "back").iterdir()) == []
    assert put_back(tmp_path / "away.tar.gz", tmp_path / "back", with_problems=True).placed


def test_what_a_newer_version_wrote_is_refused(tmp_path: Path, data: Path) -> None:
    with closing(sqlite3.connect(data / "log.db")) as connection, connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('log', 'm099_x', '')"
        )
    back_up(data, tmp_path / "away.tar.gz")
    with pytest.raises(BackupWrong, match="newer louguan"):
        put_back(tmp_path / "away.tar.gz", tmp_path / "back")


def test_whole_or_not_at_all(tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    back_up(data, tmp_path / "away.tar.gz")
    with pytest.raises(FileExistsError):
        back_up(data, tmp_path / "away.tar.gz")
    place = tmp_path / "place"
    place.mkdir()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tarfile.TarFile, "addfile", full)
    with pytest.raises(OSError, match="No space"):
        back_up(data, place / "other.tar.gz")
    assert list(place.iterdir()) == []


def test_a_simulations_data_stay_a_simulations(tmp_path: Path, data: Path) -> None:
    (data / "simulated").write_text("")
    assert back_up(data, tmp_path / "away").simulated
    put_back(tmp_path / "away", tmp_path / "back")
    assert (tmp_path / "back" / "simulated").exists()


def test_the_revision_of_a_second_restore_is_above_the_first(tmp_path: Path, data: Path) -> None:
    with closing(open_writer(data / "log.db", create=False)) as connection:
        first = restores.note(connection, LATER)
        assert first > 60_000, "ten minutes since 2025"
        assert restores.note(connection, LATER) == first + 1
        assert restores.note(connection, LATER + 86_400_000) == first + 144
        assert restores.first_revision(connection, LATER - 1) == first + 144
        assert restores.first_revision(connection, LATER + 86_400_000) == 0
