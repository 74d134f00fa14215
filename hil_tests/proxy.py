"""A hostile proxy: stands between the driver and a real server and spoils answers, by kind and rate, seeded.

The server behind it is asked for every request, in order; only what goes back to the driver is spoilt.
Requests are never touched.
"""

from __future__ import annotations

import asyncio
import random
import struct
from contextlib import suppress
from typing import Literal, Self

from hil_tests.modbus_servers import PtyPort, crc16, read_rtu_request, rtu_frame

TcpFault = Literal[
    "none", "delay", "duplicate", "shorten", "reorder", "swap", "function", "unit", "transaction"
]
RtuFault = Literal["none", "delay", "duplicate", "shorten", "crc", "unit", "function"]
TCP_FAULTS: tuple[TcpFault, ...] = (
    "delay",
    "duplicate",
    "shorten",
    "reorder",
    "swap",
    "function",
    "unit",
    "transaction",
)
RTU_FAULTS: tuple[RtuFault, ...] = ("delay", "duplicate", "shorten", "crc", "unit", "function")


class TcpProxy:
    """Modbus TCP faults, frame by frame.

    delay: later than the time-out, each answer by itself. duplicate: twice, at once or behind the next.
    shorten: the tail is missing, with a header that tells or does not. reorder: behind the next answer.
    swap: for a while each answer is given to the next request. function, unit, transaction: another number in
    an otherwise right answer.
    """

    def __init__(self, server_port: int, fault: TcpFault, rate: float, seed: int, late_s: float) -> None:
        self.fault = fault
        self.rate = rate
        self.port = 0
        self.spoilt = 0
        self._server_port = server_port
        self._random = random.Random(seed)
        self._late_s = late_s
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._kept: list[bytes] = []
        self._swaps = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._kept.clear()
        self._swaps = 0
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
                while True:
                    server_writer.write(await _tcp_frame(reader))
                    answer = await _tcp_frame(server_reader)
                    for delay_s, frame in self._spoil(answer):
                        if delay_s:
                            asyncio.get_running_loop().call_later(delay_s, _write, writer, frame)
                        else:
                            writer.write(frame)
        finally:
            server_writer.transport.abort()
            writer.transport.abort()
            self._tasks.discard(task)

    def _spoil(self, answer: bytes) -> list[tuple[float, bytes]]:
        if self._swaps:
            self._swaps -= 1
            self._kept.append(answer)
            return [(0.0, self._kept.pop(0))]
        behind = [(0.0, frame) for frame in self._kept]
        self._kept.clear()
        if self._random.random() >= self.rate or self.fault == "none":
            return [(0.0, answer), *behind]
        self.spoilt += 1
        return self._spoilt(answer) + behind

    def _spoilt(self, answer: bytes) -> list[tuple[float, bytes]]:
        pick = self._random
        match self.fault:
            case "delay":
                return [(self._late_s * pick.uniform(1.05, 3.0), answer)]
            case "duplicate" if pick.random() < 0.5:
                return [(0.0, answer), (0.0, answer)]
            case "duplicate":
                self._kept.append(answer)
                return [(0.0, answer)]
            case "shorten" if pick.random() < 0.5:
                return [(0.0, answer[: pick.randrange(1, len(answer))])]
            case "shorten":
                body = answer[6 : pick.randrange(8, len(answer))]
                return [(0.0, answer[:4] + struct.pack(">H", len(body)) + body)]
            case "reorder":
                self._kept.append(answer)
                return []
            case "swap":
                self._kept.append(answer)
                self._swaps = pick.randrange(1, 5)
                return []
            case "function":
                return [(0.0, answer[:7] + bytes([pick.choice([1, 2, 3, 4, 6, 0x83])]) + answer[8:])]
            case "unit":
                return [(0.0, answer[:6] + bytes([(answer[6] + pick.randrange(1, 4)) % 256]) + answer[7:])]
            case _:
                wrong = (int.from_bytes(answer[:2], "big") + pick.choice([1, -1, 256, 1000])) % 0x10000
                return [(0.0, wrong.to_bytes(2, "big") + answer[2:])]


class RtuMischief:
    """What an in-order line does to one answer: while it is late, the next requests wait behind it.

    delay: later than the time-out. duplicate: a second copy before the next request. shorten: the tail is
    missing. crc: some bits flipped. unit, function: another number, with a CRC that fits.
    """

    def __init__(self, fault: RtuFault, rate: float, seed: int, late_s: float) -> None:
        self.fault = fault
        self.rate = rate
        self.spoilt = 0
        self._random = random.Random(seed)
        self._late_s = late_s

    def spoil(self, answer: bytes) -> list[tuple[float, bytes]]:
        """(seconds to wait first, bytes to send), in order."""
        pick = self._random
        if pick.random() >= self.rate or self.fault == "none":
            return [(0.0, answer)]
        self.spoilt += 1
        match self.fault:
            case "delay":
                return [(self._late_s * pick.uniform(1.05, 3.0), answer)]
            case "duplicate":
                return [(0.0, answer), (0.0, answer)] if pick.random() < 0.5 else [(0.0, 2 * answer)]
            case "shorten":
                return [(0.0, answer[: pick.randrange(1, len(answer))])]
            case "crc":
                spoilt = bytearray(answer)
                for _ in range(pick.randrange(1, 4)):
                    spoilt[pick.randrange(len(spoilt))] ^= 1 << pick.randrange(8)
                return [(0.0, bytes(spoilt))]
            case "unit":
                return [(0.0, rtu_frame(answer[0] + pick.randrange(1, 4), answer[1:-2]))]
            case _:
                return [(0.0, rtu_frame(answer[0], bytes([pick.choice([1, 2, 3, 4])]) + answer[2:-2]))]


class RtuProxy:
    """RTU faults between the driver and an RTU-over-TCP server.

    The driver's side is a pseudo-terminal (`path`) or a TCP port (`port`).
    """

    def __init__(self, server_port: int, mischief: RtuMischief, *, tcp: bool) -> None:
        self.port = 0
        self.pty = PtyPort()
        self.mischief = mischief
        self._server_port = server_port
        self._tcp = tcp
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def path(self) -> str:
        return self.pty.path

    async def __aenter__(self) -> Self:
        if self._tcp:
            self._server = await asyncio.start_server(self._serve_tcp, "127.0.0.1", 0)
            self.port = self._server.sockets[0].getsockname()[1]
        else:
            self.pty.open()
            self._tasks.add(asyncio.create_task(self._serve_pty()))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        self.pty.close()

    async def _serve_tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
                await self._pass_on(reader, writer)
        finally:
            writer.transport.abort()
            self._tasks.discard(task)

    async def _serve_pty(self) -> None:
        await self._pass_on(self.pty.reader, None)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter | None) -> None:
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        try:
            while True:
                server_writer.write(await read_rtu_request(reader))
                for delay_s, data in self.mischief.spoil(await _rtu_answer(server_reader)):
                    if delay_s:
                        await asyncio.sleep(delay_s)
                    if writer is None:
                        await self.pty.write(data)
                    else:
                        writer.write(data)
        finally:
            server_writer.transport.abort()


def _write(writer: asyncio.StreamWriter, frame: bytes) -> None:
    if not writer.is_closing():
        writer.write(frame)


async def _tcp_frame(reader: asyncio.StreamReader) -> bytes:
    header = await reader.readexactly(6)
    return header + await reader.readexactly(int.from_bytes(header[4:6], "big"))


async def _rtu_answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readexactly(3)
    size = 5 if head[1] & 0x80 else 8 if head[1] > 4 else 5 + head[2]
    frame = head + await reader.readexactly(size - 3)
    assert crc16(frame[:-2]).to_bytes(2, "little") == frame[-2:]
    return frame
