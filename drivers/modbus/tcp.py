"""Modbus TCP: one connection, one transaction at a time; the transaction id is the fence."""

from __future__ import annotations

import asyncio
import os
from collections import OrderedDict

from config.plan.lines import Line
from drivers.api import BadFrame, NoAnswer
from drivers.modbus.frames import MBAP, tcp_answer, tcp_request
from drivers.modbus.requests import Late, Request
from drivers.modbus.wire import TcpWire

_REMEMBERED = 512
"""Open transactions whose late answers are still recognised."""

_DEAF = 5
"""Time-outs in a row, nothing at all received, after which the connection is made anew."""


class TcpLink:
    """A Link over Modbus TCP.

    Transaction ids are drawn at random, so that neither a late answer nor one meant for another client of
    the same gateway carries the id of the request that is open. What cannot be read as a sequence of
    frames, or is a wrong answer under the right id, closes the connection: what follows on it could not be
    trusted.
    """

    def __init__(self, line: Line, late: Late) -> None:
        self._line = line
        self._late = late
        self._wire: TcpWire | None = None
        self._open: OrderedDict[int, tuple[int, float]] = OrderedDict()
        self._deaf = 0
        self._sent_s = 0.0

    @property
    def connected(self) -> bool:
        return self._wire is not None and self._wire.open

    async def connect(self) -> None:
        self.close()
        self._wire = await TcpWire.dial(self._line)

    def close(self) -> None:
        if self._wire is not None:
            self._wire.close()
        self._wire = None
        self._open.clear()
        self._deaf = 0

    async def ask(self, request: Request, patience_s: float) -> bytes:
        if self._wire is None:
            raise NoAnswer("not connected").unsent()
        loop = asyncio.get_running_loop()
        if self._line.pause_s:
            await asyncio.sleep(max(0.0, self._sent_s + self._line.pause_s - loop.time()))
        wire = self._wire
        try:
            self._skip_late(wire)
        except BadFrame as error:
            self.close()
            raise error.unsent() from None
        transaction = self._draw()
        try:
            self._sent_s = loop.time()
            wire.send(tcp_request(request, transaction))
            frame = await self._receive(wire, transaction, self._sent_s + patience_s)
            return tcp_answer(request, frame)
        except BadFrame:
            self.close()
            raise
        except (NoAnswer, asyncio.CancelledError):
            self._remember(transaction, request.unit)
            raise
        finally:
            self._sent_s = loop.time()

    async def _receive(self, wire: TcpWire, transaction: int, until_s: float) -> bytes:
        """The frame with our transaction id; all others are skipped."""
        while True:
            while (frame := self._frame(wire)) is not None:
                self._deaf = 0
                if int.from_bytes(frame[:2], "big") == transaction:
                    return frame
                self._recognise(frame)
            if not await wire.wait(until_s, beyond=wire.size):
                self._deaf += 1
                if wire.size or self._deaf >= _DEAF:
                    self.close()  # half a frame stands in the stream, or nobody seems to be there
                raise NoAnswer("time-out")

    def _skip_late(self, wire: TcpWire) -> None:
        """Answers that came before the question is sent are not answers to it."""
        while (frame := self._frame(wire)) is not None:
            self._recognise(frame)

    def _frame(self, wire: TcpWire) -> bytes | None:
        """The first whole frame in the stream. Raises BadFrame where there cannot be one."""
        if not wire.size:
            return None
        data = wire.peek()
        if len(data) >= 4 and data[2:4] != b"\0\0":
            raise BadFrame("not Modbus: protocol id")
        if len(data) < MBAP:
            return None
        length = int.from_bytes(data[4:6], "big")
        if not 3 <= length <= 254:
            raise BadFrame(f"a length of {length} in the header")
        if len(data) < 6 + length:
            return None
        wire.drop(6 + length)
        return data[: 6 + length]

    def _recognise(self, frame: bytes) -> None:
        asked = self._open.pop(int.from_bytes(frame[:2], "big"), None)
        if asked is not None and asked[0] == frame[6]:
            self._late(asked[0], asyncio.get_running_loop().time() - asked[1])

    def _remember(self, transaction: int, unit: int) -> None:
        if self._wire is not None:
            self._open[transaction] = (unit, self._sent_s)
            if len(self._open) > _REMEMBERED:
                self._open.popitem(last=False)

    def _draw(self) -> int:
        while True:
            transaction = int.from_bytes(os.urandom(2), "big")
            if transaction and transaction not in self._open:
                return transaction
