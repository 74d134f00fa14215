"""A daemon as a program of its own: started, asked, ended or killed, and what it leaves on the disk."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar, cast

from controller.cli.processes import Child
from controller.socket.address import SocketError
from controller.socket.client import Client
from controller.store.connection import open_reader
from controller.store.ledger import Kind, Row, read

PATIENCE_S = 60.0
"""How long a condition may take to come about on a busy machine, machine seconds."""

T = TypeVar("T")


class Running:
    """The daemon of one site; it comes and goes."""

    def __init__(self, site: Path, folder: Path, overlay: Path | None) -> None:
        self.site = site
        self.folder = folder
        self.data = folder / "data"
        self.overlay = overlay
        """Where its lines are, if not where the site says."""
        self.log = folder / "daemon.log"
        self.daemon: Child | None = None
        self._client: Client | None = None

    async def end(self) -> None:
        """Whatever it is doing."""
        await self._hang_up()
        if self.daemon is not None:
            await asyncio.to_thread(self.daemon.end)

    def pids(self) -> list[int]:
        """Of the programs that run."""
        return [] if self.daemon is None else [self.daemon.process.pid]

    def command(self, *words: str) -> list[str]:
        """The words that run a daemon here."""
        program = ["-P", "-m", "controller.cli", "--lang", "en", "run", str(self.site)]
        overlay = [] if self.overlay is None else ["--overlay", str(self.overlay)]
        return [*program, "--data", str(self.data), *overlay, *words]

    async def start(self, *words: str) -> None:
        """Start the daemon; it listens on its socket when this returns."""
        assert self.daemon is None
        self.daemon = Child(self.command(*words), self.log)
        deadline = time.monotonic() + PATIENCE_S
        while self._client is None:
            if self.daemon.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the daemon did not start:\n{self.said()}")
            try:
                self._client = await Client.connect(self.data / "louguan.sock", language="en")
            except SocketError:
                await asyncio.sleep(0.1)

    async def refused(self, *words: str) -> tuple[int, str]:
        """Start a daemon that is to end by itself: its exit code and what it said."""
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, *self.command(*words)],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        return done.returncode, done.stderr

    async def kill(self) -> None:
        """As a power cut does it to a process: SIGKILL, no last word."""
        assert self.daemon is not None
        await self._hang_up()
        self.daemon.process.kill()
        await asyncio.to_thread(self.daemon.end)
        self.daemon = None

    async def stop(self) -> tuple[int, float]:
        """SIGTERM: the exit code and the machine seconds it took."""
        assert self.daemon is not None
        await self._hang_up()
        began = time.monotonic()
        code = await asyncio.to_thread(self.daemon.end, PATIENCE_S)
        self.daemon = None
        return code, time.monotonic() - began

    async def call(self, op: str, person: str = "", **args: Any) -> dict[str, Any]:
        """One question over the socket."""
        assert self._client is not None
        if person:
            async with await Client.connect(
                self.data / "louguan.sock", person=person, language="en"
            ) as client:
                return cast(dict[str, Any], await client.call(op, **args))
        return cast(dict[str, Any], await self._client.call(op, **args))

    async def points(self) -> dict[str, dict[str, Any]]:
        """Every point as the daemon has it, by key."""
        return {row["point"]: row for row in (await self.call("points"))["points"]}

    async def online(self) -> None:
        """Until every device answers and what is commanded stands."""

        async def settled() -> bool:
            status = await self.call("status")
            rows = (await self.points()).values()
            wanted = sum(1 for row in rows if row.get("command", {}).get("value") is not None)
            return bool(
                status["devices_online"] == status["devices_total"] and status["commands_held"] == wanted > 0
            )

        await self.until(settled)

    async def until(self, condition: Callable[[], Awaitable[T]], within_s: float = PATIENCE_S) -> T:
        """Ask again until the answer is true. Fails with the daemon's last words."""
        deadline = time.monotonic() + within_s
        while not (answer := await condition()):
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {within_s} s; the daemon said:\n{self.said()}")
            await asyncio.sleep(0.15)
        return answer

    async def heard(self) -> None:
        """Until every device answers."""

        async def all_online() -> bool:
            status = await self.call("status")
            return bool(status["devices_online"] == status["devices_total"])

        await self.until(all_online)

    async def story(
        self, point: str, *, ends: Kind, times: int = 1, after: int = 0
    ) -> list[tuple[str, int, object]]:
        """(kind, slot, value) of a point's ledger rows, once `ends` stands in it so often."""

        async def told() -> list[tuple[str, int, object]]:
            rows = [row.entry for row in self.ledger(point, after)]
            enough = sum(1 for entry in rows if entry.kind == ends) >= times
            return [(entry.kind, entry.slot, entry.value) for entry in rows] if enough else []

        return await self.until(told)

    async def _hang_up(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None

    # What is left on the disk

    def said(self) -> str:
        """The daemon's log, of all runs."""
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    def control(self) -> closing[sqlite3.Connection]:
        """A reader of control.db."""
        return closing(open_reader(self.data / "control.db"))

    def ledger(self, point: str | None = None, after: int = 0) -> list[Row]:
        """The ledger's rows, oldest first."""
        with self.control() as connection:
            return read(connection, point=point, after=after, limit=1_000_000)
