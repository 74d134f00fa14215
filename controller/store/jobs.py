"""Jobs for a writer thread: what waits, how its caller hears of the end, and how the thread is doing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

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


class WriterStatus(NamedTuple):
    """How a writer is doing; may be asked from any thread."""

    waiting: int
    """Jobs not yet committed."""
    commits: int
    jobs: int
    """Jobs committed since the start."""
    refused: int
    """Jobs not taken because too many waited: these rows are lost."""
    error: str
    """Why the last commit failed, "" when it did not."""
    failing_s: float
    """Machine seconds since the first of the failures in a row, 0 when there is none."""
    damaged: bool
    stuck_s: float = 0.0
    """Machine seconds it has been at one and the same piece of work; infinity when its thread has ended."""


def as_store_error(error: Exception, path: Path) -> StoreError:
    """What a job raised, as this package's own error."""
    if isinstance(error, StoreError):
        return error
    made = StoreJobFailed(text("{file} refused an entry: {why}", file=path.name, why=detail(str(error))))
    made.__cause__ = error
    return made
