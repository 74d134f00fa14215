"""Bare polls, a list and bare SQLite: `python -m bench.floors.pipeline FILE EVERY_S PORT…`.

Reads the block of each panel once a second, with a time-out, and puts its values into a list; once in EVERY_S
seconds what the counters have risen goes into FILE, in one commit. No quality, no check of an answer beyond
its length, no writes. Prints a line when all panels have been read once, and ends with its input.
"""

from __future__ import annotations

import asyncio
import sqlite3
import struct
import sys
import time
from typing import cast

import uvloop

from bench.panel_site import ANALOGUES, COUNTERS, OUTPUTS, POINTS, REGISTERS

_REQUEST = struct.pack(">HHHBBHH", 1, 0, 6, 1, 3, 0, REGISTERS)
_ANSWER = struct.Struct(f">{COUNTERS}I{COUNTERS + OUTPUTS + ANALOGUES}H")
_HEAD = 9


class Poller(asyncio.Protocol):
    """One panel."""

    def __init__(self, number: int, values: list[int]) -> None:
        self._first = number * POINTS
        self._values = values
        self._received = b""
        self._waiter: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if len(self._received) >= _HEAD + 2 * REGISTERS and self._waiter is not None:
            values = _ANSWER.unpack_from(self._received, _HEAD)
            self._values[self._first : self._first + POINTS] = values
            self._received = b""
            self._waiter.set_result(None)

    async def poll(self) -> None:
        """Read it once."""
        assert self._transport is not None
        self._waiter = asyncio.get_running_loop().create_future()
        self._transport.write(_REQUEST)
        async with asyncio.timeout(1.0):
            await self._waiter


def log(connection: sqlite3.Connection, values: list[int], before: list[int]) -> None:
    """A row for each counter."""
    now = int(time.time())
    rows = [
        (point, now, values[point], values[point] - before[point])
        for first in range(0, len(values), POINTS)
        for point in range(first, first + COUNTERS)
    ]
    with connection:
        connection.executemany("INSERT OR REPLACE INTO intervals VALUES (?, ?, ?, ?)", rows)


async def run(file: str, every_s: float, ports: list[int]) -> None:
    """Until the input ends."""
    loop = asyncio.get_running_loop()
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(
        "CREATE TABLE intervals (point INTEGER, at INTEGER, count INTEGER, used INTEGER,"
        " PRIMARY KEY (point, at)) WITHOUT ROWID"
    )
    values = [0] * POINTS * len(ports)
    before = values[:]
    pollers = [Poller(number, values) for number in range(len(ports))]
    for poller, port in zip(pollers, ports, strict=True):
        await loop.create_connection(lambda poller=poller: poller, "127.0.0.1", port)  # type: ignore[misc]
    ended = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), ended.set)
    said = False
    while not ended.is_set():
        await asyncio.gather(*(poller.poll() for poller in pollers))
        now = time.time()
        if int(now) % every_s == 0:
            log(connection, values, before)
            before = values[:]
        if not said:
            said = True
            print("ready", flush=True)
        await asyncio.sleep(1 - time.time() % 1)


if __name__ == "__main__":
    uvloop.run(run(sys.argv[1], float(sys.argv[2]), [int(port) for port in sys.argv[3:]]))
