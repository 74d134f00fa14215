"""A start tells of outputs that a killed acceptance left."""

from __future__ import annotations

from pathlib import Path

from controller.accept.file import FILE, ProgressFile
from controller.accept.records import Left, Progress
from tests.controller.running import HEAD, daemon
from tests.ports import lasting_port
from tests.schedules.build import at


async def test_a_start_tells_what_a_killed_acceptance_left(tmp_path: Path) -> None:
    site, data = tmp_path / "site", tmp_path / "data"
    site.mkdir()
    data.mkdir()
    (site / "site.yaml").write_text(HEAD.format(dead=lasting_port()), encoding="utf-8")
    left = Left("main-1.total", 30.0, None, 35.0, "Li", at("2026-03-05 08:00"))
    file = ProgressFile(data)
    file.save(Progress("kept", left={left.point: left}))
    assert "main-1.total" in await told(site, data, tmp_path / "log")
    file.save(Progress("kept"))
    assert not await told(site, data, tmp_path / "log")
    (data / FILE).write_text("no record", encoding="utf-8")
    assert FILE in await told(site, data, tmp_path / "log"), "controlled all the same"


async def told(site: Path, data: Path, log: Path) -> list[str]:
    async with daemon(site, data, log) as client:
        status = await client.call("status")
        return [item["subject"] for item in status["notices"] if item["kind"] == "left-behind"]
