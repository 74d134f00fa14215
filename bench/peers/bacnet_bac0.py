"""`python bench/peers/bacnet_bac0.py PORT EXCHANGES`: BAC0, one ReadPropertyMultiple of 50 after the other.

Prints the CPU seconds of EXCHANGES, after a tenth as many to warm up.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time

import BAC0  # type: ignore[import-not-found]  # of .venv-peers

POINTS = 25


async def polled(port: int, exchanges: int) -> float:
    words = " ".join(f"@obj_0 {number} presentValue statusFlags" for number in range(POINTS))
    async with BAC0.start(ip="127.0.0.1/32", port=47900, ping=False) as client:

        async def run(count: int) -> None:
            for _ in range(count):
                found = await client.readMultiple(f"127.0.0.1:{port} {words}")
                if len(found) != 2 * POINTS:
                    raise SystemExit(f"a short answer: {found}")

        await run(exchanges // 10 + 1)
        began = time.process_time()
        await run(exchanges)
        return time.process_time() - began


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    print(asyncio.run(polled(int(sys.argv[1]), int(sys.argv[2]))))
