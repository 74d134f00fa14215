"""What one Modbus unit answers to a request PDU."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from copy import copy
from typing import Any

from pymodbus.pdu import DecodePDU, ExceptionResponse, ModbusPDU
from pymodbus.pdu.bit_message import (
    ReadCoilsResponse,
    ReadDiscreteInputsResponse,
    WriteMultipleCoilsResponse,
    WriteSingleCoilResponse,
)
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersResponse,
    ReadInputRegistersResponse,
    WriteMultipleRegistersResponse,
    WriteSingleRegisterResponse,
)

from config.plan.points import Point, Space
from config.plan.reading import Value
from drivers.simulators.faults import Faults
from drivers.simulators.modbus.memory import ILLEGAL_FUNCTION, ILLEGAL_VALUE, Illegal, Memory

BUSY = 6
_READS: dict[int, Space] = {1: "coil", 2: "discrete", 3: "holding", 4: "input"}
_READ_REPLIES: dict[int, type[ModbusPDU]] = {
    1: ReadCoilsResponse,
    2: ReadDiscreteInputsResponse,
    3: ReadHoldingRegistersResponse,
    4: ReadInputRegistersResponse,
}
_WRITES: dict[int, Space] = {5: "coil", 15: "coil", 6: "holding", 16: "holding"}
_WRITE_REPLIES: dict[int, type[ModbusPDU]] = {
    5: WriteSingleCoilResponse,
    15: WriteMultipleCoilsResponse,
    6: WriteSingleRegisterResponse,
    16: WriteMultipleRegistersResponse,
}
_OTHER = {1: 2, 2: 1, 3: 4, 4: 3, 5: 15, 15: 5, 6: 16, 16: 6}
"""For a reply in another function's name."""

Commanded = Callable[[Sequence[tuple[Point, Value]]], None]


class Unit:
    """One unit: its memory, what hears of its writes, and its faults on the wire.

    `heard` is told of every request addressed to this unit, `commanded` of every write it accepted.
    """

    def __init__(
        self, number: int, memory: Memory, faults: Faults, heard: Callable[[], None], commanded: Commanded
    ) -> None:
        self.number = number
        self.memory = memory
        self.faults = faults
        self.silent_until = 0.0
        """By the event loop's clock: it is starting and hears nothing."""
        self.writes = 0
        """Requests to write that were addressed to it, whatever became of them."""
        self._heard = heard
        self._commanded = commanded
        self._decoder = DecodePDU(True)

    def answer(self, request: bytes) -> ModbusPDU | None:
        """The reply to a request PDU (function code and data); None is silence."""
        faults = self.faults
        if faults.has("freeze") or faults.has("unplug"):
            return None
        if self.silent_until and asyncio.get_running_loop().time() < self.silent_until:
            return None
        self._heard()
        function = request[0]
        self.writes += function in _WRITES
        if faults.has("busy"):
            return ExceptionResponse(function, BUSY)
        if faults.has("exception"):
            return ExceptionResponse(function, int(faults.number("exception", "code")))
        try:
            reply = self._obey(function, request)
        except Illegal as refusal:
            return ExceptionResponse(function, refusal.code)
        return self._spoil(function, reply)

    def _obey(self, function: int, request: bytes) -> ModbusPDU:
        if function not in _READS and function not in _WRITES:
            raise Illegal(ILLEGAL_FUNCTION)
        pdu = self._decoder.decode(request)
        if pdu is None or (function in _READS and pdu.count < 1):
            raise Illegal(ILLEGAL_VALUE)
        if function in _READS:
            found = self.memory.read(_READS[function], pdu.address, pdu.count)
            if function in (1, 2):
                return _READ_REPLIES[function](bits=[bool(bit) for bit in found])
            return _READ_REPLIES[function](registers=found)
        words = _written(function, pdu, request)
        if not self.faults.has("lying-write"):
            self._commanded(self.memory.write(_WRITES[function], pdu.address, words, function))
        if function in (15, 16):
            return _WRITE_REPLIES[function](address=pdu.address, count=pdu.count)
        kind: dict[str, Any] = {"bits": [bool(words[0])]} if function == 5 else {"registers": words}
        return _WRITE_REPLIES[function](address=pdu.address, **kind)

    @staticmethod
    def rival(reply: ModbusPDU) -> ModbusPDU:
        """What another unit of the same number and model says to the same request: it holds other values, and
        confirms a write all the same."""
        other = copy(reply)
        if other.function_code in _READS:
            other.registers = [register ^ 0x0F0F for register in reply.registers]
            other.bits = [not bit for bit in reply.bits]
        return other

    def _spoil(self, function: int, reply: ModbusPDU) -> ModbusPDU:
        """The faults that make a sound frame with a wrong content."""
        faults = self.faults
        if not faults:
            return reply
        step = 1 if function in (3, 4) else 8
        if function in _READS and faults.has("short"):
            reply.registers = list(reply.registers)[:-step]
            reply.bits = list(reply.bits)[:-step]
        elif function in _READS and faults.has("long"):
            reply.registers = [*reply.registers, 0] if function in (3, 4) else []
            reply.bits = [*reply.bits, *([True] * 8)] if function in (1, 2) else []
        if faults.has("wrong-function"):
            reply.function_code = _OTHER[function]
        return reply


def _written(function: int, pdu: ModbusPDU, request: bytes) -> list[int]:
    """The words or bits a write carries. Raises Illegal when its counts do not agree with its content."""
    if function == 5:
        raw = int.from_bytes(request[3:5], "big")
        if raw not in (0, 0xFF00):
            raise Illegal(ILLEGAL_VALUE)
        return [int(raw == 0xFF00)]
    if function == 6:
        return list(pdu.registers)
    size = (pdu.count + 7) // 8 if function == 15 else 2 * pdu.count
    if (
        not 1 <= pdu.count <= (1968 if function == 15 else 123)
        or request[5] != size
        or len(request) != 6 + size
    ):
        raise Illegal(ILLEGAL_VALUE)
    return [int(bit) for bit in pdu.bits] if function == 15 else list(pdu.registers)
