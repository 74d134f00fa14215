"""Opening a database at start: check it, bring an older one forward; set a damaged one aside and put its
newest sound backup, or an empty one, in its place."""

from __future__ import annotations

import errno
import logging
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from config.language import text
from config.language.details import detail, reason
from controller.store.connection import Trouble, beyond_use, open_reader, open_writer, sound, trouble
from controller.store.errors import StoreTooNew, StoreUnavailable
from controller.store.migrations import Step, applied, bring_forward
from controller.store.writer import Writer
from controller.whole import sync

_log = logging.getLogger(__name__)
_STAMP = "%Y%m%dT%H%M%SZ"
_DAY_MS = 86_400_000
_LOOK_AGAIN_S = (0.1, 0.3)
"""Machine seconds before a file that seems damaged is looked at again."""
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


Probe = Callable[[sqlite3.Connection], object]
"""Reads and writes what a start does, in a transaction that is undone. Raises sqlite3.Error, and ValueError
or TypeError for nonsense."""
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
    suspect: str = "",
    expected: bool = False,
    probe: Probe = lambda _: None,
    under_way: Callable[[], object] = lambda: None,
) -> Opening:
    """Make `path` a sound database with all of `steps` applied, whatever stands there now.

    With `check` the whole file is read (small files); without, only what a start needs of it. `wall_ms`
    names the file set aside. Any fault of the file met on the way means that it is damaged, whatever SQLite
    calls it; a full disk, a lock, a permission or a newer version does not. The first of `backups` that is
    sound and not too new replaces a damaged file. What replaces it is complete, with all that `tell` writes,
    before the damaged file is touched: a kill at any moment leaves the one or the other. `suspect`: what was
    found wrong with the file earlier; then it is damaged whatever it looks like now, and backups are looked
    at more closely. `expected`: there was a file, so that a missing or empty one is lost, and no first start.
    `probe` does what a start will; `under_way` is called while older steps take their time. Raises
    StoreTooNew, and StoreUnavailable when disk or permissions keep it from being opened.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = not path.exists() or path.stat().st_size == 0
        damage = "" if fresh else suspect
        if fresh and expected:
            damage = "it is empty" if path.exists() else "it is gone"
        added: list[str] = []
        if not damage:
            damage, added = _examined(path, steps, probe, under_way, check=check, fresh=fresh)
        for pause_s in () if suspect or fresh else _LOOK_AGAIN_S:
            if not damage:
                break
            # A read that the disk failed to do looks like damage too, and may succeed the next time.
            time.sleep(pause_s)
            damage, added = _examined(path, steps, probe, under_way, check=check, fresh=fresh)
        if damage:
            return replace(path, steps, damage, wall_ms, backups, tell, probe, thorough=bool(suspect))
    except (sqlite3.Error, OSError, ValueError, TypeError) as error:
        raise StoreUnavailable(
            text("cannot open {file}: {why}", file=str(path), why=reason(error))
        ) from error
    return Opening(fresh, None, "", tuple(added))


def _examined(
    path: Path,
    steps: Sequence[Step],
    probe: Probe,
    under_way: Callable[[], object],
    *,
    check: bool,
    fresh: bool,
) -> tuple[str, list[str]]:
    """What is wrong with `path`, and the steps it got now. Raises what is no damage."""
    if check and (damage := sound(path)):
        return damage, []
    try:
        return "", _opened(path, steps, probe, under_way)
    except (sqlite3.Error, ValueError, TypeError) as error:
        if fresh or (isinstance(error, sqlite3.Error) and not beyond_use(error, path)):
            raise
        return str(error), []


def begin_writing(
    path: Path,
    make_room: Callable[[], bool],
    relief: Callable[[sqlite3.Connection], bool] = lambda _: False,
) -> Writer:
    """The one writer of a prepared `path`. Raises StoreUnavailable: the disk may fail between the two."""
    try:
        return Writer(path, make_room=make_room, relief=relief)
    except sqlite3.Error as error:
        raise StoreUnavailable(
            text("cannot open {file}: {why}", file=str(path), why=reason(error))
        ) from error


def _opened(path: Path, steps: Sequence[Step], probe: Probe, under_way: Callable[[], object]) -> list[str]:
    """Bring `path` forward, and make sure that it can be written; the steps it got now."""
    if path.exists():
        # Read-only at first: who only reads leaves the WAL of a damaged file as it is.
        with closing(open_reader(path)) as reader:
            applied(reader, path.stem)
    with closing(open_writer(path, create=True)) as connection:
        added = bring_forward(connection, path.stem, steps, under_way)
        try:
            connection.execute("BEGIN IMMEDIATE")
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            connection.execute(f"PRAGMA user_version = {version:d}")
            probe(connection)
            connection.execute("ROLLBACK")
        except sqlite3.OperationalError as error:
            # Whoever locks it now may let go: the writer waits. Not to be written at all is another matter.
            if trouble(error) is not Trouble.TRANSIENT or beyond_use(error, path):
                raise
    return added


def replace(
    path: Path,
    steps: Sequence[Step],
    damage: str,
    wall_ms: int,
    backups: Iterable[Path] = (),
    tell: Tell | None = None,
    probe: Probe = lambda _: None,
    *,
    thorough: bool = False,
) -> Opening:
    """Put the first usable of `backups`, or an empty database, in the damaged one's place; it is set aside
    with its companions. No connection to it may be open. Raises sqlite3.Error, OSError."""
    draft = path.with_name(f"{path.name}.new")
    path.touch()  # one that was deleted is set aside as an empty one
    restored, had = None, None
    for backup in backups:
        had = _drafted(backup, draft, path.stem, steps, probe, thorough=thorough)
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


def _drafted(
    backup: Path, draft: Path, name: str, steps: Sequence[Step], probe: Probe, *, thorough: bool
) -> list[str] | None:
    """Copy `backup` to `draft`, checked and brought forward; the steps that were missing, None when it is of
    no use. Raises what would keep any file from being written."""
    import shutil  # most starts copy nothing

    _discard(draft)
    try:
        shutil.copyfile(backup, draft)
        fault = sound(draft, thorough=thorough) or ("" if draft.stat().st_size else "empty")
        if not fault:
            with closing(open_writer(draft, create=False)) as connection:
                if applied(connection, name):
                    had = bring_forward(connection, name, steps)
                    connection.execute("BEGIN IMMEDIATE")
                    probe(connection)
                    connection.execute("ROLLBACK")
                    return had
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
    except (ValueError, TypeError) as error:
        fault = str(error)
    _log.warning(text("the backup {file} cannot be used: {why}", file=backup.name, why=detail(fault)))
    return None


def _discard(draft: Path) -> None:
    for suffix in ("-wal", "-shm", "-journal", ""):
        Path(f"{draft}{suffix}").unlink(missing_ok=True)


def lately_set_aside(path: Path, wall_ms: int) -> int:
    """How many damaged files of that name were set aside within a day of `wall_ms`."""
    found = 0
    for aside in path.parent.glob(f"{path.name}.damaged-*Z*"):
        stamp = aside.name.removeprefix(f"{path.name}.damaged-")[:16]
        try:
            when = datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
        except ValueError:
            continue
        piece = aside.name.endswith(("-wal", "-shm"))
        found += not piece and abs(when.timestamp() * 1000 - wall_ms) < _DAY_MS
    return found


def _aside(path: Path, wall_ms: int) -> Path:
    """A free name for the damaged file."""
    stamp = datetime.fromtimestamp(wall_ms / 1000, UTC).strftime(_STAMP)
    number, target = 1, path.with_name(f"{path.name}.damaged-{stamp}")
    while target.exists():
        number += 1
        target = path.with_name(f"{path.name}.damaged-{stamp}-{number}")
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
