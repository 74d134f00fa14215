"""Plain Modbus servers for tests, written from the specification: independent of pymodbus and of the driver.

Every register's value names its own unit, table and address, so that an answer taken for another's is seen.
"""

from __future__ import annotations

import asyncio
import os
import struct
import tty
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

from tests.ports import lasting_port


def named_value(unit: int, function: int, address: int) -> int:
    """What a register holds unless it was written: unit, table (function 3 or 4) and address in one word."""
    return (unit % 16) << 12 | (function == 4) << 11 | address & 0x7FF


def named_bit(unit: int, function: int, address: int) -> int:
    """A bit that depends on unit, table and address."""
    return (address * 0x9E3779B1 ^ unit * 0x85EBCA6B ^ function * 0xC2B2AE35) >> 13 & 1


def crc16(data: bytes) -> int:
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def rtu_frame(unit: int, pdu: bytes) -> bytes:
    body = bytes([unit]) + pdu
    return body + struct.pack("<H", crc16(body))


@dataclass
class Unit:
    """One device's memory."""

    unit: int
    written: dict[tuple[int, int], int] = field(default_factory=dict)
    """(function that reads it, address) → value."""
    missing: set[tuple[int, int]] = field(default_factory=set)
    longest: int = 125
    functions: frozenset[int] = frozenset({1, 2, 3, 4, 5, 6, 15, 16})
    frozen: bool = False
    mute: bool = False
    """It hears and acts, and its answers are lost."""
    ignores_writes: bool = False
    most_written: int = 123
    """More at once is refused."""
    writes_the_first: bool = False
    """Of several that are written at once it takes one, and acknowledges all."""
    asked: list[bytes] = field(default_factory=list)

    def value(self, function: int, address: int) -> int:
        named = named_bit if function in (1, 2) else named_value
        return self.written.get((function, address), named(self.unit, function, address))

    def answer(self, pdu: bytes) -> bytes | None:
        """The answering PDU; None is silence."""
        if self.frozen:
            return None
        self.asked.append(pdu)
        answered = self._act(pdu)
        return None if self.mute else answered

    def _act(self, pdu: bytes) -> bytes:
        function = pdu[0]
        if function not in self.functions:
            return bytes([function | 0x80, 1])
        address, size = struct.unpack(">HH", pdu[1:5])
        if function <= 4:
            return self._read(function, address, size)
        if function == 5:
            self._write(1, address, [int(size == 0xFF00)])
            return pdu
        if function == 6:
            self._write(3, address, [size])
            return pdu
        if size > self.most_written:
            return bytes([function | 0x80, 3])
        data = pdu[6 : 6 + pdu[5]]
        if self.writes_the_first:
            size, data = 1, data[: 1 if function == 15 else 2]
        if function == 15:
            self._write(1, address, [data[index // 8] >> index % 8 & 1 for index in range(size)])
        else:
            self._write(3, address, list(struct.unpack(f">{size}H", data)))
        return pdu[:5]

    def _read(self, function: int, address: int, size: int) -> bytes:
        if function >= 3 and size > self.longest:
            return bytes([function | 0x80, 3])
        if any((function, address + index) in self.missing for index in range(size)):
            return bytes([function | 0x80, 2])
        values = [self.value(function, address + index) for index in range(size)]
        if function >= 3:
            data = bytearray(struct.pack(f">{size}H", *values))
        else:
            data = bytearray((size + 7) // 8)
            for index, bit in enumerate(values):
                data[index // 8] |= bit << index % 8
        return bytes([function, len(data)]) + bytes(data)

    def _write(self, table: int, address: int, values: list[int]) -> None:
        if not self.ignores_writes:
            self.written.update({(table, address + index): value for index, value in enumerate(values)})


Units = dict[int, Unit]
Send = Callable[[bytes], Awaitable[None]]


class TcpServer:
    """Modbus TCP, or RTU frames over TCP (`rtu`). `host` is 127.0.0.1, `port` is kept while it hangs up.

    `hold_s` delays each answer, as a gateway's own serial line does.
    """

    def __init__(self, units: Units, *, rtu: bool = False, hold_s: float = 0.0) -> None:
        self.units = units
        self.port = lasting_port()
        self.hold_s = hold_s
        self.connections = 0
        self._rtu = rtu
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self.listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.hang_up()

    async def listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def hang_up(self) -> None:
        """Close the listening socket and all connections."""
        if self._server is not None:
            self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        for task in list(self._tasks):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        self.connections += 1

        async def send(frame: bytes) -> None:
            await asyncio.sleep(self.hold_s)
            writer.write(frame)

        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while True:
                if self._rtu:
                    await answer_rtu(self.units, reader, send)
                else:
                    header = await reader.readexactly(7)
                    pdu = await reader.readexactly(int.from_bytes(header[4:6], "big") - 1)
                    unit = self.units.get(header[6])
                    if unit is not None and (answer := unit.answer(pdu)) is not None:
                        await send(header[:4] + struct.pack(">HB", len(answer) + 1, header[6]) + answer)
        writer.close()
        self._writers.discard(writer)
        self._tasks.discard(task)


async def answer_rtu(units: Units, reader: asyncio.StreamReader, send: Send) -> None:
    """One request and its answer."""
    frame = await read_rtu_request(reader)
    unit = units.get(frame[0])
    if unit is not None and (answer := unit.answer(frame[1:-2])) is not None:
        await send(rtu_frame(frame[0], answer))


async def read_rtu_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readexactly(7)
    size = 9 + head[6] if head[1] in (15, 16) else 8
    frame = head + await reader.readexactly(size - 7)
    assert crc16(frame[:-2]).to_bytes(2, "little") == frame[-2:], frame.hex()
    return frame


class PtyPort:
    """A pseudo-terminal: the driver opens `path`, the test holds the other end as `reader` and `write`.

    `baud` paces it, both ways, since a pseudo-terminal has no speed of its own; 0 = as fast as it goes.
    """

    def __init__(self, baud: int = 0) -> None:
        self.baud = baud
        self.path = ""
        self.reader = asyncio.StreamReader()
        self._master = self._slave = -1

    def open(self) -> None:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path = os.ttyname(self._slave)
        asyncio.get_running_loop().add_reader(self._master, self._readable)

    def close(self) -> None:
        if self._master >= 0:
            asyncio.get_running_loop().remove_reader(self._master)
            os.close(self._master)
            os.close(self._slave)
        self._master = self._slave = -1

    def _readable(self) -> None:
        with suppress(OSError):
            self.reader.feed_data(os.read(self._master, 4096))

    async def write(self, data: bytes) -> None:
        if not self.baud:
            os.write(self._master, data)
            return
        for start in range(0, len(data), 16):
            part = data[start : start + 16]
            await asyncio.sleep(self.wire_s(len(part)))
            os.write(self._master, part)

    def wire_s(self, size: int) -> float:
        return 10 * size / self.baud if self.baud else 0.0


class PtyServer:
    """RTU units behind a pseudo-terminal."""

    def __init__(self, units: Units, baud: int = 0, think_s: float = 0.0) -> None:
        self.units = units
        self.port = PtyPort(baud)
        self.think_s = think_s
        self._task: asyncio.Task[None] | None = None

    @property
    def path(self) -> str:
        return self.port.path

    async def __aenter__(self) -> Self:
        self.port.open()
        self._task = asyncio.create_task(self._serve())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        self.port.close()

    async def _serve(self) -> None:
        async def send(frame: bytes) -> None:
            await asyncio.sleep(self.port.wire_s(8) + self.think_s)
            await self.port.write(frame)

        while True:
            await answer_rtu(self.units, self.port.reader, send)
