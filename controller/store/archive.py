"""Old rows of the ledger, sealed into compressed files: data/ledger/ledger-<first>-<last>.jsonl.gz.

A file begins with the head that its first row is chained to and ends with its own, so that it is verified by
itself and the next one, or the ledger, against it. A name says that the file is whole: it is written under
another name, read back, brought to the disk, and only then renamed. Rows leave control.db after that, in one
commit with the note of the head they ended with, from which the chain of the rest is verified.
"""

from __future__ import annotations

import gzip
import json
import sqlite3
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from config.language import Text, text
from config.language.details import detail
from controller.store import ledger
from controller.store.connection import open_reader
from controller.store.ledger import Head
from controller.whole import sync

FOLDER = "ledger"
MOST_ROWS = 50_000
"""Rows of one file: some 2 MB, and a tenth of a second of the writer's time when they are deleted."""
FORMAT = "louguan-ledger"
_PART = ".part"


class ArchiveDamaged(Exception):
    """The file is not what was sealed."""

    def __init__(self, said: str, why: Text | str = "") -> None:
        """`why`: the same for people, who know which file it is about."""
        super().__init__(said)
        self.why = why or said


class ArchiveAbandoned(Exception):
    """The daemon ends; nothing was kept."""


class Sealed(NamedTuple):
    """A whole file, and the part of the chain that is in it."""

    path: Path
    after: Head
    """The head before its first row."""
    head: Head
    """Its last row."""


def first_after(source: Path, old_ms: int, now_ms: int, surplus: int) -> int:
    """How many of the ledger's oldest rows are to be sealed, at most `MOST_ROWS`: those before the first that
    is younger than `old_ms`, and the first `surplus` in any case. A row from after `now_ms` was written by a
    clock gone wrong and holds up nothing. Raises sqlite3.Error."""
    with closing(open_reader(source)) as reader:
        rows = reader.execute("SELECT time_ms FROM ledger ORDER BY seq LIMIT ?", (MOST_ROWS,))
        sealable = 0
        for counted, (time_ms,) in enumerate(rows, 1):
            if time_ms < old_ms or counted <= surplus:
                sealable = counted
            elif time_ms <= now_ms:
                break
    return sealable


def seal(source: Path, data: Path, rows: int, abandoned: Callable[[], bool] = lambda: False) -> Sealed:
    """Write the ledger's first `rows` rows to a file. For a thread of its own.

    If that was done before, up to the same row or another, and the rows are still here because a kill came
    in between, it is that file. Raises ArchiveDamaged when the rows themselves do not hold together,
    ArchiveAbandoned, sqlite3.Error, OSError.
    """
    folder = data / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"*{_PART}"):
        left.unlink(missing_ok=True)
    with closing(open_reader(source)) as reader:
        reader.execute("BEGIN")
        after = ledger.anchor(reader)
        known = _sealed_before(reader, folder, after)
        if known is not None:
            return known
        found = reader.execute(f"SELECT {ledger.COLUMNS}, hash FROM ledger ORDER BY seq LIMIT ?", (rows,))  # noqa: S608
        part = folder / f"ledger-{after.seq + 1}{_PART}"
        try:
            head = _write(part, after, map(tuple, found), abandoned)
            if verify(part) != (after, head):
                raise ArchiveDamaged("what was written reads otherwise")
            sync(part)
            path = _free(folder / f"ledger-{after.seq + 1}-{head.seq}.jsonl.gz")
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    sync(folder)
    return Sealed(path, after, head)


def take_out(connection: sqlite3.Connection, sealed: Sealed, now_ms: int) -> None:
    """Delete the rows that are in the file, and note the head they ended with. In a transaction of the
    caller's. Raises ArchiveDamaged when they are not the same."""
    after, head = sealed.after, sealed.head
    last = connection.execute("SELECT hash FROM ledger WHERE seq = ?", (head.seq,)).fetchone()
    if ledger.anchor(connection) != after or last is None or bytes(last[0]) != head.hash:
        raise ArchiveDamaged("the ledger's rows are not those that were sealed")
    connection.execute("DELETE FROM ledger WHERE seq <= ?", (head.seq,))
    connection.execute(
        "INSERT INTO seals (seq, hash, first, file, sealed_ms) VALUES (?, ?, ?, ?, ?)",
        (head.seq, head.hash, after.seq + 1, sealed.path.name, now_ms),
    )


def verify(path: Path) -> tuple[Head, Head]:
    """The head before a file's first row, and that of its last, if its chain holds from the one to the other.

    Raises ArchiveDamaged, OSError.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            return _verified(map(_content, file))
    except (ValueError, TypeError, KeyError, IndexError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ArchiveDamaged(f"{path.name}: {str(error) or type(error).__name__}", torn(error)) from error


def torn(error: Exception) -> Text | str:
    """What is wrong with a packed file that cannot be read."""
    if isinstance(error, gzip.BadGzipFile):
        return text("it is not packed by gzip, or what is packed does not have its check sum")
    if isinstance(error, EOFError):
        return text("it ends too early")
    if isinstance(error, zlib.error):
        return text("what is packed in it is damaged")
    if isinstance(error, (TypeError, LookupError)):
        return text("this has the wrong form")
    return detail(str(error) or type(error).__name__)


def rows(path: Path) -> Iterator[Sequence[Any]]:
    """The rows of a file, as in docs/data.md, hash last. Raises OSError, ValueError for a damaged one."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            found = _content(line)
            if isinstance(found, list):
                yield found


def _content(line: str) -> Any:
    try:
        return json.loads(line)
    except RecursionError:
        raise ValueError("a list within lists without end") from None


def _verified(lines: Iterator[Any]) -> tuple[Head, Head]:
    begins = next(lines, None)
    if not isinstance(begins, dict) or begins["format"] != FORMAT or begins["version"] != 1:
        raise ValueError("this is no archive of a ledger")
    after = head = Head(begins["after"], bytes.fromhex(begins["after_hash"]))
    for line in lines:
        if isinstance(line, dict):
            if (line["last"], line["hash"]) != (head.seq, head.hash.hex()) or next(lines, None) is not None:
                raise ValueError("it does not end as it says")
            return after, head
        content, stored = tuple(line[:-1]), bytes.fromhex(line[-1])
        if content[0] != head.seq + 1 or ledger.link(head.hash, content) != stored:
            raise ValueError(f"the chain does not hold at {head.seq + 1}")
        head = Head(content[0], stored)
    raise ValueError("its end is missing")


def _write(part: Path, after: Head, found: Iterator[tuple[Any, ...]], abandoned: Callable[[], bool]) -> Head:
    head = after
    begins = {"format": FORMAT, "version": 1, "after": after.seq, "after_hash": after.hash.hex()}
    with gzip.open(part, "wt", encoding="utf-8", compresslevel=6) as file:
        file.write(json.dumps(begins) + "\n")
        for row in found:
            if row[0] % 500 == 0 and abandoned():
                raise ArchiveAbandoned
            head = Head(row[0], bytes(row[-1]))
            file.write(json.dumps((*row[:-1], head.hash.hex()), ensure_ascii=False) + "\n")
        file.write(json.dumps({"last": head.seq, "hash": head.hash.hex()}) + "\n")
    return head


def _sealed_before(reader: sqlite3.Connection, folder: Path, after: Head) -> Sealed | None:
    """A whole file of the rows that come next, if they are still in the ledger and the same."""
    for path in sorted(folder.glob(f"ledger-{after.seq + 1}-*.jsonl.gz")):
        try:
            begins, head = verify(path)
        except (ArchiveDamaged, OSError):
            continue
        last = reader.execute("SELECT hash FROM ledger WHERE seq = ?", (head.seq,)).fetchone()
        if begins == after and last is not None and bytes(last[0]) == head.hash:
            return Sealed(path, after, head)
    return None


def _free(path: Path) -> Path:
    """A name that no other file has: one there says something else of the same rows, and stays."""
    stem = path.name.removesuffix(".jsonl.gz")
    names = chain([path], (path.with_name(f"{stem}-{number}.jsonl.gz") for number in range(2, 1000)))
    return next(name for name in names if not name.exists())
