"""The two databases and how they are doing: looked at once a cycle, told on the board, mended if possible."""

from __future__ import annotations

import logging
from collections import deque
from typing import NamedTuple

from config.language import text
from config.language.details import detail
from config.plan.clock import LEAP_MS, Now
from controller.background import in_thread
from controller.board import Board
from controller.consumption.log import Closed, ConsumptionLog
from controller.decide.records import Notice
from controller.decide.timekeeping import span
from controller.store.control import ControlStore
from controller.store.jobs import WriterStatus
from controller.store.logdb import LogStore
from controller.store.reserve import Reserve

_log = logging.getLogger("louguan")

RENEW_AFTER_S = 600.0
"""Machine seconds from one attempt to replace a damaged log.db to the next."""
MOST_RENEWALS = 5
"""Attempts in one run: a disk that damages every file is not cured by more of them."""
WAITING_MS = 2 * LEAP_MS
"""An interval that ends later than that from now has not begun: none is longer than an hour."""


class Stores(NamedTuple):
    """The two databases, and the room kept for them."""

    control: ControlStore
    log: LogStore
    reserve: Reserve | None = None
    """Room for the day the disk is full."""


class StoreWatch:
    """Notices and mends. All methods but `unstored` are called from the event loop; none waits."""

    def __init__(self, stores: Stores, consumption: ConsumptionLog, board: Board) -> None:
        self._stores = stores
        self._consumption = consumption
        self._board = board
        self._failing: dict[str, bool] = {}
        self._renewals = 0
        self._renewed_ns: int | None = None
        self._damaged = self._full = False
        self._unstored: deque[str] = deque(maxlen=10)
        self._waiting = False
        self._found = ""

    def control_is_damaged(self, damage: str) -> None:
        """Somebody who read control.db found it damaged, though it can still be written."""
        self._found = damage

    def unstored(self, failure: BaseException) -> None:
        """Intervals could not be stored. From any thread."""
        self._unstored.append(str(failure))

    def look(self, now: Now) -> str:
        """Once a cycle. Returns what is wrong with control.db when nothing can be written to it any more."""
        control, log = self._stores.control, self._stores.log
        status = control.status()
        self._tell_failing("control.db", status, now)
        self._tell_failing("log.db", log.status(), now)
        self._mend_log(now)
        self._tell_refused(now)
        self._tell_full(now)
        self._tell_waiting(now)
        return (status.error or "damaged") if status.damaged else self._found

    async def look_for_room(self) -> None:
        """Every few seconds: keep room in reserve again once there is some."""
        reserve = self._stores.reserve
        if reserve is not None and reserve.missing:
            await in_thread(reserve.restore)

    def _tell_failing(self, name: str, status: WriterStatus, now: Now) -> None:
        failing = bool(status.error) and status.failing_s > 0
        if failing is not self._failing.get(name, False):
            self._failing[name] = failing
            words = text("{name} cannot be written: {reason}", name=name, reason=detail(status.error))
            self._tell(Notice("store", name, words, failing), now)

    def _mend_log(self, now: Now) -> None:
        log = self._stores.log
        if not log.damaged:
            if self._damaged:
                self._log_is_new(now)
            return
        self._damaged = True
        if log.renewing or not self._may_renew(now):
            return
        self._renewals += 1
        self._renewed_ns = now.mono_ns
        log.renew(now.wall_ms)

    def _may_renew(self, now: Now) -> bool:
        if self._renewals >= MOST_RENEWALS:
            words = text("log.db is damaged again and again: no interval is kept until louguan is restarted")
            self._tell(Notice("damaged", "log.db", words, on=True), now)
            return False
        last_ns = self._renewed_ns
        return last_ns is None or now.mono_ns - last_ns >= RENEW_AFTER_S * 1_000_000_000

    def _log_is_new(self, now: Now) -> None:
        """Where each meter's log stands is in no other file now than the one that was set aside."""
        self._damaged = False
        opening = self._stores.log.opening
        if opening.set_aside is not None:
            self._tell(set_aside_notice(opening.set_aside.name, opening.damage), now)
        self._stores.log.write(Closed((), tuple(self._consumption.marks().items())))

    def _tell_refused(self, now: Now) -> None:
        control, log = self._stores.control, self._stores.log
        if log.refused:
            words = text(
                "log.db refused {count} intervals, which are kept aside in it: {reason}",
                count=log.refused,
                reason=detail(log.refusal),
            )
            self._tell(Notice("refused", "log.db", words, on=True), now)
        if control.refusal:
            words = text("control.db refused entries of the ledger: {reason}", reason=detail(control.refusal))
            self._tell(Notice("refused", "control.db", words, on=True), now)
        while self._unstored:
            reason = self._unstored.popleft()
            words = text("intervals could not be stored and are lost: {reason}", reason=detail(reason))
            _log.error(words)
            self._tell(Notice("unstored", "log.db", words, on=True), now)

    def _tell_full(self, now: Now) -> None:
        reserve = self._stores.reserve
        if reserve is not None and reserve.missing is not self._full:
            self._full = reserve.missing
            words = text("the disk is full, or nearly: no room is kept in reserve any more; free some space")
            self._tell(Notice("disk", "reserve", words, self._full), now)

    def _tell_waiting(self, now: Now) -> None:
        next_ms = self._consumption.next_ms
        waiting = now.trusted and next_ms is not None and next_ms - now.wall_ms > WAITING_MS
        if waiting is not self._waiting:
            self._waiting = waiting
            words = text(
                "the meters' logs are ahead of the time by {by}, for a clock was wrong: no interval is "
                "written until then. Counting goes on; to begin a new log now, stop louguan and move log.db "
                "away",
                by=span(0 if next_ms is None else next_ms - now.wall_ms),
            )
            self._tell(Notice("log-waits", "log.db", words, waiting), now)

    def _tell(self, notice: Notice, now: Now) -> None:
        self._board.take([notice], now.wall_ms)


def set_aside_notice(name: str, damage: str) -> Notice:
    """A damaged log.db lies at `name` now."""
    words = text("a damaged database was set aside as {name}: {damage}", name=name, damage=detail(damage))
    return Notice("damaged", name, words, on=True)
