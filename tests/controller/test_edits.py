"""Edits under a running daemon are noticed, judged and told; a second daemon of a site is too."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from config.plan.site import Plan
from controller.accepted import compiled, differs
from controller.background import in_thread, keep_looking
from controller.board import Board
from controller.edits import Edits
from controller.site_lock import SiteLock

MINIMAL = Path(__file__).parents[2] / "config" / "sites" / "minimal"


class Watched:
    """A site directory whose accepted plan runs."""

    def __init__(self, folder: Path) -> None:
        self.site = folder / "site"
        shutil.copytree(MINIMAL, self.site)
        self.file = self.site / "schedules" / "lighting.yaml"
        self.board = Board("en")
        self.differs: list[bool] = []
        self.plan = compiled(self.site, "en")[1]
        self.edits = Edits(self.site, lambda: self.plan, "en", self.board, lambda: 0, self.differs.append)

    def edit(self, old: str, new: str) -> None:
        self.file.write_text(self.file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    def told(self) -> dict[str, str]:
        return {item.kind: str(item.text) for item in self.board.standing()}


async def test_an_edit_is_told_and_its_mistakes_too(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    await watched.edits.look()
    assert watched.told() == {}
    watched.edit("07:30", "07:45")
    await watched.edits.look()
    assert list(watched.told()) == ["files"]
    assert f"to take the edits: louguan apply {watched.site}" in watched.told()["files"]
    watched.edit("07:45", "7 o'clock")
    watched.edit("untrusted_clock: on", "untrusted: on")
    await watched.edits.look()
    wrong = watched.told()["files-wrong"]
    assert "mistakes: 2" in wrong
    assert "schedules/lighting.yaml:" in wrong
    watched.edit("7 o'clock", "07:30")
    watched.edit("untrusted: on", "untrusted_clock: on")
    await watched.edits.look()
    assert watched.told() == {}
    assert watched.differs == [False, True, True, False]


async def test_after_another_plan_is_in_force_the_files_are_held_against_that_one(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.edit("07:30", "07:45")
    await watched.edits.look()
    assert list(watched.told()) == ["files"]
    watched.plan = compiled(watched.site, "en")[1]
    assert await watched.edits.compare() is False
    assert (watched.told(), watched.differs) == ({}, [True, False])


async def test_a_plan_that_comes_into_force_meanwhile_is_the_one_that_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(tmp_path)
    watched.edit("07:30", "07:45")

    def meanwhile(plan: Plan, site: Path) -> bool:
        edited = differs(plan, site)
        watched.plan = compiled(site, "en")[1]
        return edited

    monkeypatch.setattr("controller.edits.differs", meanwhile)
    await watched.edits.look()
    assert (watched.told(), watched.differs) == ({}, [False])


async def test_what_is_taken_by_itself_is_told_so(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.plan = replace(watched.plan, site=replace(watched.plan.site, apply="watched"))
    watched.edit("07:30", "07:45")
    await watched.edits.look()
    assert "what is right is taken by itself (apply: watched)" in watched.told()["files"]


async def test_nothing_is_read_while_nothing_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(tmp_path)
    await watched.edits.look()
    monkeypatch.setattr("controller.edits.differs", None)
    for _ in range(3):
        await watched.edits.look()
    # Also a change of the same length within the same tick of the clock, and a file that is new.
    monkeypatch.undo()
    watched.edit("07:30", "07:31")
    await watched.edits.look()
    (watched.site / "schedules" / "more.yaml").write_text("", encoding="utf-8")
    await watched.edits.look()
    assert watched.differs == [False, True, True]


async def test_a_site_that_is_gone_is_told(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    shutil.rmtree(watched.site)
    await watched.edits.look()
    assert "no such directory" in watched.told()["files-wrong"]


async def test_a_second_daemon_of_the_site_is_warned_of_until_it_is_alone(tmp_path: Path) -> None:
    site = tmp_path / "site"
    shutil.copytree(MINIMAL, site)
    boards = Board("en"), Board("en")
    first, second = (SiteLock(site, board, lambda: 0) for board in boards)
    for lock in (first, second, second, first):
        await lock.look()
    assert boards[0].standing() == []
    assert [item.kind for item in boards[1].standing()] == ["same-site"]
    first.release()
    first.release()
    await second.look()
    assert boards[1].standing() == []
    second.release()
    gone = SiteLock(tmp_path / "none", boards[0], lambda: 0)
    await gone.look()
    assert boards[0].standing() == []
    assert sorted(path.name for path in site.rglob("*.lock")) == []


async def test_background_work_gives_its_result_or_its_error() -> None:
    assert await in_thread(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await in_thread(lambda: 1 // 0)


async def test_a_pipe_among_the_files_is_told_and_waited_for_by_nobody(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    await watched.edits.look()
    os.mkfifo(watched.site / "schedules" / "pipe.yaml")
    async with asyncio.timeout(20):
        await watched.edits.look()
    assert "not a regular file" in watched.told()["files-wrong"]


def test_the_end_does_not_wait_for_background_work() -> None:
    release = threading.Event()

    async def run() -> None:
        task = in_thread(release.wait)
        await asyncio.sleep(0.01)
        task.cancel()

    asyncio.run(run())
    release.set()


async def test_a_look_that_fails_is_told_once_and_keeps_no_other_from_being_taken(
    caplog: pytest.LogCaptureFixture,
) -> None:
    taken: list[int] = []

    async def bad() -> None:
        raise OSError("no")

    async def good() -> None:
        taken.append(1)

    with caplog.at_level(logging.WARNING):
        task = asyncio.create_task(keep_looking([bad, good], 0.0, 0.001))
        while len(taken) < 3:  # noqa: ASYNC110 - a look tells nobody
            await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert [record.getMessage() for record in caplog.records] == ["a look at the surroundings failed: no"]
