"""Plain Modbus TCP devices, as fast as may be, for benches: `python -m bench.panels COUNT CHANGING`.

Each is a panel of `bench.panel_site` at a port of its own; all of them answer with bytes that lie ready. At
each read CHANGING of its 82 analogues and, where there are any, its powers and counters are others than
before. Prints {"ports": […]}, then a line for each line it reads: the writes since the last one, as
[panel, first register or coil, how many, nanoseconds of the machine's wall clock]. Ends with its input.
"""

from __future__ import annotations

import asyncio
import json
import struct
import sys
import time
from functools import partial
from typing import NamedTuple, cast

import uvloop

from bench.panel_site import ANALOGUES, ANALOGUES_AT, POWERS_AT, REGISTERS

_HEAD = struct.Struct(">HHHBBHH")
_STEP = 7
"""Of what changes, each time."""


class Arrival(NamedTuple):
    """A write that has come."""

    panel: int
    address: int
    many: int
    wall_ns: int


class Panel:
    """One device; any number of connections share its registers."""

    def __init__(self, number: int, changing: int, arrivals: list[Arrival]) -> None:
        self._number = number
        self._changing = changing
        self._arrivals = arrivals
        self._data = bytearray(2 * REGISTERS)
        self._at = 0
        self._count = number

    def answer(self, frame: bytes, now_ns: int) -> bytes:
        transaction, _, _, unit, function, address, count = _HEAD.unpack_from(frame)
        if function == 3:
            if self._changing:
                self._change()
            body = self._data[2 * address : 2 * (address + count)]
            head = struct.pack(">HHHBBB", transaction, 0, 3 + len(body), unit, function, len(body))
            return head + body
        if function == 6:
            self._arrivals.append(Arrival(self._number, address, 1, now_ns))
            self._data[2 * address : 2 * address + 2] = frame[10:12]
        elif function == 16:
            self._arrivals.append(Arrival(self._number, address, count, now_ns))
            self._data[2 * address : 2 * (address + count)] = frame[13:]
        else:
            return struct.pack(">HHHBBB", transaction, 0, 3, unit, function | 0x80, 1)
        return frame[:4] + b"\0\6" + frame[6:12]

    def _change(self) -> None:
        data = self._data
        for _ in range(self._changing):
            at = 2 * (ANALOGUES_AT + self._at) + 1
            data[at] = (data[at] + _STEP) & 0xFF
            self._at = (self._at + 1) % ANALOGUES
        self._count += 1
        struct.pack_into(">4I", data, 0, *(self._count + 1000 * number for number in range(4)))
        struct.pack_into(">4H", data, 2 * POWERS_AT, *(self._count & 0xFF for _ in range(4)))


class Connection(asyncio.Protocol):
    """With one panel. Each gets its own answers, whoever else comes."""

    def __init__(self, panel: Panel) -> None:
        self._panel = panel
        self._received = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        now_ns = time.time_ns()
        data = self._received + data
        answers = []
        while len(data) >= 12 and len(data) >= (size := 6 + int.from_bytes(data[4:6], "big")):
            answers.append(self._panel.answer(data[:size], now_ns))
            data = data[size:]
        self._received = data
        if answers:
            self._transport.write(b"".join(answers))


async def serve(count: int, changing: int) -> None:
    """Until the input ends."""
    loop = asyncio.get_running_loop()
    arrivals: list[Arrival] = []
    panels = [Panel(number, changing, arrivals) for number in range(count)]
    servers = [await loop.create_server(partial(Connection, panel), "127.0.0.1", 0) for panel in panels]
    print(json.dumps({"ports": [server.sockets[0].getsockname()[1] for server in servers]}), flush=True)
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.readline():
        print(json.dumps(arrivals), flush=True)
        arrivals.clear()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), int(sys.argv[2])))
