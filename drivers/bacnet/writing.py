"""The writes of one BACnet device, from the queue to the one answer each of them gets."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping

from config.plan.points import Point
from config.plan.reading import Value
from drivers.api import DriverError, Fate, NoAnswer, Write, WriteReport
from drivers.bacnet.commanding import Commander, Done
from drivers.bacnet.exchange import Exchange
from drivers.bacnet.line import Shared
from drivers.bacnet.polling import Poller
from drivers.bacnet.pulses import Pulses
from drivers.bacnet.slots import SlotWatch


class Writing:
    """What waits to be written to one device, and the pulses that must be ended there."""

    def __init__(
        self,
        points: Mapping[int, Point],
        exchange: Exchange,
        commander: Commander,
        slots: SlotWatch,
        poller: Poller,
        shared: Shared,
    ) -> None:
        self._points = points
        self._exchange = exchange
        self._commander = commander
        self._slots = slots
        self._poller = poller
        self._shared = shared
        self._queue: deque[Write] = deque()
        self._unanswered: set[int] = set()
        self._pulses = Pulses(commander, self._pulsed)

    def __len__(self) -> int:
        return len(self._queue)

    def add(self, write: Write) -> None:
        self._unanswered.add(write.seq)
        self._queue.append(write)

    def next(self) -> float:
        """When something is to be done; in the past if at once, infinity if nothing."""
        return float("-inf") if self._queue else self._pulses.next()

    async def turn(self) -> None:
        """The most urgent of it: the end of a pulse before the next write. Raises DriverError."""
        if self._pulses.next() <= asyncio.get_running_loop().time():
            await self._pulses.end_next()
        elif self._queue:
            await self._write(self._queue.popleft())

    def drop(self, detail: str) -> None:
        """What waits is not sent any more."""
        while self._queue:
            self._answer(self._queue.popleft(), Fate.NOT_SENT, detail)

    def lost(self, detail: str) -> None:
        """The device is lost, or was not found again."""
        self.drop("device is lost")
        self._pulses.lost(detail)

    async def farewell(self) -> None:
        """The driver stops."""
        await self._pulses.end_all()

    async def _write(self, write: Write) -> None:
        if not self._shared.may_write(write.point):
            self._answer(write, Fate.NOT_SENT, "held back")
            return
        point = self._points[write.point]
        assert point.command is not None
        try:
            if point.command.pulse_s is not None and write.value is not None:
                await self._pulses.begin(point, write)
            else:
                await self._carry_out(point, write)
        except asyncio.CancelledError:
            self._answer(write, Fate.NO_ANSWER, "stopped")
            raise
        except DriverError:
            raise  # after its report
        except Exception as error:
            self._answer(write, Fate.NO_ANSWER, f"internal error: {type(error).__name__}")
            raise

    async def _carry_out(self, point: Point, write: Write) -> None:
        assert point.command is not None
        wanted = point.command.verify_point if point.command.verify == "point" else None
        feedback = self._points.get(wanted) if wanted is not None else None
        done = await self._commander.carry_out(point, write, feedback)
        self._answer(write, done.fate, done.detail, done.value)
        if done.fate is Fate.NO_ANSWER and self._exchange.lost:
            raise NoAnswer(done.detail)
        self._slots.written(point, write, done)
        if done.fate in (Fate.READ_BACK, Fate.MISMATCH):
            await self._poller.read([point])

    def _pulsed(self, point: Point, write: Write, done: Done) -> None:
        self._answer(write, done.fate, done.detail)
        self._slots.written(point, write, done)

    def _answer(self, write: Write, fate: Fate, detail: str, found: Value | None = None) -> None:
        """Once for each write; told again it is passed over."""
        if write.seq in self._unanswered:
            self._unanswered.discard(write.seq)
            self._shared.put(WriteReport(write.seq, write.point, fate, found, detail))
