"""Puts the uploads of a daemon together: what sinks need of it, and what a centre may do to its clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from config.language import Text, text
from config.plan.clock import Clock
from config.plan.sinks import SinkPlan
from controller.board import Board
from controller.consumption.upload.heads import LedgerHead
from controller.consumption.upload.port import Row, Sink
from controller.daemon import Daemon
from controller.decide.records import Notice
from controller.sinks import Surroundings, make_sink, stays_here
from controller.store import feed
from controller.store.errors import StoreError
from controller.store.logdb import LogStore
from controller.stores import Stores
from controller.uploads import Uploads

MOST_ANSWERED = 20_000
"""Rows in the answer to one query of a data centre."""
_WORTH_MS = 2_000
"""A centre tells whole seconds, and they have been under way."""
_FARTHEST_MS = 86_400_000
"""What a centre wants of a clock that is trusted is not done beyond this: one of the two is quite wrong."""


def uploads_of(daemon: Daemon, stores: Stores, boot: int, *, simulated: bool) -> Uploads:
    """All sinks of the daemon's Plan, not yet begun."""
    sinks, left_out = _sinks(daemon, stores, simulated=simulated)
    make = _maker(daemon, stores, boot, simulated=simulated)
    site = daemon.plan.site.name
    return Uploads(site, sinks, stores.log, daemon.board, daemon.clock, make, left_out=left_out)


async def follow(uploads: Uploads, daemon: Daemon, stores: Stores, boot: int, *, simulated: bool) -> None:
    """The daemon has another Plan: its sinks are those of it now."""
    sinks, left_out = _sinks(daemon, stores, simulated=simulated)
    await uploads.take(sinks, _maker(daemon, stores, boot, simulated=simulated), left_out=left_out)


def _sinks(daemon: Daemon, stores: Stores, *, simulated: bool) -> tuple[list[SinkPlan], list[SinkPlan]]:
    """Those that are sent to, and those that get nothing: what is simulated must never reach somebody who
    takes it for real."""
    plans = list(daemon.plan.sinks)
    if not simulated:
        return plans, []
    from tempfile import gettempdir

    folders = (stores.log.path.parent, Path(gettempdir()))
    left_out = [sink for sink in plans if not stays_here(sink, folders)]
    return [sink for sink in plans if sink not in left_out], left_out


def _maker(daemon: Daemon, stores: Stores, boot: int, *, simulated: bool) -> Callable[[SinkPlan], Sink]:
    """Makes the sinks of the daemon's Plan as it is now."""
    plan, clock, log = daemon.plan, daemon.clock, stores.log

    def head() -> LedgerHead | None:
        found = stores.control.head
        return None if found is None else LedgerHead(found.seq, found.hash.hex(), clock.now().wall_ms)

    around = Surroundings(
        site=plan.site.name,
        simulated=simulated,
        time_zone=plan.site.time_zone,
        interval_s=plan.site.interval_s,
        meters=[meter.name for meter in daemon.meters],
        boot=boot,
        now_ms=lambda: clock.now().wall_ms,
        told=daemon.board.tell,
        set_clock=MachineClock(clock, daemon.board).set,
        head=head,
        history=partial(_history, log),
    )
    return partial(make_sink, around)


class MachineClock:
    """Sets this machine's clock as a data centre says, where the site allows that; site time then follows it
    with its own judgement."""

    def __init__(self, clock: Clock, board: Board) -> None:
        self._clock = clock
        self._board = board

    def set(self, centre_ms: int) -> None:
        """The centre's time, UTC milliseconds."""
        now = self._clock.now()
        ahead_ms = centre_ms - time.time_ns() // 1_000_000
        if abs(ahead_ms) <= _WORTH_MS:
            self._tell(text("the data centre's time is this machine's"), now.wall_ms, on=False)
            return
        if now.trusted and abs(centre_ms - now.wall_ms) > _FARTHEST_MS:
            words = text("the data centre's time is more than a day off: the clock is not set by it")
            self._tell(words, now.wall_ms, on=True)
            return
        try:
            time.clock_settime_ns(time.CLOCK_REALTIME, centre_ms * 1_000_000)
        except OSError as error:
            words = text("the data centre cannot set this clock: {error}", error=error.strerror)
            self._tell(words, now.wall_ms, on=True)
        else:
            self._board.tell(
                text(
                    "the data centre has put this clock right by {seconds} s",
                    seconds=ahead_ms // 1000,
                )
            )

    def _tell(self, words: Text, wall_ms: int, *, on: bool) -> None:
        self._board.take([Notice("centre-clock", "", words, on)], wall_ms)


async def _history(log: LogStore, meters: Sequence[str], from_ms: int, to_ms: int) -> Sequence[Row] | None:
    try:
        return await asyncio.to_thread(
            log.ask, lambda connection: feed.ending_in(connection, meters, from_ms, to_ms, MOST_ANSWERED)
        )
    except StoreError:
        return None
