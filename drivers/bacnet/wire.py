"""The UDP sockets of a BACnet/IP line.

bacpypes3's own bottom layer binds with SO_REUSEPORT (a second program on the same port starts and steals half
the answers in silence), retries for ever, starts a task for each datagram, and takes every 127.x address on
its port for itself. Here the sockets are ours: a port that is ours alone, and one listener for each broadcast
address. Its other layers share them (`beyond`).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, TypeAlias

from drivers.bacnet.places import Endpoint

Take: TypeAlias = Callable[[bytes, Endpoint, bool], None]
"""(datagram, from where, as a broadcast): must not raise."""

_EVERYWHERE: Final = "0.0.0.0"  # noqa: S104  # a line without an address of its own


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


class UdpWire:
    """Sends datagrams, hands on what arrives from others."""

    def __init__(self, host: str, port: int, broadcasts: Sequence[Endpoint], take: Take) -> None:
        self._wanted: Endpoint = (host or _EVERYWHERE, port)
        self._broadcasts = tuple(broadcasts)
        self._take = take
        self._transport: asyncio.DatagramTransport | None = None
        self._listeners: list[asyncio.DatagramTransport] = []
        self.endpoint: Endpoint = self._wanted
        """Where the own socket is bound, once open."""

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

    async def close(self) -> None:
        """Close the sockets; returns when they are closed."""
        for transport in (self._transport, *self._listeners):
            if transport is not None:
                transport.abort()
        self._transport = None
        self._listeners.clear()
        await asyncio.sleep(0)  # a transport closes its socket in the next round of the loop

    def put(self, data: bytes, source: Endpoint, broadcast: bool) -> None:
        """A datagram has arrived."""
        if source != self.endpoint:
            self._take(data, source, broadcast)

    def send(self, data: bytes, to: Endpoint) -> None:
        """To one station. Raises OSError when the line is closed."""
        if self._transport is None:
            raise OSError("line is closed")
        self._transport.sendto(data, to)

    def send_to_all(self, data: bytes) -> None:
        """To the broadcast address of each network. Raises OSError when the line is closed."""
        for endpoint in self._broadcasts:
            self.send(data, endpoint)


class _Ear(asyncio.DatagramProtocol):
    def __init__(self, wire: UdpWire, broadcast: bool) -> None:
        self._wire = wire
        self._broadcast = broadcast

    def datagram_received(self, data: bytes, addr: Endpoint) -> None:
        self._wire.put(data, addr, self._broadcast)

    def error_received(self, exc: Exception) -> None:
        """An ICMP "port unreachable" and the like: the request's own time-out says the same."""
