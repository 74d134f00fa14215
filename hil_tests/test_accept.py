"""Acceptance as a program of its own against simulators as programs of their own: killed, interrupted, and
gone on with."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from controller.store.lock import holder
from hil_tests.running import PATIENCE_S
from hil_tests.stand import Stand

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
PLANT = Path(__file__).parent / "sites" / "plant"
BLOWER = "do-1.ch6"
WRITE = ("--write", "blower", "--allow", "switching")


def words(stand: Stand, *more: str) -> list[str]:
    program = [sys.executable, "-P", "-m", "controller.cli.main", "--lang", "en", "accept", str(PLANT)]
    return [*program, "--data", str(stand.data), "--overlay", str(stand.overlay), "--by", "Li", *more]


async def accepted(stand: Stand, *more: str) -> tuple[int, str]:
    """One run to its end, with nobody at a terminal: its exit code and what it said."""
    done = await asyncio.to_thread(
        subprocess.run,
        words(stand, *more),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return done.returncode, done.stdout + done.stderr


@contextmanager
def running(stand: Stand, *more: str) -> Iterator[subprocess.Popen[bytes]]:
    with (stand.folder / "accept.log").open("ab") as log:
        program = subprocess.Popen(words(stand, *more), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            yield program
        finally:
            program.kill()
            program.wait()


def kept(stand: Stand) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((stand.data / "acceptance.json").read_text(encoding="utf-8"))
    return found


async def writes(stand: Stand, device: str) -> int:
    return int((await stand.simulators(status=True))["status"]["devices"][device]["writes"])


async def test_a_killed_run_is_told_and_put_back_by_the_next(tmp_path: Path) -> None:
    async with Stand(PLANT, tmp_path, speed=20.0) as stand:
        with running(stand, *WRITE, "--yes") as program:
            await stand.has(BLOWER, True)
            program.kill()
            program.wait()
        assert [left["point"] for left in kept(stand)["left"]] == [BLOWER]
        code, said = await accepted(stand)
        assert code == 1
        assert "nobody is there to be asked" in said
        assert (await stand.truth())[BLOWER] is True
        code, said = await accepted(stand, "--yes")
        assert code == 0, said
        assert (await stand.truth())[BLOWER] is False
        assert kept(stand)["left"] == []
        assert [run["ended_ms"] is None for run in kept(stand)["runs"]] == [True, False, False]
        assert await writes(stand, "safety") == 0


async def test_ctrl_c_puts_back_before_it_leaves(tmp_path: Path) -> None:
    async with Stand(PLANT, tmp_path, speed=20.0) as stand:
        report = tmp_path / "report.html"
        with running(stand, *WRITE, "--yes", "--report", str(report)) as program:
            await stand.has(BLOWER, True)
            program.send_signal(signal.SIGINT)
            assert await asyncio.to_thread(program.wait, PATIENCE_S) == 130
        assert (await stand.truth())[BLOWER] is False
        assert kept(stand)["left"] == []
        assert report.exists()
        code, said = await accepted(stand, *WRITE, "--yes")
        assert code == 0, said
        points = kept(stand)["points"]
        assert points[BLOWER]["checks"]["write"]["verdict"] == "passed"
        assert await writes(stand, "do-1") == 4


async def test_no_daemon_and_no_acceptance_at_once(tmp_path: Path) -> None:
    async with Stand(PLANT, tmp_path, speed=20.0) as stand:
        await stand.start()
        code, said = await accepted(stand)
        assert code == 1
        assert "two masters on one line" in said
        await stand.call("lock", person="Wang", target="hood", reason="belt")
        await stand.stop()
        before = await writes(stand, "do-1")
        code, said = await accepted(stand, "--write", "hood", "--allow", "switching", "--yes")
        assert (code, "locked by" in said) == (0, True), said
        assert await writes(stand, "do-1") == before
        with running(stand, *WRITE, "--yes") as program:

            async def holds() -> bool:
                return holder(stand.data) == program.pid

            await stand.until(holds)
            refused, why = await stand.refused()
            assert refused == 1
            assert "already runs" in why
