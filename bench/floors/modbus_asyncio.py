"""125 registers by bare asyncio with a time-out: streams, struct, and nothing beside them."""

from __future__ import annotations

import asyncio
import struct
import time


async def cost(port: int, requests: int) -> float:
    """Seconds of CPU a request."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for number in range(requests + 200):
        if number == 200:
            began = time.process_time()
        writer.write(struct.pack(">HHHBBHH", number & 0xFFFF, 0, 6, 1, 3, 0, 125))
        async with asyncio.timeout(1.0):
            head = await reader.readexactly(7)
            transaction, _, length, _ = struct.unpack(">HHHB", head)
            pdu = await reader.readexactly(length - 1)
        if transaction != number & 0xFFFF or pdu[0] != 3:
            raise ValueError("not the answer")
        words = struct.unpack(f">{pdu[1] // 2}H", pdu[2:])
        assert len(words) == 125
    took = time.process_time() - began
    writer.close()
    return took / requests
