"""log verify: the audit of both databases, with its progress shown."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from config.language import text
from config.language.details import detail
from controller.cli.speech import say
from controller.consumption.audit import Problem
from controller.store import history
from controller.store.audit import audit_ledger, audit_log
from controller.store.errors import StoreError
from controller.store.migrations.control import CONTROL


class Report(NamedTuple):
    """What was looked at, and what is wrong."""

    meters: int
    intervals: int
    days: int
    past_days: int
    """Of these, days that have lost intervals for their age: nothing is left to verify them by."""
    ledger_rows: int
    problems: tuple[Problem, ...]


def verified(log: sqlite3.Connection, data: Path) -> Report:
    """Look at everything. Raises sqlite3.Error for log.db alone."""
    problems = list(audit_log(log, _shown))
    _clear()
    (intervals,) = log.execute("SELECT count(*) FROM intervals").fetchone()
    (meters,) = log.execute("SELECT count(*) FROM meters").fetchone()
    days, past = log.execute(
        "SELECT count(*), coalesce(sum(sealed), 0) FROM (SELECT max(sealed) AS sealed FROM days "
        "GROUP BY meter, start_ms)"
    ).fetchone()
    rows = 0
    try:
        with closing(history.open_file(data / "control.db", CONTROL)) as control:
            problems += audit_ledger(control, data)
            (rows,) = control.execute("SELECT count(*) FROM ledger").fetchone()
    except StoreError as error:
        problems.append(Problem("", None, error.text))
    except (sqlite3.Error, ValueError, TypeError) as error:
        words = text("{file} cannot be read: {reason}", file="control.db", reason=detail(str(error)))
        problems.append(Problem("", None, words))
    return Report(meters, intervals, days, past, rows, tuple(problems))


def _shown(number: int, of: int) -> None:
    """Long work shows how far it is, to whoever sits there."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{say(text('meter {number} of {of}', number=number, of=of))}  ")
        sys.stderr.flush()


def _clear() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
