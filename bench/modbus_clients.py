"""125 registers over and over by our own link, and by pymodbus's client.

    python -m bench.modbus_clients louguan|pymodbus PORT REQUESTS [plain]

Prints the seconds of CPU that a request took. `plain`: on asyncio's own event loop, not uvloop.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Awaitable, Callable

from bench.loops import runner

_WARM = 200


async def _timed(ask: Callable[[], Awaitable[int]], requests: int) -> float:
    began = 0.0
    for number in range(-_WARM, requests):
        if number == 0:
            began = time.process_time()
        if await ask() != 125:
            raise ValueError("not all of the answer")
    return (time.process_time() - began) / requests


async def _louguan(port: int, requests: int) -> float:
    from config.plan.lines import Line
    from drivers.codec import items_of
    from drivers.modbus.requests import read
    from drivers.modbus.tcp import TcpLink

    link = TcpLink(Line(0, "bench", "bench", "modbus-tcp", "127.0.0.1", port), lambda _unit, _took_s: None)
    await link.connect()
    request = read(1, "holding", 0, 125)

    async def ask() -> int:
        return len(items_of("holding", await link.ask(request, 1.0), request.size))

    took_s = await _timed(ask, requests)
    link.close()
    return took_s


async def _pymodbus(port: int, requests: int) -> float:
    from pymodbus.client import AsyncModbusTcpClient

    client = AsyncModbusTcpClient("127.0.0.1", port=port, timeout=1, retries=0)
    await client.connect()

    async def ask() -> int:
        return len((await client.read_holding_registers(0, count=125, device_id=1)).registers)

    took_s = await _timed(ask, requests)
    client.close()
    return took_s


if __name__ == "__main__":
    asker = {"louguan": _louguan, "pymodbus": _pymodbus}[sys.argv[1]]
    with runner(plain="plain" in sys.argv) as running:
        print(running.run(asker(int(sys.argv[2]), int(sys.argv[3]))))
