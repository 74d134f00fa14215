"""Answers every read of Modbus/TCP registers with zeros, on a port of its own that it prints; until its
standard input ends."""

from __future__ import annotations

import asyncio
import struct
import sys
from contextlib import suppress

_REQUEST = struct.Struct(">HHHBBHH")


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
        while True:
            asked = _REQUEST.unpack(await reader.readexactly(_REQUEST.size))
            number, unit, function, count = asked[0], asked[3], asked[4], asked[6]
            body = bytes((unit, function, 2 * count)) + bytes(2 * count)
            writer.write(struct.pack(">HHH", number, 0, len(body)) + body)
    writer.close()


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
