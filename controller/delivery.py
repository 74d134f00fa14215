"""The feed of log.db as one sink sees it. Reads in threads, writes through the log's one writer."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar

from config.plan.sinks import Common
from controller.consumption.upload.port import DeliveryFailed, Outcome, Row
from controller.consumption.upload.ranges import Ranges
from controller.store import feed
from controller.store.errors import StoreError
from controller.store.logdb import LogStore
from controller.store.waiting import Waiting, start_of, waiting

T = TypeVar("T")
_BASE = 1 << 40
"""Feed ids of one file are smaller. A file that took another's place counts from 1 again: outside, a row's id
has its file's number too, so that nothing said of a row of the old one is believed of the new."""
PERSON_S = 5.0
"""Machine seconds in which log.db must take what somebody waits for."""
_SCAN = 2_000
"""Feed rows read at once while those meant for the sink are sought."""


class Progress(NamedTuple):
    """How far a sink has come, for people."""

    last: int
    """The newest feed id."""
    watermark: int
    """Up to this feed id nothing waits."""
    complete_ms: int | None
    """Start of the oldest interval that it has not got, refused ones included; None when it has all."""
    waiting_ms: int | None
    """Start of the oldest interval that waits; None when nothing does."""
    backlog: int
    """Rows meant for it that wait."""
    holes: int
    """Runs of them before the last row that it has."""
    aside: int
    """Rows it refused."""
    retired: bool
    """A person decided that it gets nothing more."""


class NotAside(Exception):
    """There are no such rows among those set aside."""

    def __init__(self, rows: Sequence[int]) -> None:
        super().__init__(rows)
        self.rows = rows


class SinkDelivery:
    """Implements `runner.Delivery` for one sink. Used from the event loop."""

    def __init__(
        self,
        log: LogStore,
        sink: Common,
        wall_ms: Callable[[], int],
        told_aside: Callable[[int, str], None] = lambda _count, _reason: None,
    ) -> None:
        """`told_aside(rows, reason of the last)` whenever what is set aside is read or has changed."""
        self._told_aside = told_aside
        self._log = log
        self._sink = sink
        self._wall_ms = wall_ms
        self._settled = Ranges()
        self._aside: set[int] = set()
        self._retired = False
        self._generation = -1
        self._turn = asyncio.Lock()

    async def cut(self) -> int:
        base = await self._current() * _BASE
        return base + await self._read(feed.newest_slot)

    async def pending(self, first: int, last: int | None, limit: int) -> list[Row]:
        generation = await self._current()
        base, settled = generation * _BASE, self._settled
        first, end = max(1, first - base), await self._read(feed.last) if last is None else last - base
        found: list[Row] = []
        passed: list[tuple[int, int]] = []
        for low, high in list(settled.holes(first, end)) if first <= end else ():
            at = low
            while at <= high and len(found) < limit:
                rows = await self._rows(at, high)
                end_of_rows = rows[-1][0] if len(rows) == _SCAN else high
                passed += _missing(at, end_of_rows, rows)
                for number, row in rows:
                    if not self._meant(row):
                        passed.append((number, number))
                    elif len(found) < limit:
                        found.append(row._replace(id=base + row.id))
                    else:
                        break
                at = end_of_rows + 1
            if len(found) >= limit:
                break
        if passed:
            for span in passed:
                settled.add(*span)
            if not found:
                await self._keep(generation)
        return found

    async def settle(self, outcome: Outcome) -> None:
        """See `runner.Delivery`. What is said of rows of a file that was replaced meanwhile counts for
        nothing. Raises DeliveryFailed."""
        generation = await self._current()
        accepted = self._own(outcome.accepted, generation)
        refused = {
            number: outcome.refused[base] for base, number in self._own(outcome.refused, generation).items()
        }
        self._settled.update(accepted.values())
        self._settled.update(refused)
        self._aside.update(refused)
        await self._keep(generation, tuple(refused.items()))
        if refused:
            await self._tell_aside()

    def forget(self) -> None:
        """Look into the file anew: a person has changed what it says of this sink."""
        self._generation = -1

    async def let_in_again(self, ids: Sequence[int] | None) -> int:
        """Send again what was set aside. Returns how many rows. Raises NotAside, DeliveryFailed."""
        generation = await self._current()
        if unknown := sorted(set(ids or ()) - self._aside):
            raise NotAside(unknown)
        name = self._sink.name
        found = await self._write(
            lambda connection: feed.let_in_again(connection, name, ids), within_s=PERSON_S
        )
        return await self._unsettle(found, generation)

    async def replay(self, start_ms: int) -> int:
        """Send again everything from that time on. Returns how many rows. Raises DeliveryFailed."""
        generation = await self._current()
        found, name = await self._read(lambda connection: feed.since(connection, start_ms)), self._sink.name
        if not self._aside.isdisjoint(found):
            await self._write(
                lambda connection: feed.let_in_again(connection, name, found), within_s=PERSON_S
            )
        return await self._unsettle(found, generation)

    async def retired(self) -> bool:
        """Whether a person decided that it gets nothing more. Raises DeliveryFailed."""
        await self._current()
        return self._retired

    async def progress(self) -> Progress:
        await self._current()
        last = await self._read(feed.last)
        if self._retired:
            return Progress(last, last, None, None, 0, 0, len(self._aside), retired=True)
        holes, meters = list(self._settled.holes(1, last)), self._sink.meters
        refused = min(self._aside, default=None)

        def count(connection: sqlite3.Connection) -> tuple[Waiting, int | None, int | None]:
            found = waiting(connection, holes, last, meters)
            return found, start_of(connection, found.first), start_of(connection, refused)

        found, waiting_ms, refused_ms = await self._read(count)
        return Progress(
            last=last,
            watermark=last if found.first is None else found.first - 1,
            complete_ms=min((ms for ms in (waiting_ms, refused_ms) if ms is not None), default=None),
            waiting_ms=waiting_ms,
            backlog=found.rows,
            holes=found.holes,
            aside=len(self._aside),
            retired=False,
        )

    async def aside(self) -> list[feed.Aside]:
        """What it refused."""
        return await self._read(lambda connection: feed.aside(connection, self._sink.name))

    async def _rows(self, first: int, last: int) -> list[tuple[int, Row]]:
        return await self._read(lambda connection: feed.rows(connection, first, last, _SCAN))

    def _meant(self, row: Row) -> bool:
        return not self._sink.meters or row.meter in self._sink.meters

    @staticmethod
    def _own(ids: Iterable[int], generation: int) -> dict[int, int]:
        """Which of `ids` are of this file's feed, with their ids there."""
        base = generation * _BASE
        return {number: number - base for number in ids if 0 < number - base < _BASE}

    async def _current(self) -> int:
        """Take the state from the file: at the start, and when the file was replaced. The file's number."""
        async with self._turn:
            if self._generation != self._log.generation:
                generation = self._log.generation
                name, wall_ms = self._sink.name, self._wall_ms()
                state = await self._write(
                    lambda connection: feed.begin(connection, name, wall_ms), within_s=PERSON_S
                )
                self._settled = Ranges(state.settled)
                self._aside = set(state.aside)
                self._retired = state.retired_ms is not None
                self._generation = generation
                await self._tell_aside()
            return self._generation

    async def _unsettle(self, ids: Sequence[int], generation: int) -> int:
        for first, last in Ranges((number, number) for number in ids):
            self._settled.remove(first, last)
        self._aside.difference_update(ids)
        await self._keep(generation, within_s=PERSON_S)
        await self._tell_aside()
        return len(ids)

    async def _tell_aside(self) -> None:
        """Nothing is kept for a sink that is retired: there it is nobody's matter any more."""
        name, count = self._sink.name, 0 if self._retired else len(self._aside)
        reason = await self._read(lambda connection: feed.last_reason(connection, name)) if count else ""
        self._told_aside(count, reason)

    async def _keep(
        self, generation: int, refused: tuple[tuple[int, str], ...] = (), within_s: float | None = None
    ) -> None:
        spans, name, wall_ms = list(self._settled), self._sink.name, self._wall_ms()

        def job(connection: sqlite3.Connection) -> None:
            if self._log.generation == generation:
                feed.settle(connection, name, spans, refused, wall_ms)

        await self._write(job, within_s)

    async def _read(self, question: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return await asyncio.to_thread(self._log.ask, question)
        except StoreError as error:
            raise DeliveryFailed(str(error)) from error

    async def _write(self, job: Callable[[sqlite3.Connection], T], within_s: float | None = None) -> T:
        try:
            return await asyncio.wrap_future(self._log.submit(job, within_s=within_s))
        except StoreError as error:
            raise DeliveryFailed(str(error)) from error


def _missing(first: int, last: int, rows: Sequence[tuple[int, Row]]) -> list[tuple[int, int]]:
    """Ranges of ids in [first, last] that have no row any more: what was too old was deleted."""
    return list(Ranges((number, number) for number, _ in rows).holes(first, last))
