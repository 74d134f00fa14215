"""Watched files come into force by themselves: whole, standing still, and not what was gone back from."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from config.plan.site import Plan
from controller.accepted import compiled
from controller.compile import Compiled, compile_site
from controller.swap import watched
from controller.swap.watched import Watched
from tests.controller.swap.bench import Bench, bench

MINIMAL = Path(__file__).parents[3] / "config" / "sites" / "minimal"


class Files:
    """A copy of the smallest site, and who watches it."""

    def __init__(self, folder: Path) -> None:
        self.site = folder / "site"
        shutil.copytree(MINIMAL, self.site)
        main = self.site / "site.yaml"
        main.write_text(
            main.read_text(encoding="utf-8").replace("site:\n", "site:\n  apply: watched\n"), encoding="utf-8"
        )
        self.file = self.site / "schedules" / "lighting.yaml"
        self.plan: Plan = compiled(self.site, "en")[1]

    def edit(self, old: str, new: str) -> None:
        content = self.file.read_text(encoding="utf-8")
        assert old in content
        self.file.write_text(content.replace(old, new), encoding="utf-8")


async def looks(made: Bench, watcher: Watched, count: int = 3) -> str:
    """Look so often; the hash in force afterwards."""
    async with made.cycling():
        for _ in range(count):
            await watcher.look()
            await asyncio.sleep(0.03)
        await made.taking.settled()
    return made.daemon.plan.hash


async def test_what_stands_still_and_is_right_is_taken_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched, "STILL_S", 0.02)
    files = Files(tmp_path)
    async with bench(tmp_path / "data", files.plan) as made:
        watcher = Watched(files.site, made.daemon, made.applying, "en")
        first = files.plan.hash
        whole = files.file.read_text(encoding="utf-8")
        files.file.write_text(whole[: len(whole) // 2] + "\n  - [", encoding="utf-8")
        assert await looks(made, watcher) == first

        # It is right when it is read, and another before it could be taken: that may be half of an edit.
        files.file.write_text(whole.replace("07:30", "07:35"), encoding="utf-8")
        compilations: list[Compiled] = []

        def edited_meanwhile(site: Path, language: str) -> Compiled:
            found = compile_site(site, language)
            if not compilations:
                files.edit("07:35", "07:45")
            compilations.append(found)
            return found

        monkeypatch.setattr(watched, "compile_site", edited_meanwhile)
        assert await looks(made, watcher, 2) == first
        assert compilations[0].plan is not None
        second = await looks(made, watcher)
        assert second != first
        assert "07:45" in files.file.read_text(encoding="utf-8")
        assert len(compilations) == 2
        versions = await made.applying.versions()
        assert (versions[0].item.person, versions[0].item.hash) == ("files", second)

        # Somebody goes back: the files say otherwise, and are not taken again.
        async with made.cycling():
            await made.applying.roll_back(None, "Li", "")
        assert await looks(made, Watched(files.site, made.daemon, made.applying, "en")) == first
        assert len(compilations) == 3
        assert len(await made.applying.versions()) == 3


async def test_by_hand_nothing_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched, "STILL_S", 0.02)
    monkeypatch.setattr(watched, "compile_site", None)
    site = tmp_path / "site"
    shutil.copytree(MINIMAL, site)
    plan = compiled(site, "en")[1]
    async with bench(tmp_path / "data", plan) as made:
        file = site / "schedules" / "lighting.yaml"
        file.write_text(file.read_text(encoding="utf-8").replace("07:30", "07:35"), encoding="utf-8")
        assert await looks(made, Watched(site, made.daemon, made.applying, "en"), 5) == plan.hash
