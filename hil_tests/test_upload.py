"""A week of outage: what is new does not wait for what is old, and all of it arrives."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from controller import origin
from controller.consumption.log import Closed
from controller.consumption.meters import meters_of
from controller.consumption.records import Flag, Interval
from controller.store.connection import open_reader
from controller.store.logdb import LogStore
from hil_tests.delivered import ended_complete, judge, sink
from hil_tests.stand import MORNING, Stand
from hil_tests.upstream import Upstream, declare, site_with, whole

pytestmark = pytest.mark.timeout(300)

SPEED = 60.0
WEEK = 7 * 24 * 12
"""Intervals of 5 min."""


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
        site = site_with(gone, tmp_path, more=", meters: [meter]")
    async with Stand(site, tmp_path, speed=SPEED) as stand:
        old = a_week_behind(stand)
        await stand.start()

        async def given_up() -> bool:
            row = await sink(stand)
            # Of the one meter that it gets: its week and what was logged since.
            return bool(row["failures"] >= 3 and WEEK <= row["backlog_rows"] < old // 2)

        await stand.until(given_up)
        assert {item["kind"] for item in (await stand.call("status"))["notices"]} >= {"upload"}
        code, _ = await stand.stop()
        assert code == 0
        with upstream.process:
            declare(site, upstream, more=", backfill_rate: 300")
            # As the simulators have it, live rows arrive at a known site time.
            clock = _clock(stand)
            await stand.start("--accept")
            healed_ms, began = time.time_ns() // 1_000_000, time.monotonic()
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
