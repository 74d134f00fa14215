"""Housekeeping by the wall clock: the nightly backup of control.db, and then what of its ledger is old enough
to be sealed. Nothing a programme depends on.

APScheduler plans on the machine's wall clock and sleeps for a delay it has worked out once, so a clock that
is set leaves it asleep: once a minute the machine's two clocks are compared, and after a step it plans anew.
Where time is simulated (an overlay with a time of its own) there is no housekeeping at all: such a site's
nights pass in minutes and its data are thrown away, so the composition root makes none.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from config.language import Text, text
from config.language.details import detail
from config.plan.clock import Clock
from controller.board import Board
from controller.decide.records import Notice
from controller.store import backup
from controller.store.connection import Trouble, trouble

BACKUP_AT = (3, 10)
"""Hour and minute of the nightly backup, local time of the site."""
BEGIN_AFTER_S = 30.0
"""Machine seconds from the start until the scheduler is imported (100 ms of processor time): the first cycles
are over by then."""
LOOK_S = 60.0
"""Machine seconds between two looks at the clocks and at the newest backup's age."""
STEP_S = 2.0
"""The wall clock was set when it differs by more from what the monotonic clock says. Slewing stays below."""
DAY_S = 86_400.0
TRY_AGAIN_S = 3600.0
"""Machine seconds after a failed backup until an overdue one is tried again."""

_NS = 1_000_000_000
_JOB = "backup"


Chore = Callable[[Callable[[], bool]], object]


def _cannot_seal(reason: str) -> Text:
    return text("old rows of the ledger could not be sealed: {reason}", reason=detail(reason))


def _cannot_delete(reason: str) -> Text:
    return text("old intervals could not be deleted: {reason}", reason=detail(reason))


class Housekeeping:
    """Runs beside the cycle, in its event loop; what takes time runs in a thread. Never stops the daemon:
    what fails stands on the board until it succeeds."""

    def __init__(
        self,
        data: Path,
        source: Path,
        time_zone: str,
        clock: Clock,
        board: Board,
        *,
        found_damaged: Callable[[str], None] = lambda _: None,
        seal: Chore = lambda _: None,
        retain: Chore = lambda _: None,
        begin_after_s: float = BEGIN_AFTER_S,
        look_s: float = LOOK_S,
        wall_ns: Callable[[], int] = time.time_ns,
        mono_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """`source`: the control.db to back up, into `data`/backup. `clock`: site time, which dates a backup.
        `found_damaged` is told what is wrong when a backup, which reads all of it, finds it damaged.
        `seal` (old rows of the ledger) and `retain` (old intervals) are run after each backup, in a thread;
        they end soon once what they are handed says so.
        `wall_ns`, `mono_ns`: the machine's clocks."""
        self._data = data
        self._source = source
        self._zone = ZoneInfo(time_zone)
        self._clock = clock
        self._board = board
        self._found_damaged = found_damaged
        self._chores = (
            ("sealing", "control.db", seal, _cannot_seal),
            ("deleting", "log.db", retain, _cannot_delete),
        )
        self._begin_after_s = begin_after_s
        self._look_s = look_s
        self._wall_ns = wall_ns
        self._mono_ns = mono_ns
        self._offset_ns = wall_ns() - mono_ns()
        self._scheduler: Any = None
        self._task: asyncio.Task[None] | None = None
        self._busy: asyncio.Task[None] | None = None
        self._failure: Text | None = None
        """Why the last backup failed."""
        self._undone: dict[str, Text] = {}
        """Why a chore could not be done the last time."""
        self._ending = threading.Event()
        self._tried_ns: int | None = None

    def start(self) -> None:
        """Begin, in a while."""
        self._task = asyncio.create_task(self._run(), name="housekeeping")

    async def stop(self) -> None:
        """End: a backup under way is given up within a second, leaving nothing behind."""
        self._ending.set()
        if self._scheduler is not None:
            self._scheduler.pause()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._busy is not None:
            await asyncio.wait([self._busy])
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
            # The scheduler ends itself by a call that it leaves to the loop.
            await asyncio.sleep(0)
            self._scheduler = None

    def next_backup(self) -> datetime | None:
        """When the nightly backup is planned for; None before the scheduler has begun."""
        job = None if self._scheduler is None else self._scheduler.get_job(_JOB)
        return None if job is None else job.next_run_time

    async def look(self) -> None:
        """Plan anew if the wall clock was set; make the backup that a power cut has kept from being made."""
        offset_ns = self._wall_ns() - self._mono_ns()
        stepped_ns, self._offset_ns = offset_ns - self._offset_ns, offset_ns
        if stepped_ns > STEP_S * _NS:
            # What has come due in between runs now; the next time follows from it.
            self._scheduler.wakeup()
        elif stepped_ns < -STEP_S * _NS:
            self._scheduler.reschedule_job(_JOB, trigger=self._nightly())
        if self._overdue():
            await self.back_up()

    async def back_up(self) -> None:
        """Make a backup now, unless one is being made. Its failure is told once, and its next success."""
        if self._busy is None and not self._ending.is_set():
            # A task of its own: who waits for it may be cancelled, the thread behind it cannot be.
            self._busy = asyncio.create_task(self._back_up(), name="backup")
            await asyncio.shield(self._busy)

    async def _back_up(self) -> None:
        try:
            await self._copy()
            if self._failure is None:
                for kind, subject, chore, words in self._chores:
                    if not self._ending.is_set():
                        await self._do(kind, subject, chore, words)
        finally:
            self._busy = None

    async def _do(self, kind: str, subject: str, chore: Chore, words: Callable[[str], Text]) -> None:
        former, failure = self._undone.pop(kind, None), None
        try:
            await asyncio.to_thread(chore, self._ending.is_set)
        except Exception as error:  # noqa: BLE001 - whatever fails here is told, and costs nothing else
            failure = self._undone[kind] = words(str(error) or repr(error))
        said = failure or former
        if said is not None:
            notice = Notice(kind, subject, said, on=failure is not None)
            self._board.take([notice], self._clock.now().wall_ms)

    async def _copy(self) -> None:
        self._tried_ns = self._mono_ns()
        day = datetime.fromtimestamp(self._clock.now().wall_ms / 1000, self._zone).date()
        former, failure = self._failure, None
        try:
            await asyncio.to_thread(backup.make, self._source, self._data, day, self._ending.is_set)
        except backup.BackupAbandoned:
            return
        except Exception as error:  # noqa: BLE001 - whatever fails here is told, and costs nothing else
            if isinstance(error, backup.BackupFailed) or (
                isinstance(error, sqlite3.Error) and trouble(error) is Trouble.DAMAGE
            ):
                self._found_damaged(str(error))
            failure = text(
                "control.db could not be backed up: {reason}", reason=detail(str(error) or repr(error))
            )
        self._failure = failure
        words = failure or former
        if words is not None:
            notice = Notice("backup", "control.db", words, on=failure is not None)
            self._board.take([notice], self._clock.now().wall_ms)

    def _overdue(self) -> bool:
        """Whether the newest backup is more than a day old (or from the future), and none was just tried."""
        if self._tried_ns is not None and self._mono_ns() - self._tried_ns < TRY_AGAIN_S * _NS:
            return False
        day = datetime.fromtimestamp(self._clock.now().wall_ms / 1000, self._zone).date()
        newest = next(iter(backup.kept(self._data, day)), None)
        try:
            # A file's time is the machine's: so is what it is compared with.
            return newest is None or abs(self._wall_ns() - newest.stat().st_mtime_ns) > DAY_S * _NS
        except OSError:
            return True

    def _begin(self) -> None:
        from apscheduler.schedulers.asyncio import AsyncIOScheduler

        # What fails in a job is on the board; the scheduler's own log is for its developers.
        logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
        self._scheduler = AsyncIOScheduler(timezone=self._zone)
        # Late is better than never, and once is enough.
        self._scheduler.add_job(
            self.back_up, self._nightly(), id=_JOB, misfire_grace_time=None, coalesce=True, max_instances=1
        )
        self._scheduler.start()

    def _nightly(self) -> Any:
        from apscheduler.triggers.cron import CronTrigger

        hour, minute = BACKUP_AT
        return CronTrigger(hour=hour, minute=minute, timezone=self._zone)

    async def _run(self) -> None:
        await asyncio.sleep(self._begin_after_s)
        await asyncio.to_thread(import_module, "apscheduler.schedulers.asyncio")
        self._begin()
        while True:
            await self.look()
            await asyncio.sleep(self._look_s)
