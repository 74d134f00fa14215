"""The folder that files are dropped into: whole or not at all, each with its SHA-256 beside it. Blocking.

A file of a period grows until it is full, by being replaced as a whole; once somebody has taken it away, the
next one has a number of its own. At any moment, after a kill or a power cut too, what is there under its name
is whole, and where `<name>.sha256` is there, it is of this very content. The order of steps sees to it: both
are written under other names and brought to the disk; the old sum is removed; the two are renamed; the folder
is brought to the disk.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Protocol

from controller.consumption.tables import (
    Key,
    Record,
    csv_head,
    csv_keys,
    csv_lines,
    key,
    parquet,
    parquet_keys,
)

MOST_ROWS = 10_000
"""In one file: adding to it costs writing it again."""
_MOST_BYTES = 64_000_000
"""Of a file that is read again; a larger one is none of ours."""
_MOST_HEADS_BYTES = 4_000_000
"""Of the list of heads: a line a day."""
_SUM = ".sha256"
_PART = ".part"
_HEADS = "day,seq,hash,time"


class Format(Protocol):
    """How rows are written into a file."""

    suffix: str

    def keys(self, content: bytes) -> set[Key]:
        """Of all rows of a file. Raises ValueError where it is none of ours."""

    def added(self, before: bytes | None, records: list[Record]) -> bytes:
        """The file `before`, and these after it."""


class Csv:
    """Text."""

    suffix = ".csv"

    def keys(self, content: bytes) -> set[Key]:
        return set(csv_keys(content.decode("utf-8")))

    def added(self, before: bytes | None, records: list[Record]) -> bytes:
        head = csv_head().encode() if before is None else before
        return head + csv_lines(records).encode()


class Parquet:
    """Columns; needs pyarrow."""

    suffix = ".parquet"

    def keys(self, content: bytes) -> set[Key]:
        return set(parquet_keys(content))

    def added(self, before: bytes | None, records: list[Record]) -> bytes:
        return parquet(records, before)


class Dropped(NamedTuple):
    """A file that is there. `keys` None: damaged, or none of ours, and left alone."""

    number: int
    path: Path
    keys: set[Key] | None


class Drops:
    """One site's files in one folder, which must be there: it is the stick's, and never made here."""

    def __init__(self, folder: Path, site: str, made: Format) -> None:
        self._folder = folder
        self._site = re.sub(r"[^0-9A-Za-z._-]", "-", site)
        self._format = made
        self._known: dict[tuple[str, int, int], set[Key] | None] = {}
        """Keys by name, size and time of change: not read again while they stand."""

    def add(self, period: str, number: int, records: list[Record]) -> None:
        """Put the records into the file of that period, or a new one of this number, unless they are there.
        Returns when they are on the disk; raises OSError."""
        self._sweep()
        there = self._there(period)
        present: set[Key] = set().union(*(file.keys for file in there if file.keys))
        fresh = [cells for cells in records if key(cells) not in present]
        last = there[-1] if there else None
        if not fresh:
            for file in there:
                self._mend(file)
            _sync_folder(self._folder)  # what brought them here may have failed at this last step
            return
        if last is not None and last.keys is not None and len(last.keys) + len(fresh) <= MOST_ROWS:
            self._replace(last.path, self._format.added(last.path.read_bytes(), fresh))
            return
        if last is not None:
            self._mend(last)
            number = max(number, last.number + 1)
        name = f"{self._site}_{period}_{number:09d}{self._format.suffix}"
        self._replace(self._folder / name, self._format.added(None, fresh))

    def note_head(self, line: str) -> None:
        """Add a head of the ledger, "day,seq,hash,time", to the file of them, unless one of that day is the
        last there. Where that is too large to be read again, a second one is begun. Raises OSError."""
        path = self._heads_file()
        content = _HEADS
        if path.is_file() and not path.is_symlink():
            # Whatever others made of it, what can be read stays.
            content = path.read_text(encoding="utf-8", errors="replace")
        if content.splitlines()[-1:] and content.splitlines()[-1].startswith(line.partition(",")[0]):
            return
        self._replace(path, (content.rstrip("\r\n") + f"\r\n{line}\r\n").encode())

    def _heads_file(self) -> Path:
        """The first of `…_ledger-heads.csv`, `…_ledger-heads-2.csv` and so on that is not too large."""
        path = self._folder / f"{self._site}_ledger-heads.csv"
        number = 1
        while path.is_file() and not path.is_symlink() and path.stat().st_size > _MOST_HEADS_BYTES:
            number += 1
            path = path.with_name(f"{self._site}_ledger-heads-{number}.csv")
        return path

    def _there(self, period: str) -> list[Dropped]:
        """The period's files, by number."""
        pattern = re.compile(
            re.escape(f"{self._site}_{period}_") + r"([0-9]{9,})" + re.escape(self._format.suffix)
        )
        found = []
        for name in os.listdir(self._folder):
            match, path = pattern.fullmatch(name), self._folder / name
            if match and path.is_file() and not path.is_symlink():
                found.append(Dropped(int(match[1]), path, self._keys(path)))
        return sorted(found, key=lambda file: file.number)

    def _keys(self, path: Path) -> set[Key] | None:
        stat = path.stat()
        mark = (path.name, stat.st_size, stat.st_mtime_ns)
        if mark not in self._known:
            if len(self._known) > 50:
                self._known.clear()
            self._known[mark] = self._read(path)
        return self._known[mark]

    def _read(self, path: Path) -> set[Key] | None:
        if path.stat().st_size > _MOST_BYTES:
            return None
        content = path.read_bytes()
        beside = _sum_path(path)
        expected = _sum_line(path, content)
        if beside.exists() and (beside.stat().st_size != len(expected) or beside.read_bytes() != expected):
            return None
        try:
            return self._format.keys(content)
        except (ValueError, IndexError):
            return None

    def _mend(self, file: Dropped) -> None:
        """A whole file without its sum, after a kill between the two: give it its sum."""
        if file.keys is not None and not _sum_path(file.path).exists():
            self._replace(file.path, file.path.read_bytes())

    def _replace(self, path: Path, content: bytes) -> None:
        beside = _sum_path(path)
        part, sum_part = self._part(path), self._part(beside)
        try:
            _write(part, content)
            _write(sum_part, _sum_line(path, content))
            with suppress(FileNotFoundError):
                os.unlink(beside)
            os.rename(part, path)
            os.rename(sum_part, beside)
            _sync_folder(self._folder)
        except OSError:
            for left in (part, sum_part):
                with suppress(OSError):
                    os.unlink(left)
            raise

    def _part(self, path: Path) -> Path:
        return path.with_name(f".{path.name}{_PART}")

    def _sweep(self) -> None:
        """Remove what a kill has left unfinished."""
        for name in os.listdir(self._folder):
            if name.startswith(f".{self._site}_") and name.endswith(_PART):
                os.unlink(self._folder / name)


def _sum_path(path: Path) -> Path:
    return path.with_name(path.name + _SUM)


def _sum_line(path: Path, content: bytes) -> bytes:
    """As sha256sum writes and checks it."""
    return f"{hashlib.sha256(content).hexdigest()}  {path.name}\n".encode()


def _write(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        # They are made to be taken away by others; who may come as far is the folder's to say.
        with suppress(OSError):
            os.fchmod(handle, 0o644)
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(handle, rest) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a file system that knows no such thing
            raise
    finally:
        os.close(handle)
