"""A data centre for tests, written from what is known of the protocol and from nothing of ours.

Frames, CRCs and documents are its own, so that a mistake on our side cannot hide behind the same one here.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from tests.ports import lasting_port

CIPHER_KEY = b"fedcba9876543210"
KEY = "louguan-and-the-centre"


class Ways(NamedTuple):
    """How one centre speaks."""

    head: str
    tail: str
    crc: str
    crc_big: bool
    crc_from_head: bool
    fill: bytes
    id_name: str
    key_first: bool


WAYS = {
    "a": Ways("68681616", "55aa55aa", "xmodem", False, False, b"\0", "building_id", False),
    "b": Ways("68681616", "55aa55aa", "xmodem", True, True, b"0", "project_id", True),
    "c": Ways("55aa55aa", "68681616", "modbus", False, False, b"\0", "building_id", False),
}


def crc16(kind: str, data: bytes) -> int:
    crc = 0 if kind == "xmodem" else 0xFFFF
    for byte in data:
        crc ^= byte << 8 if kind == "xmodem" else byte
        for _ in range(8):
            if kind == "xmodem":
                crc = ((crc << 1) ^ 0x1021) & 0xFFFF if crc & 0x8000 else crc << 1
            else:
                crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc


class Caller:
    """One connection, from the centre's side."""

    def __init__(self, ways: Ways, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.ways = ways
        self.reader = reader
        self.writer = writer
        self.open = False

    async def hear(self) -> str:
        """The next document. Anything odd in a frame is an AssertionError: the client must be exact."""
        ways, head = self.ways, bytes.fromhex(self.ways.head)
        begin = await self.reader.readexactly(len(head) + 4)
        assert begin[:4] == head
        rest = await self.reader.readexactly(int.from_bytes(begin[4:], "little") + 2 + 4)
        numbered, crc, tail = rest[:-6], rest[-6:-4], rest[-4:]
        assert tail == bytes.fromhex(ways.tail)
        expected = crc16(ways.crc, (begin if ways.crc_from_head else b"") + numbered)
        assert crc == expected.to_bytes(2, "big" if ways.crc_big else "little")
        aes = Cipher(algorithms.AES(CIPHER_KEY), modes.CBC(CIPHER_KEY)).decryptor()
        plain = aes.update(numbered[4:]) + aes.finalize()
        document = plain[: plain.rindex(b">") + 1]
        assert set(plain[len(document) :]) <= set(ways.fill)
        return document.decode()

    def frame(self, document: str) -> bytes:
        ways, plain = self.ways, document.encode()
        plain += ways.fill * (-len(plain) % 16)
        aes = Cipher(algorithms.AES(CIPHER_KEY), modes.CBC(CIPHER_KEY)).encryptor()
        numbered = b"\x01\0\0\0" + aes.update(plain) + aes.finalize()
        begin = bytes.fromhex(ways.head) + len(numbered).to_bytes(4, "little")
        crc = crc16(ways.crc, (begin if ways.crc_from_head else b"") + numbered)
        return (
            begin + numbered + crc.to_bytes(2, "big" if ways.crc_big else "little") + bytes.fromhex(ways.tail)
        )

    def document(self, group: str, operation: str, inner: str = "") -> str:
        return (
            '<?xml version="1.0" encoding="utf-8" ?>\n<root>\n  <common>\n'
            f"    <{self.ways.id_name}>510116A001</{self.ways.id_name}>\n    <gateway_id>01</gateway_id>\n"
            f"    <type>{operation}</type>\n  </common>\n"
            f'  <{group} operation="{operation}">{inner}</{group}>\n</root>'
        )

    def say(self, group: str, operation: str, inner: str = "") -> None:
        self.writer.write(self.frame(self.document(group, operation, inner)))

    def say_raw(self, data: bytes) -> None:
        self.writer.write(data)


def inside(document: str, name: str) -> str:
    """Text of the first element of that name."""
    found = re.search(rf"<{name}>([^<]*)</{name}>", document)
    assert found, (name, document)
    return found.group(1)


def operation_of(document: str) -> str:
    return inside(document, "type")


Reaction = Callable[[Caller, str], bool]
"""Called with each document after the handshake; True: the centre does nothing more about it."""


class Centre:
    """Lets in, notes what comes, acknowledges, tells the time; a test may make it do otherwise."""

    def __init__(self, dialect: str) -> None:
        self.ways = WAYS[dialect]
        self.port = lasting_port()
        self.result = "pass"
        self.react: Reaction = lambda _caller, _document: False
        self.greet: Callable[[Caller], None] = lambda _caller: None
        """Called once a caller is let in."""
        self.mute = False
        """Takes the connection and says nothing."""
        self.heard: list[str] = []
        self.callers: list[Caller] = []
        self.faults: list[BaseException] = []
        self._came = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def of(self, operation: str) -> list[str]:
        return [document for document in self.heard if operation_of(document) == operation]

    async def until(self, operation: str, count: int = 1) -> list[str]:
        """Wait for so many documents of that operation."""
        async with asyncio.timeout(20):
            while len(self.of(operation)) < count:
                await self._came.wait()
        return self.of(operation)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        caller = Caller(self.ways, reader, writer)
        self.callers.append(caller)
        try:
            await self._talk(caller)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        except AssertionError as error:
            self.faults.append(error)
        finally:
            writer.transport.abort()
            self._tasks.discard(task)

    async def _talk(self, caller: Caller) -> None:
        if self.mute:
            await caller.reader.read()
            return
        while True:
            document = await caller.hear()
            self.heard.append(document)
            self._came.set()
            self._came = asyncio.Event()
            if not caller.open:
                self._let_in(caller, document)
            elif not self.react(caller, document):
                self._answer(caller, document)

    def _let_in(self, caller: Caller, document: str) -> None:
        ways = self.ways
        assert inside(document, ways.id_name) == "510116A001"
        assert inside(document, "gateway_id") == "01"
        if operation_of(document) == "request":
            caller.say("id_validate", "sequence", "<sequence>48151623</sequence>")
            return
        assert operation_of(document) == "md5"
        said = KEY + "48151623" if ways.key_first else "48151623" + KEY
        right = inside(document, "md5") == hashlib.md5(said.encode()).hexdigest()
        result = self.result if right else "fail"
        caller.open = result == "pass"
        caller.say("id_validate", "result", f"<result>{result}</result>")
        if caller.open:
            self.greet(caller)

    def _answer(self, caller: Caller, document: str) -> None:
        match operation_of(document):
            case "notify":
                caller.say("heart_beat", "time", "<time>20260305003000</time>")
            case "continuous":
                sequence = inside(document, "sequence")
                caller.say("data", "continuous_ack", f"<sequence>{sequence}</sequence>")

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def centre(dialect: str) -> AsyncIterator[Centre]:
    """One that runs on a free port."""
    made = Centre(dialect)
    server = await asyncio.start_server(made.serve, "127.0.0.1", made.port)
    try:
        yield made
        assert not made.faults, made.faults
    finally:
        server.close()
        await made.stop()
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                await server.wait_closed()
