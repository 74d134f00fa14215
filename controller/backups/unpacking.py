"""A backup, unpacked with suspicion: it comes from outside, and may be cut, changed or made to do harm.

Only what the manifest names is taken, only plain files have names that it may name, and of each exactly so
many bytes as it says, whose sum is what it says. Nothing is written beyond the folder that is given, and
nothing that there is no room for is begun.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import stat
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Protocol

from config.language import Text, text
from controller.backups import manifest as manifests
from controller.backups.manifest import BackupWrong, Manifest, Part
from controller.store.archive import torn
from controller.whole import sync

Told = Callable[[str], None]
_CHUNK = 1 << 20
_HEADERS = 1 << 20
"""Bytes of a tar beside its files: headers and filling."""
_SPARE = 8 << 20
"""Bytes to be left free."""


class _Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


def unpack(source: Path, staging: Path, told: Told = lambda _: None) -> Manifest:
    """Put all of `source` into the empty folder `staging`, and bring it to the disk. Raises BackupWrong,
    OSError."""
    if source.is_dir():
        return _from_folder(source, staging, told)
    try:
        with gzip.open(source, "rb") as packed:
            return _from_archive(_Bounded(packed), staging, told)
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, ValueError, RecursionError) as error:
        raise BackupWrong(text("it is damaged, or no archive: {reason}", reason=_why(error))) from error


def _why(error: Exception) -> Text | str:
    if isinstance(error, tarfile.TarError):
        return text("there is no whole tar in it")
    return torn(error)


class _Bounded:
    """What is unpacked, up to what may come: a few bytes may unpack to any number."""

    def __init__(self, packed: _Source) -> None:
        self._packed = packed
        self.left = manifests.MOST_BYTES + _HEADERS

    def read(self, size: int) -> bytes:
        found = self._packed.read(max(0, min(size, self.left + 1)))
        self.left -= len(found)
        if self.left < 0:
            raise BackupWrong(text("it holds more than its manifest says"))
        return found


def _from_archive(packed: _Bounded, staging: Path, told: Told) -> Manifest:
    with tarfile.open(fileobj=packed, mode="r|") as tar:  # type: ignore[call-overload]
        manifest: Manifest | None = None
        left: dict[str, Part] = {}
        for entry in tar:
            if entry.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or entry.issparse():
                raise BackupWrong(text("{name} in it is no plain file", name=entry.name))
            content = tar.extractfile(entry)
            assert content is not None
            if manifest is None:
                if entry.name != manifests.FILE or entry.size > manifests.MOST_BYTES:
                    raise BackupWrong(text("this is no backup of louguan"))
                manifest = manifests.load(content.read())
                left = manifest.named()
                packed.left = _begun(manifest, staging)
                continue
            part = left.pop(entry.name, None)
            if part is None or entry.size != part.bytes:
                raise BackupWrong(text("{name} is not in its manifest, or not like this", name=entry.name))
            told(part.name)
            _taken(part, content, staging)
    while packed.read(_CHUNK):
        pass  # to its end: one that was cut short shows there
    if manifest is None:
        raise BackupWrong(text("this is no backup of louguan"))
    if left:
        raise BackupWrong(text("{name} is missing in it", name=min(left)))
    _finished(staging)
    return manifest


def _from_folder(source: Path, staging: Path, told: Told) -> Manifest:
    try:
        with _plain(source / manifests.FILE) as file:
            manifest = manifests.load(file.read(manifests.MOST_BYTES + 1))
    except FileNotFoundError:
        raise BackupWrong(text("this is no backup of louguan")) from None
    _begun(manifest, staging)
    for part in manifest.parts:
        told(part.name)
        try:
            with _plain(source / part.name) as file:
                _taken(part, file, staging)
                if file.read(1):
                    raise BackupWrong(text("{name} is not what was backed up", name=part.name))
        except FileNotFoundError:
            raise BackupWrong(text("{name} is missing in it", name=part.name)) from None
    _finished(staging)
    return manifest


def _plain(path: Path) -> BinaryIO:
    """A plain file, opened; never a link, a device or a pipe, which might not end. Raises BackupWrong,
    OSError."""
    if not stat.S_ISREG(path.lstat().st_mode):
        raise BackupWrong(text("{name} in it is no plain file", name=path.name))
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    return os.fdopen(handle, "rb")


def _begun(manifest: Manifest, staging: Path) -> int:
    """Make the folders; how many bytes may come. Raises BackupWrong where there is no room."""
    size = sum(part.bytes for part in manifest.parts)
    free = shutil.disk_usage(staging).free
    if size + _SPARE > free:
        words = text("it needs {size} MB, and {free} are free", size=size // 10**6, free=free // 10**6)
        raise BackupWrong(words)
    for folder in {Path(part.name).parent for part in manifest.parts}:
        (staging / folder).mkdir(exist_ok=True)
    return size + 4096 * len(manifest.parts) + _HEADERS


def _taken(part: Part, source: _Source, staging: Path) -> None:
    """Copy exactly what is said."""
    digest, left = hashlib.sha256(), part.bytes
    with (staging / part.name).open("xb") as file:
        while left and (chunk := source.read(min(left, _CHUNK))):
            left -= len(chunk)
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    if left or digest.hexdigest() != part.sha256:
        raise BackupWrong(text("{name} is not what was backed up", name=part.name))


def _finished(staging: Path) -> None:
    for folder in (staging, *(path for path in staging.iterdir() if path.is_dir())):
        sync(folder)
