"""Whether what the databases hold can be as it is: every meter's rows, the feed, and the ledger with its
sealed files. Reads only."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from config.language import Text, text
from config.language.details import detail, reason
from controller.consumption.audit import Past, Problem, audit_meter
from controller.consumption.audit_days import audit_days
from controller.store import archive, deletions, history, ledger, restores, sums
from controller.store.archive import ArchiveDamaged
from controller.store.ledger import Head, Kind
from controller.store.logrows import mark_of

_RESTORED = "restored at "
"""So begins what the ledger has of a restore."""


def audit_log(
    connection: sqlite3.Connection, begun: Callable[[int, int], None] = lambda _number, _of: None
) -> Iterator[Problem]:
    """What is wrong in log.db. `begun` is told which meter, of how many, comes next. Raises sqlite3.Error."""
    meters = history.meters(connection)
    past = Past(deletions.upto_ms(connection), frozenset({0, *restores.revisions(connection)}))
    for number, meter in enumerate(meters, 1):
        begun(number, len(meters))
        try:
            mark = mark_of(connection, meter.number)
        except ValueError:
            yield Problem(meter.name, None, text("nothing says where its log stands"))
            mark = None
        rows = list(history.logged(connection, meter))
        undone = history.undone(connection, meter)
        yield from audit_meter(meter.name, meter.fittings, rows, mark, past, undone)
        if not sums.days_are_due(connection, meter):
            yield from audit_days(meter.name, sums.kept_days(connection, meter), history.newest(iter(rows)))
    for number in history.strangers(connection):
        yield Problem(f"#{number}", None, text("there are intervals of a meter without a name"))
    if (timeless := history.timeless(connection)) > 0:
        yield Problem("", None, text("of {count} intervals nothing says when they were", count=timeless))
    for found in history.feed_problems(connection):
        words = text(
            "the feed has revision {revision} {times} times instead of once",
            revision=found.revision,
            times=found.times,
        )
        yield Problem(found.meter, found.start_ms, words)
    for name, start_ms, said in connection.execute(
        "SELECT coalesce(name, '?'), CAST(start_ms AS INTEGER), reason FROM refused "
        "LEFT JOIN meters ON meters.id = refused.meter ORDER BY refused.id"
    ):
        yield Problem(
            name, start_ms, text("an interval was refused and is kept aside: {reason}", reason=detail(said))
        )


def audit_heads(connection: sqlite3.Connection, data: Path, heads: Iterable[Head]) -> Iterator[Problem]:
    """Which of `heads`, kept by somebody else, do not lie on the ledger's chain. That it holds is for
    `audit_ledger` to say. Raises sqlite3.Error."""
    last = ledger.head(connection).seq
    for seq, digest in heads:
        if seq > last:
            words = text(
                "the ledger ends at row {last}; row {row}, known elsewhere, is missing", last=last, row=seq
            )
            yield Problem("", None, _with_restore(words, connection, data, seq))
            continue
        try:
            found = _hash_at(connection, data, seq)
        except (ArchiveDamaged, OSError, ValueError, EOFError, zlib.error) as error:
            words = text("row {row} of the ledger cannot be read: {reason}", row=seq, reason=_why(error))
            yield Problem("", None, words)
            continue
        if found != digest:
            words = text(
                "row {row} of the ledger is another than the one known elsewhere: the ledger was written "
                "anew",
                row=seq,
            )
            yield Problem("", None, _with_restore(words, connection, data, seq))


def _with_restore(words: Text, connection: sqlite3.Connection, data: Path, seq: int) -> Text:
    """`words`, and which restore of the ledger may be why row `seq` is not what it was."""
    found = _restore_up_to(connection, data, seq)
    if found is None:
        return words
    row, time_ms = found
    time = datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")
    return text(
        "{what}. It has a restore from a backup at {time} UTC, row {row}: what was recorded between the "
        "backup and that is not in it",
        what=words,
        time=time,
        row=row,
    )


def _restore_up_to(connection: sqlite3.Connection, data: Path, seq: int) -> tuple[int, int] | None:
    """Row and time of the last restore at or before that row, here or in a sealed file that can be read."""
    found: tuple[int, int] | None = connection.execute(
        "SELECT seq, time_ms FROM ledger WHERE seq <= ? AND kind = ? AND detail LIKE ? "
        "ORDER BY seq DESC LIMIT 1",
        (seq, Kind.GAP, f"{_RESTORED}%"),
    ).fetchone()
    if found is not None:
        return found
    for (name,) in connection.execute("SELECT file FROM seals ORDER BY seq DESC"):
        with suppress(ArchiveDamaged, OSError, ValueError, EOFError, zlib.error):
            for row in archive.rows(data / archive.FOLDER / name):
                if row[0] <= seq and row[2] == Kind.GAP and str(row[-2]).startswith(_RESTORED):
                    found = row[0], row[1]
        if found is not None:
            return found
    return None


def _why(error: Exception) -> Text | str:
    if isinstance(error, ArchiveDamaged):
        return error.why
    return reason(error) if isinstance(error, OSError) and error.errno else archive.torn(error)


def _hash_at(connection: sqlite3.Connection, data: Path, seq: int) -> bytes | None:
    """Of that row, here or in a sealed file; None where there is none."""
    row = connection.execute("SELECT hash FROM ledger WHERE seq = ?", (seq,)).fetchone()
    if row is not None:
        return bytes(row[0])
    file = connection.execute("SELECT file FROM seals WHERE seq >= ? ORDER BY seq LIMIT 1", (seq,)).fetchone()
    if file is None:
        return None
    rows = archive.rows(data / archive.FOLDER / file[0])
    return next((bytes.fromhex(found[-1]) for found in rows if found[0] == seq), None)


def audit_ledger(connection: sqlite3.Connection, data: Path) -> Iterator[Problem]:
    """What is wrong with the ledger in control.db and the files that were sealed from it. Raises
    sqlite3.Error."""
    head = Head(0, bytes(32))
    for seq, digest, name in connection.execute("SELECT seq, hash, file FROM seals ORDER BY seq"):
        sealed = Head(seq, bytes(digest))
        try:
            begins, ends = archive.verify(data / archive.FOLDER / name)
        except FileNotFoundError:
            yield Problem("", None, text("{file} is missing", file=name))
        except (ArchiveDamaged, OSError) as error:
            yield Problem(
                "", None, text("{file} is not what was sealed: {reason}", file=name, reason=_why(error))
            )
        else:
            if (begins, ends) != (head, sealed):
                yield Problem("", None, text("{file} is not chained to the rows around it", file=name))
        head = sealed
    broken = ledger.broken_at(connection)
    if broken is not None:
        yield Problem("", None, text("the ledger's chain does not hold at row {row}", row=broken))
