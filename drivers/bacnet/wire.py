"""The UDP sockets of a BACnet/IP line, as the bottom of bacpypes3's stack.

bacpypes3's own bottom layer binds with SO_REUSEPORT (a second program on the same port starts and steals half
the answers in silence), retries for ever, starts a task for each datagram, and takes every 127.x address on
its port for itself. Here the sockets are ours: a port that is ours alone, one listener for each broadcast
address, and one task that passes datagrams up in order.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final, TypeAlias

from bacpypes3.comm import Server
from bacpypes3.pdu import PDU, Address, IPv4Address, LocalBroadcast

Endpoint: TypeAlias = tuple[str, int]

_EVERYWHERE: Final = "0.0.0.0"  # noqa: S104  # a line without an address of its own
_BACKLOG: Final = 2000
"""Datagrams kept for a busy loop; a flood beyond that loses the oldest."""
_TURN: Final = 20
"""Datagrams handled before others in the event loop get their turn."""


def bound(endpoint: Endpoint, *, shared: bool = False) -> socket.socket:
    """A datagram socket at `endpoint` that may broadcast; others may listen there too if `shared`."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        if shared:
            # Both: others here may use the one or the other, and a broadcast reaches every listener.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind(endpoint)
    except OSError:
        sock.close()
        raise
    return sock


class UdpWire(Server):
    """Sends what comes down, passes up what arrives; no error of the layers above escapes from here."""

    def __init__(self, host: str, port: int, broadcasts: Sequence[Endpoint]) -> None:
        super().__init__()
        self._wanted: Endpoint = (host or _EVERYWHERE, port)
        self._broadcasts = tuple(broadcasts)
        self._transport: asyncio.DatagramTransport | None = None
        self._listeners: list[asyncio.DatagramTransport] = []
        self._arrived: deque[tuple[bytes, Endpoint, bool]] = deque(maxlen=_BACKLOG)
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.endpoint: Endpoint = self._wanted
        """Where the own socket is bound, once open."""
        self.undecodable = 0
        """Datagrams that were not BACnet, or that the layers above could not take."""

    async def open(self) -> None:
        """Bind and begin to listen. Raises OSError when the own address cannot be had."""
        loop = asyncio.get_running_loop()
        sock = bound(self._wanted)
        self.endpoint = sock.getsockname()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: _Ear(self, False), sock=sock)
        for endpoint in self._broadcasts if self._wanted[0] != _EVERYWHERE else ():
            with suppress(OSError):  # another network's broadcast address: answers from there come unicast
                ear = bound(endpoint, shared=True)
                listener, _ = await loop.create_datagram_endpoint(lambda: _Ear(self, True), sock=ear)
                self._listeners.append(listener)
        self._task = asyncio.create_task(self._pass_up(), name="bacnet datagrams")

    async def close(self) -> None:
        """Close the sockets; returns when they are closed."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        for transport in (self._transport, *self._listeners):
            if transport is not None:
                transport.abort()
        self._transport = None
        self._listeners.clear()
        await asyncio.sleep(0)  # a transport closes its socket in the next round of the loop

    def put(self, data: bytes, source: Endpoint, broadcast: bool) -> None:
        """A datagram has arrived."""
        if source != self.endpoint:
            self._arrived.append((data, source, broadcast))
            self._news.set()

    async def indication(self, pdu: Any) -> None:
        """Send what the layer above hands down. Raises OSError when the line is closed."""
        if self._transport is None:
            raise OSError("line is closed")
        target: Address = pdu.pduDestination
        if target.addrType == Address.localBroadcastAddr:
            for endpoint in self._broadcasts:
                self._transport.sendto(bytes(pdu.pduData), endpoint)
        else:
            host, port = target.addrAddr[:4], target.addrAddr[4:6]
            there = (socket.inet_ntoa(host), int.from_bytes(port, "big"))
            self._transport.sendto(bytes(pdu.pduData), there)

    async def _pass_up(self) -> None:
        own = IPv4Address(self.endpoint)
        while True:
            await self._news.wait()
            for _ in range(min(_TURN, len(self._arrived))):
                data, source, broadcast = self._arrived.popleft()
                try:
                    destination = LocalBroadcast() if broadcast else own
                    await self.response(PDU(data, source=IPv4Address(source), destination=destination))
                except Exception:  # noqa: BLE001  # any junk may come over UDP, and bacpypes3 raises anything
                    self.undecodable += 1
            if not self._arrived:
                self._news.clear()
            await asyncio.sleep(0)


class _Ear(asyncio.DatagramProtocol):
    def __init__(self, wire: UdpWire, broadcast: bool) -> None:
        self._wire = wire
        self._broadcast = broadcast

    def datagram_received(self, data: bytes, addr: Endpoint) -> None:
        self._wire.put(data, addr, self._broadcast)

    def error_received(self, exc: Exception) -> None:
        """An ICMP "port unreachable" and the like: the request's own time-out says the same."""
