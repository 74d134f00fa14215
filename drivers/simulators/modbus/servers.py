"""The sockets and terminals that simulated lines listen on."""

from __future__ import annotations

import asyncio
import os
import random
import termios
import tty
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from config.plan.lines import Line
from drivers.simulators.faults import Faults
from drivers.simulators.modbus.unit import Unit
from drivers.simulators.modbus.wire import RtuTalker, Send, Talker, TcpTalker

JUNK_EVERY_S = 0.05

Where = dict[str, str | int]
"""The part of an overlay that belongs to one line."""


class LineServer(Protocol):
    """One simulated line."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def plug(self, plugged: bool) -> None:
        """Pull the line out, or put it back at the same address."""

    def babble(self, on: bool) -> None:
        """Begin or end sending junk that nobody asked for."""

    def where(self) -> Where: ...


def byte_time(line: Line) -> float:
    """Seconds one character takes: start, eight data, parity, stop bits."""
    return (9 + (line.parity != "N") + line.stop_bits) / line.baud


class _Connection(asyncio.Protocol):
    def __init__(self, server: TcpServer) -> None:
        self._server = server
        self._transport: asyncio.Transport | None = None
        self._talker: Talker | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._talker = self._server.talker(self.send)
        self._server.connections.add(self)

    def data_received(self, data: bytes) -> None:
        assert self._talker is not None
        self._talker.feed(data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's own signature
        self._server.connections.discard(self)
        if self._talker is not None:
            self._talker.close()

    def send(self, frame: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(frame)

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()


class TcpServer:
    """A Modbus TCP device, or a converter with a serial line behind it, on a free port of the loopback."""

    def __init__(self, make: Callable[[Send], Talker], faults: Faults, chance: random.Random) -> None:
        self.talker = make
        self.connections: set[_Connection] = set()
        self._server: asyncio.Server | None = None
        self._port = 0
        self._junk = _Junk(faults, chance, self._shout)

    async def start(self) -> None:
        await self.plug(True)

    async def stop(self) -> None:
        self.babble(False)
        await self.plug(False)

    def babble(self, on: bool) -> None:
        self._junk.switch(on)

    async def plug(self, plugged: bool) -> None:
        if plugged and self._server is None:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(
                lambda: _Connection(self), "127.0.0.1", self._port, reuse_address=True
            )
            self._port = self._server.sockets[0].getsockname()[1]
        elif not plugged and self._server is not None:
            server, self._server = self._server, None
            server.close()
            for connection in tuple(self.connections):
                connection.abort()
            await server.wait_closed()
            await asyncio.sleep(0)

    def where(self) -> Where:
        return {"host": "127.0.0.1", "port": self._port}

    def _shout(self, junk: bytes) -> None:
        for connection in self.connections:
            connection.send(junk)


class TerminalServer:
    """A serial line as a pair of pseudo-terminals.

    Its address is a link in `folder`, so that a line pulled out and put back keeps it.
    """

    def __init__(
        self, make: Callable[[Send], Talker], link: Path, faults: Faults, chance: random.Random
    ) -> None:
        self._make = make
        self._link = link
        self._talker: Talker | None = None
        self._ends: tuple[int, int] | None = None
        self._junk = _Junk(faults, chance, self.send)

    async def start(self) -> None:
        await self.plug(True)

    async def stop(self) -> None:
        self.babble(False)
        await self.plug(False)

    def babble(self, on: bool) -> None:
        self._junk.switch(on)

    async def plug(self, plugged: bool) -> None:
        loop = asyncio.get_running_loop()
        if plugged and self._ends is None:
            ours, theirs = os.openpty()
            tty.setraw(theirs)
            os.set_blocking(ours, False)
            self._ends = (ours, theirs)
            self._talker = self._make(self.send)
            self._link.symlink_to(os.ttyname(theirs))
            loop.add_reader(ours, self._readable)
        elif not plugged and self._ends is not None:
            (ours, theirs), self._ends = self._ends, None
            loop.remove_reader(ours)
            assert self._talker is not None
            self._talker.close()
            self._link.unlink()
            os.close(theirs)
            os.close(ours)

    def where(self) -> Where:
        return {"path": str(self._link)}

    def _readable(self) -> None:
        assert self._ends is not None
        assert self._talker is not None
        try:
            data = os.read(self._ends[0], 4096)
        except BlockingIOError:
            return
        if data:
            self._talker.feed(data)

    def send(self, frame: bytes) -> None:
        """Put bytes on the wire. When nobody takes them they are lost, as on a wire."""
        if self._ends is None:
            return
        try:
            os.write(self._ends[0], frame)
        except BlockingIOError:
            termios.tcflush(self._ends[1], termios.TCIFLUSH)


class _Junk:
    """Bytes nobody asked for, while the line's own fault "babble" is on."""

    def __init__(self, faults: Faults, chance: random.Random, send: Callable[[bytes], None]) -> None:
        self._faults = faults
        self._chance = chance
        self._send = send
        self._timer: asyncio.TimerHandle | None = None

    def switch(self, on: bool) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(JUNK_EVERY_S, self._again) if on else None

    def _again(self) -> None:
        self._send(self._chance.randbytes(int(self._faults.number("babble", "bytes"))))
        self.switch(True)


def serve(
    line: Line, units: Mapping[int, Unit], folder: Path, faults: Faults, chance: random.Random
) -> LineServer:
    """The server of a Modbus line of the Plan."""
    if line.transport == "modbus-tcp":
        return TcpServer(lambda send: TcpTalker(units, send, chance), faults, chance)
    if line.transport == "modbus-rtu-over-tcp":
        return TcpServer(lambda send: RtuTalker(units, send, chance, byte_time(line)), faults, chance)
    return TerminalServer(
        lambda send: RtuTalker(units, send, chance, byte_time(line)), folder / line.name, faults, chance
    )
