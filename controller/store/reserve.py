"""Room kept for the day the disk is full: a file that is given up then, so that what must be committed still
can be. On a full disk not even a deletion succeeds without it.

Who fills the disk is somebody else (a log, a forgotten download): our own databases grow by little.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from config.language import text
from config.language.details import reason

_log = logging.getLogger("louguan")
FILE = "reserve"
SIZE = 4 * 1024 * 1024
"""Bytes; some thousand commits, or a deletion of many rows, and what a start needs."""


class Reserve:
    """The file `reserve` in a data directory. All methods may be called from any thread, and touch the
    disk."""

    def __init__(self, data: Path, size: int = SIZE) -> None:
        self.missing = False
        """No room is kept: it was given up, or there is too little. May be read from any thread."""
        self.released: Callable[[], None] = lambda: None
        """Called when it was given up, in the thread that did it: who needs of the room takes it now."""
        self._path = data / FILE
        self._size = size
        self._lock = threading.Lock()

    def begin(self) -> None:
        """At a start, before the databases are opened: keep the room, or give it up if it is needed now."""
        if not self.release():
            self.restore()

    def release(self) -> bool:
        """Give it up, if the disk is full indeed. True when that made room."""
        with self._lock:
            if self._free() >= self._size // 4:
                return False
            self.missing = True
            try:
                self._path.unlink()
            except FileNotFoundError:
                return False
            except OSError as error:
                _log.warning(text("the reserve cannot be given up: {why}", why=reason(error)))
                return False
        self.released()
        return True

    def is_short(self) -> bool:
        """It was given up, and half of that room is used up too."""
        return self.missing and self._free() < self._size // 2

    def restore(self) -> bool:
        """Make it, unless it is there or would leave less than as much again; True when it is there."""
        with self._lock:
            self.missing = not (self._is_there() or self._make())
            return not self.missing

    def _is_there(self) -> bool:
        try:
            return self._path.stat().st_blocks * 512 >= self._size
        except OSError:
            return False

    def _make(self) -> bool:
        if self._free() < 2 * self._size:
            return False
        try:
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                # Blocks that are really taken: a hole would keep nothing.
                os.posix_fallocate(handle, 0, self._size)
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            _log.warning(text("no room can be kept in reserve: {why}", why=reason(error)))
            with suppress(OSError):
                self._path.unlink()
            return False
        return True

    def _free(self) -> int:
        """Bytes that may still be written."""
        try:
            found = os.statvfs(self._path.parent)
        except OSError:
            return 0
        return found.f_bavail * found.f_frsize
