"""Bare writes: `python -m bench.floors.writes EACH PORT…`. For each line it reads, writes EACH registers of
every panel, one at a time on each connection, all connections at once; prints a line when it is done."""

from __future__ import annotations

import asyncio
import struct
import sys

import uvloop

from bench.panel_site import OUTPUTS_AT

_WRITE = struct.Struct(">HHHBBHH")


async def write(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, each: int, value: int) -> None:
    """One panel's outputs."""
    for number in range(each):
        request = _WRITE.pack(number, 0, 6, 1, 6, OUTPUTS_AT + number, value)
        writer.write(request)
        async with asyncio.timeout(1.0):
            if await reader.readexactly(len(request)) != request:
                raise ValueError("not the echo")


async def run(each: int, ports: list[int]) -> None:
    """Until the input ends."""
    links = [await asyncio.open_connection("127.0.0.1", port) for port in ports]
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    value = 0
    while await lines.readline():
        value = 1 - value
        await asyncio.gather(*(write(*link, each, value) for link in links))
        print("done", flush=True)


if __name__ == "__main__":
    uvloop.run(run(int(sys.argv[1]), [int(port) for port in sys.argv[2:]]))
