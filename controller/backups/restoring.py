"""A backup put back: unpacked beside what is there, looked at from end to end, marked as restored, and only
then moved into place. What was there is set aside, never deleted."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import NamedTuple

from config.language import text
from config.language.details import detail
from controller import origin, restored
from controller.backups.manifest import BackupWrong, Manifest
from controller.backups.unpacking import Told, unpack
from controller.backups.zones import local, zone_of
from controller.consumption.audit import Problem
from controller.store import history, ledger, people, restores
from controller.store.audit import audit_ledger, audit_log
from controller.store.connection import open_writer, sound
from controller.store.control import FILE as CONTROL
from controller.store.errors import StoreError
from controller.store.ledger import Entry, Head, Kind
from controller.store.lock import FILE as LOCK
from controller.store.logdb import FILE as LOG
from controller.store.migrations import Step, bring_forward
from controller.store.migrations.control import CONTROL as CONTROL_STEPS
from controller.store.migrations.log import LOG as LOG_STEPS
from controller.whole import sync

STAGING = "restoring"
ASIDE = "replaced-"
_OURS = (LOCK, STAGING, "lost+found")
"""What a directory may have in it and be empty for all that."""


class NotEmpty(Exception):
    """There are data already."""


class Restored(NamedTuple):
    """What was found in the backup, and what became of it."""

    manifest: Manifest
    problems: tuple[Problem, ...]
    """What its audit found."""
    aside: Path | None = None
    """Where what was there before lies now; None: there was nothing, or nothing was put in place."""
    placed: bool = False
    zone: tzinfo | None = None
    """The site's; None where no plan in it can be read."""


def restore(
    source: Path,
    data: Path,
    *,
    now_ms: int,
    replace: bool = False,
    with_problems: bool = False,
    told: Told = lambda _: None,
    begun: Callable[[int, int], None] = lambda _number, _of: None,
) -> Restored:
    """Put the backup `source` into `data`, which the caller has locked.

    What is there is set aside with `replace`; without it NotEmpty is raised. A backup in which the audit
    finds something is put in place only `with_problems`; else nothing was changed. `told` is told which file
    comes next, `begun` which meter of how many. Raises BackupWrong, NotEmpty, sqlite3.Error, OSError.
    """
    there = sorted(path for path in data.iterdir() if not _passed_over(path))
    if there and not replace:
        raise NotEmpty
    staging = data / STAGING
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir()
    try:
        manifest = unpack(source, staging, told)
        problems = tuple(_examined(staging, manifest, begun))
        zone = zone_of(staging)
        if problems and not with_problems:
            return Restored(manifest, problems, zone=zone)
        _mark(staging, manifest, source.name, now_ms, zone)
        aside = _put_in_place(staging, data, there, now_ms)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return Restored(manifest, problems, aside, placed=True, zone=zone)


def _passed_over(path: Path) -> bool:
    return path.name in _OURS or path.name.startswith(ASIDE)


# Looked at


def _examined(staging: Path, manifest: Manifest, begun: Callable[[int, int], None]) -> Sequence[Problem]:
    """What the audit finds. Raises BackupWrong for what no daemon could start on."""
    steps: tuple[tuple[str, Sequence[Step]], ...] = ((CONTROL, CONTROL_STEPS), (LOG, LOG_STEPS))
    for name, known in steps:
        damage = sound(staging / name)
        if damage:
            raise BackupWrong(text("{name} in it is damaged: {damage}", name=name, damage=detail(damage)))
        try:
            with closing(open_writer(staging / name, create=False)) as connection:
                bring_forward(connection, Path(name).stem, known)
        except StoreError as error:
            raise BackupWrong(error.text) from error
        except (sqlite3.Error, ValueError, TypeError) as error:
            words = text("{name} in it is damaged: {damage}", name=name, damage=detail(str(error)))
            raise BackupWrong(words) from error
    try:
        with closing(history.open_file(staging / CONTROL, CONTROL_STEPS)) as control:
            problems = list(audit_ledger(control, staging))
            head: Head | None = ledger.head(control)
        with closing(history.open_file(staging / LOG, LOG_STEPS)) as log:
            problems += audit_log(log, begun)
    except (sqlite3.Error, ValueError, TypeError) as error:
        raise BackupWrong(text("it cannot be read: {reason}", reason=detail(str(error)))) from error
    if head != manifest.head:
        problems.append(Problem("", None, text("the ledger's head is not the one that the manifest names")))
    return problems


# Marked


def _mark(staging: Path, manifest: Manifest, name: str, now_ms: int, zone: tzinfo | None) -> None:
    """Into both databases: what is missing, that nothing is sent, and that nothing by which others know a row
    is used again."""
    held = restored.hold_back(local(manifest.made_ms, zone), now_ms)
    made, now = local(manifest.made_ms, None), local(now_ms, None)
    gap = f"restored at {now} from {name}, made {made}; later events are missing"
    with closing(open_writer(staging / CONTROL, create=False)) as control:
        control.execute("BEGIN IMMEDIATE")
        restores.leave_out(control, "boots", restores.BOOTS_APART)
        observing = Entry(now_ms, Kind.COMMAND, who=held.person, why=held.reason, detail="observe on site")
        ledger.append(control, (Entry(now_ms, Kind.GAP, detail=gap), observing))
        people.put_observe(control, held)
        control.execute("COMMIT")
    with closing(open_writer(staging / LOG, create=False)) as log:
        log.execute("BEGIN IMMEDIATE")
        restores.note(log, now_ms)
        log.execute("COMMIT")
    if manifest.simulated:
        origin.mark(staging)
    for path in (staging / CONTROL, staging / LOG):
        sync(path)


# Put in place


def _put_in_place(staging: Path, data: Path, there: Sequence[Path], now_ms: int) -> Path | None:
    """Move what is there away and what was unpacked in; where the old things are. A kill in between leaves
    the mark of an unfinished restore, with which nothing starts."""
    _give_to_owner(staging, data)
    unfinished = data / restored.UNFINISHED
    unfinished.touch()
    sync(data)
    aside = None
    if there:
        aside = _aside(data, now_ms)
        for path in there:
            if path != unfinished:
                path.rename(aside / path.name)
        sync(aside)
    for path in sorted(staging.iterdir()):
        path.rename(data / path.name)
    sync(data)
    unfinished.unlink()
    sync(data)
    return aside


def _aside(data: Path, now_ms: int) -> Path:
    stamp = datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
    number, target = 1, data / f"{ASIDE}{stamp}"
    while target.exists():
        number += 1
        target = data / f"{ASIDE}{stamp}-{number}"
    target.mkdir()
    return target


def _give_to_owner(staging: Path, data: Path) -> None:
    """What root unpacks is the daemon's, as the directory is."""
    owner = data.stat()
    if os.geteuid() == 0 and owner.st_uid != 0:
        for path in [staging, *staging.rglob("*")]:
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
