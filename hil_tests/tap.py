"""A tap on a Modbus TCP line: passes everything on and notes what was asked of which unit, in order."""

from __future__ import annotations

import asyncio
import struct
from contextlib import suppress
from types import TracebackType
from typing import NamedTuple, Self

WRITES = (5, 6, 15, 16)


class Asked(NamedTuple):
    """One request seen on the wire."""

    unit: int
    function: int
    address: int
    answered: bool
    """An answer of the unit to an earlier request had gone by."""


class Tap:
    """Listens on a port of its own and relays to `port`: `async with Tap(port) as tap`."""

    def __init__(self, port: int) -> None:
        self._to = port
        self.port = 0
        self.asked: list[Asked] = []
        self.connections = 0
        """Accepted so far."""
        self._heard: set[int] = set()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def writes(self) -> list[Asked]:
        return [one for one in self.asked if one.function in WRITES]

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        onward = None
        try:
            back, onward = await asyncio.open_connection("127.0.0.1", self._to)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass(reader, onward, asking=True))
                group.create_task(self._pass(back, writer, asking=False))
        except* (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # one end has gone, or the tap is taken off
        finally:
            self._tasks.discard(task)
            for end in (writer, onward):
                if end is not None:
                    end.close()
                    with suppress(OSError):
                        await end.wait_closed()

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, asking: bool
    ) -> None:
        while True:
            head = await reader.readexactly(7)
            length, unit = struct.unpack(">HB", head[4:])
            body = await reader.readexactly(length - 1)
            if asking:
                self.asked.append(
                    Asked(unit, body[0], struct.unpack(">H", body[1:3])[0], unit in self._heard)
                )
            elif body[0] < 0x80:
                self._heard.add(unit)
            writer.write(head + body)
            await writer.drain()
