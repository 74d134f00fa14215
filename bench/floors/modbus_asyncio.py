"""125 registers by bare asyncio with a time-out: streams, struct, and nothing beside them.

    python -m bench.floors.modbus_asyncio PORT REQUESTS [plain]

Prints the seconds of CPU that a request took. `plain`: on asyncio's own event loop, not uvloop.
"""

from __future__ import annotations

import asyncio
import struct
import sys
import time

from bench.loops import runner


async def _ask(port: int, requests: int) -> float:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    began = 0.0
    for number in range(-200, requests):
        if number == 0:
            began = time.process_time()
        writer.write(struct.pack(">HHHBBHH", number & 0xFFFF, 0, 6, 1, 3, 0, 125))
        async with asyncio.timeout(1.0):
            head = await reader.readexactly(7)
            transaction, _, length, _ = struct.unpack(">HHHB", head)
            pdu = await reader.readexactly(length - 1)
        if transaction != number & 0xFFFF or pdu[0] != 3:
            raise ValueError("not the answer")
        words = struct.unpack(f">{pdu[1] // 2}H", pdu[2:])
        if len(words) != 125:
            raise ValueError("not all of the answer")
    took_s = time.process_time() - began
    writer.close()
    return took_s / requests


if __name__ == "__main__":
    with runner(plain="plain" in sys.argv) as running:
        print(running.run(_ask(int(sys.argv[1]), int(sys.argv[2]))))
