"""Rows, a feed in memory and a sink that does as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from controller.consumption.upload.port import Batch, Outcome, Row, Stream
from controller.consumption.upload.ranges import Ranges

SLOT_MS = 900_000
START_MS = 1_772_640_000_000


def row(number: int, meter: str = "main-1", slot: int | None = None) -> Row:
    """The row of that feed id; by default each has a slot of its own."""
    start_ms = START_MS + (number if slot is None else slot) * SLOT_MS
    return Row(
        number, meter, "electricity", "kWh", "0.01", start_ms, start_ms + SLOT_MS, 0,
        start_ms, 1000 * number, 1000 * number + 7, 7, 1500, 900, 0,
    )  # fmt: skip


def key(rows: Sequence[Row]) -> str:
    return f"{rows[0].id}-{rows[-1].id}"


class MemoryDelivery:
    """The Delivery of rows in memory."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = list(rows)
        self.done = Ranges()
        self.aside: dict[int, str] = {}

    async def cut(self) -> int:
        newest = max((one.end_ms for one in self.rows), default=0)
        return next((one.id for one in self.rows if one.end_ms == newest), 1)

    async def pending(self, first: int, last: int | None, limit: int) -> list[Row]:
        found = [
            one
            for one in self.rows
            if first <= one.id <= (last if last is not None else one.id)
            and one.id not in self.done
            and one.id not in self.aside
        ]
        return found[:limit]

    async def settle(self, outcome: Outcome) -> None:
        self.done.update(outcome.accepted)
        self.aside.update(outcome.refused)

    @property
    def settled(self) -> set[int]:
        return {one.id for one in self.rows if one.id in self.done or one.id in self.aside}


class ScriptedSink:
    """Answers each batch as `answer` says; remembers what came."""

    def __init__(self, answer: Callable[[Batch], Outcome], most_rows: int = 4) -> None:
        self.answer = answer
        self.most_rows = most_rows
        self.sent: list[tuple[Stream, tuple[int, ...]]] = []
        self.beats = 0
        self.closed = False

    async def send(self, batch: Batch) -> Outcome:
        await asyncio.sleep(0)  # as any real one would
        self.sent.append((batch.stream, tuple(one.id for one in batch.rows)))
        return self.answer(batch)

    async def idle(self) -> None:
        self.beats += 1

    async def close(self) -> None:
        self.closed = True


def all_of(batch: Batch) -> Outcome:
    return Outcome(frozenset(one.id for one in batch.rows), {})
