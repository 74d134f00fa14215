"""What people enter into the log of the running daemon: a replaced meter, or that it was none, a correction,
a note. In memory and in log.db alike; who wants it recorded does that before."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from itertools import takewhile
from typing import NamedTuple

from config.language import Text, text
from config.plan.clock import Now
from controller.consumption import corrections, undoing
from controller.consumption.audit import Logged
from controller.consumption.corrections import Change, Replacement
from controller.consumption.log import ConsumptionLog
from controller.consumption.plausible import CannotCorrect
from controller.consumption.records import Flag, Interval
from controller.consumption.undoing import Undone
from controller.store import amend, days, history
from controller.store.amend import Refit
from controller.store.history import MeterEntry
from controller.store.logdb import LogStore

Record = Callable[[], Awaitable[object]]
_WAIT_S = 0.1
_TRIES = 50
"""Machine time that is waited for the last closed interval to be committed: five seconds."""
_LOOK_BACK_MS = 400 * 86_400_000
"""How far before a moment the last known count is sought."""
_SAME_MS = 60_000
"""People say a time to the minute."""
_BEFORE = text("its log begins only then: {when}")


class Entered(NamedTuple):
    """What became of it."""

    meter: str
    revised: int
    """Intervals that have a further revision now."""
    at_ms: int = 0
    """Of a replacement: the time that is registered. Of a correction: from when its consumption counts."""


class Untimely(CannotCorrect):
    """It cannot be of the time that was said. `text` names another time as {when}: `known_ms`."""

    def __init__(self, why: Text, known_ms: int) -> None:
        super().__init__(why)
        self.known_ms = known_ms


class _Planned(NamedTuple):
    """A replacement, and what it changes."""

    made: Replacement
    """With the time from which the readings show it."""
    change: Change


class Logbook:
    """All methods are called from the event loop; they wait for the disk without keeping it waiting."""

    def __init__(self, consumption: ConsumptionLog, store: LogStore, now: Callable[[], Now]) -> None:
        self._consumption = consumption
        self._store = store
        self._now = now
        self._turn = asyncio.Lock()

    async def meter(self, name: str) -> MeterEntry | None:
        """What log.db knows of that meter. Raises StoreError."""

        def find(connection: sqlite3.Connection) -> MeterEntry | None:
            return next((entry for entry in history.meters(connection) if entry.name == name), None)

        return await asyncio.to_thread(self._store.ask, find)

    async def replace(self, meter: MeterEntry, made: Refit, record: Record) -> Entered:
        """A meter was replaced. `record` is awaited once it is certain that it can be entered.

        Raises CannotCorrect, StoreError.
        """
        if self._consumption.is_integrated(meter.name):
            raise CannotCorrect(text("it is worked out from power: there is no meter that could be replaced"))
        if made.at_ms > self._now().wall_ms:
            raise CannotCorrect(text("that time is still to come"))
        async with self._turn:
            meter = await self._again(meter)
            self._check_new(meter, made)
            if made.at_ms < await asyncio.to_thread(self._store.ask, lambda db: history.began_ms(db, meter)):
                raise Untimely(_BEFORE, meter.fittings[0].since_ms)
            plan = await self._planned(meter, made)
            if plan.change.open is not None:
                self._consumption.check_replaced(meter.name, plan.made, plan.change.open)
            await record()
            plan = await self._planned(meter, made)
            change, mark = plan.change, None
            if change.open is not None:
                # From the plan to the submission nothing waits: no slot is closed in between.
                mark = self._consumption.replaced(meter.name, self._now(), plan.made, change.open)
            entered = made._replace(at_ms=plan.made.at_ms)

            def job(connection: sqlite3.Connection) -> tuple[int, int]:
                fitting = amend.refit(connection, meter.number, entered)
                count = amend.revise(connection, self._store.periods, meter.number, change.rows, fitting)
                amend.stand(connection, meter.number, mark)
                return fitting, count

            fitting, count = await asyncio.wrap_future(self._store.submit(job))
            self._store.refitted(meter.name, fitting)
            ends = [made.at_ms + 1, *(row.end_ms for row in change.rows)]
            self._consumption.explained(meter.name, 0, 2**62 if change.open is not None else max(ends))
        return Entered(meter.name, count, entered.at_ms)

    async def take_back(
        self, meter: MeterEntry, at_ms: int | None, record: Callable[[Refit], Awaitable[object]]
    ) -> Entered:
        """The latest replacement of that meter was none; `at_ms`: when it is registered, to be sure. `record`
        is awaited, with what it was, once it is certain that it can be taken back.

        Raises CannotCorrect, StoreError.
        """
        async with self._turn:
            meter = await self._again(meter)
            made = _latest(meter, at_ms)
            await self._undoing(meter, made)
            await record(Refit(meter.fittings[-1].serial, made.at_ms, made.last, made.first))
            rows, plan = await self._undoing(meter, made)
            # From the plan to the submission nothing waits: no slot is closed in between.
            mark = None if plan.mark is None else self._consumption.taken_back(meter.name, plan.mark)
            starts = {row.start_ms for row in plan.rows}
            before = [row for row in rows if row.start_ms in starts]
            now_ms = self._now().wall_ms

            def job(connection: sqlite3.Connection) -> int:
                periods, number = self._store.periods, meter.number
                count = amend.take_back(connection, periods, number, plan.rows, before, now_ms)
                amend.stand(connection, number, mark)
                return count

            done = self._store.submit(job)
            # What is submitted after it must not be of a fitting that is gone.
            self._store.refitted(meter.name, meter.fittings[-2].number)
            count = await asyncio.wrap_future(done)
        return Entered(meter.name, count, made.at_ms)

    async def correct(
        self,
        meter: MeterEntry,
        at_ms: int,
        record: Record,
        *,
        consumption: int | None = None,
        count_end: int | None = None,
    ) -> Entered:
        """Another consumption, or another count at its end, of the interval in which `at_ms` lies. Raises
        CannotCorrect, StoreError."""
        modulus = meter.fittings[-1].modulus
        if count_end is not None and self._consumption.is_integrated(meter.name):
            raise CannotCorrect(text("it is worked out from power and has no counter: say its consumption"))
        async with self._turn:
            rows = await self._rows(meter, at_ms)
            change = corrections.correct(
                rows,
                at_ms,
                modulus,
                max_rate=self._max_rate(meter),
                consumption=consumption,
                count_end=count_end,
            )
            await record()

            def job(connection: sqlite3.Connection) -> int:
                return amend.revise(connection, self._store.periods, meter.number, change.rows)

            count = await asyncio.wrap_future(self._store.submit(job))
            self._consumption.explained(meter.name, at_ms, at_ms + 1)
        mine = change.rows[0]
        return Entered(meter.name, count, mine.start_ms if mine.from_ms is None else mine.from_ms)

    async def annotate(
        self, meter: MeterEntry, span: tuple[int, int], note: str, person: str, record: Record
    ) -> Entered:
        """Note something to a span of time. Raises CannotCorrect, StoreError."""
        now_ms = self._now().wall_ms
        if span[1] > now_ms:
            raise CannotCorrect(text("that time is still to come"))
        began_ms = await asyncio.to_thread(self._store.ask, lambda db: history.began_ms(db, meter))
        open_ms = self._consumption.open_slot_ms(meter.name)
        if span[0] < (began_ms if open_ms is None else min(began_ms, open_ms)):
            raise Untimely(_BEFORE, began_ms)
        await record()

        def job(connection: sqlite3.Connection) -> None:
            amend.annotate(connection, meter.number, span, note, person, now_ms)

        await asyncio.wrap_future(self._store.submit(job))
        self._consumption.explained(meter.name, *span)
        return Entered(meter.name, 0)

    async def _planned(self, meter: MeterEntry, made: Refit) -> _Planned:
        """What a replacement changes, by rows of which the last is where the open slot begins."""
        for _ in range(_TRIES):
            rows = await self._rows(meter, made.at_ms)
            open_ms = self._consumption.open_slot_ms(meter.name)
            if open_ms is None:
                raise CannotCorrect(text("the daemon does not read this meter"))
            if (rows[-1].end_ms if rows else open_ms) == open_ms:
                return self._change(rows, meter, made)
            await asyncio.sleep(_WAIT_S)
        raise CannotCorrect(text("the intervals before are not in the log yet: try again"))

    def _change(self, rows: list[Interval], meter: MeterEntry, made: Refit) -> _Planned:
        now, terms = meter.fittings[-1], self._consumption.terms(meter.name)
        age_ms = 0 if terms is None else terms.age_ms
        asked = Replacement(made.at_ms, made.last, made.first, now.modulus, self._max_rate(meter))
        seen = corrections.seen_at(rows, asked, age_ms)
        standing = self._consumption.standing(meter.name)
        if (not rows or seen.at_ms >= rows[-1].end_ms) and standing is not None and standing.ms <= seen.at_ms:
            return _Planned(seen, Change((), standing))
        return _Planned(seen, corrections.replace(rows, seen))

    def _check_new(self, meter: MeterEntry, made: Refit) -> None:
        """Raises CannotCorrect for a replacement that is registered, or is before one that is."""
        now = meter.fittings[-1]
        if len(meter.fittings) == 1:
            return
        counts = (meter.fittings[-2].last_count, now.first_count)
        if counts == (made.last, made.first) and (
            made.serial == now.serial or not (made.serial and now.serial)
        ):
            raise Untimely(text("it is registered already, at {when}"), now.since_ms)
        if now.since_ms > made.at_ms and None not in counts:
            words = text("it was replaced after that time already, at {when}: take that back first")
            raise Untimely(words, now.since_ms)
        if now.since_ms > made.at_ms:
            raise Untimely(text("its counter is read otherwise since then: {when}"), now.since_ms)

    async def _undoing(self, meter: MeterEntry, made: Replacement) -> tuple[list[Interval], Undone]:
        """Its intervals, and what becomes of them without the replacement."""
        terms = self._consumption.terms(meter.name)
        if terms is None:
            raise CannotCorrect(text("the daemon does not read this meter"))
        made = made._replace(max_rate=terms.max_rate)
        others_ms = [one.since_ms for one in meter.fittings[1:-1]]
        for _ in range(_TRIES):
            self._consumption.check_time()
            rows = await self._rows(meter, made.at_ms)
            mark = self._consumption.mark(meter.name)
            if mark is None:
                raise CannotCorrect(text("the daemon does not read this meter"))
            if (rows[-1].end_ms if rows else mark.slot_ms) != mark.slot_ms:
                await asyncio.sleep(_WAIT_S)
                continue
            starts = {row.start_ms for row in rows if row.end_ms > made.at_ms and Flag.REPLACED in row.flags}
            former = await self._former(meter, starts)
            now = self._consumption.mark(meter.name)
            if now is not None and now.slot_ms == mark.slot_ms:
                age_ms = terms.age_ms
                return rows, undoing.take_back(rows, former, made, others_ms, age_ms, now)
        raise CannotCorrect(text("the intervals before are not in the log yet: try again"))

    async def _former(self, meter: MeterEntry, starts: set[int]) -> dict[int, Interval]:
        """What these intervals said last without being flagged replaced, those that ever did."""
        if not starts:
            return {}

        def read(connection: sqlite3.Connection) -> list[Logged]:
            return list(history.logged(connection, meter, min(starts), max(starts) + 1))

        found = await asyncio.to_thread(self._store.ask, read)
        return {
            item.row.start_ms: item.row
            for item in found
            if item.row.start_ms in starts and Flag.REPLACED not in item.row.flags
        }

    async def _again(self, meter: MeterEntry) -> MeterEntry:
        """As it is now that nobody else enters anything."""
        found = await self.meter(meter.name)
        return meter if found is None else found

    def _max_rate(self, meter: MeterEntry) -> float:
        """Quanta an hour; 0 = not known."""
        terms = self._consumption.terms(meter.name)
        return 0.0 if terms is None else terms.max_rate

    async def _rows(self, meter: MeterEntry, at_ms: int) -> list[Interval]:
        """Those whose counts are read as they are now: others cannot be reckoned with. Nor can those of days
        that have lost some already."""
        alike = _read_alike(meter)

        def read(connection: sqlite3.Connection) -> list[Interval]:
            since_ms = max(at_ms - _LOOK_BACK_MS, days.sealed_until(connection, meter.number))
            found = history.newest(history.logged(connection, meter, since_ms))
            return [item.row for item in found if item.fitting in alike]

        return await asyncio.to_thread(self._store.ask, read)


def _latest(meter: MeterEntry, at_ms: int | None) -> Replacement:
    """The replacement in force. Raises CannotCorrect."""
    if len(meter.fittings) == 1:
        raise CannotCorrect(text("no replacement of it is registered"))
    old, now = meter.fittings[-2:]
    if old.last_count is None or now.first_count is None:
        raise Untimely(text("its counter is read otherwise since then: {when}"), now.since_ms)
    if at_ms is not None and abs(at_ms - now.since_ms) >= _SAME_MS:
        raise Untimely(text("its latest replacement is registered at {when}"), now.since_ms)
    return Replacement(now.since_ms, old.last_count, now.first_count, now.modulus)


def _read_alike(meter: MeterEntry) -> frozenset[int]:
    """The fittings since the unit or the quantum changed last."""
    now = meter.fittings[-1]
    since = takewhile(
        lambda one: (one.unit, one.quantum) == (now.unit, now.quantum), reversed(meter.fittings)
    )
    return frozenset(one.number for one in since)
