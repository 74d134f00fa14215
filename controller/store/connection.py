"""SQLite connections: how they are opened, and what an SQLite error means for us.

WAL with synchronous=FULL: a commit that returned survives a power cut. Times are UTC integer milliseconds.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Sequence
from enum import Enum
from pathlib import Path
from typing import Literal
from urllib.parse import quote

BUSY_S = 5.0
"""Machine seconds a connection waits for another one's lock."""

_TRANSIENT = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL,
    }
)
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class Trouble(Enum):
    """What an SQLite error says about trying again."""

    TRANSIENT = "transient"
    """Disk full, I/O, lock: the same job may succeed later."""
    DAMAGE = "damage"
    """The file is no sound database."""
    JOB = "job"
    """The statement is at fault."""


class Replaced(sqlite3.DatabaseError):
    """Another file, or none, stands where the database was opened: what is written to ours is lost."""


def identity(path: Path) -> tuple[int, int] | None:
    """Which file stands at `path`; None for none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def trouble(error: sqlite3.Error) -> Trouble:
    """Which kind of trouble `error` is."""
    if isinstance(error, Replaced):
        return Trouble.DAMAGE
    code = getattr(error, "sqlite_errorcode", None)
    primary = code & 0xFF if isinstance(code, int) else None
    if primary in _TRANSIENT:
        return Trouble.TRANSIENT
    if primary in _DAMAGE:
        return Trouble.DAMAGE
    return Trouble.JOB


def beyond_use(error: sqlite3.Error, path: Path) -> bool:
    """Whether `error`, met while `path` was opened, means that the file itself is at fault, and not the disk,
    a lock or a permission."""
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_READONLY:
        # Its header says that only a later SQLite may write it: to us it is damaged, unless the file system
        # forbids it.
        return all(os.access(place, os.W_OK) for place in (path, path.parent))
    return trouble(error) is not Trouble.TRANSIENT


def open_writer(
    path: Path, *, create: bool, synchronous: Literal["FULL", "NORMAL"] = "FULL"
) -> sqlite3.Connection:
    """A connection for the one writer of `path`, in autocommit: transactions are begun by name.

    Without `create` a missing file is an error, so that a file deleted under a running daemon is not replaced
    by an empty one in silence. `synchronous`: whether a commit that returned survives a power cut (FULL), or
    only the file as a whole does (NORMAL). May be used by another thread than the one that opened it, one at
    a time. Raises sqlite3.Error.
    """
    connection = sqlite3.connect(
        _uri(path, "rwc" if create else "rw"),
        uri=True,
        timeout=BUSY_S,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={synchronous}")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA journal_size_limit=4194304")
    except BaseException:
        connection.close()
        raise
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """A read-only connection; rows come as `sqlite3.Row`. Never blocks the writer, nor is blocked by it.

    Raises sqlite3.Error.
    """
    connection = sqlite3.connect(
        _uri(path, "ro"), uri=True, timeout=BUSY_S, isolation_level=None, check_same_thread=False
    )
    connection.row_factory = sqlite3.Row
    return connection


def sound(path: Path, *, thorough: bool = False) -> str:
    """ "" when `path` passes SQLite's quick_check, else what it found. A missing or empty file is sound.

    For small files: about 20 s per GB; `thorough` compares indexes with their tables too. Raises
    sqlite3.Error for what is no damage (permissions, disk).
    """
    if not path.exists() or path.stat().st_size == 0:
        return ""
    try:
        connection = sqlite3.connect(_uri(path, "rw"), uri=True, timeout=BUSY_S, isolation_level=None)
        try:
            check = "integrity_check" if thorough else "quick_check"
            findings = found_in(connection.execute(f"PRAGMA {check}(5)"))
        finally:
            connection.close()
    except UnicodeError as error:  # a message that quotes what is no text
        return str(error)
    except sqlite3.Error as error:
        if not beyond_use(error, path):
            raise
        return str(error)
    return "" if findings == ["ok"] else "; ".join(findings)


def found_in(rows: Iterable[Sequence[object]]) -> list[str]:
    """What a check has found, each on one line: SQLite tells several in one, under the database's name."""
    lines = [line.strip() for row in rows for line in str(row[0]).splitlines()]
    return [line for line in lines if line and not line.startswith("***")]


def _uri(path: Path, mode: str) -> str:
    return f"file:{quote(str(path.absolute()))}?mode={mode}"
