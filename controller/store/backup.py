"""Backups of control.db: data/backup/control-<date>.db, one a day, the newest few kept.

Each is one plain file without companions. A name says that the file is whole and was found sound: it is
written under another name, checked, brought to the disk, and only then renamed.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

from controller.store.connection import found_in, open_reader
from controller.whole import sync

KEPT = 7
"""Backups that stay; older ones are deleted after a new one has been made."""
FOLDER = "backup"
_NAME = re.compile(r"control-(\d{4}-\d\d-\d\d)\.db")
_PART = ".part"
_PAGES = 256
"""Database pages copied between two looks at whether to go on: 1 MB."""
_OPCODES = 50_000
"""SQLite's own steps between two such looks while a copy is checked: a few milliseconds."""


class BackupFailed(Exception):
    """The copy is not sound: what it was copied from is not either."""


class BackupAbandoned(Exception):
    """The daemon ends; nothing was kept."""


def kept(data: Path, today: date) -> list[Path]:
    """The backups in `data`, newest first.

    A date after tomorrow is one that a clock gone wrong has written: these come last, and go first.
    """
    tomorrow = today + timedelta(days=1)
    found = [(day, path) for path in (data / FOLDER).glob("control-*.db") if (day := _day(path)) is not None]
    found.sort(key=lambda item: (item[0] <= tomorrow, item[0]), reverse=True)
    return [path for _, path in found]


def make(source: Path, data: Path, today: date, abandoned: Callable[[], bool] = lambda: False) -> Path:
    """Copy the database `source` while others write it; the new backup's path. For a thread of its own.

    The copy is of one moment, read through a connection of its own: writers go on. It replaces an earlier one
    of the same date. `abandoned` is asked every few milliseconds of work.
    Raises BackupFailed, BackupAbandoned, sqlite3.Error, OSError.
    """
    folder = data / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"control-*{_PART}*"):
        left.unlink(missing_ok=True)
    target = folder / f"control-{today.isoformat()}.db"
    part = target.with_name(target.name + _PART)
    try:
        copy(source, part, abandoned)
        check(part, abandoned)
        sync(part)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    sync(folder)
    for old in kept(data, today)[KEPT:]:
        old.unlink(missing_ok=True)
    return target


def _day(path: Path) -> date | None:
    found = _NAME.fullmatch(path.name)
    try:
        return None if found is None else date.fromisoformat(found[1])
    except ValueError:
        return None


def copy(source: Path, part: Path, abandoned: Callable[[], bool]) -> None:
    def progress(_status: int, _remaining: int, _total: int) -> None:
        if abandoned():
            raise BackupAbandoned

    with (
        closing(open_reader(source)) as reader,
        closing(sqlite3.connect(part, isolation_level=None)) as copy,
    ):
        # Nobody reads the copy before it is whole: no journal, and one sync at the end.
        copy.execute("PRAGMA journal_mode=OFF")
        copy.execute("PRAGMA synchronous=OFF")
        # One read transaction over all steps: without it a commit in between would start the copy anew.
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
        reader.backup(copy, pages=_PAGES, progress=progress)
        reader.execute("COMMIT")
        # The header still says WAL; a backup shall open from a read-only medium, and alone.
        copy.execute("PRAGMA journal_mode=DELETE")


def check(part: Path, abandoned: Callable[[], bool]) -> None:
    with closing(open_reader(part)) as connection:
        connection.set_progress_handler(abandoned, _OPCODES)
        try:
            findings = found_in(connection.execute("PRAGMA quick_check(5)"))
        except sqlite3.OperationalError:
            if abandoned():
                raise BackupAbandoned from None
            raise
    if findings != ["ok"]:
        raise BackupFailed(next(iter(findings), "empty"))
