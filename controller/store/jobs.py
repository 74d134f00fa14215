"""Jobs for a writer thread: what waits, and how its caller hears of the end."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from config.language import text
from config.language.details import detail
from controller.store.errors import StoreError, StoreJobFailed

T = TypeVar("T")
Job = Callable[[sqlite3.Connection], T]
"""Runs in the writer thread inside a transaction. May run more than once: only what it writes to the
connection counts, and it must touch nothing else."""


@dataclass(slots=True)
class Waiting:
    """A job in the queue. `result` and `error` are those of its last try, true once committed."""

    job: Job[Any]
    future: Future[Any]
    deadline: float | None
    """Monotonic time at which it is given up; None = never."""
    result: Any = None
    error: Exception | None = None

    def resolve(self) -> None:
        """Tell that it is committed."""
        if self.future.set_running_or_notify_cancel():
            self.future.set_result(self.result)

    def fail(self, error: StoreError) -> None:
        """Tell that it is not and will not be."""
        if self.future.set_running_or_notify_cancel():
            self.future.set_exception(error)


def as_store_error(error: Exception, path: Path) -> StoreError:
    """What a job raised, as this package's own error."""
    if isinstance(error, StoreError):
        return error
    made = StoreJobFailed(text("{file} refused an entry: {why}", file=path.name, why=detail(str(error))))
    made.__cause__ = error
    return made
