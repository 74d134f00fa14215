"""A daemon as a program of its own, on a site whose devices nobody answers for."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from controller.socket.address import SocketError
from controller.socket.client import Client

HEAD = """site:
  name: kept
  label: 测试站点
  place: {{time_zone: Asia/Shanghai, latitude: 30.574, longitude: 103.923}}
lines:
  T1: {{transport: modbus-tcp, host: 127.0.0.1, port: {dead}}}
devices:
  main-1: {{profile: acrel-adw300, line: T1, unit: 1, label: 进线, params: {{ct: 2000/5}}}}
"""


@asynccontextmanager
async def daemon(
    site: Path,
    data: Path,
    log: Path,
    *words: str,
    environment: Mapping[str, str] | None = None,
    umask: int = -1,
) -> AsyncIterator[Client]:
    """It runs and answers; ended in order. What it says is in `log`."""
    program = ["-P", "-m", "controller.cli", "--lang", "en", "run", str(site), "--data", str(data), *words]
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *program,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env={**os.environ, **(environment or {})},
            umask=umask,
        )
    try:
        async with asyncio.timeout(60):
            client = await _connected(data, process, log)
        async with client:
            yield client
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


async def _connected(data: Path, process: asyncio.subprocess.Process, log: Path) -> Client:
    while process.returncode is None:
        try:
            return await Client.connect(data / "louguan.sock", language="en")
        except SocketError:
            await asyncio.sleep(0.05)
    raise AssertionError(await asyncio.to_thread(log.read_text, "utf-8"))
