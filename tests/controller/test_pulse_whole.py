"""The whole daemon and its service manager: what it says from start to end, and that nothing beside the
control keeps the sign of life back.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from controller import app, logs, starting
from controller.options import Options
from controller.service_manager import ServiceManager
from controller.store.control import ControlStore
from controller.store.logdb import LogStore
from controller.stores import Stores
from tests.controller.running import HEAD, daemon
from tests.controller.service_socket import ServiceSocket
from tests.ports import lasting_port

WATCHDOG_S = 4.0
SINKS = """
sinks:
  district: {{kind: https, url: "http://127.0.0.1:{dead}/"}}
notify:
  duty: {{kind: webhook, url: "http://127.0.0.1:{dead}/"}}
"""
CONTROL = ("line ", "whole", "open lines", "Task-")
"""Tasks whose names begin so belong to the control, or to this test."""


def beside() -> list[asyncio.Task[object]]:
    return [task for task in asyncio.all_tasks() if not task.get_name().startswith(CONTROL)]


async def test_what_stands_beside_the_control_may_stop(tmp_path: Path) -> None:
    site, data = tmp_path / "site", tmp_path / "data"
    site.mkdir()
    (site / "site.yaml").write_text((HEAD + SINKS).format(dead=lasting_port()), encoding="utf-8")
    options = Options(site=site, data=data, language="en")
    starting.prepare(options)
    now_ms = time.time_ns() // 1_000_000
    with ServiceSocket.in_folder(tmp_path) as other:
        manager = ServiceManager(other.address, WATCHDOG_S)
        control = ControlStore.open(data, now_ms)
        log = LogStore.open(data, now_ms)
        running = asyncio.create_task(
            app._serve(options, Stores(control, log), None, logs.SiteTime("en"), manager), name="whole"
        )
        try:
            async with asyncio.timeout(30):
                while not other.times("READY=1"):  # noqa: ASYNC110 - a thread hears it
                    await asyncio.sleep(0.05)
            stopped = beside()
            names = {task.get_name() for task in stopped}
            assert {"looks", "watched files"} <= names
            assert any("district" in name or "upload" in name for name in names), names
            for task in stopped:
                task.cancel()
            await asyncio.sleep(WATCHDOG_S / 2)
            heard = len(other.times("WATCHDOG=1"))
            async with asyncio.timeout(30):
                while len(other.times("WATCHDOG=1")) < heard + 2:  # noqa: ASYNC110 - a thread hears it
                    await asyncio.sleep(0.05)
            os.kill(os.getpid(), signal.SIGTERM)
            assert await running == 0
        finally:
            control.close()
            log.close()
            manager.close()
    first = [heard.lines[0] for heard in other.heard]
    assert first[-1] == "STOPPING=1"
    assert first.count("READY=1") == 1
    assert "1 devices" in other.said("STATUS")[0]


@pytest.mark.slow
async def test_what_stands_still_is_named_when_it_is_ended_for_it(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(HEAD.format(dead=lasting_port()), encoding="utf-8")
    said = tmp_path / "said.log"
    async with daemon(tmp_path, tmp_path / "data", said) as client:
        pid = int((tmp_path / "data" / "louguan.lock").read_text(encoding="ascii"))
        await client.call("status")
        os.kill(pid, signal.SIGABRT)
    log = said.read_text(encoding="utf-8")
    assert "Aborted" in log
    assert "controller/store/writer.py" in log, "each thread's place"
