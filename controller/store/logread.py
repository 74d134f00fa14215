"""Reading log.db."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Self, TypeVar

from controller.consumption.records import Flag, Interval, Mark
from controller.store.connection import open_reader
from controller.store.dense import NEWEST
from controller.store.logrows import mark_of

T = TypeVar("T")


class LogReader:
    """Reads a log.db that a daemon may be writing at the same time. Raises sqlite3.Error."""

    def __init__(self, path: Path) -> None:
        self._connection = open_reader(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """What `question` finds."""
        return question(self._connection)

    def close(self) -> None:
        self._connection.close()

    def meters(self) -> list[sqlite3.Row]:
        """name, point, quantity, unit, quantum, modulus of every meter, as fitted last."""
        return self._connection.execute(
            "SELECT name, point, quantity, unit, quantum, modulus FROM meters JOIN fittings ON fittings.id = "
            "(SELECT max(id) FROM fittings WHERE meter = meters.id) ORDER BY name"
        ).fetchall()

    def intervals(self, meter: str, from_ms: int = 0, to_ms: int = 2**62) -> list[Interval]:
        """The newest revision of every interval of `meter` that starts in [from_ms, to_ms), by start."""
        rows = self._connection.execute(
            "SELECT ?, start_ms, end_ms, from_ms, count_start, count_end, consumption, peak, covered_s, "  # noqa: S608
            "flags FROM intervals AS one WHERE meter = (SELECT id FROM meters WHERE name = ?) "
            f"AND start_ms >= ? AND start_ms < ? AND {NEWEST} ORDER BY start_ms",
            (meter, meter, from_ms, to_ms),
        )
        return [Interval(*row)._replace(flags=Flag(row[-1])) for row in rows]

    def refused(self) -> list[sqlite3.Row]:
        """id, meter (its name), start_ms, reason, content (JSON) of the intervals kept aside, oldest
        first."""
        return self._connection.execute(
            "SELECT refused.id, name AS meter, start_ms, reason, content FROM refused "
            "LEFT JOIN meters ON meters.id = meter ORDER BY refused.id"
        ).fetchall()

    def marks(self) -> dict[str, Mark]:
        """Where the log of every meter stands."""
        names = self._connection.execute("SELECT name, id FROM meters ORDER BY name").fetchall()
        found = {str(name): mark_of(self._connection, number) for name, number in names}
        return {name: mark for name, mark in found.items() if mark is not None}
