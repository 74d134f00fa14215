"""kill -9 of the daemon and of the receiver while the log is uploaded: nothing acknowledged is lost, nothing
is there twice, and what the receiver has is what log.db says, interval for interval."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from controller import origin
from controller.cli.processes import Child
from controller.consumption.log import Closed
from controller.consumption.meters import meters_of
from controller.consumption.records import Flag, Interval
from controller.socket.address import SocketError
from controller.socket.client import RemoteError
from controller.store.connection import open_reader
from controller.store.ledger import Kind, broken_at
from controller.store.logdb import LogStore
from hil_tests.stand import MORNING, Stand
from hil_tests.upstream import Upstream, declare, house, logged, whole

pytestmark = pytest.mark.timeout(300)

SPEED = 60.0
READY_WITHIN_S = 5.0
"""Machine seconds from the start of the program until it answers."""
KINDS = ("starting", "polling", "command", "upload", "receiver")
"""What a daemon is about when it is killed; with the last, the receiver is killed too."""
WEEK = 7 * 24 * 12
"""Intervals of 5 min."""


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


def judge_ledger(stand: Stand) -> int:
    """The chain is whole, and every unclean end is marked. Returns how many there were."""
    with stand.control() as connection:
        assert broken_at(connection) is None
        (unclean,) = connection.execute("SELECT count(*) FROM boots WHERE ended_ms IS NULL").fetchone()
    gaps = [row for row in stand.ledger() if row.entry.kind == Kind.GAP]
    assert len(gaps) == unclean
    return int(unclean)


class Campaign:
    """Kills at moments of each kind, drawn from one seed."""

    def __init__(self, stand: Stand, upstream: Upstream, seed: int) -> None:
        self.stand = stand
        self.upstream = upstream
        self.chance = random.Random(seed)
        self.ready_s: list[float] = []
        self.kills = 0
        self.committed = 0
        """Commands of people that were answered."""

    async def start(self) -> None:
        began = time.monotonic()
        await self.stand.start()
        self.ready_s.append(time.monotonic() - began)

    async def life(self, kind: str) -> None:
        """Start, be busy, be killed."""
        if kind == "starting":
            self.stand.daemon = Child(self.stand.command(), self.stand.log)
            await asyncio.sleep(self.chance.uniform(0.0, 1.5))
        else:
            await self.start()
            await asyncio.sleep(self.chance.uniform(0.0, 1.0))
        match kind:
            case "command":
                await self._in_a_command()
            case "upload":
                await self._in_an_upload()
            case "receiver":
                await self._without_the_receiver()
        await self.stand.kill()
        self.kills += 1
        if self.upstream.process.url and not self._receiver_runs():
            await asyncio.to_thread(self.upstream.process.start)
        if self.kills % 10 == 1:
            log = logged(self.stand.data)
            assert log.settled <= self.upstream.rows().keys(), f"acknowledged and lost at kill {self.kills}"

    async def _in_a_command(self) -> None:
        """Kill within a few commits of a person's commands."""
        task = asyncio.create_task(self._commands())
        await asyncio.sleep(self.chance.uniform(0.0, 0.2))
        assert self.stand.daemon is not None
        self.stand.daemon.process.kill()
        with suppress(SocketError, RemoteError):
            await task

    async def _commands(self) -> None:
        while True:
            await self.stand.call("set", person="王工", point="store", value="on", for_s=3600)
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
        await asyncio.sleep(self.chance.uniform(0.0, 1.5))
        if self.chance.random() < 0.5:
            await asyncio.to_thread(self.upstream.process.start)
            await asyncio.sleep(self.chance.uniform(0.0, 0.5))

    def _receiver_runs(self) -> bool:
        return self.upstream.process._process is not None

    async def run(self, *kinds: str) -> None:
        """One kill of each of `kinds`."""
        began = time.monotonic()
        for kind in kinds:
            await self.life(kind)
        await self.start()
        await ended_complete(self.stand)
        rows = judge(self.stand, self.upstream)
        gaps = judge_ledger(self.stand)
        kept = [row for row in self.stand.ledger() if row.entry.kind == Kind.COMMAND]
        assert self.committed <= len(kept), "a command that was answered is not in the ledger"
        assert max(self.ready_s) < READY_WITHIN_S, self.ready_s
        print(
            f"{self.kills} kills in {time.monotonic() - began:.0f} s, {rows} rows, {gaps} gaps marked, "
            f"{self.committed} commands, ready after {max(self.ready_s):.2f} s at most"
        )


async def test_three_kills(tmp_path: Path) -> None:
    upstream = Upstream(tmp_path / "upstream")
    with upstream.process:
        async with Stand(house(tmp_path, upstream, interval="1 min"), tmp_path, speed=SPEED) as stand:
            await Campaign(stand, upstream, 20260306).run("command", "upload", "receiver")
        assert "Traceback" not in upstream.process.told()


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", [20260305])
async def test_two_hundred_kills(tmp_path: Path, seed: int) -> None:
    upstream = Upstream(tmp_path / "upstream")
    with upstream.process:
        async with Stand(house(tmp_path, upstream, interval="1 min"), tmp_path, speed=SPEED) as stand:
            chance = random.Random(seed)
            await Campaign(stand, upstream, seed).run(*(chance.choice(KINDS) for _ in range(200)))
        assert "Traceback" not in upstream.process.told()


def a_week_behind(stand: Stand) -> int:
    """Let log.db have a week of intervals that nobody got. Returns how many rows."""
    stand.data.mkdir()
    origin.mark(stand.data)
    meters = meters_of(stand.plan)
    length_ms = stand.plan.site.interval_s * 1000
    end_ms = round(datetime.fromisoformat(MORNING).timestamp() * 1000)
    store = LogStore.open(stand.data, end_ms)
    try:
        store.register(meters, end_ms - WEEK * length_ms)
        for slot in range(WEEK):
            start_ms = end_ms - (WEEK - slot) * length_ms
            rows = tuple(
                Interval(
                    meter.name, start_ms, start_ms + length_ms, start_ms, 10 * slot, 10 * slot + 10, 10, 1500,
                    length_ms // 1000, Flag(0),
                )
                for meter in meters
            )  # fmt: skip
            store.write(Closed(rows, ()))
    finally:
        assert store.close(60.0) == 0
    return WEEK * len(meters)


async def test_after_a_week_of_outage_the_new_does_not_wait_for_the_old(tmp_path: Path) -> None:
    """The site's sink was moved meanwhile: nobody ever listened at its old address, and a meter was added to
    what it gets. All of it is delivered, and what is logged while the old drains is late by less than an
    interval."""
    gone, upstream = Upstream(tmp_path / "gone"), Upstream(tmp_path / "upstream")
    with gone.process:
        site = house(tmp_path, gone, more=", meters: [meter]")
    async with Stand(site, tmp_path, speed=SPEED) as stand:
        old = a_week_behind(stand)
        await stand.start()

        async def given_up() -> bool:
            row = await sink(stand)
            return bool(row["failures"] >= 3 and row["backlog_rows"] >= old // 2)

        await stand.until(given_up)
        assert {item["kind"] for item in (await stand.call("status"))["notices"]} >= {"upload"}
        code, _ = await stand.stop()
        assert code == 0
        with upstream.process:
            declare(site, upstream, more=", backfill_rate: 400")
            # As the simulators have it, live rows arrive at a known site time.
            clock = _clock(stand)
            healed_ms = time.time_ns() // 1_000_000
            await stand.start("--accept")
            began = time.monotonic()
            while (row := await sink(stand))["backlog_rows"] > 100:
                assert time.monotonic() - began < 90, row
                await asyncio.sleep(0.5)
            drained_s = time.monotonic() - began
            live = upstream.live_lateness_s(healed_ms)
            await ended_complete(stand)
            rows = judge(stand, upstream)
    # What ended before the start could not be sent in time.
    began_s = clock(healed_ms / 1000)
    late_s = [clock(at_s) - end_ms / 1000 for at_s, end_ms in live if end_ms / 1000 > began_s]
    print(
        f"{old} rows of a week drained in {drained_s:.1f} s beside {len(late_s)} live ones, late by "
        f"{min(late_s):.0f} to {max(late_s):.0f} s of site time; {rows} rows in all"
    )
    assert len(late_s) >= 3 * len(meters_of(stand.plan)), "the backfill was over too soon to tell"
    assert max(late_s) < stand.plan.site.interval_s
    assert rows > old


def _clock(stand: Stand) -> Any:
    """Machine time (s) to site time (s), as the overlay says."""
    from controller.overlays import read_overlay

    simulated = read_overlay(stand.overlay).time
    assert simulated is not None
    now_s, site_ms, speed = time.time(), simulated.now_ms(), simulated.speed
    return lambda machine_s: site_ms / 1000 + (machine_s - now_s) * speed


def test_the_reader_of_these_tests_tells_a_difference(tmp_path: Path) -> None:
    """A judge that finds nothing proves nothing."""
    path = tmp_path / "log.db"
    path.write_bytes(b"SQLite format 3\0" + bytes(5000))
    with pytest.raises((AssertionError, sqlite3.Error)):
        whole(path)
    with pytest.raises(sqlite3.Error):
        open_reader(tmp_path / "none.db")
