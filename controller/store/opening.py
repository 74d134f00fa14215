"""Opening a database at start: check it, bring an older one forward; set a damaged one aside and put its
newest sound backup, or an empty one, in its place."""

from __future__ import annotations

import errno
import logging
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from config.language import text
from config.language.details import detail
from controller.store.backup import sync
from controller.store.connection import Trouble, open_reader, open_writer, sound, trouble
from controller.store.errors import StoreTooNew, StoreUnavailable
from controller.store.migrations import Step, applied, bring_forward

_log = logging.getLogger(__name__)
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})


class Opening(NamedTuple):
    """What was found at start."""

    fresh: bool
    """There was no usable file, nor a backup: a new one was made."""
    set_aside: Path | None
    """Where the damaged file was moved to."""
    damage: str
    """What was wrong with it."""
    steps: tuple[str, ...]
    """Migrations applied now."""
    restored: Path | None = None
    """The backup that took the damaged file's place."""


Tell = Callable[[sqlite3.Connection, Opening], None]
"""Writes into the database that takes a damaged one's place what was lost; runs in a transaction."""


def prepare(
    path: Path,
    steps: Sequence[Step],
    *,
    check: bool,
    wall_ms: int,
    backups: Iterable[Path] = (),
    tell: Tell | None = None,
) -> Opening:
    """Make `path` a sound database with all of `steps` applied, whatever stands there now.

    With `check` the whole file is read (small files); without, only that it can be opened. `wall_ms` names
    the file set aside. The first of `backups` that is sound and not too new replaces a damaged file. What
    replaces it is complete, with all that `tell` writes, before the damaged file is touched: a kill at any
    moment leaves the one or the other. Raises StoreTooNew, and StoreUnavailable when disk or permissions keep
    it from being opened.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        damage = sound(path) if check else _opens(path)
        if damage:
            return _replaced(path, steps, damage, wall_ms, backups, tell)
        fresh = not path.exists() or path.stat().st_size == 0
        with closing(open_writer(path, create=True)) as connection:
            added = bring_forward(connection, path.stem, steps)
    except (sqlite3.Error, OSError) as error:
        raise StoreUnavailable(
            text("cannot open {file}: {error}", file=str(path), error=detail(str(error)))
        ) from error
    return Opening(fresh, None, "", tuple(added))


def _replaced(
    path: Path, steps: Sequence[Step], damage: str, wall_ms: int, backups: Iterable[Path], tell: Tell | None
) -> Opening:
    """Put the first usable of `backups`, or an empty database, in the damaged one's place."""
    draft = path.with_name(f"{path.name}.new")
    restored, had = None, None
    for backup in backups:
        had = _drafted(backup, draft, path.stem, steps)
        if had is not None:
            restored = backup
            break
    if had is None:
        _discard(draft)
        with closing(open_writer(draft, create=True)) as connection:
            had = bring_forward(connection, path.stem, steps)
    target = _aside(path, wall_ms)
    opening = Opening(restored is None, target, damage, tuple(had), restored)
    with closing(open_writer(draft, create=False)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        if tell is not None:
            tell(connection, opening)
        connection.execute("COMMIT")
    sync(draft)
    _exchange(path, draft, target)
    return opening


def _drafted(backup: Path, draft: Path, name: str, steps: Sequence[Step]) -> list[str] | None:
    """Copy `backup` to `draft`, checked and brought forward; the steps that were missing, None when it is of
    no use. Raises what would keep any file from being written."""
    _discard(draft)
    try:
        shutil.copyfile(backup, draft)
        fault = sound(draft) or ("" if draft.stat().st_size else "empty")
        if not fault:
            with closing(open_writer(draft, create=False)) as connection:
                if applied(connection, name):
                    return bring_forward(connection, name, steps)
            fault = f"not a backup of {name}.db"
    except StoreTooNew as error:
        fault = str(error)
    except sqlite3.Error as error:
        if trouble(error) is Trouble.TRANSIENT:
            raise
        fault = str(error)
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise
        fault = str(error)
    _log.warning("backup %s cannot be used: %s", backup.name, fault)
    return None


def _discard(draft: Path) -> None:
    for suffix in ("-wal", "-shm", "-journal", ""):
        Path(f"{draft}{suffix}").unlink(missing_ok=True)


def _opens(path: Path) -> str:
    """ "" when `path` can be opened as a database (or is not there), else why not."""
    if not path.exists() or path.stat().st_size == 0:
        return ""
    try:
        with closing(open_reader(path)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError as error:
        if trouble(error) is not Trouble.DAMAGE:
            raise
        return str(error)
    return ""


def _aside(path: Path, wall_ms: int) -> Path:
    """A free name for the damaged file."""
    stamp = datetime.fromtimestamp(wall_ms / 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
    number, target = 1, path.with_name(f"{path.name}.damaged-{stamp}")
    while target.exists():
        number += 1
        target = path.with_name(f"{path.name}.damaged-{stamp}-{number}")
    return target


def set_aside(path: Path, wall_ms: int) -> Path:
    """Rename a damaged database and its companions, the companions first. Returns its new name."""
    target = _aside(path, wall_ms)
    for suffix in ("-wal", "-shm", ""):
        piece = Path(f"{path}{suffix}")
        if piece.exists():
            piece.rename(f"{target}{suffix}")
    sync(path.parent)
    return target


def _exchange(path: Path, draft: Path, target: Path) -> None:
    """Let `path` be what `draft` is, and `target` what `path` was with its companions.

    The companions go first: a new database must never find an old WAL. The damaged file gets its second name
    before it loses its first, so that there is a file at `path` at every moment.
    """
    for suffix in ("-wal", "-shm"):
        piece = Path(f"{path}{suffix}")
        if piece.exists():
            piece.rename(f"{target}{suffix}")
    target.hardlink_to(path)
    draft.replace(path)
    sync(path.parent)
