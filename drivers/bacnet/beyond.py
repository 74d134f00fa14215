"""What is beyond plain frames: stations behind routers, forwarded broadcasts, messages of the network layer.

All of it goes through bacpypes3's layers, one datagram after the other in a task of its own. They are
imported when they are first needed, in a thread, and what comes meanwhile waits.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import TYPE_CHECKING, Final

from drivers.bacnet.places import Endpoint, Routed
from drivers.bacnet.wire import UdpWire

if TYPE_CHECKING:
    from drivers.bacnet.stack import Hear, Stack

_BACKLOG: Final = 2000
"""Datagrams kept for a busy loop; a flood beyond that loses the oldest."""
_TURN: Final = 20
"""Datagrams handled before others in the event loop get their turn."""


class Beyond:
    """No error of the layers escapes from what is taken in; `send` raises whatever they raise."""

    def __init__(self, wire: UdpWire, hear: Hear) -> None:
        self._wire = wire
        self._hear = hear
        self._work: deque[Callable[[Stack], Awaitable[None]]] = deque(maxlen=_BACKLOG)
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stack: Stack | None = None
        self._loading = asyncio.Lock()
        self.undecodable = 0
        """Datagrams that the layers could not take."""

    def put(self, data: bytes, source: Endpoint, broadcast: bool) -> None:
        """A datagram has arrived."""
        self._add(lambda stack: stack.take(data, source, broadcast))

    def post(self, to: Routed, apdu: bytes) -> None:
        """Send an answer that nobody waits for."""
        self._add(lambda stack: stack.send(to, apdu, expecting_reply=False))

    def _add(self, work: Callable[[Stack], Awaitable[None]]) -> None:
        self._work.append(work)
        self._news.set()
        if self._task is None:
            self._task = asyncio.create_task(self._do(), name="bacnet beyond")

    async def send(self, to: Routed, apdu: bytes, *, expecting_reply: bool) -> None:
        """By way of a router."""
        stack = await self._layers()
        await stack.send(to, apdu, expecting_reply=expecting_reply)

    async def close(self) -> None:
        """Take no more."""
        if self._stack is not None:
            self._stack.close()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._task = self._stack = None
        self._work.clear()

    async def _layers(self) -> Stack:
        async with self._loading:
            if self._stack is None:
                await asyncio.to_thread(import_module, "drivers.bacnet.stack")
                from drivers.bacnet.stack import Stack

                self._stack = Stack(self._wire, self._hear)
            return self._stack

    async def _do(self) -> None:
        stack = await self._layers()
        while True:
            await self._news.wait()
            for _ in range(min(_TURN, len(self._work))):
                try:
                    await self._work.popleft()(stack)
                except Exception:  # noqa: BLE001  # any junk may come over UDP, and bacpypes3 raises anything
                    self.undecodable += 1
            if not self._work:
                self._news.clear()
            await asyncio.sleep(0)
