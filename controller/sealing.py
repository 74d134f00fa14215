"""The ledger's age: what is older than is kept at hand goes into sealed files, a month or so at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from config.plan.clock import Clock
from controller.store.control import ControlStore

A_MONTH_DAYS = 31
"""Nothing is sealed before so many days more are due: a file a month, not one a day."""
MOST_KEPT = 500_000
"""And so many at most: something that goes wrong every few seconds must not fill the disk either."""
_DAY_MS = 86_400_000
_COMMIT_S = 60.0


def seal_old_rows(
    control: ControlStore,
    data: Path,
    clock: Clock,
    kept_days: int,
    abandoned: Callable[[], bool] = lambda: False,
) -> int:
    """Seal what is older than `kept_days`; how many files were made. For a thread of its own.

    Under a clock that is not trusted only what is too much is sealed. Raises archive.ArchiveDamaged,
    StoreError, sqlite3.Error, OSError.
    """
    from controller.store import archive  # what it packs with is not light, and nothing is sealed for months

    made = 0
    while not abandoned():
        now = clock.now()
        excess = control.rows() - MOST_KEPT
        surplus = excess + archive.MOST_ROWS if excess > 0 else 0
        old_ms = now.wall_ms - kept_days * _DAY_MS if now.trusted else 0
        due_ms = old_ms - A_MONTH_DAYS * _DAY_MS if now.trusted else 0
        if not archive.first_after(control.path, due_ms, now.wall_ms, surplus):
            break
        rows = archive.first_after(control.path, old_ms, now.wall_ms, surplus)
        try:
            sealed = archive.seal(control.path, data, rows, abandoned)
        except archive.ArchiveAbandoned:
            break
        control.take_out(sealed, now.wall_ms).result(_COMMIT_S)
        made += 1
    return made
