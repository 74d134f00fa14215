"""log verify: the audit of both databases, with its progress shown."""

from __future__ import annotations

import json
import re
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

from config.language import text
from config.language.details import detail
from controller.cli.speech import Failure, say
from controller.consumption.audit import Problem
from controller.store import history
from controller.store.audit import audit_heads, audit_ledger, audit_log
from controller.store.errors import StoreError
from controller.store.ledger import Head
from controller.store.migrations.control import CONTROL

_HEAD = re.compile(r"(?<![0-9A-Za-z])([0-9]{1,18})[:,]([0-9a-f]{64})(?![0-9a-f])", re.ASCII)


class Report(NamedTuple):
    """What was looked at, and what is wrong."""

    meters: int
    intervals: int
    days: int
    past_days: int
    """Of these, days that have lost intervals for their age: nothing is left to verify them by."""
    ledger_rows: int
    heads: int
    """Kept elsewhere, that were looked for."""
    problems: tuple[Problem, ...]


def verified(log: sqlite3.Connection, data: Path, heads: Sequence[Head] = ()) -> Report:
    """Look at everything; `heads` of the ledger were kept elsewhere. Raises sqlite3.Error for log.db
    alone."""
    problems = list(audit_log(log, _shown))
    _clear()
    (intervals,) = log.execute("SELECT count(*) FROM logged").fetchone()
    (meters,) = log.execute("SELECT count(*) FROM meters").fetchone()
    days, past = log.execute(
        "SELECT count(*), coalesce(sum(sealed), 0) FROM (SELECT max(sealed) AS sealed FROM days "
        "GROUP BY meter, start_ms)"
    ).fetchone()
    rows = 0
    try:
        with closing(history.open_file(data / "control.db", CONTROL)) as control:
            problems += audit_ledger(control, data)
            problems += audit_heads(control, data, heads)
            (rows,) = control.execute("SELECT count(*) FROM ledger").fetchone()
    except StoreError as error:
        problems.append(Problem("", None, error.text))
    except (sqlite3.Error, ValueError, TypeError) as error:
        words = text("{file} cannot be read: {reason}", file="control.db", reason=detail(str(error)))
        problems.append(Problem("", None, words))
    return Report(meters, intervals, days, past, rows, len(heads), tuple(problems))


def heads_of(written: Sequence[str], file: Path | None) -> list[Head]:
    """What was kept elsewhere, as it was written down. Raises Failure."""
    found = []
    for one in written:
        if (head := _head_in(one)) is None:
            raise Failure(text("{given} is no head of a ledger; write SEQ:HASH", given=one), code=2)
        found.append(head)
    if file is not None:
        try:
            lines = file.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            words = text("{file} cannot be read: {reason}", file=str(file), reason=detail(str(error)))
            raise Failure(words, code=2) from error
        kept = [head for line in lines if (head := _head_in(line)) is not None]
        if not kept:
            raise Failure(text("there is no head of a ledger in {file}", file=str(file)), code=2)
        found += kept
    return found


def _head_in(written: str) -> Head | None:
    """The head in a line of any list of them: SEQ:HASH, or with a comma or as JSON."""
    with suppress(ValueError, TypeError, KeyError, OverflowError, RecursionError):
        said = json.loads(written)
        return Head(int(said["seq"]), bytes.fromhex(said["hash"]))
    found = _HEAD.search(written)
    return None if found is None else Head(int(found[1]), bytes.fromhex(found[2]))


def _shown(number: int, of: int) -> None:
    """Long work shows how far it is, to whoever sits there."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{say(text('meter {number} of {of}', number=number, of=of))}  ")
        sys.stderr.flush()


def _clear() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
