"""The service manager's end of the notification socket: what it was told, and when."""

from __future__ import annotations

import socket
import struct
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

_SO_TIMESTAMPNS = 35
"""socket(7); Python has no name for it."""
_TIMESPEC = struct.Struct("@ll")


class Heard(NamedTuple):
    at_s: float
    """When it was sent, by the kernel's word: machine monotonic seconds."""
    lines: tuple[str, ...]


class ServiceSocket:
    """Bound to a path, or to an abstract name (@…); read by a thread of its own."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.heard: list[Heard] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)
        # When it is read says little on a busy machine.
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._thread = threading.Thread(target=self._read, name="service manager")

    @classmethod
    def in_folder(cls, folder: Path) -> ServiceSocket:
        return cls(str(folder / "notify"))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def _read(self) -> None:
        while True:
            message, [(_, _, stamp)], _, _ = self._socket.recvmsg(4096, socket.CMSG_SPACE(_TIMESPEC.size))
            if not message:
                return
            seconds, nanoseconds = _TIMESPEC.unpack(stamp)
            ago_s = time.time() - (seconds + nanoseconds / 1e9)
            self.heard.append(Heard(time.monotonic() - ago_s, tuple(message.decode().split("\n"))))

    def times(self, line: str) -> list[float]:
        """When this was said."""
        return [heard.at_s for heard in self.heard if line in heard.lines]

    def said(self, name: str) -> list[str]:
        """Every value of NAME=value, in order."""
        lines = [line for heard in self.heard for line in heard.lines]
        return [line.partition("=")[2] for line in lines if line.partition("=")[0] == name]
