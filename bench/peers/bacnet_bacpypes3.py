"""`python bench/peers/bacnet_bacpypes3.py PORT EXCHANGES`: bacpypes3's own client, one
ReadPropertyMultiple of 50 after the other.

Prints the CPU seconds of EXCHANGES, after a tenth as many to warm up.
"""

from __future__ import annotations

import asyncio
import sys
import time

from bacpypes3.ipv4.app import NormalApplication
from bacpypes3.local.device import DeviceObject
from bacpypes3.pdu import Address, IPv4Address

POINTS = 25


async def polled(port: int, exchanges: int) -> float:
    own = DeviceObject(objectIdentifier="device,1", objectName="client", vendorIdentifier=999)
    client = NormalApplication(own, IPv4Address("127.0.0.1:0"))
    device = Address(f"127.0.0.1:{port}")
    both = ["present-value", "status-flags"]
    wanted = [part for number in range(POINTS) for part in (f"analog-input,{number}", both)]

    async def run(count: int) -> None:
        for _ in range(count):
            found = await client.read_property_multiple(device, wanted)
            if len(found) != 2 * POINTS or not isinstance(found[0][3], float):
                raise SystemExit("a short answer")

    await run(exchanges // 10 + 1)
    began = time.process_time()
    await run(exchanges)
    took = time.process_time() - began
    client.close()
    return took


if __name__ == "__main__":
    print(asyncio.run(polled(int(sys.argv[1]), int(sys.argv[2]))))
