"""Modbus RTU: many units on one wire, a serial device or a TCP gateway; the fence is in `fence`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from config.plan.lines import Line
from drivers.api import BadFrame, DriverError, NoAnswer, Refused
from drivers.modbus.fence import Challenge, Doubts
from drivers.modbus.frames import GatewaySilent, crc_right, rtu_answer, rtu_answer_size, rtu_request
from drivers.modbus.requests import READ_FUNCTIONS, Late, Request, Shape
from drivers.modbus.wire import Wire

_LONGEST_FRAME = 256
_DEAF = 5
"""TCP: time-outs in a row, nothing at all received, after which the connection is made anew."""
_CHALLENGES = 4
"""Challenges in one turn of a unit that refuses them, or whose line sends what nobody asked for."""
_QUIET_S = 0.02
"""Silence that ends a drain, at least; USB adapters deliver in bursts of up to 16 ms."""
_DRAIN_S = 0.5
"""Longest drain. A line that does not fall silent is no line to ask on."""


class RtuLink:
    """A Link over RTU frames.

    A frame is taken only if it is the first thing received after the request and has the unit, function,
    exact length and CRC of its answer. The one thing that may come before it is a late answer which is
    still owed by a unit in doubt: it is recognised as such and dropped. Anything else is a BadFrame: the
    line is drained until it is quiet, and the unit is in doubt.
    """

    def __init__(
        self,
        line: Line,
        open_wire: Callable[[], Awaitable[Wire]],
        challenges: Mapping[int, tuple[Challenge, ...]],
        late: Late,
    ) -> None:
        self._open_wire = open_wire
        self._late = late
        self._wire: Wire | None = None
        self._now: Callable[[], float] = float
        """The clock of the wire that is open, or was last."""
        self._doubts = Doubts(challenges, rest_s=max(10 * line.timeout_s, 5.0))
        self._last: Request | None = None
        self._last_frame = b""
        self._sent_s = self._asked_s = 0.0
        self._deaf = 0
        self._tcp = line.transport == "modbus-rtu-over-tcp"
        self._character_s = (9 + (line.parity != "N") + line.stop_bits) / line.baud
        self._silence_s = max(line.pause_s, 3.5 * 11 / line.baud if line.baud <= 19200 else 0.00175)
        self._stall_s = max(0.05, 20 * self._character_s)
        if self._tcp:
            self._stall_s = max(self._stall_s, min(0.25, line.timeout_s))

    @property
    def connected(self) -> bool:
        return self._wire is not None and self._wire.open

    async def connect(self) -> None:
        self.close()
        self._wire = await self._open_wire()
        self._now = self._wire.now
        self._wire.last_byte_s = self._now()

    def close(self) -> None:
        if self._wire is not None:
            self._wire.close()
        self._wire = None
        self._last, self._last_frame, self._deaf = None, b"", 0

    async def ask(self, request: Request, patience_s: float) -> bytes:
        """See Link. A write is sent without asking a challenge first: its echo says what it belongs to."""
        for _ in range(_CHALLENGES):
            wire = self._wire
            if wire is None:
                raise NoAnswer("not connected").unsent()
            try:
                await self._settle(wire)
            except DriverError as error:
                raise error.unsent() from None
            challenge = None
            if request.function in READ_FUNCTIONS:
                challenge = self._doubts.next(request, self._now())
            if challenge is None:
                try:
                    return await self._transact(wire, request, patience_s)
                except Refused:
                    if self._doubts.ambiguous(request):
                        raise NoAnswer("refused, perhaps in answer to an earlier request") from None
                    raise
            await self._challenge(wire, challenge, patience_s)
        raise NoAnswer("not in step").unsent()

    async def _challenge(self, wire: Wire, challenge: Challenge, patience_s: float) -> None:
        try:
            await self._transact(wire, challenge.request, patience_s)
        except Refused:
            if challenge.refusal_counts:
                self._doubts.answered(challenge.request, self._asked_s)
            else:
                self._doubts.add(challenge.request, self._asked_s)

    async def _transact(self, wire: Wire, request: Request, patience_s: float) -> bytes:
        frame = rtu_request(request)
        self._last, self._last_frame = request, b""
        self._asked_s = self._sent_s = self._now()
        on_wire_s = self._character_s * (len(frame) + (rtu_answer_size(request) if self._tcp else 0))
        try:
            wire.send(frame)
            self._sent_s += self._character_s * len(frame)
            data = await self._receive(wire, request, self._asked_s + on_wire_s + patience_s)
        except (Refused, GatewaySilent):
            raise
        except BadFrame:
            self._doubts.add(request, self._asked_s)
            with suppress(NoAnswer):
                await self._drain(wire)
            raise
        except (NoAnswer, asyncio.CancelledError):
            self._doubts.add(request, self._asked_s)
            raise
        self._doubts.answered(request, self._asked_s)
        return data

    async def _receive(self, wire: Wire, request: Request, first_byte_s: float) -> bytes:
        until_s = first_byte_s
        while True:
            data = wire.peek()
            size, late = self._judge(request, data)
            if not size or len(data) < size:
                if data:
                    last_s = max(wire.last_byte_s, self._rest(wire, size - len(data)))
                    until_s = max(until_s if self._tcp else 0.0, last_s + self._stall_s)
                if await wire.wait(until_s, beyond=max(size, len(data) + 1, 3) - 1) or wire.size > len(data):
                    continue
                self._give_up(data)
            self._deaf = 0
            frame = data[:size]
            wire.drop(size)
            if late is None:
                try:
                    answer = rtu_answer(request, frame)
                except BadFrame:
                    late = request.shape if request.values and crc_right(frame) else None
                    if late is None or self._doubts.asked_at(request.unit, late) is None:
                        raise
                else:
                    self._last_frame = frame
                    return answer
            self._recognise(frame, late)
            until_s = max(first_byte_s, wire.last_byte_s)

    def _rest(self, wire: Wire, missing: int) -> float:
        """So many characters are still to come, and take their time on the wire: until when they are left
        alone, but for the last ones."""
        until_s = wire.last_byte_s + missing * self._character_s - _QUIET_S
        if self._tcp or until_s - self._now() < _QUIET_S:
            return 0.0
        wire.rest(until_s)
        return until_s

    def _judge(self, request: Request, data: bytes) -> tuple[int, Shape | None]:
        """Size of the frame at the head of `data` (0: not known yet), and its shape if it is a late one.

        Raises BadFrame for what is neither the answer nor owed by anybody.
        """
        if len(data) < 3:
            return 0, None
        unit, function, length = data[0], data[1], data[2]
        if unit == request.unit:
            if function == request.function | 0x80:
                return 5, None
            if function == request.function and (request.values or length == request.shape.length):
                return rtu_answer_size(request), None
        late = self._late_frame(data)
        if late is None:
            raise BadFrame(f"an answer nobody asked for: unit {unit}, function {function}")
        return late

    def _late_frame(self, data: bytes) -> tuple[int, Shape] | None:
        """Size and shape of the owed answer that `data` begins with; None if it is none. At least 3 bytes."""
        function, length = data[1], data[2]
        for shape in self._doubts.shapes(data[0]):
            if function == shape.function | 0x80:
                return 5, shape
            if function == shape.function and function not in READ_FUNCTIONS:
                return 8, shape
            if function == shape.function and length == shape.length:
                return 5 + length, shape
        return None

    def _give_up(self, data: bytes) -> None:
        if data:
            raise BadFrame("the answer is cut short")
        self._deaf += 1
        if self._tcp and self._deaf >= _DEAF:
            self.close()
        raise NoAnswer("time-out")

    def _recognise(self, frame: bytes, late: Shape) -> None:
        """A late frame counts as a sign of life if it is sound."""
        if not crc_right(frame):
            raise BadFrame("wrong CRC")
        asked_s = self._doubts.asked_at(frame[0], late)
        if asked_s is not None:
            self._doubts.late(frame[0], late)
            self._late(frame[0], self._now() - asked_s)

    async def _settle(self, wire: Wire) -> None:
        """Keep the silent interval; what comes unasked puts the unit that spoke last in doubt.

        Only an exact copy of the last answer is passed over: repeaters send those.
        """
        wire.listen()
        for _ in range(2):
            await asyncio.sleep(0)  # what the system has received by now is seen by now
        while (quiet_s := max(wire.last_byte_s, self._sent_s) + self._silence_s) > self._now():
            await wire.wait(quiet_s, beyond=len(wire.peek()))
        if not wire.peek():
            return
        unasked = await self._drain(wire)
        if unasked != self._last_frame:
            self._note_unasked(unasked)

    def _note_unasked(self, unasked: bytes) -> None:
        """Late answers are recognised; anything else puts the unit that was asked last in doubt."""
        while len(unasked) >= 5 and (late := self._late_frame(unasked)) is not None:
            size, shape = late
            if len(unasked) < size or not crc_right(unasked[:size]):
                break
            self._recognise(unasked[:size], shape)
            unasked = unasked[size:]
        if unasked and self._last is not None:
            self._doubts.add(self._last, self._now())

    async def _drain(self, wire: Wire) -> bytes:
        """Drop what comes until the line is quiet; the bytes dropped. Raises NoAnswer if it never is."""
        end_s = self._now() + _DRAIN_S
        quiet_s = max(_QUIET_S, self._silence_s)
        data = b""
        while True:
            data = (data + wire.peek())[-2 * _LONGEST_FRAME :]
            wire.drop(len(wire.peek()))
            if self._now() > end_s:
                raise NoAnswer("the line does not fall silent")
            if not await wire.wait(wire.last_byte_s + quiet_s):
                return data
