"""Opening files that a person put somewhere: what is no regular file keeps nobody waiting for ever."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

NOT_REGULAR = "not a regular file"


def open_regular(path: Path) -> BinaryIO:
    """`path` opened for reading. Raises OSError, also for a pipe, a socket or a device: those may block for
    ever or never end, and opening a device may do something to it."""
    _judge(os.stat(path), path)
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        _judge(os.fstat(handle), path)
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def read_regular(path: Path, most: int | None = None) -> bytes:
    """All that is in it, or its first `most` bytes. Raises OSError."""
    with open_regular(path) as file:
        if most is None:
            return file.read()
        # No more than there is: what is asked for is taken from the memory first and leaves holes in it.
        return file.read(min(most, os.fstat(file.fileno()).st_size))


def refuse_irregular(path: Path) -> None:
    """Raises OSError if there is something at `path` that is no regular file."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return
    _judge(found, path)


def _judge(found: os.stat_result, path: Path) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, NOT_REGULAR, str(path))
