"""kill -9 of the daemon and of the receiver while the log is uploaded: nothing acknowledged is lost, nothing
is there twice, what the receiver has is what log.db says, interval for interval, and of what was sent to the
devices the ledger lacks one cycle's at most."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from contextlib import suppress
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from controller.cli.processes import Child
from controller.socket.address import SocketError
from controller.socket.client import RemoteError
from controller.store.ledger import Kind, broken_at
from hil_tests.delivered import ended_complete, judge, unfit
from hil_tests.running import PATIENCE_S, Running
from hil_tests.scenario.starving import waited_in_all_s
from hil_tests.stand import HOUSE, Stand
from hil_tests.tap import Tap
from hil_tests.upstream import Upstream, logged, site_with

SHED = HOUSE.with_name("shed")
SPEED = 60.0
READY_WITHIN_S = 5.0
"""Machine seconds from the start of the program until it answers, without those for which it had no
processor."""
KINDS = ("starting", "polling", "command", "upload", "receiver")
"""What a daemon is about when it is killed; with the last, the receiver is killed too."""
STORE = "relay.ch2"
"""What `store` of the shed switches, by function 5 of coil 1: nothing else there is commanded."""


class _Life(NamedTuple):
    """What was there already when a daemon was started."""

    seq: int
    """The ledger's last row."""
    writes: int
    """Seen on the wire."""


class Campaign:
    """Kills at moments of each kind, drawn from one seed. A daemon is given up to `pause_s` before that."""

    def __init__(self, stand: Stand, upstream: Upstream, tap: Tap, seed: int, pause_s: float) -> None:
        self.stand = stand
        self.upstream = upstream
        self.tap = tap
        self.chance = random.Random(seed)
        self.pause_s = pause_s
        self.ready_s: list[float] = []
        self.killed: Counter[str] = Counter()
        self.committed = 0
        """Commands of people that were answered."""
        self._lives: list[_Life] = []

    async def start(self) -> None:
        began = time.monotonic()
        self._begins()
        await self.stand.start()
        (pid,) = Running.pids(self.stand)
        self.ready_s.append(time.monotonic() - began - waited_in_all_s(pid))

    async def life(self, kind: str) -> None:
        """Start, be busy, be killed."""
        if kind == "starting":
            self._begins()
            self.stand.daemon = Child(self.stand.command(), self.stand.log)
            await self._passes(1.5)
        else:
            await self.start()
            await self._passes(1.0)
        match kind:
            case "command":
                await self._in_a_command()
            case "upload":
                await self._in_an_upload()
            case "receiver":
                await self._without_the_receiver()
        await self.stand.kill()
        self.killed[kind] += 1
        if not self._receiver_runs():
            await asyncio.to_thread(self.upstream.process.start)
        if (self.stand.data / "log.db").exists():
            lost = logged(self.stand.data).settled - self.upstream.rows().keys()
            assert not lost, f"acknowledged and lost at kill {self.killed.total()}: {sorted(lost)[:3]}"

    async def _passes(self, most_s: float) -> None:
        await asyncio.sleep(self.chance.uniform(0.0, most_s * self.pause_s))

    def _begins(self) -> None:
        seq = self.stand.ledger()[-1].seq if self._lives else 0
        self._lives.append(_Life(seq, len(self.tap.writes)))

    async def _in_a_command(self) -> None:
        """Kill within a few commits of a person's commands."""
        task = asyncio.create_task(self._commands())
        async with asyncio.timeout(PATIENCE_S):
            while not self.committed and not task.done():  # noqa: ASYNC110 - the first time one is waited for
                await asyncio.sleep(0.002)
        await asyncio.sleep(self.chance.uniform(0.0, 0.2))
        assert self.stand.daemon is not None
        self.stand.daemon.process.kill()
        with suppress(SocketError, RemoteError):
            await task

    async def _commands(self) -> None:
        while True:
            for value in ("on", "off"):
                await self.stand.call("set", person="王工", point="store", value=value, for_s=3600)
                self.committed += 1

    async def _in_an_upload(self) -> None:
        """Kill around the end of an interval, when rows go out."""
        said = (await self.stand.call("status"))["site_time"]
        site_s = datetime.fromisoformat(said).timestamp()
        interval_s = self.stand.plan.site.interval_s
        left_s = (interval_s - site_s % interval_s) / SPEED
        await asyncio.sleep(max(0.0, left_s + self.chance.uniform(-0.05, 0.4)))

    async def _without_the_receiver(self) -> None:
        """Kill the receiver too, before or after."""
        await asyncio.to_thread(self.upstream.process.kill)
        await self._passes(1.5)
        if self.chance.random() < 0.5:
            await asyncio.to_thread(self.upstream.process.start)
            await self._passes(0.5)

    def _receiver_runs(self) -> bool:
        return self.upstream.process._process is not None

    async def run(self, *kinds: str) -> None:
        """One kill of each of `kinds`."""
        began = time.monotonic()
        for kind in kinds:
            await self.life(kind)
        await self.start()
        await ended_complete(self.stand)
        self._begins()
        took_s = time.monotonic() - began
        rows = judge(self.stand, self.upstream)
        assert unfit(self.stand) == ""
        gaps, lost = self._judge_ledger()
        assert self.killed == Counter(kinds)
        assert max(self.ready_s) < READY_WITHIN_S, self.ready_s
        print(
            f"{self.killed.total()} kills in {took_s:.0f} s, {rows} rows, {gaps} gaps marked, "
            f"{self.committed} commands, {len(self.tap.writes)} writes of which {lost} are not in the "
            f"ledger, ready after {max(self.ready_s):.2f} s at most"
        )

    def _judge_ledger(self) -> tuple[int, int]:
        """The chain is whole, every unclean end is marked, every answered command is there, and of each
        life's writes all but one cycle's. Returns how many unclean ends there were, and writes not there."""
        with self.stand.control() as connection:
            assert broken_at(connection) is None
            (unclean,) = connection.execute("SELECT count(*) FROM boots WHERE ended_ms IS NULL").fetchone()
        ledger = self.stand.ledger()
        assert sum(row.entry.kind == Kind.GAP for row in ledger) == unclean
        commands = sum(row.entry.kind == Kind.COMMAND for row in ledger)
        assert commands >= self.committed > 0, "a command that was answered is not in the ledger"
        assert self.tap.writes, "nothing was ever written"
        assert all((one.function, one.address) == (5, 1) for one in self.tap.writes)
        missing = 0
        for before, after in pairwise(self._lives):
            sent = sum(
                row.entry.kind == Kind.SENT and row.entry.point == STORE
                for row in ledger
                if before.seq < row.seq <= after.seq
            )
            # One point is commanded, so that a cycle sends no more than one write.
            lost = after.writes - before.writes - sent
            assert lost <= 1, f"{lost} writes of one life are not in the ledger"
            missing += max(0, lost)
        return int(unclean), missing


async def kill(folder: Path, seed: int, pause_s: float, kinds: list[str]) -> None:
    """A campaign on the shed."""
    upstream = Upstream(folder / "upstream", SHED.name)
    with upstream.process:
        site = site_with(upstream, folder, SHED, interval="1 min")
        async with Stand(site, folder, speed=SPEED) as stand:
            tap = await stand.tap("T1")
            await Campaign(stand, upstream, tap, seed, pause_s).run(*kinds)
        assert "Traceback" not in upstream.process.told()


@pytest.mark.timeout(300)
async def test_twenty_kills(tmp_path: Path) -> None:
    kinds = [*KINDS] * 4
    random.Random(seed := 20260306).shuffle(kinds)
    await kill(tmp_path, seed, 0.6, kinds)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", [20260305])
async def test_two_hundred_kills(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    await kill(tmp_path, seed, 1.0, [chance.choice(KINDS) for _ in range(200)])
