"""Minimal Modbus masters: sockets and struct, nothing of ours or of pymodbus."""

from __future__ import annotations

import asyncio
import os
import struct
import termios
import tty


def crc16(data: bytes) -> bytes:
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return struct.pack("<H", crc)


class Refusal(Exception):
    """An exception reply."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Master:
    """Requests by function; subclasses carry frames."""

    timeout = 20.0
    """Shorter where silence is expected."""

    async def ask(self, unit: int, pdu: bytes) -> bytes:
        """The reply's PDU. Raises TimeoutError for silence, AssertionError for what is no answer to it."""
        raise NotImplementedError

    async def request(self, unit: int, pdu: bytes) -> bytes:
        reply = await self.ask(unit, pdu)
        if reply[0] == pdu[0] | 0x80:
            raise Refusal(reply[1])
        assert reply[0] == pdu[0], f"function {reply[0]} for {pdu[0]}"
        return reply[1:]

    async def registers(self, unit: int, function: int, address: int, count: int) -> list[int]:
        body = await self.request(unit, struct.pack(">BHH", function, address, count))
        assert body[0] == 2 * count == len(body) - 1, f"{body[0]} bytes for {count} registers"
        return list(struct.unpack(f">{count}H", body[1:]))

    async def bits(self, unit: int, function: int, address: int, count: int) -> list[int]:
        body = await self.request(unit, struct.pack(">BHH", function, address, count))
        assert body[0] == (count + 7) // 8 == len(body) - 1
        return [body[1 + index // 8] >> index % 8 & 1 for index in range(count)]

    async def write_coil(self, unit: int, address: int, on: bool) -> None:
        pdu = struct.pack(">BHH", 5, address, 0xFF00 if on else 0)
        assert await self.request(unit, pdu) == pdu[1:]

    async def write_coils(self, unit: int, address: int, bits: list[int]) -> None:
        size = (len(bits) + 7) // 8
        packed = sum(bit << index for index, bit in enumerate(bits)).to_bytes(size, "little")
        pdu = struct.pack(">BHHB", 15, address, len(bits), size) + packed
        assert await self.request(unit, pdu) == pdu[1:5]

    async def write_register(self, unit: int, address: int, word: int) -> None:
        pdu = struct.pack(">BHH", 6, address, word)
        assert await self.request(unit, pdu) == pdu[1:]

    async def write_registers(self, unit: int, address: int, words: list[int]) -> None:
        pdu = struct.pack(f">BHHB{len(words)}H", 16, address, len(words), 2 * len(words), *words)
        assert await self.request(unit, pdu) == pdu[1:5]


class _Stream(Master):
    def __init__(self) -> None:
        self.reader: asyncio.StreamReader
        self.writer: asyncio.StreamWriter

    async def close(self) -> None:
        self.writer.close()
        await asyncio.gather(self.writer.wait_closed(), return_exceptions=True)


class TcpMaster(_Stream):
    transaction = 0

    @classmethod
    async def open(cls, where: dict[str, str | int]) -> TcpMaster:
        self = cls()
        self.reader, self.writer = await asyncio.open_connection(str(where["host"]), int(where["port"]))
        return self

    async def ask(self, unit: int, pdu: bytes) -> bytes:
        self.transaction += 1
        self.writer.write(struct.pack(">HHHB", self.transaction, 0, len(pdu) + 1, unit) + pdu)
        async with asyncio.timeout(self.timeout):
            head = await self.reader.readexactly(7)
            transaction, protocol, length, who = struct.unpack(">HHHB", head)
            reply = await self.reader.readexactly(length - 1)
        assert protocol == 0, "protocol"
        assert transaction == self.transaction, "transaction"
        assert who == unit, "unit"
        return reply


def _whole(frame: bytes, unit: int) -> bytes:
    assert crc16(frame[:-2]) == frame[-2:], "check sum"
    assert frame[0] == unit, "unit"
    return frame[1:-2]


class RtuTcpMaster(_Stream):
    @classmethod
    async def open(cls, where: dict[str, str | int]) -> RtuTcpMaster:
        self = cls()
        self.reader, self.writer = await asyncio.open_connection(str(where["host"]), int(where["port"]))
        return self

    async def ask(self, unit: int, pdu: bytes) -> bytes:
        request = bytes([unit]) + pdu
        self.writer.write(request + crc16(request))
        async with asyncio.timeout(self.timeout):
            frame = await self.reader.read(300)
        return _whole(frame, unit)


class SerialMaster(Master):
    """On a terminal: everything that comes within a short while is one frame."""

    def __init__(self, path: str) -> None:
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self.fd)
        termios.tcflush(self.fd, termios.TCIOFLUSH)

    @classmethod
    async def open(cls, where: dict[str, str | int]) -> SerialMaster:
        return cls(str(where["path"]))

    async def close(self) -> None:
        os.close(self.fd)

    async def ask(self, unit: int, pdu: bytes) -> bytes:
        request = bytes([unit]) + pdu
        os.write(self.fd, request + crc16(request))
        return _whole(await self.hear(), unit)

    async def hear(self) -> bytes:
        loop = asyncio.get_running_loop()
        until = loop.time() + self.timeout
        frame = b""
        while loop.time() < until:
            try:
                frame += os.read(self.fd, 300)
            except BlockingIOError:
                if frame:
                    return frame
            await asyncio.sleep(0.002)
        raise TimeoutError
