"""What waits in the feed for one sink, counted for people. SQL only."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from controller.store import feed


class Waiting(NamedTuple):
    """Of the rows that are meant for a sink."""

    rows: int
    """Neither delivered nor set aside."""
    holes: int
    """Runs of such rows before the last one that it has."""
    first: int | None
    """Feed id of the oldest of them."""


def waiting(
    connection: sqlite3.Connection, holes: Iterable[tuple[int, int]], last: int, meters: Sequence[str]
) -> Waiting:
    """`holes`: the ranges of feed ids up to `last` that are not settled, in order. `meters`: names of those
    it gets; empty = all."""
    marks = ",".join("?" * len(meters))
    among = feed.AMONG
    if meters:
        among += f" AND meter IN (SELECT id FROM meters WHERE name IN ({marks}))"  # noqa: S608
    counting = f"SELECT count(*), min(id) FROM feed WHERE {among}"  # noqa: S608
    seeking = f"SELECT 1 FROM feed WHERE {among} LIMIT 1"  # noqa: S608

    def any_in(low: int, high: int) -> bool:
        return connection.execute(seeking, (low, high, *meters)).fetchone() is not None

    rows = runs = 0
    first: int | None = None
    begun, after = False, 1
    for low, high in holes:
        if begun and any_in(after, low - 1):
            runs, begun = runs + 1, False
        count, oldest = connection.execute(counting, (low, high, *meters)).fetchone()
        if count:
            rows, begun = rows + count, True
            first = oldest if first is None else first
        after = high + 1
    if begun and any_in(after, last):
        runs += 1
    return Waiting(rows, runs, first)


def start_of(connection: sqlite3.Connection, number: int | None) -> int | None:
    """Start of the interval that a row of the feed is about; None when there is no such row."""
    asked = f"SELECT start_ms FROM feed WHERE {feed.AMONG}"  # noqa: S608
    found = connection.execute(asked, (number, number)).fetchone()
    return None if found is None else int(found[0])
