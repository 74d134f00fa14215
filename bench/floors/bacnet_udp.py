"""`python bench/floors/bacnet_udp.py LOOP REST PORT EXCHANGES REQUEST`: bare datagrams with a time-out.

LOOP is "asyncio" or "uvloop"; REST seconds are slept before each exchange. REQUEST is a datagram in hex; its
ninth byte is another one each time, as an invoke id is. Each answer is waited for and its length looked at.
Prints the CPU seconds of EXCHANGES, after a tenth as many to warm up.
"""

from __future__ import annotations

import asyncio
import sys
import time

import uvloop

_INVOKE = 8
TIMEOUT_S = 1.0
LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


class _Ear(asyncio.DatagramProtocol):
    answer: asyncio.Future[bytes]

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002
        if not self.answer.done():
            self.answer.set_result(data)


async def floor(rest_s: float, port: int, exchanges: int, request: bytes) -> float:
    loop = asyncio.get_running_loop()
    transport, ear = await loop.create_datagram_endpoint(_Ear, remote_addr=("127.0.0.1", port))
    head, rest = request[:_INVOKE], request[_INVOKE + 1 :]

    async def run(count: int) -> None:
        for number in range(count):
            if rest_s:
                await asyncio.sleep(rest_s)
            ear.answer = loop.create_future()
            transport.sendto(head + bytes((number & 255,)) + rest)
            answer = await asyncio.wait_for(ear.answer, TIMEOUT_S)
            if len(answer) <= len(request):
                raise SystemExit("a short answer")

    await run(exchanges // 10 + 1)
    began = time.process_time()
    await run(exchanges)
    took = time.process_time() - began
    transport.close()
    return took


if __name__ == "__main__":
    _, name, rest, port, exchanges, request = sys.argv
    with asyncio.Runner(loop_factory=LOOPS[name]) as runner:
        print(runner.run(floor(float(rest), int(port), int(exchanges), bytes.fromhex(request))))
