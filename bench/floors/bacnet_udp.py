"""`python bench/floors/bacnet_udp.py PORT EXCHANGES REQUEST`: bare datagrams with a time-out, nothing else.

REQUEST is a datagram in hex; its eighth byte is another one each time, as an invoke id is. Each answer is
waited for and its length looked at. Prints the CPU seconds of EXCHANGES, after a tenth as many to warm up.
"""

from __future__ import annotations

import asyncio
import sys
import time

import uvloop

_INVOKE = 8
TIMEOUT_S = 1.0


class _Ear(asyncio.DatagramProtocol):
    answer: asyncio.Future[bytes]

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002
        if not self.answer.done():
            self.answer.set_result(data)


async def floor(port: int, exchanges: int, request: bytes) -> float:
    loop = asyncio.get_running_loop()
    transport, ear = await loop.create_datagram_endpoint(_Ear, remote_addr=("127.0.0.1", port))
    head, rest = request[:_INVOKE], request[_INVOKE + 1 :]

    async def run(count: int) -> None:
        for number in range(count):
            ear.answer = loop.create_future()
            transport.sendto(head + bytes((number & 255,)) + rest)
            async with asyncio.timeout(TIMEOUT_S):
                answer = await ear.answer
            if len(answer) <= len(request):
                raise SystemExit("a short answer")

    await run(exchanges // 10 + 1)
    began = time.process_time()
    await run(exchanges)
    took = time.process_time() - began
    transport.close()
    return took


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(runner.run(floor(int(sys.argv[1]), int(sys.argv[2]), bytes.fromhex(sys.argv[3]))))
