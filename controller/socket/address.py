"""Unix sockets in directories of any depth: the kernel's limit of 107 bytes is on the path, not on the
place."""

from __future__ import annotations

import os
import socket
import stat
import struct
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Protocol

from config.language import Text, text
from config.language.details import detail

FILE = "louguan.sock"
_LONGEST = 107


class SocketError(Exception):
    """The local socket cannot be opened or reached; `text` is the sentence for people."""

    def __init__(self, what: Text) -> None:
        super().__init__(str(what))
        self.text = what


class Credentials(NamedTuple):
    """Who is at the other end, as the kernel says."""

    pid: int
    uid: int
    gid: int


def bind(path: Path, *, mode: int, gid: int | None) -> socket.socket:
    """A bound socket at `path`, not listening yet, with its final permissions.

    A socket that nobody listens on any more is replaced. Raises SocketError.
    """
    clear(path)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        _at(path, bound.bind)
        # Nobody can connect before it listens, so there is no moment of wider permissions.
        if gid is not None:
            os.chown(path, -1, gid)
        path.chmod(mode)
        bound.setblocking(False)
    except OSError as error:
        bound.close()
        raise SocketError(
            text("cannot open {file}: {error}", file=str(path), error=detail(str(error)))
        ) from error
    return bound


def clear(path: Path) -> None:
    """Remove a socket left behind by a daemon that was killed. Raises SocketError if it is alive or no
    socket."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise SocketError(text("{file} is in the way: it is not a socket", file=str(path)))
    except FileNotFoundError:
        return
    try:
        connect(path, timeout_s=1.0).close()
    except SocketError:
        with suppress(FileNotFoundError):
            path.unlink()
        return
    raise SocketError(text("another louguan listens on {file}", file=str(path)))


def connect(path: Path, timeout_s: float) -> socket.socket:
    """A connected blocking socket. Raises SocketError."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    made.settimeout(timeout_s)
    try:
        _at(path, made.connect)
    except (FileNotFoundError, ConnectionRefusedError) as error:
        made.close()
        raise SocketError(text("no louguan runs here: nothing listens on {file}", file=str(path))) from error
    except PermissionError as error:
        made.close()
        raise SocketError(
            text("{file} may not be used by you: ask for the group of its owner", file=str(path))
        ) from error
    except OSError as error:
        made.close()
        raise SocketError(
            text("cannot reach {file}: {error}", file=str(path), error=detail(str(error)))
        ) from error
    return made


def credentials(connected: socket.socket) -> Credentials:
    """The peer of a connected unix socket."""
    size = struct.calcsize("3i")
    return Credentials(
        *struct.unpack("3i", connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    )


def _at(path: Path, use: _Use) -> None:
    """Bind or connect by a name that is short enough: through the open directory where the path is too
    long."""
    if len(os.fsencode(path)) <= _LONGEST:
        use(str(path))
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        use(f"/proc/self/fd/{folder}/{path.name}")
    finally:
        os.close(folder)


class _Use(Protocol):
    def __call__(self, address: str, /) -> None: ...
