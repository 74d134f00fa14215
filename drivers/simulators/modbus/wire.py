"""Bytes on the wire: requests out of a stream, replies into it, and the faults that damage them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from typing import Protocol

from pymodbus.framer.rtu import FramerRTU
from pymodbus.framer.socket import FramerSocket
from pymodbus.pdu import DecodePDU, ExceptionResponse, ModbusPDU

from drivers.simulators.faults import Faults
from drivers.simulators.modbus.unit import Unit

GATEWAY_TARGET_SILENT = 11
MBAP = 7
Send = Callable[[bytes], None]


class Talker(Protocol):
    """One end of one connection or terminal: takes bytes, answers by the `send` it was made with."""

    def feed(self, data: bytes) -> None: ...

    def close(self) -> None: ...


class _Replies:
    """Replies on their way: sent at their time, dropped when the connection closes."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._pending: set[asyncio.TimerHandle] = set()

    def after(self, seconds: float, frame: bytes) -> None:
        if seconds <= 0:
            self._send(frame)
            return

        def fire() -> None:
            self._pending.discard(handle)
            self._send(frame)

        handle = asyncio.get_running_loop().call_later(seconds, fire)
        self._pending.add(handle)

    def close(self) -> None:
        for handle in self._pending:
            handle.cancel()
        self._pending.clear()


def damaged(reply: ModbusPDU, faults: Faults, chance: random.Random) -> tuple[bool, bytes]:
    """Whether to damage the frame's check, and the junk to send before it; the reply's unit is changed in
    place."""
    if faults.has("wrong-unit"):
        reply.dev_id = reply.dev_id % 247 + 1
    junk = chance.randbytes(int(faults.number("babble", "bytes"))) if faults.has("babble") else b""
    return faults.has("crc") and chance.random() < faults.number("crc", "share"), junk


def collided(first: bytes, second: bytes, overlap: int) -> bytes:
    """Two frames on one pair of wires, the second begun when the first had this many bytes to go. Where both
    drive, the stronger level wins: here the low one."""
    alone = len(first) - overlap
    both = bytes(a & b for a, b in zip(first[alone:], second, strict=False))
    return first[:alone] + both + first[alone + len(both) :] + second[len(both) :]


class TcpTalker:
    """Modbus TCP on one connection. An unknown unit is answered as a gateway does, with exception 11."""

    def __init__(self, units: Mapping[int, Unit], send: Send, chance: random.Random) -> None:
        self._units = units
        self._replies = _Replies(send)
        self._framer = FramerSocket(DecodePDU(True))
        self._chance = chance
        self._buffer = b""

    def feed(self, data: bytes) -> None:
        self._buffer += data
        while len(self._buffer) > MBAP:
            size = int.from_bytes(self._buffer[4:6], "big") + 6
            if int.from_bytes(self._buffer[2:4], "big") or not 8 <= size <= FramerSocket.MAX_SIZE:
                self._buffer = b""
                return
            if len(self._buffer) < size:
                return
            _, number, transaction, request = self._framer.decode(self._buffer[:size])
            self._buffer = self._buffer[size:]
            self._answer(number, transaction, request)

    def _answer(self, number: int, transaction: int, request: bytes) -> None:
        unit = self._units.get(number)
        if unit is None:
            reply: ModbusPDU | None = ExceptionResponse(request[0], GATEWAY_TARGET_SILENT)
            faults = Faults()
        else:
            reply = unit.answer(request)
            faults = unit.faults
        if reply is None:
            return
        reply.dev_id, reply.transaction_id = number, transaction
        damage, junk = damaged(reply, faults, self._chance)
        frame = self._framer.buildFrame(reply)
        if damage:
            frame = frame[:2] + b"\x00\x01" + frame[4:]
        if faults.has("clash"):  # what a gateway makes of a frame that it could not understand
            silent = ExceptionResponse(request[0], GATEWAY_TARGET_SILENT, number, transaction)
            frame = self._framer.buildFrame(silent)
        self._replies.after(faults.number("slow", "seconds"), junk + frame)

    def close(self) -> None:
        self._replies.close()


class RtuTalker:
    """Modbus RTU: all units of one serial line, behind a terminal or a converter's TCP connection.

    A reply leaves after the time that request and reply take on a real wire of `byte_s` a character, with the
    silences between them; machine time, never scaled. An unknown unit is silence, a broadcast is obeyed in
    silence.
    """

    def __init__(
        self,
        units: Mapping[int, Unit],
        send: Send,
        chance: random.Random,
        byte_s: float,
        turnaround_s: float = 0.002,
    ) -> None:
        self._units = units
        self._replies = _Replies(send)
        self._framer = FramerRTU(DecodePDU(True))
        self._chance = chance
        self._byte_s = byte_s
        self._turnaround_s = turnaround_s
        self._buffer = b""
        self._silence: asyncio.TimerHandle | None = None
        self._gap_s = max(0.02, 3.5 * byte_s)
        """A pseudo-terminal and a network bring a frame's bytes in lumps: a wide gap, so as not to cut a
        frame."""

    def feed(self, data: bytes) -> None:
        self._buffer += data
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None
        if self._framed(self._buffer):
            self._buffer = b""
        else:
            self._silence = asyncio.get_running_loop().call_later(self._gap_s, self._quiet)

    def _framed(self, buffer: bytes) -> bool:
        try:
            used, number, _, request = self._framer.decode(buffer)
        except Exception:  # noqa: BLE001 - a frame no decoder knows is answered below, once the wire is quiet
            return False
        if not request:
            return bool(used)
        self._answer(number, request, len(buffer))
        return True

    def _quiet(self) -> None:
        """Silence after bytes that are no known request: a sound frame of an unknown function, or rubbish."""
        self._silence = None
        buffer, self._buffer = self._buffer, b""
        if len(buffer) >= 4 and FramerRTU.check_CRC(buffer[:-2], int.from_bytes(buffer[-2:], "big")):
            self._answer(buffer[0], buffer[1:-2], len(buffer))

    def _answer(self, number: int, request: bytes, heard: int) -> None:
        if number == 0:
            for each in self._units.values():
                each.answer(request)
            return
        unit = self._units.get(number)
        reply = unit.answer(request) if unit is not None else None
        if unit is None or reply is None:
            return
        reply.dev_id = number
        damage, junk = damaged(reply, unit.faults, self._chance)
        frame = self._framer.buildFrame(reply)
        if damage:
            frame = frame[:-1] + bytes([frame[-1] ^ 0x55])
        late = int(unit.faults.number("clash", "late"))
        rival = self._framer.buildFrame(unit.rival(reply)) if unit.faults.has("clash") else b""
        if rival and late < len(frame):
            frame, rival = collided(frame, rival, len(frame) - late), b""
        frame = junk + frame
        wire_s = (heard + len(frame) + 3.5) * self._byte_s + self._turnaround_s
        wire_s += unit.faults.number("slow", "seconds")
        self._replies.after(wire_s, frame)
        if rival:
            self._replies.after(wire_s + late * self._byte_s, rival)

    def close(self) -> None:
        self._replies.close()
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None
