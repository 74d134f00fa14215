"""A Modbus TCP device for benches: any unit, any address, answered at once out of tables made before.

    python -m bench.floors.modbus_server [--move N]

Prints its port, and when a connection ends how many requests it has answered there. `--move N`: N of the 125
registers, spread evenly, say something else in each answer of a connection; the others stand still. Not a
floor itself: what floors, peers and ours are asked of.
"""

from __future__ import annotations

import argparse
import asyncio
import struct
from typing import cast

from bench.loops import runner

REGISTERS = 125
_TABLES = 64
_ASK = struct.Struct(">HHHBBHH")
_HEAD = struct.Struct(">HHHBBB")


def tables(move: int) -> list[bytes]:
    """What the registers say one answer after the other."""
    moving = {number * REGISTERS // move for number in range(move)} if move else set()
    return [
        struct.pack(f">{REGISTERS}H", *(1000 + at + (turn if at in moving else 0) for at in range(REGISTERS)))
        for turn in range(_TABLES)
    ]


class Device(asyncio.Protocol):
    """One connection."""

    def __init__(self, held: list[bytes]) -> None:
        self._held = held
        self._answered = 0
        self._received = b""
        self._transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's own signature
        print(self._answered, flush=True)

    def data_received(self, data: bytes) -> None:
        self._received += data
        while len(self._received) >= _ASK.size:
            transaction, _, _, unit, function, address, size = _ASK.unpack_from(self._received)
            self._received = self._received[_ASK.size :]
            self._answered += 1
            first = address % REGISTERS
            words = self._held[self._answered % _TABLES][2 * first : 2 * (first + size)]
            head = _HEAD.pack(transaction, 0, 3 + len(words), unit, function, len(words))
            self._transport.write(head + words)


async def _serve(move: int) -> None:
    held = tables(move)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Device(held), "127.0.0.1", 0, backlog=2000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--move", type=int, default=0)
    given = parser.parse_args()
    with runner() as running:
        running.run(_serve(given.move))


if __name__ == "__main__":
    main()
