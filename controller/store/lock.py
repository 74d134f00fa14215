"""One daemon a data directory: an advisory lock on data/louguan.lock that ends with the process, however it
ends."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from config.language import text
from config.language.details import detail
from controller.store.errors import AlreadyRunning, StoreUnavailable

FILE = "louguan.lock"


class DataLock:
    """Holds the data directory until `release` or the end of the process.

    The file stays behind when released: removing it would let two daemons lock two files of one name.
    """

    def __init__(self, data: Path) -> None:
        """Take the lock. Raises AlreadyRunning, naming the holder, or StoreUnavailable."""
        path = data / FILE
        try:
            data.mkdir(parents=True, exist_ok=True)
            self._handle: int | None = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StoreUnavailable(
                text("cannot open {file}: {error}", file=str(path), error=detail(str(error)))
            ) from error
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = _pid(self._handle)
            self._close()
            raise AlreadyRunning(
                text("louguan already runs on {data} (process {pid})", data=str(data), pid=pid or "?"), pid
            ) from None
        # Who holds it is said for people only; a full disk is no reason not to run.
        with suppress(OSError):
            os.ftruncate(self._handle, 0)
            os.pwrite(self._handle, f"{os.getpid()}\n".encode(), 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def release(self) -> None:
        """Let the next daemon in. May be called twice."""
        if self._handle is not None:
            with suppress(OSError):
                os.ftruncate(self._handle, 0)
        self._close()

    def _close(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)


def _pid(handle: int) -> int:
    try:
        return int(os.pread(handle, 32, 0) or b"0")
    except (OSError, ValueError):
        return 0
