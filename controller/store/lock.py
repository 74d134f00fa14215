"""One daemon a data directory: an advisory lock on data/louguan.lock that ends with the process, however it
ends."""

from __future__ import annotations

import errno
import fcntl
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from config.language import text
from config.language.details import reason
from controller.store.errors import AlreadyRunning, StoreUnavailable

FILE = "louguan.lock"


class DataLock:
    """Holds the data directory until `release` or the end of the process.

    The file stays behind when released: removing it would let two daemons lock two files of one name.
    """

    def __init__(self, data: Path, inherited: int | None = None) -> None:
        """Take the lock. Raises AlreadyRunning, naming the holder, or StoreUnavailable.

        `inherited`: the open lock file of the program that started us, which holds the lock for both: nobody
        can come between.
        """
        path = data / FILE
        try:
            data.mkdir(parents=True, exist_ok=True)
            self._handle: int | None = _handed_on(path, inherited)
        except OSError as error:
            raise StoreUnavailable(
                text("cannot open {file}: {why}", file=str(path), why=reason(error))
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

    def fileno(self) -> int:
        """The open lock file, to be handed on to a child. Raises ValueError once it is released."""
        if self._handle is None:
            raise ValueError("the lock is released")
        return self._handle

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


def holder(data: Path) -> int | None:
    """The process id of the daemon that holds `data`, 0 when it is unknown; None when nobody does. Writes
    nothing."""
    try:
        handle = os.open(data / FILE, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _pid(handle)
    except OSError:
        return None
    finally:
        os.close(handle)
    return None


def _handed_on(path: Path, inherited: int | None) -> int:
    """The lock file, open. Raises OSError, also for an inherited one that is another file."""
    if inherited is None:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    if not os.path.samestat(os.fstat(inherited), path.stat()):
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    os.set_inheritable(inherited, False)
    return inherited


def _pid(handle: int) -> int:
    try:
        return int(os.pread(handle, 32, 0) or b"0")
    except (OSError, ValueError):
        return 0
