"""A lost line is told once, wherever it is listened for, and a kill in between changes nothing of that."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any, cast

import pytest

from controller.socket.client import Client
from hil_tests.stand import HOUSE, Stand
from tests.controller.consumption.upload.web import Reply, Web

pytestmark = pytest.mark.timeout(300)
LOST = ("node", "node-meter")
"""All devices of the serial line S1."""


def told(web: Web) -> list[tuple[str, str, str]]:
    """What the webhook was told of lines and devices."""
    rows = [request.rows[0] for request in web.requests]
    return [(row["transition"], row["kind"], row["subject"]) for row in rows if row["kind"].endswith("-lost")]


async def line_lost(listener: Client) -> dict[str, Any]:
    """The event of a lost line, by subscription."""
    async for event in listener.events("alarms"):
        if event.data["kind"] == "line-lost":
            return cast(dict[str, Any], event.data)
    raise AssertionError("the daemon hung up")


@pytest.mark.slow
async def test_a_lost_line_is_one_telling_over_a_kill(tmp_path: Path) -> None:
    site = tmp_path / "site"
    shutil.copytree(HOUSE, site)
    async with Web(None, lambda _web, _request: Reply(body={})) as web:
        hook = f"notify:\n  duty: {{kind: webhook, url: '{web.url}'}}\n"
        (site / "notify.yaml").write_text(hook, encoding="utf-8")
        async with Stand(site, tmp_path) as stand:
            await stand.start()
            await stand.heard()
            async with await Client.connect(stand.data / "louguan.sock", language="en") as listener:
                hearing = asyncio.create_task(line_lost(listener))
                for device in LOST:
                    await stand.simulators(fault="freeze", device=device)
                event = await asyncio.wait_for(hearing, 60)
            assert event["message_zh"] != event["message_en"]

            async def delivered() -> bool:
                return told(web) == [("raised", "line-lost", "S1")]

            await stand.until(delivered)
            (alarm,) = [row for row in (await stand.call("alarms"))["alarms"] if row["kind"] == "line-lost"]
            await stand.call("alarm-ack", person="王工", alarms=[alarm["id"]], comment="seen")
            await stand.kill()
            await stand.start()
            await asyncio.sleep(15)  # longer than a loss is held
            (again,) = [row for row in (await stand.call("alarms"))["alarms"] if row["kind"] == "line-lost"]
            assert (again["id"], again["state"]) == (alarm["id"], "active-acked")
            for device in LOST:
                await stand.simulators(fault="freeze", device=device, on=False)
            await stand.heard()

            async def over() -> bool:
                return len(told(web)) == 3

            await stand.until(over)
    assert told(web) == [(word, "line-lost", "S1") for word in ("raised", "acked", "returned")]
    keys = [request.headers["idempotency-key"] for request in web.requests]
    assert len(set(keys)) == len(keys)
