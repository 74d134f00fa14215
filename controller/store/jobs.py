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
from controller.store.connection import Trouble, trouble
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
    entries: int = 1
    """For so many it counts among those that wait."""
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
    """Entries of jobs not yet committed."""
    commits: int
    jobs: int
    """Entries committed since the start."""
    refused: int
    """Entries not taken because too many waited: these rows are lost."""
    error: str
    """Why the last commit failed, "" when it did not."""
    failing_s: float
    """Machine seconds since the first of the failures in a row, 0 when there is none."""
    damaged: bool
    stuck_s: float = 0.0
    """Machine seconds it has been at one and the same piece of work; infinity when its thread has ended."""


def apart(connection: sqlite3.Connection, job: Job[T]) -> T | Exception:
    """What `job` returns; or what it raised by its own fault, which has undone what it did and nothing else.
    Raises what is not its fault."""
    connection.execute("SAVEPOINT job")
    found: T | Exception
    try:
        found = job(connection)
    except sqlite3.Error as error:
        if trouble(error) is not Trouble.JOB or not connection.in_transaction:
            raise
        found = error
    except Exception as error:  # noqa: BLE001 - whatever a job raises is its caller's to hear
        found = error
    if isinstance(found, Exception):
        connection.execute("ROLLBACK TO job")
    connection.execute("RELEASE job")
    return found


def as_store_error(error: Exception, path: Path) -> StoreError:
    """What a job raised, as this package's own error."""
    if isinstance(error, StoreError):
        return error
    made = StoreJobFailed(text("{file} refused an entry: {why}", file=path.name, why=detail(str(error))))
    made.__cause__ = error
    return made
