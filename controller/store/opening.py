"""Opening a database at start: check it, set a damaged one aside by renaming, bring an older one forward."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from config.language import text
from controller.store.connection import Trouble, open_reader, open_writer, sound, trouble
from controller.store.errors import StoreUnavailable
from controller.store.migrations import Step, bring_forward


class Opening(NamedTuple):
    """What was found at start."""

    fresh: bool
    """There was no usable file: a new one was made."""
    set_aside: Path | None
    """Where the damaged file was moved to."""
    damage: str
    """What was wrong with it."""
    steps: tuple[str, ...]
    """Migrations applied now."""


def prepare(path: Path, steps: Sequence[Step], *, check: bool, wall_ms: int) -> Opening:
    """Make `path` a sound database with all of `steps` applied, whatever stands there now.

    With `check` the whole file is read (small files); without, only that it can be opened. `wall_ms` names
    the file set aside. Raises StoreTooNew, and StoreUnavailable when disk or permissions keep it from being
    opened.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        damage = sound(path) if check else _opens(path)
        aside = _set_aside(path, wall_ms) if damage else None
        fresh = not path.exists() or path.stat().st_size == 0
        with closing(open_writer(path, create=True)) as connection:
            applied = bring_forward(connection, path.stem, steps)
    except (sqlite3.Error, OSError) as error:
        raise StoreUnavailable(
            text("cannot open {file}: {error}", file=str(path), error=str(error))
        ) from error
    return Opening(fresh, aside, damage, tuple(applied))


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


def _set_aside(path: Path, wall_ms: int) -> Path:
    """Rename `path` and its companions. The companions go first: a new database must never find an old
    WAL."""
    stamp = datetime.fromtimestamp(wall_ms / 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
    number, target = 1, path.with_name(f"{path.name}.damaged-{stamp}")
    while target.exists():
        number += 1
        target = path.with_name(f"{path.name}.damaged-{stamp}-{number}")
    for suffix in ("-wal", "-shm", ""):
        piece = Path(f"{path}{suffix}")
        if piece.exists():
            piece.rename(f"{target}{suffix}")
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return target
