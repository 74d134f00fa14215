"""A stand: a site on simulated devices and a real daemon, both programs of their own, over real protocols.

    async with Stand(HOUSE, tmp_path) as stand:
        await stand.start()
        await stand.until(lambda: …)

The simulators run on while the daemon is killed, ended and started again.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar, cast

from config.plan import codec
from config.plan.site import Plan
from controller.cli.processes import Child
from controller.compile import compile_site
from controller.socket.address import SocketError
from controller.socket.client import Client
from controller.store.connection import open_reader
from controller.store.ledger import Kind, Row, read
from hil_tests.tap import Tap

HOUSE = Path(__file__).parent / "sites" / "house"
MORNING = "2026-03-05T10:00:00+08:00"
"""A Thursday."""
PATIENCE_S = 60.0
"""How long a condition may take to come about on a busy machine, machine seconds."""

T = TypeVar("T")


class Stand:
    """One site with its simulators; the daemon comes and goes."""

    def __init__(
        self,
        site: Path,
        folder: Path,
        *,
        speed: float = 1.0,
        start: str = MORNING,
        seed: int = 1,
        tick_s: float = 0.5,
    ) -> None:
        """`tick_s`: machine seconds between two looks at the plant; registers stand still in between."""
        self.site = site
        self.folder = folder
        self.data = folder / "data"
        self.overlay = folder / "overlay.json"
        self.log = folder / "daemon.log"
        self.daemon: Child | None = None
        self.plan: Plan
        """As the simulators were given it."""
        self._words = ["--speed", str(speed), "--start", start, "--seed", str(seed)]
        self._words += ["--tick", str(tick_s)]
        self._simulators: Child | None = None
        self._client: Client | None = None
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._start_simulators)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._hang_up()
        await self._stack.aclose()
        for child in (self.daemon, self._simulators):
            if child is not None:
                await asyncio.to_thread(child.end)
        if error is None:
            assert "Traceback" not in self.said(), self.said()

    # The simulators

    def _start_simulators(self) -> None:
        compiled = compile_site(self.site, "en")
        assert compiled.plan is not None, compiled.report
        self.plan = codec.load(compiled.plan)
        plan, facts = self.folder / "plan.json", self.folder / "plant.json"
        plan.write_text(compiled.plan, encoding="utf-8")
        words = [sys.executable, "-P", "-m", "config.written", "plant", str(self.site)]
        facts.write_bytes(subprocess.run(words, capture_output=True, check=True).stdout)
        words = ["-P", "-m", "drivers.simulators", "--plan", str(plan), "--plant", str(facts)]
        words += ["--overlay-out", str(self.overlay), *self._words]
        self._simulators = Child(words, self.folder / "simulators.log", ready=True)
        self._simulators.wait_ready(PATIENCE_S)

    async def simulators(self, **wish: Any) -> dict[str, Any]:
        """Tell the simulators: `fault="freeze", device="relay"`, `truth=True`."""
        assert self._simulators is not None
        answer = await asyncio.to_thread(self._simulators.ask, wish)
        assert answer.pop("ok"), answer
        return answer

    async def truth(self) -> dict[str, Any]:
        """What every device really has, by "device.point"."""
        devices = (await self.simulators(truth=True))["truth"]["devices"]
        return {f"{device}.{name}": value for device, own in devices.items() for name, value in own.items()}

    async def tap(self, line: str) -> Tap:
        """Put a tap on a Modbus TCP line; before the daemon starts."""
        overlay = json.loads(self.overlay.read_text(encoding="utf-8"))
        tap = await self._stack.enter_async_context(Tap(overlay["lines"][line]["port"]))
        overlay["lines"][line]["port"] = tap.port
        self.overlay.write_text(json.dumps(overlay), encoding="utf-8")
        return tap

    # The daemon

    def command(self, *words: str) -> list[str]:
        """The words that run a daemon here."""
        program = ["-P", "-m", "controller.cli.main", "--lang", "en", "run", str(self.site)]
        return [*program, "--data", str(self.data), "--overlay", str(self.overlay), *words]

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

    async def has(self, key: str, value: object) -> None:
        """Until the device really has this value."""

        async def same() -> bool:
            return bool((await self.truth())[key] == value)

        await self.until(same)

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
