"""Bytes in and out: a TCP connection or a serial device, without knowing what they mean."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import termios
from typing import cast

import serial

from config.plan.lines import Line
from drivers.api import NoAnswer
from drivers.waking import fine_time, wake_after

_PTY_MAJORS = range(136, 144)
"""Device numbers of Linux pseudo-terminals; they refuse a parity bit and have no use for one."""


class Wire:
    """What has been received and not yet taken. One reader at a time.

    Times are those of `now`, the event loop's clock. `last_byte_s` is when the last byte was received.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._received = bytearray()
        self._waiter: asyncio.Future[None] | None = None
        self._beyond = 0
        self._ended = ""
        self.now = fine_time(self._loop)
        self.last_byte_s = 0.0

    @property
    def open(self) -> bool:
        return not self._ended

    def send(self, data: bytes) -> None:
        """Hand `data` to the system. Raises NoAnswer on a wire that has ended."""
        raise NotImplementedError

    @property
    def size(self) -> int:
        """Bytes received and not yet dropped."""
        return len(self._received)

    def peek(self) -> bytes:
        """All bytes received and not yet dropped."""
        return bytes(self._received)

    def drop(self, size: int) -> None:
        """Forget the first `size` of them."""
        del self._received[:size]

    async def wait(self, until_s: float, beyond: int = 0) -> bool:
        """Until more than `beyond` bytes are there (True) or it is `until_s` (False), give or take a
        millisecond.

        Raises NoAnswer when the wire has ended and no more will come.
        """
        if len(self._received) > beyond:
            return True
        self._raise_if_ended()
        now_s = self.now()
        if until_s <= now_s:
            return False
        self._waiter, self._beyond = self._loop.create_future(), beyond
        timer = wake_after(self._loop, until_s - now_s, self._wake)
        try:
            await self._waiter
        finally:
            timer.cancel()
            self._waiter = None
        if len(self._received) > beyond:
            return True
        self._raise_if_ended()
        return False

    def rest(self, until_s: float) -> None:
        """Nothing that comes before then is wanted before then."""

    def listen(self) -> None:
        """Whatever comes is wanted at once, as usual."""

    def close(self) -> None:
        self._end("connection closed")

    def _raise_if_ended(self) -> None:
        if self._ended:
            raise NoAnswer(self._ended)

    def _feed(self, data: bytes) -> None:
        self._received += data
        self.last_byte_s = self.now()
        if len(self._received) > self._beyond:
            self._wake()

    def _end(self, why: str) -> None:
        self._ended = self._ended or why
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class TcpWire(Wire, asyncio.Protocol):
    """A TCP connection, kept alive and given up by the kernel when the peer has gone without a word."""

    def __init__(self) -> None:
        super().__init__()
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def dial(cls, line: Line) -> TcpWire:
        """Connect to the line's host. Raises NoAnswer."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(line.connect_timeout_s):
                _, wire = await loop.create_connection(cls, line.host, line.port)
        except TimeoutError:
            raise NoAnswer("no connection: time-out") from None
        except OSError as error:
            raise NoAnswer(f"no connection: {_reason(error)}") from error
        except ValueError as error:  # a host that is no name at all
            raise NoAnswer(f"no connection: {error}") from error
        return wire

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        peer: socket.socket = transport.get_extra_info("socket")
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_USER_TIMEOUT", 20_000)):
            if hasattr(socket, option):
                peer.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)

    def data_received(self, data: bytes) -> None:
        self._feed(data)

    def eof_received(self) -> bool:
        self._end("connection closed by the peer")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(f"connection lost: {exc}" if exc else "connection closed by the peer")

    def send(self, data: bytes) -> None:
        if self._ended or self._transport is None:
            raise NoAnswer(self._ended).unsent()
        self._transport.write(data)

    def close(self) -> None:
        super().close()
        if self._transport is not None:
            self._transport.abort()


class SerialWire(Wire):
    """A serial device, opened and configured by pyserial, read and written without blocking.

    The device is locked, so that no second program talks on the line.
    """

    def __init__(self, line: Line) -> None:
        """Open the line's device. Raises NoAnswer while there is none."""
        super().__init__()
        try:
            self._port = serial.Serial(
                port=line.path,
                baudrate=line.baud,
                parity="N" if _is_pty(line.path) else line.parity,
                stopbits=line.stop_bits,
                timeout=0,
                exclusive=True,
            )
        except (OSError, ValueError, termios.error) as error:
            raise NoAnswer(f"no serial device: {_reason(error)}") from error
        self._unsent = b""
        self._resting: asyncio.TimerHandle | None = None
        self._fd: int = self._port.fileno()
        os.set_blocking(self._fd, False)
        self._loop.add_reader(self._fd, self._readable)

    def send(self, data: bytes) -> None:
        if self._ended:
            raise NoAnswer(self._ended).unsent()
        self._unsent += data
        self._writable()

    def rest(self, until_s: float) -> None:
        """Meanwhile bytes wait in the system: at 9600 baud each would be a wake-up of its own."""
        if self._resting is None and self._fd >= 0:
            self._loop.remove_reader(self._fd)
            self._resting = wake_after(self._loop, until_s - self.now(), self.listen)

    def listen(self) -> None:
        if self._resting is not None:
            self._resting.cancel()
            self._resting = None
            self._loop.add_reader(self._fd, self._readable)

    def close(self) -> None:
        super().close()
        if self._fd < 0:
            return
        if self._resting is not None:
            self._resting.cancel()
            self._resting = None
        self._loop.remove_reader(self._fd)
        self._loop.remove_writer(self._fd)
        self._fd = -1
        try:
            # Without this a UART that cannot send holds its close for up to 30 s.
            self._port.reset_output_buffer()
        except (OSError, ValueError, termios.error):
            pass  # the device is gone already
        finally:
            self._port.close()

    def _readable(self) -> None:
        try:
            data = os.read(self._fd, 4096)
        except BlockingIOError:
            return
        except OSError as error:
            self._fail(error)
            return
        if data:
            self._feed(data)
        else:
            self._fail(OSError(errno.EIO, "hung up"))

    def _writable(self) -> None:
        try:
            sent = os.write(self._fd, self._unsent)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            self._fail(error)
            return
        self._unsent = self._unsent[sent:]
        if self._unsent:
            self._loop.add_writer(self._fd, self._writable)
        else:
            self._loop.remove_writer(self._fd)

    def _fail(self, error: OSError) -> None:
        self._end(f"serial device lost: {_reason(error)}")
        self.close()


def _is_pty(path: str) -> bool:
    try:
        return os.major(os.stat(path).st_rdev) in _PTY_MAJORS
    except OSError:
        return False


def _reason(error: Exception) -> str:
    """The system's own words, without the paths and numbers that would make each message another one."""
    number = error.args[0] if isinstance(error, termios.error) else getattr(error, "errno", None)
    return os.strerror(number) if isinstance(number, int) else str(error)
