"""A daemon that starts on a log whose last rows nobody has got, and sends them to a receiver beside it."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench.measure import resident_mib
from controller import origin
from controller.store import feed
from controller.store.logdb import LogStore
from hil_tests.delivered import sink
from hil_tests.stand import HOUSE, Stand
from hil_tests.upstream import SINK, Upstream, site_with

SHED = HOUSE.with_name("shed")
_WITHIN_S = 3600.0


class Started(NamedTuple):
    """Machine seconds from exec until the socket answers, and what it costs to be there."""

    median_s: float
    most_s: float
    resident_mib: float
    backlog: int
    """Rows that wait, as it says itself."""


class Drained(NamedTuple):
    rows: int
    seconds: float
    resident_mib: float
    """Most, while rows went out."""


def leave(data: Path, waiting: int, wall_ms: int) -> None:
    """Let the sink have all but the last `waiting` rows."""
    store = LogStore.open(data, wall_ms)
    last = store.ask(feed.last)
    store.submit(lambda connection: feed.begin(connection, SINK, wall_ms)).result()
    if last > waiting:
        spans = [(1, last - waiting)]
        store.submit(lambda connection: feed.settle(connection, SINK, spans, (), wall_ms)).result()
    assert store.close(60.0) == 0
    origin.mark(data)


async def measured(folder: Path, start: str, repeats: int) -> tuple[Started, Drained]:
    """Start it on `folder`/data so many times while nobody listens; then somebody does."""
    upstream = Upstream(folder / "upstream", SHED.name)
    with upstream.process:
        site = site_with(upstream, folder, SHED, interval="15 min")
    async with Stand(site, folder, start=start) as stand:
        took, memory, waiting = [], [], 0
        await stand.start("--accept")
        await stand.stop()
        for _ in range(repeats):
            began = time.perf_counter()
            await stand.start()
            took.append(time.perf_counter() - began)
            waiting = (await sink(stand))["backlog_rows"]
            memory.append(_resident_mib(stand))
            await stand.stop()
        await stand.start()
        with upstream.process:
            drained = await _drained(stand, waiting)
        await stand.stop()
    return Started(median(took), max(took), max(memory), waiting), drained


async def _drained(stand: Stand, waiting: int) -> Drained:
    began, most = time.perf_counter(), 0.0
    await stand.call("upload-retry", sink=SINK)
    while (await sink(stand))["backlog_rows"]:
        if time.perf_counter() - began > _WITHIN_S:
            raise SystemExit(f"not delivered; the daemon said: {stand.said()}")
        most = max(most, _resident_mib(stand))
        await asyncio.sleep(0.2)
    return Drained(waiting, time.perf_counter() - began, most)


def _resident_mib(stand: Stand) -> float:
    assert stand.daemon is not None
    return resident_mib(stand.daemon.process.pid)
