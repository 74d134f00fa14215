"""Whether what the databases hold can be as it is: every meter's rows, the feed, and the ledger with its
sealed files. Reads only."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from config.language import text
from config.language.details import detail
from controller.consumption.audit import Past, Problem, audit_meter
from controller.consumption.audit_days import audit_days
from controller.store import archive, deletions, history, ledger, restores, sums
from controller.store.archive import ArchiveDamaged
from controller.store.ledger import Head
from controller.store.logrows import mark_of


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
    for found in history.feed_problems(connection):
        if found.times < 0:
            words = text(
                "the feed has revision {revision}, but no such interval is kept", revision=found.revision
            )
        else:
            words = text(
                "the feed has revision {revision} {times} times instead of once",
                revision=found.revision,
                times=found.times,
            )
        yield Problem(found.meter, found.start_ms, words)
    for name, start_ms, reason in connection.execute(
        "SELECT coalesce(name, '?'), CAST(start_ms AS INTEGER), reason FROM refused "
        "LEFT JOIN meters ON meters.id = refused.meter ORDER BY refused.id"
    ):
        yield Problem(
            name, start_ms, text("an interval was refused and is kept aside: {reason}", reason=reason)
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
            yield Problem("", None, words)
            continue
        try:
            found = _hash_at(connection, data, seq)
        except (ArchiveDamaged, OSError, ValueError, EOFError, zlib.error) as error:
            words = text(
                "row {row} of the ledger cannot be read: {reason}", row=seq, reason=detail(str(error))
            )
            yield Problem("", None, words)
            continue
        if found != digest:
            words = text(
                "row {row} of the ledger is another than the one known elsewhere: the ledger was written "
                "anew",
                row=seq,
            )
            yield Problem("", None, words)


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
                "", None, text("{file} is not what was sealed: {reason}", file=name, reason=str(error))
            )
        else:
            if (begins, ends) != (head, sealed):
                yield Problem("", None, text("{file} is not chained to the rows around it", file=name))
        head = sealed
    broken = ledger.broken_at(connection)
    if broken is not None:
        yield Problem("", None, text("the ledger's chain does not hold at row {row}", row=broken))
