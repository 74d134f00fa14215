"""One sink's two streams: what was just logged goes out at once, what waited from before goes out beside it.

After every silence of the other side the feed is cut: rows of the newest slot and later are live, older ones
are backfill. Each stream is in the feed's order, so that per meter it is in the order of time; the two know
nothing of each other. What the other side accepted is committed before it counts as delivered; a kill in
between sends it again, which the row's key makes harmless.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from config.language import Text, text
from controller.consumption.upload.port import (
    Batch,
    BatchRefused,
    DeliveryFailed,
    Denied,
    Outcome,
    Row,
    Sink,
    SinkError,
    Stream,
    Throttled,
    TooLarge,
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """Machine seconds."""

    pauses_s: tuple[float, ...] = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
    """After the first, second … failure in a row; the last one repeats."""
    denied_s: float = 600.0
    """After the other side did not accept who we are."""
    disk_s: float = 5.0
    """After our own disk failed."""
    idle_s: float = 60.0
    """Between two heartbeats while nothing is to be sent."""


class Delivery(Protocol):
    """The feed as one sink sees it. Rows that are delivered or set aside are no longer in it. Raises
    DeliveryFailed, nothing else."""

    async def cut(self) -> int:
        """The id from which on rows are live: the first row of the newest slot in the feed."""

    async def pending(self, first: int, last: int | None, limit: int) -> list[Row]:
        """The oldest rows of [first, last] (None: to the end) that are neither delivered nor set aside."""

    async def settle(self, outcome: Outcome) -> None:
        """Commit what the other side said."""


class Health(NamedTuple):
    """For people."""

    reachable: bool | None
    """None: not tried yet."""
    error: Text | str
    """Of the last failure; "" once it is reached again."""
    failures: int
    """In a row."""
    delivered: int
    """Rows accepted in this run."""
    rate: float
    """Rows a second while sending, of this run; 0 while it is not reached."""


class SinkRunner:
    """Sends one sink what is its own, for as long as it runs."""

    def __init__(
        self,
        sink: Sink,
        delivery: Delivery,
        *,
        key: Callable[[Sequence[Row]], str],
        patience: Patience = Patience(),
        backfill_rows_s: float = 0.0,
        told: Callable[[bool, Text | str], None] = lambda _on, _why: None,
        failing: bool = False,
    ) -> None:
        """`key` names a batch by its rows. `backfill_rows_s`: at most so many rows a second of the backfill,
        0 = as fast as it goes. `told(failing, why)` is called once when the sink is lost (three failures in
        a row, or denied) and once when it is back. `failing`: that it is lost was told before."""
        self._sink = sink
        self._delivery = delivery
        self._key = key
        self._patience = patience
        self._backfill_rows_s = backfill_rows_s
        self._told = told
        self._nudges = {stream: asyncio.Event() for stream in Stream}
        self._hurry = asyncio.Event()
        self._turn = asyncio.Lock()
        self._cut: int | None = None
        self._resume_s = 0.0
        self._failures = 0
        self._error: Text | str = ""
        self._reachable: bool | None = None
        self._failing = failing
        self._delivered = 0
        self._sending_s = 0.0

    def nudge(self) -> None:
        """Something new is in the feed, or a person wants it tried now."""
        for event in self._nudges.values():
            event.set()

    def retry_now(self) -> None:
        """Do not wait out the pause after a failure."""
        self._resume_s = 0.0
        self._hurry.set()
        self._hurry.clear()
        self.nudge()

    def health(self) -> Health:
        rate = self._delivered / self._sending_s if self._reachable and self._sending_s > 0 else 0.0
        return Health(self._reachable, self._error, self._failures, self._delivered, rate)

    async def run(self) -> None:
        """Until cancelled."""
        self._cut = None
        try:
            async with asyncio.TaskGroup() as group:
                for stream in Stream:
                    group.create_task(self._stream(stream), name=f"{stream.value} stream")
        finally:
            with suppress(SinkError, TimeoutError):
                async with asyncio.timeout(2.0):
                    await self._sink.close()

    async def _stream(self, stream: Stream) -> None:
        limit = self._sink.most_rows
        while True:
            try:
                limit = await self._round(stream, limit)
            except DeliveryFailed as error:
                # The disk's trouble is told elsewhere; here it costs time, no row.
                _log.warning("%s stream: %s", stream.value, error)
                await asyncio.sleep(self._patience.disk_s)

    async def _round(self, stream: Stream, limit: int) -> int:
        """Send one batch, or wait. Returns how many rows to send next time."""
        await self._pause()
        most = self._sink.most_rows
        rows = await self._pending(stream, min(limit, most))
        if not rows:
            await self._wait(stream)
            return most
        sent = await self._send(stream, rows)
        if sent is None:
            return max(1, len(rows) // 2)
        if sent:
            await self._hold_rate(stream, len(rows))
            return min(most, limit * 2)
        return limit

    async def _pending(self, stream: Stream, limit: int) -> list[Row]:
        cut = self._cut
        if cut is None:
            cut = self._cut = await self._delivery.cut()
            # What was live before the silence may be backfill now, whose stream has nothing and waits.
            self.nudge()
        if stream is Stream.LIVE:
            return await self._delivery.pending(cut, None, limit)
        return await self._delivery.pending(1, cut - 1, limit)

    async def _send(self, stream: Stream, rows: list[Row]) -> bool | None:
        """True: delivered, as far as the other side took it; False: try again later; None: try fewer."""
        batch = Batch(self._key(rows), stream, rows)
        clock = asyncio.get_running_loop().time
        try:
            async with self._turn:
                began_s = clock()
                outcome = await self._sink.send(batch)
                self._sending_s += clock() - began_s
        except (TooLarge, BatchRefused) as error:
            if len(rows) > 1:
                return None
            # One row alone: it is the one at fault, and must not hold up the rest.
            outcome = Outcome(frozenset(), {rows[0].id: str(error)})
        except SinkError as error:
            self._failed(error)
            return False
        await self._delivery.settle(outcome)
        if not outcome.accepted and not outcome.refused:
            # It answers and takes nothing: not to be asked again at once.
            self._failed(SinkError(text("the other side took none of the rows")))
            return False
        self._delivered += len(outcome.accepted)
        self._reached()
        return True

    # Patience

    def _failed(self, error: SinkError) -> None:
        self._failures += 1
        self._error = error.words
        self._reachable = False
        pauses = self._patience.pauses_s
        pause_s = pauses[min(self._failures, len(pauses)) - 1]
        if isinstance(error, Throttled):
            pause_s = max(pause_s, error.after_s)
        elif isinstance(error, Denied):
            pause_s = max(pause_s, self._patience.denied_s)
        self._resume_s = asyncio.get_running_loop().time() + pause_s
        # What is logged while nobody listens becomes backfill, except the newest slot.
        self._cut = None
        if not self._failing and (self._failures >= 3 or isinstance(error, Denied)):
            self._failing = True
            self._told(True, self._error)

    def _reached(self) -> None:
        self._failures = 0
        self._error = ""
        self._reachable = True
        if self._failing:
            self._failing = False
            self._told(False, "")

    async def _pause(self) -> None:
        """Until the other side may be asked again, or a person wants it now."""
        while (left_s := self._resume_s - asyncio.get_running_loop().time()) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    await self._hurry.wait()

    async def _wait(self, stream: Stream) -> None:
        """Until something new may be there; heartbeats meanwhile, from one of the streams."""
        nudge = self._nudges[stream]
        try:
            async with asyncio.timeout(self._patience.idle_s):
                await nudge.wait()
        except TimeoutError:
            if stream is Stream.LIVE:
                await self._beat()
        nudge.clear()

    async def _beat(self) -> None:
        try:
            async with self._turn:
                await self._sink.idle()
        except SinkError as error:
            self._failed(error)

    async def _hold_rate(self, stream: Stream, rows: int) -> None:
        if stream is Stream.BACKFILL and self._backfill_rows_s > 0:
            await asyncio.sleep(rows / self._backfill_rows_s)
