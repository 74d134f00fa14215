"""A full disk under a real log.db: what goes, in which order, who is told, and what stays."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from controller.board import Board
from controller.clock import VirtualClock
from controller.consumption.log import Closed
from controller.consumption.records import Flag, Interval, Mark
from controller.room import KEPT_DAYS, Room
from controller.store import deletions, feed, relief
from controller.store.audit import audit_log
from controller.store.connection import open_reader, sound
from controller.store.control import Changes, ControlStore
from controller.store.ledger import Entry, Kind, read
from controller.store.logdb import LogStore
from controller.store.relief import Policy
from controller.store.reserve import Reserve
from controller.stores import Stores
from tests.controller.test_delivery import SLOT_MS, START, meter
from tests.disks import fill, small_disk

DAY = 96
DAYS = 60
"""Logged before the disk is full."""
KEPT = 512 * 1024
METERS = ("main", "plant")


class Full:
    """A log of sixty days on a disk of its own."""

    def __init__(self, disk: Path, policy: str) -> None:
        self.disk = disk
        self.reserve = Reserve(disk, KEPT)
        self.reserve.begin()
        self.logged = DAYS * DAY
        _sixty_days(disk)
        self.control = ControlStore.open(disk, START, self.reserve.release)
        self.log = LogStore.open(disk, START, self.reserve.release)
        self.clock = VirtualClock(START + DAYS * DAY * SLOT_MS)
        self.board = Board("en")
        stores = Stores(self.control, self.log, self.reserve)
        self.spared = 0
        """How often what may be lost was asked for."""
        self.room = Room(
            stores,
            self.clock,
            self.board,
            "drop_oldest" if policy == "drop_oldest" else "keep",
            self._spare,
        )
        self.log.relief = self.room.relieve
        self.reserve.released = self.log.relieve
        self.control.begin(START, trusted=True, version="0", plan="")
        self.log.register([meter(name) for name in METERS], START)

    def _spare(self) -> None:
        self.spared += 1

    def cycle(self, slots: int = 1) -> None:
        """So many more intervals of each meter, and a row of the ledger."""
        for _ in range(slots):
            rows = [interval(name, self.logged) for name in METERS]
            self.logged += 1
            marks = tuple((row.meter, _mark(row)) for row in rows)
            self.log.write(Closed(tuple(rows), marks))
        now_ms = self.clock.now().wall_ms
        self.control.commit(Changes(now_ms, (Entry(now_ms, Kind.DECIDED, detail="x" * 300),)))

    def delivered(self, slots: int) -> None:
        """A sink has the first so many slots."""

        def job(connection: sqlite3.Connection) -> None:
            feed.begin(connection, "district", START)
            feed.settle(connection, "district", [(1, 2 * slots)] if slots else [], (), START)

        self.log.submit(job).result(20)

    async def until(self, condition: Callable[[], object], slots: int = 1) -> None:
        """Go on, with a look each time, until it is so; no cycle waits for the disk."""
        end = time.monotonic() + 20
        while not condition():
            began = time.monotonic()
            self.cycle(slots)
            # Who waited for a full disk would wait until it has room: for ever here.
            assert time.monotonic() - began < 5.0, "the control had to wait for the disk"
            await self.room.look()
            await asyncio.sleep(0.01)
            assert time.monotonic() < end, (self.log.status(), self.kinds())

    def crammed(self) -> None:
        """Full, the reserve given up, and most of its room gone too."""
        fill(self.disk)
        assert self.reserve.release()
        fill(self.disk, "more", leave=KEPT // 3)

    def relieved(self) -> None:
        """Room has been made, as far as it may be."""
        for _ in range(20):
            self.log.relieve()
            self.log.submit(lambda _: None).result(20)

    def kinds(self) -> set[str]:
        return {item.kind for item in self.board.standing()}

    def slots(self, name: str = "main") -> list[int]:
        with self.log.reader() as reader:
            return [(row.start_ms - START) // SLOT_MS for row in reader.intervals(name)]

    def recorded(self) -> list[str]:
        with closing(open_reader(self.disk / "control.db")) as connection:
            return [
                row.entry.detail for row in read(connection, limit=10**6) if row.entry.kind == Kind.DELETED
            ]

    def close(self) -> None:
        self.control.close()
        self.log.close()


def _sixty_days(disk: Path) -> None:
    """An earlier run."""
    ControlStore.open(disk, START).close()
    log = LogStore.open(disk, START)
    log.register([meter(name) for name in METERS], START)
    for first in range(0, DAYS * DAY, DAY):
        slots = range(first, first + DAY)
        log.write(Closed(tuple(interval(name, slot) for slot in slots for name in METERS), ()))
    assert log.close(20.0) == 0


def interval(name: str, slot: int) -> Interval:
    start = START + slot * SLOT_MS
    return Interval(name, start, start + SLOT_MS, start, 7 * slot, 7 * slot + 7, 7, None, 900, Flag(0))


def _mark(row: Interval) -> Mark:
    return Mark(row.end_ms, row.end_ms, row.count_end, row.end_ms, row.count_end)


@contextmanager
def full(tmp_path: Path, policy: str, kilobytes: int = 12_000) -> Iterator[Full]:
    with small_disk(tmp_path / "small", kilobytes) as disk:
        made = Full(disk, policy)
        try:
            yield made
        finally:
            made.close()


def missing(made: Full) -> int:
    """How many of all intervals that were handed over are not in the log."""
    return 2 * made.logged - sum(len(made.slots(name)) for name in METERS)


async def recovered(made: Full, *ballast: Path) -> None:
    """The disk has room again; all that waited is written."""
    for file in ballast:
        file.unlink()
    end = time.monotonic() + 20
    while made.log.status().waiting or made.control.status().waiting or made.reserve.missing:
        made.reserve.restore()
        await asyncio.sleep(0.02)
        assert time.monotonic() < end
    while made.log.ask(deletions.unrecorded):
        await made.room.look()
        await asyncio.sleep(0.01)
        assert time.monotonic() < end
    await made.room.look()
    assert not made.kinds() & {"deleted", "dropped", "waiting"}
    with closing(open_reader(made.log.path)) as connection:
        assert [str(one.what) for one in audit_log(connection)] == []
    assert sound(made.log.path) == sound(made.control.path) == ""


async def test_what_every_sink_has_goes_oldest_first_and_the_log_goes_on(tmp_path: Path) -> None:
    with full(tmp_path, "keep") as made:
        made.delivered(50 * DAY)
        first = fill(made.disk)
        await made.until(lambda: made.reserve.missing)
        more = fill(made.disk, "more", leave=KEPT // 3)
        await made.until(lambda: "deleted" in made.kinds())
        await made.until(lambda: not made.log.ask(relief.short_by))
        gone = made.slots()[0]
        assert made.spared == 1
        assert 0 < gone <= (DAYS - KEPT_DAYS) * DAY
        assert made.slots()[-1] > DAYS * DAY, "what was logged meanwhile is in the file"
        assert made.slots() == list(range(gone, made.slots()[-1] + 1))
        words = next(str(item.text) for item in made.board.standing() if item.kind == "deleted")
        assert words.startswith("the disk is full: ")
        await recovered(made, first, more)
        assert sum(int(detail.split()[0]) for detail in made.recorded()) == missing(made) > 0
        assert all("every sink had" in detail for detail in made.recorded())


async def test_nothing_that_a_sink_lacks_is_deleted_and_what_waits_is_written_later(tmp_path: Path) -> None:
    with full(tmp_path, "keep") as made:
        made.delivered(0)
        first = fill(made.disk)
        await made.until(lambda: made.reserve.missing, 5)
        more = fill(made.disk, "more")
        await made.until(lambda: "waiting" in made.kinds(), 5)
        assert made.log.status().waiting > 0
        assert made.slots()[0] == 0
        await recovered(made, first, more)
        assert missing(made) == 0
        assert made.recorded() == []


async def test_what_a_sink_lacks_goes_where_the_site_says_so(tmp_path: Path) -> None:
    with full(tmp_path, "drop_oldest") as made:
        made.delivered(3 * DAY)
        first = fill(made.disk)
        await made.until(lambda: made.reserve.missing)
        more = fill(made.disk, "more", leave=KEPT // 3)
        await made.until(lambda: "dropped" in made.kinds())
        await made.until(lambda: not made.log.ask(relief.short_by))
        gone = made.slots()[0]
        assert gone > 3 * DAY
        assert "deleted" in made.kinds(), "what every sink had went first"
        await recovered(made, first, more)
        told = made.recorded()
        assert sum(int(detail.split()[0]) for detail in told) == missing(made)
        had = [int(found[1]) for detail in told if (found := re.search(r"(\d+) that every sink had", detail))]
        assert sum(had) == 6 * DAY
        assert any("that district had not" in detail for detail in told)


async def test_what_went_before_a_kill_is_recorded_after_it(tmp_path: Path) -> None:
    with full(tmp_path, "keep") as made:
        made.delivered(50 * DAY)
        made.crammed()
        made.relieved()
        assert not made.log.ask(relief.short_by)
        assert made.recorded() == []
        anew = Room(Stores(made.control, made.log, made.reserve), made.clock, made.board, "keep")
        for name in ("ballast", "more"):
            (made.disk / name).unlink()
        while made.log.ask(deletions.unrecorded):
            await anew.look()
            await asyncio.sleep(0.01)
        await anew.look()
        assert sum(int(detail.split()[0]) for detail in made.recorded()) == missing(made) > 0


def test_a_clock_gone_wrong_makes_nothing_old(tmp_path: Path) -> None:
    with full(tmp_path, "keep") as made:
        made.delivered(DAYS * DAY)
        made.clock.trusted = False
        made.crammed()
        made.relieved()
        made.clock.trusted = True
        made.clock.set_wall(START)
        made.relieved()
        assert made.slots()[0] == 0
        made.clock.advance(86_400.0 * 3650)
        made.relieved()
        assert 0 < made.slots()[0] <= (DAYS - KEPT_DAYS) * DAY


@pytest.mark.parametrize("drop", [False, True])
def test_the_last_day_always_stays(tmp_path: Path, drop: bool) -> None:
    with full(tmp_path, "keep") as made:
        if drop:
            made.delivered(0)

        def all_of_it(connection: sqlite3.Connection) -> int:
            rounds = 0
            while relief.delete(connection, Policy(2**62, drop=drop), 5000, START) is not None:
                rounds += 1
            return rounds

        assert made.log.submit(all_of_it).result(20) == 3
        assert len(made.slots()) == DAY + 1
