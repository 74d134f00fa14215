"""What people enter into the log of the running daemon: a replaced meter, a correction, a note. In memory and
in log.db alike; who wants it recorded does that before."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from itertools import takewhile
from typing import NamedTuple

from config.language import text
from config.plan.clock import Now
from controller.consumption import corrections
from controller.consumption.corrections import CannotCorrect, Change, Replacement
from controller.consumption.log import ConsumptionLog
from controller.consumption.records import Interval
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


class Entered(NamedTuple):
    """What became of it."""

    meter: str
    revised: int
    """Intervals that have a further revision now."""


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
        if any(one.since_ms > made.at_ms for one in meter.fittings):
            raise CannotCorrect(text("it was fitted anew after that time already"))
        async with self._turn:
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
        return Entered(meter.name, count)

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
            change = corrections.correct(rows, at_ms, modulus, consumption=consumption, count_end=count_end)
            await record()

            def job(connection: sqlite3.Connection) -> int:
                return amend.revise(connection, self._store.periods, meter.number, change.rows)

            revised = await asyncio.wrap_future(self._store.submit(job))
            self._consumption.explained(meter.name, at_ms, at_ms + 1)
            return Entered(meter.name, revised)

    async def annotate(self, meter: MeterEntry, span: tuple[int, int], note: str, person: str) -> Entered:
        """Note something to a span of time. Raises StoreError."""
        now_ms = self._now().wall_ms

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
        modulus = meter.fittings[-1].modulus
        age_ms = self._consumption.boundary_age_ms(meter.name)
        seen = corrections.seen_at(rows, Replacement(made.at_ms, made.last, made.first, modulus), age_ms)
        standing = self._consumption.standing(meter.name)
        if (not rows or seen.at_ms >= rows[-1].end_ms) and standing is not None and standing.ms <= seen.at_ms:
            return _Planned(seen, Change((), standing))
        return _Planned(seen, corrections.replace(rows, seen))

    async def _rows(self, meter: MeterEntry, at_ms: int) -> list[Interval]:
        """Those whose counts are read as they are now: others cannot be reckoned with. Nor can those of days
        that have lost some already."""
        alike = _read_alike(meter)

        def read(connection: sqlite3.Connection) -> list[Interval]:
            since_ms = max(at_ms - _LOOK_BACK_MS, days.sealed_until(connection, meter.number))
            found = history.newest(history.logged(connection, meter, since_ms))
            return [item.row for item in found if item.fitting in alike]

        return await asyncio.to_thread(self._store.ask, read)


def _read_alike(meter: MeterEntry) -> frozenset[int]:
    """The fittings since the unit or the quantum changed last."""
    now = meter.fittings[-1]
    since = takewhile(
        lambda one: (one.unit, one.quantum) == (now.unit, now.quantum), reversed(meter.fittings)
    )
    return frozenset(one.number for one in since)
