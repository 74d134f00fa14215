"""When everything is delivered, and whether what is there is what was logged."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from hil_tests.stand import Stand
from hil_tests.upstream import Upstream, logged, whole


async def sink(stand: Stand) -> dict[str, Any]:
    (found,) = (await stand.call("upload"))["sinks"]
    return dict(found)


async def complete(stand: Stand, within_s: float = 60.0) -> None:
    async def done() -> bool:
        row = await sink(stand)
        return row["reachable"] is True and row["backlog_rows"] == 0

    await stand.until(done, within_s)


async def ended_complete(stand: Stand) -> None:
    """The daemon ended in order, with every row of its log acknowledged."""
    for _ in range(10):
        await complete(stand)
        code, _ = await stand.stop()
        assert code == 0
        log = logged(stand.data)
        if set(log.rows) == log.settled:
            return
        # An interval ended in the very moment.
        await stand.start()
    raise AssertionError("never complete at an end")


def judge(stand: Stand, upstream: Upstream) -> int:
    """What the receiver has is what log.db says. Returns how many rows."""
    log, there = logged(stand.data), upstream.rows()
    assert log.aside == 0
    assert log.intervals == len(log.rows), "every interval is in the feed"
    assert log.settled == set(log.rows)
    assert there.keys() == log.rows.keys()
    differing = [key for key, content in log.rows.items() if there[key] != content]
    assert not differing, [(key, log.rows[key], there[key]) for key in differing[:3]]
    for path in (stand.data / "log.db", stand.data / "control.db", upstream.process.data / "receiver.db"):
        whole(path)
    return len(there)


def unfit(stand: Stand) -> str:
    """What `louguan log verify` finds wrong in the files that are left; "" for nothing."""
    words = ["-P", "-m", "controller.cli.main", "--lang", "en", "log", "verify"]
    done = subprocess.run(
        [sys.executable, *words, "--site", str(stand.site), "--data", str(stand.data)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr
