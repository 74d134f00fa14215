"""The course of points in the running daemon: what is kept is handed to trends.db every few seconds, what is
a month old leaves it. Nothing here waits, and no trouble with that file hinders anything else."""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path

from config.language import Text, text
from config.language.details import detail
from config.plan.clock import Now, Pace
from config.plan.reading import Reading
from config.plan.site import Plan
from controller.board import Board
from controller.consumption.slots import Slots
from controller.decide.records import Notice
from controller.store.jobs import WriterStatus
from controller.store.trenddb import FILE, Named, NoRoom, Row, TrendStore
from controller.trends import Trends

COMMIT_EVERY_S = 15.0
"""Machine seconds between two commits: 5,760 a day at the most, which spares the flash. A kill loses so much
of the trends."""
KEPT_DAYS = 30
EXPIRE_EVERY_S = 3600.0
"""Machine seconds between two looks for what is older."""
TRY_AGAIN_S = 600.0
"""Machine seconds until a file that could not be opened, or was damaged, is begun anew."""
MOST_PENDING = 50_000
"""Samples that wait in memory meanwhile; the oldest are dropped."""

_NS = 1_000_000_000
_DAY_MS = 86_400_000


def trending_of(plan: Plan, data: Path, pace: Pace, board: Board, *, expected: bool) -> Trending | None:
    """The trends of that Plan, the file opened; None where there are none. `expected`: there may have been a
    file before, so that people are told of a new one."""
    if not plan.trends:
        return None
    made = Trending(plan, TrendStore(data, named(plan)), pace, board)
    made.begin(expected=expected)
    return made


def named(plan: Plan) -> list[Named]:
    """The points of that Plan whose course is kept, as the file knows them."""
    points = [plan.points[trend.point] for trend in plan.trends]
    return [Named(point.key, point.unit) for point in points]


class Trending:
    """All methods but `give_up_room` are called from the event loop."""

    def __init__(self, plan: Plan, store: TrendStore, pace: Pace, board: Board) -> None:
        """`store` was made with the points of the Plan's trends, in their order."""
        self._pace = pace
        self._named = named(plan)
        self._lay_out(plan)
        self._store = store
        self._board = board
        self._pending: deque[Row] = deque(maxlen=MOST_PENDING)
        self._flushed_ns = self._expired_ns = self._tried_ns = 0
        self._more = False
        """There is more to be deleted than one piece."""
        self.begun = 0
        """How often the file was opened, or begun anew."""
        self._no_room = False
        self._renewal: threading.Thread | None = None
        self._said: deque[Text] = deque()
        """What another thread has to tell."""
        self._standing: Text | None = None

    def follow(self, plan: Plan) -> bool:
        """Another Plan is in force. Says whether the file goes on: it is opened with the points of one."""
        if named(plan) != self._named:
            return False
        self._lay_out(plan)
        return True

    def _lay_out(self, plan: Plan) -> None:
        slots = Slots(plan.site.time_zone, plan.site.interval_s)
        self._trends = Trends(plan.trends, slots, self._pace)
        self._places = {trend.point: place for place, trend in enumerate(plan.trends)}

    def begin(self, *, expected: bool = True) -> None:
        """Open the file, or begin it anew. May be called in a thread; waits for the disk."""
        missing = not self._store.path.exists()
        try:
            why = self._store.begin()
        except (sqlite3.Error, OSError) as error:
            self._said.append(
                text("cannot open {file}: {error}", file=str(self._store.path), error=detail(str(error)))
            )
            return
        self.begun += 1
        if why and (expected or not missing):
            self._said.append(text("{file} was begun anew: {reason}", file=FILE, reason=detail(why)))

    def step(self, now: Now, changed: Sequence[int], readings: Sequence[Reading]) -> None:
        """One cycle: `changed` are the points whose value or quality has."""
        for kept in self._trends.step(now, changed, readings):
            self._pending.append((kept.time_ms, self._places[kept.point], kept.value))
        if now.mono_ns - self._flushed_ns >= COMMIT_EVERY_S * _NS:
            self._flushed_ns = now.mono_ns
            self._look(now)
            if self._store.usable:
                self._flush()
                self._expire(now)
            else:
                self._renew(now)

    def status(self) -> WriterStatus | None:
        """Of the file; None while it is not open."""
        return self._store.status()

    def give_up_room(self) -> int:
        """Delete the oldest half, for the disk is full; how many bytes that gave back. From any thread but
        the event loop's: it waits for the disk."""
        return self._store.give_up_room()

    def close(self) -> None:
        """The run is over. In a thread: it may wait for the disk, for a few seconds."""
        if self._renewal is not None:
            self._renewal.join(2.0)
        if self._store.usable:
            self._flush()
        self._store.close()

    def _flush(self) -> None:
        if self._pending:
            rows, self._pending = list(self._pending), deque(maxlen=MOST_PENDING)
            self._store.keep(rows).add_done_callback(self._kept)

    def _kept(self, done: Future[int]) -> None:
        """In the writer's thread."""
        failure = done.exception()
        self._no_room = failure is not None and isinstance(failure.__cause__, NoRoom)

    def _expire(self, now: Now) -> None:
        """Under a clock that is not trusted nothing is old."""
        if now.trusted and (self._more or now.mono_ns - self._expired_ns >= EXPIRE_EVERY_S * _NS):
            self._expired_ns = now.mono_ns
            before_ms, after_ms = now.wall_ms - KEPT_DAYS * _DAY_MS, now.wall_ms + 2 * _DAY_MS
            self._store.expire(before_ms, after_ms).add_done_callback(self._expired)

    def _expired(self, done: Future[bool]) -> None:
        """In the writer's thread."""
        self._more = done.exception() is None and done.result()

    def _renew(self, now: Now) -> None:
        busy = self._renewal is not None and self._renewal.is_alive()
        if not busy and now.mono_ns - self._tried_ns >= TRY_AGAIN_S * _NS:
            self._tried_ns = now.mono_ns
            self._renewal = threading.Thread(target=self.begin, name="store-trends-renewal", daemon=True)
            self._renewal.start()

    def _look(self, now: Now) -> None:
        """Tell what has happened, once, and what lasts for as long as it does."""
        while self._said:
            self._board.tell(self._said.popleft())
        status = self._store.status()
        words: Text | None = None
        if self._no_room:
            words = text("the disk is nearly full: the course of points is not kept until there is room")
        elif status is not None and status.error and status.failing_s > 0:
            words = text("{name} cannot be written: {reason}", name=FILE, reason=detail(status.error))
        former, self._standing = self._standing, words
        said = words or former
        if said is not None:
            self._board.take([Notice("store", FILE, said, words is not None)], now.wall_ms)
