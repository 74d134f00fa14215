"""A backup, made while a daemon writes, or without one: each database of one moment, the accepted plans, the
sealed files of the ledger, what acceptance has tried, the manifest. Whole under its name, or not there."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from config.language import Text, text
from config.language.details import detail
from config.plan import codec
from controller import origin
from controller.accept.file import FILE as ACCEPTANCE
from controller.backups import manifest as manifests
from controller.backups.manifest import Manifest, Part
from controller.store import archive, backup, boots, ledger, plans
from controller.store.connection import Trouble, open_reader, trouble
from controller.store.control import FILE as CONTROL
from controller.store.control import PLANS
from controller.store.logdb import FILE as LOG
from controller.store.plans import PlanFiles
from controller.whole import sync

Told = Callable[[str], None]


class NotCopied(Exception):
    """A database could not be copied. `text` says which and why."""

    def __init__(self, words: Text, damaged: str = "") -> None:
        """`damaged`: the file that is; "" where it only cannot be read now."""
        super().__init__(str(words))
        self.text = words
        self.damaged = damaged


_LEVEL = 6
_CHUNK = 1 << 20


def make(data: Path, target: Path, *, version: str, now_ms: int, told: Told = lambda _: None) -> Manifest:
    """Back up `data` to `target`: one file if its name ends as a tar.gz does, else a directory. What is there
    already is an error (FileExistsError), but for an empty directory. `told` is told which file comes next.

    The room for the databases is needed twice where one file is made: beside it they are copied first.
    Raises NotCopied, OSError.
    """
    folder = not is_archive(target)
    if os.path.lexists(target) and not (folder and target.is_dir() and not any(target.iterdir())):
        raise FileExistsError(target)
    with _beside(target) as staging:
        made = _staged(data, staging, version, now_ms, told)
        if folder:
            _synced(staging)
            staging.rename(target)
        else:
            part = staging.with_name(f"{staging.name}.part")
            try:
                _packed(staging, made, part, told)
                part.rename(target)
            finally:
                part.unlink(missing_ok=True)
    sync(target.parent)
    return made


def is_archive(target: Path) -> bool:
    """Whether that name is one file's."""
    return target.name.endswith((".tar.gz", ".tgz"))


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    staging = Path(tempfile.mkdtemp(prefix=f".{target.name[:100]}.", dir=target.parent))
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _staged(data: Path, staging: Path, version: str, now_ms: int, told: Told) -> Manifest:
    # control.db first: every sealed file that it names is there by then.
    for name in (CONTROL, LOG):
        told(name)
        with _named(name):
            backup.copy(data / name, staging / name, lambda: False)
            backup.check(staging / name, lambda: False)
    with _named(CONTROL), closing(open_reader(staging / CONTROL)) as control:
        head, seen_ms = ledger.head(control), boots.latest_seen_ms(control) or 0
        sealed = [str(row[0]) for row in control.execute("SELECT file FROM seals ORDER BY seq")]
        accepted = next((item.hash for item in plans.history(control, 1)), "")
        counts = {"ledger_rows": _count(control, "ledger")}
    with _named(LOG), closing(open_reader(staging / LOG)) as log:
        counts |= {name: _count(log, name) for name in ("meters", "intervals")}
    site = _plans(data, staging, accepted)
    missing = _sealed(data, staging, sealed, told)
    with suppress(FileNotFoundError):  # a site that nobody has tried point by point
        shutil.copyfile(data / ACCEPTANCE, staging / ACCEPTANCE)
    made = Manifest(
        now_ms,
        seen_ms,
        version,
        site,
        origin.is_simulated(data),
        head,
        counts,
        tuple(_part(staging, path) for path in sorted(staging.rglob("*")) if path.is_file()),
        tuple(missing),
    )
    (staging / manifests.FILE).write_bytes(manifests.dump(made))
    return made


@contextmanager
def _named(name: str) -> Iterator[None]:
    """What SQLite says, with the file that it says it of."""
    try:
        yield
    except (backup.BackupFailed, sqlite3.Error) as error:
        why = detail(str(error))
        if isinstance(error, sqlite3.Error) and trouble(error) is Trouble.TRANSIENT:
            raise NotCopied(text("cannot read {file}: {why}", file=name, why=why)) from error
        raise NotCopied(text("{file} is damaged: {why}", file=name, why=why), name) from error


def _plans(data: Path, staging: Path, accepted: str) -> str:
    """Copy all accepted plans, the one in force by whichever of its copies is sound; the site's name."""
    (staging / PLANS).mkdir()
    files, copied, site = (
        PlanFiles(data / PLANS, data / backup.FOLDER),
        PlanFiles(staging / PLANS, staging),
        "",
    )
    known = {path.stem for path in (data / PLANS).glob("*.json")} | ({accepted} - {""})
    for plan_hash in sorted(known):
        try:
            copies = files.copies(plan_hash)
        except ValueError:
            continue
        for content in copies:
            try:
                plan = codec.load(content or "")
            except ValueError:
                continue
            copied.path(plan_hash).write_text(content or "", encoding="utf-8")
            site = plan.site.name if plan_hash == accepted else site
            break
    return site


def _sealed(data: Path, staging: Path, names: list[str], told: Told) -> list[str]:
    """Copy sealed files; those that are not there."""
    (staging / archive.FOLDER).mkdir()
    missing = []
    for name in names:
        told(name)
        try:
            shutil.copyfile(data / archive.FOLDER / name, staging / archive.FOLDER / name)
        except FileNotFoundError:
            missing.append(name)
    return missing


def _part(staging: Path, path: Path) -> Part:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return Part(path.relative_to(staging).as_posix(), path.stat().st_size, digest.hexdigest())


def _packed(staging: Path, made: Manifest, part: Path, told: Told) -> None:
    with part.open("xb") as file:
        with (
            gzip.GzipFile("", "wb", _LEVEL, file, made.made_ms // 1000) as packed,
            tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
        ):
            content = manifests.dump(made)
            _add(tar, manifests.FILE, len(content), made.made_ms, io.BytesIO(content))
            for one in made.parts:
                told(one.name)
                with (staging / one.name).open("rb") as source:
                    _add(tar, one.name, one.bytes, made.made_ms, source)
        file.flush()
        os.fsync(file.fileno())


def _add(tar: tarfile.TarFile, name: str, size: int, made_ms: int, source: io.IOBase) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = size, 0o600, made_ms // 1000
    tar.addfile(entry, source)


def _synced(staging: Path) -> None:
    for path in [*staging.rglob("*"), staging]:
        sync(path)


def _count(connection: sqlite3.Connection, table: str) -> int:
    (rows,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - our own names
    return int(rows)
