"""What is on its way: every byte and datagram that was sent and has not been received yet.

Both ends of each wire are in one event loop. Its transports are wrapped so that each send and each receipt is
counted, and nothing is on its way when the two agree.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

Factory = Callable[[], asyncio.BaseProtocol]


class Transit:
    """The count of one event loop."""

    __slots__ = ("opening", "under_way")

    def __init__(self) -> None:
        self.under_way = 0
        """Bytes on streams, and datagrams."""
        self.opening = 0
        """Connections that are being made."""

    def __bool__(self) -> bool:
        return self.under_way > 0 or self.opening > 0


class _Stream(asyncio.Transport):
    """A stream's transport. What is not said here the real one answers."""

    def __init__(self, real: asyncio.Transport, transit: Transit) -> None:
        super().__init__()
        self._real = real
        self._transit = transit

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self._real.is_closing():
            self._transit.under_way += len(data)
        self._real.write(data)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._real.get_extra_info(name, default)

    def is_closing(self) -> bool:
        return self._real.is_closing()

    def close(self) -> None:
        self._real.close()

    def abort(self) -> None:
        self._real.abort()


class _Datagrams(asyncio.DatagramTransport):
    def __init__(self, real: asyncio.DatagramTransport, transit: Transit) -> None:
        super().__init__()
        self._real = real
        self._transit = transit

    def sendto(self, data: Any, addr: Any = None) -> None:
        self._transit.under_way += 1
        self._real.sendto(data, addr)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._real.get_extra_info(name, default)

    def is_closing(self) -> bool:
        return self._real.is_closing()

    def close(self) -> None:
        self._real.close()

    def abort(self) -> None:
        self._real.abort()


class CountedStream(asyncio.Protocol):
    """Stands before a stream's protocol."""

    def __init__(self, inner: asyncio.Protocol, transit: Transit) -> None:
        self.inner = inner
        self._transit = transit

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.inner.connection_made(_Stream(cast(asyncio.Transport, transport), self._transit))

    def data_received(self, data: bytes) -> None:
        self._transit.under_way -= len(data)
        self.inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self.inner.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self.inner.connection_lost(exc)


class CountedDatagrams(asyncio.DatagramProtocol):
    """Stands before a datagram socket's protocol."""

    def __init__(self, inner: asyncio.DatagramProtocol, transit: Transit) -> None:
        self.inner = inner
        self._transit = transit
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = _Datagrams(cast(asyncio.DatagramTransport, transport), self._transit)
        self.inner.connection_made(self.transport)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._transit.under_way -= 1
        self.inner.datagram_received(data, addr)

    def error_received(self, exc: Exception) -> None:
        self.inner.error_received(exc)

    def connection_lost(self, exc: Exception | None) -> None:
        self.inner.connection_lost(exc)
