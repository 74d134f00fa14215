"""A real daemon's data, backed up while it runs, lost and put back: what the receiver has adds up all the
same, nothing is sent before a person has looked, and the receiver's heads tell what was lost."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hil_tests.delivered import complete
from hil_tests.running import PATIENCE_S
from hil_tests.stand import Stand
from hil_tests.upstream import Content, Upstream, logged, site_with

pytestmark = pytest.mark.timeout(300)

SPEED = 60.0


async def louguan(*words: str) -> tuple[int, dict[str, Any]]:
    """A command as a person types it, with --json."""
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-P", "-m", "controller.cli.main", *words, "--json", "--lang", "en"],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    return done.returncode, json.loads(done.stdout.splitlines()[0])


async def more(stand: Stand, upstream: Upstream, slots: int) -> None:
    """So many more slots have come to the receiver."""
    before = len({start for _, start, _ in upstream.rows()})

    async def come() -> bool:
        return len({start for _, start, _ in upstream.rows()}) >= before + slots

    await stand.until(come)


def newest(upstream: Upstream) -> dict[str, list[Content]]:
    """Of each meter's slots the highest revision, in order."""
    found: dict[tuple[str, int], Content] = {}
    for (meter, start, _), content in sorted(upstream.rows().items()):
        found[meter, start] = content
    meters: dict[str, list[Content]] = {}
    for (meter, _), content in sorted(found.items()):
        meters.setdefault(meter, []).append(content)
    return meters


@pytest.mark.slow
async def test_what_was_lost_and_put_back_adds_up(tmp_path: Path) -> None:
    upstream = Upstream(tmp_path / "upstream")
    upstream.process.start()
    away = tmp_path / "away.tar.gz"
    try:
        async with Stand(site_with(upstream, tmp_path), tmp_path, speed=SPEED) as stand:
            await stand.start()
            await stand.online()
            await more(stand, upstream, 2)
            code, made = await louguan("backup", str(away), "--data", str(stand.data))
            assert code == 0
            assert made["intervals"] > 0
            await more(stand, upstream, 2)
            await stand.kill()
            lost = set(upstream.rows())
            code, said = await louguan("restore", str(away), "--data", str(stand.data), "--replace")
            assert (code, said["problems"]) == (0, [])
            await stand.start()
            status = await stand.call("status")
            assert status["observe"] is True
            assert "restored" in {item["kind"] for item in status["notices"]}
            lit = (await stand.truth())["relay.ch1"]
            await stand.call("set", point="yard", value="off" if lit else "on", for_s=900)
            await more(stand, upstream, 2)
            assert (await stand.truth())["relay.ch1"] == lit, "nothing is sent"
            await stand.call("observe", on=False)
            await stand.has("relay.ch1", not lit)
            await complete(stand)
            code, _ = await stand.stop()
            assert code == 0
            assert logged(stand.data).aside == 0, "no key was used for other content"
            assert {key for key in lost if key[2] == 0} <= set(upstream.rows())
            for rows in newest(upstream).values():
                known = [row for row in rows if row[6] is not None]
                assert sum((Decimal(str(row[6])) for row in known), Decimal(0)) == known[-1][5] - known[0][4]  # type: ignore[operator]
            code, said = await louguan("log", "verify", "--data", str(stand.data))
            assert (code, said["problems"]) == (0, [])
            heads = tmp_path / "heads"
            told = await asyncio.to_thread(
                subprocess.run,
                [
                    sys.executable,
                    "-P",
                    "-m",
                    "controller.cli.main",
                    "receive",
                    "--heads",
                    "--data",
                    str(upstream.process.data),
                ],
                capture_output=True,
                text=True,
                check=False,
            )
            heads.write_text(told.stdout, encoding="utf-8")
            code, said = await louguan("log", "verify", "--data", str(stand.data), "--heads", str(heads))
            assert code == 1, "the receiver knows rows of the ledger that were lost with the data"
            assert said["heads"] > len(said["problems"]) > 0
    finally:
        upstream.process.stop()
