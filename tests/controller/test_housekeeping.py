"""Housekeeping: the nightly backup comes when it should, whatever the wall clock does; it troubles nobody."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import apscheduler.schedulers.base
import pytest

from config.plan.clock import Now
from controller.board import Board
from controller.housekeeping import Housekeeping
from controller.store import backup
from controller.store.control import ControlStore

ZONE = ZoneInfo("Asia/Shanghai")
SECOND = 1_000_000_000
HOUR = 3600 * SECOND


def ns(local: str) -> int:
    """UTC nanoseconds of a local time of the site."""
    return int(datetime.fromisoformat(local).replace(tzinfo=ZONE).timestamp()) * SECOND


class Machine:
    """A machine's two clocks, moved by hand: housekeeping and the scheduler look at these."""

    speed = 1.0

    def __init__(self) -> None:
        self.wall_ns = ns("2026-03-05T02:00:00")
        self.mono_ns = 77 * SECOND

    def now(self) -> Now:
        return Now(self.wall_ns // 1_000_000, self.mono_ns, True)

    def passes(self, nanoseconds: int) -> None:
        self.wall_ns += nanoseconds
        self.mono_ns += nanoseconds

    def is_set(self, local: str) -> None:
        """The wall clock jumps; the monotonic one does not."""
        self.wall_ns = ns(local)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """The scheduler asks `datetime.now`; here it gets this machine's."""
    made = Machine()

    class Moved(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.fromtimestamp(made.wall_ns / SECOND, tz)

    monkeypatch.setattr(apscheduler.schedulers.base, "datetime", Moved)
    return made


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ControlStore]:
    made = ControlStore.open(tmp_path, 1_772_683_200_000)
    made.begin(1_772_683_200_000, trusted=True, version="0.1", plan="")
    yield made
    made.close()


def existing(data: Path, local: str) -> Path:
    """A backup made at a local time."""
    path = backup.make(data / "control.db", data, datetime.fromisoformat(local).date())
    os.utime(path, ns=(ns(local), ns(local)))
    return path


@asynccontextmanager
async def running(data: Path, machine: Machine, board: Board) -> AsyncIterator[Housekeeping]:
    """Housekeeping whose own look at the clocks comes once at its beginning; further ones are the test's."""
    made = Housekeeping(
        data,
        data / "control.db",
        "Asia/Shanghai",
        machine,
        board,
        begin_after_s=0.0,
        look_s=3600.0,
        wall_ns=lambda: machine.wall_ns,
        mono_ns=lambda: machine.mono_ns,
    )
    made.start()
    try:
        await until(lambda: made.next_backup() is not None)
        # Let its own first look end.
        await asyncio.sleep(0.05)
        yield made
    finally:
        await made.stop()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what it waits for happens in threads and on the disk
            await asyncio.sleep(0.005)


def names(data: Path) -> list[str]:
    return sorted(path.name for path in (data / "backup").glob("*"))


async def test_the_backup_is_planned_for_the_sites_night(
    tmp_path: Path, store: ControlStore, machine: Machine
) -> None:
    existing(tmp_path, "2026-03-04T03:10:00")
    async with running(tmp_path, machine, Board("en")) as house:
        assert house.next_backup() == datetime(2026, 3, 5, 3, 10, tzinfo=ZONE)
        assert names(tmp_path) == ["control-2026-03-04.db"]


@pytest.mark.parametrize(
    ("newest", "made"),
    [
        (None, True),
        ("2026-03-02T03:10:00", True),
        ("2026-03-04T01:59:00", True),
        ("2026-03-04T03:10:00", False),
        ("2031-01-01T03:10:00", True),
    ],
)
async def test_one_that_a_power_cut_prevented_is_made_soon_after_the_start(
    tmp_path: Path, store: ControlStore, machine: Machine, newest: str | None, made: bool
) -> None:
    before = [] if newest is None else [existing(tmp_path, newest).name]
    async with running(tmp_path, machine, Board("en")):
        if made:
            await until(lambda: "control-2026-03-05.db" in names(tmp_path))
        assert names(tmp_path) == sorted([*before, *(["control-2026-03-05.db"] if made else [])])


async def test_after_a_step_forward_over_the_time_it_is_made_at_once_and_planned_anew(
    tmp_path: Path, store: ControlStore, machine: Machine
) -> None:
    existing(tmp_path, "2026-03-04T03:10:00")
    async with running(tmp_path, machine, Board("en")) as house:
        machine.is_set("2026-03-05T03:09:00")
        await house.look()
        await asyncio.sleep(0.05)
        assert len(names(tmp_path)) == 1
        machine.is_set("2026-03-05T03:11:00")
        os.utime(tmp_path / "backup" / "control-2026-03-04.db", ns=(machine.wall_ns, machine.wall_ns))
        await house.look()
        await until(lambda: "control-2026-03-05.db" in names(tmp_path))
        assert house.next_backup() == datetime(2026, 3, 6, 3, 10, tzinfo=ZONE)


async def test_after_a_step_back_it_does_not_wait_for_the_time_it_had_planned(
    tmp_path: Path, store: ControlStore, machine: Machine
) -> None:
    machine.is_set("2036-07-01T12:00:00")
    async with running(tmp_path, machine, Board("en")) as house:
        await until(lambda: names(tmp_path) == ["control-2036-07-01.db"])
        assert house.next_backup() == datetime(2036, 7, 2, 3, 10, tzinfo=ZONE)
        machine.is_set("2026-03-05T02:00:00")
        machine.passes(2 * HOUR)
        machine.is_set("2026-03-05T02:00:00")
        await house.look()
        assert house.next_backup() == datetime(2026, 3, 5, 3, 10, tzinfo=ZONE)
        # The one from the future is no reason not to make one of today.
        assert names(tmp_path) == ["control-2026-03-05.db", "control-2036-07-01.db"]


async def test_it_fires_by_itself_after_a_step_back_and_on(
    tmp_path: Path, store: ControlStore, machine: Machine
) -> None:
    """The scheduler's own timer, which slept on for an hour too long, is set anew."""
    path = existing(tmp_path, "2026-03-05T01:00:00")
    former_ns = path.stat().st_mtime_ns
    machine.is_set("2026-03-05T04:00:00")
    async with running(tmp_path, machine, Board("en")) as house:
        machine.is_set("2026-03-05T03:09:59")
        await house.look()
        machine.passes(2 * SECOND)
        await until(lambda: house.next_backup() == datetime(2026, 3, 6, 3, 10, tzinfo=ZONE))
        await until(lambda: path.stat().st_mtime_ns != former_ns)


@pytest.mark.parametrize("drift_s", [-1, 1])
async def test_slewing_is_no_step(
    tmp_path: Path, store: ControlStore, machine: Machine, drift_s: int
) -> None:
    existing(tmp_path, "2026-03-05T01:00:00")
    async with running(tmp_path, machine, Board("en")) as house:
        for _ in range(10):
            machine.passes(60 * SECOND)
            machine.wall_ns += drift_s * SECOND
            await house.look()
        assert house.next_backup() == datetime(2026, 3, 5, 3, 10, tzinfo=ZONE)


async def test_a_failure_is_told_once_and_over_with_the_next_success(
    tmp_path: Path, store: ControlStore, machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    (tmp_path / "backup").write_text("a file in the way")
    board = Board("en")
    async with running(tmp_path, machine, board) as house:
        await until(lambda: len(board.standing()) == 1)
        for _ in range(3):
            await house.back_up()
        assert [(item.kind, item.subject) for item in board.standing()] == [("backup", "control.db")]
        (tmp_path / "backup").unlink()
        # An overdue one is not tried again at every look.
        machine.passes(60 * SECOND)
        await house.look()
        assert board.standing() != []
        machine.passes(HOUR)
        await house.look()
        assert board.standing() == []
        assert names(tmp_path) == ["control-2026-03-05.db"]
    assert [(str(one.text).partition(":")[0], one.on) for one in board.noticed()] == [
        ("control.db could not be backed up", True),
        ("control.db could not be backed up", False),
    ]
    assert not any(record.exc_info for record in caplog.records)


async def test_a_backup_that_finds_the_database_damaged_says_so(
    tmp_path: Path, store: ControlStore, machine: Machine
) -> None:
    store.close()
    content = store.path.read_bytes()
    store.path.write_bytes(content[:4096] + b"\xa5" * (len(content) - 4096))
    said: list[str] = []
    house = Housekeeping(
        tmp_path, store.path, "Asia/Shanghai", machine, Board("en"), found_damaged=said.append
    )
    await house.back_up()
    assert len(said) == 1
    await house.stop()


@pytest.mark.parametrize(
    ("chore", "told"), [("seal", ("sealing", "control.db")), ("retain", ("deleting", "log.db"))]
)
async def test_chores_are_done_after_a_backup_and_a_failure_is_told(
    tmp_path: Path, store: ControlStore, machine: Machine, chore: str, told: tuple[str, str]
) -> None:
    board, done = Board("en"), []
    broken = [True]

    def do(abandoned: Callable[[], bool]) -> None:
        done.append((names(tmp_path), abandoned()))
        if broken:
            raise OSError("no room")

    seal, retain = (do, lambda _: None) if chore == "seal" else (lambda _: None, do)
    house = Housekeeping(tmp_path, store.path, "Asia/Shanghai", machine, board, seal=seal, retain=retain)
    await house.back_up()
    assert done == [(["control-2026-03-05.db"], False)]
    assert [(item.kind, item.subject) for item in board.standing()] == [told]
    broken.clear()
    await house.back_up()
    assert board.standing() == []
    await house.stop()


async def test_stopping_gives_up_a_backup_under_way(
    tmp_path: Path, store: ControlStore, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()
    copy = backup.copy

    def slow(source: Path, part: Path, abandoned: Callable[[], bool]) -> None:
        """As a large database on a slow card: many looks at whether to go on."""
        copy(source, part, abandoned)
        begun.set()
        while not abandoned():
            time.sleep(0.001)
        raise backup.BackupAbandoned

    monkeypatch.setattr(backup, "copy", slow)
    board = Board("en")
    async with running(tmp_path, machine, board):
        await until(begun.is_set)
        began = time.monotonic()
    assert time.monotonic() - began < 10
    assert names(tmp_path) == []
    assert board.standing() == []


async def test_the_loop_goes_on_while_a_backup_is_made(
    tmp_path: Path, store: ControlStore, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    existing(tmp_path, "2026-03-05T01:00:00")
    released = threading.Event()
    monkeypatch.setattr(backup, "sync", lambda path: released.wait(10))
    async with running(tmp_path, machine, Board("en")) as house:
        first = asyncio.create_task(house.back_up())
        await asyncio.sleep(0.05)
        await house.back_up()  # one is being made: not a second one
        assert not first.done()
        released.set()
        await first


async def test_it_may_be_stopped_before_it_has_begun(tmp_path: Path, machine: Machine) -> None:
    for start in (True, False):
        house = Housekeeping(tmp_path, tmp_path / "control.db", "Asia/Shanghai", machine, Board("en"))
        if start:
            house.start()
            await asyncio.sleep(0)
        await house.stop()
    assert not (tmp_path / "backup").exists()


def test_a_start_does_not_import_the_scheduler() -> None:
    code = "import sys, controller.app; sys.exit('apscheduler' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
