"""Old intervals leave log.db, with their rows in the feed: by age, and never before every sink has them. SQL
only; runs within a transaction of its caller, in the writer's thread."""

from __future__ import annotations

import sqlite3
from itertools import islice
from typing import NamedTuple

from controller.consumption.upload.ranges import Ranges
from controller.store import days, dense, feed


class Deleted(NamedTuple):
    """What became of one stretch of the feed."""

    upto: int
    """Its last feed id; 0 = there is nothing after the one before."""
    looked_at: int
    old: int
    """Rows old enough, of those looked at."""
    rows: int
    """Of those, deleted: every sink has them."""
    waiting: tuple[str, ...]
    """Sinks for which some of the others are kept."""
    span: tuple[int, int] | None = None
    """Earliest start and latest end of what was deleted."""


def delete_old(connection: sqlite3.Connection, before_ms: int, after: int, limit: int) -> Deleted:
    """Delete what ended before `before_ms` among the next `limit` rows of the feed after id `after`.

    A retired sink counts no more; one that is in no plan any more does, until a person retires it. What a
    sink refused is kept for it until a person decides. So is an interval whose day is not made yet.
    """
    columns = f"id, meter, start_ms, end_ms, key, {days.IS_MADE}"
    found = list(islice(feed.in_order(connection, columns, after + 1, feed.last(connection)), limit))
    if not found:
        return Deleted(0, 0, 0, 0, ())
    sinks = {
        name: _kept_for(connection, name)
        for name, _, retired_ms in feed.sinks(connection)
        if retired_ms is None
    }
    old, waiting = 0, set[str]()
    done: list[tuple[int, int, int, int]] = []
    for number, meter, start_ms, end_ms, key, summed in found:
        if end_ms >= before_ms:
            continue
        old += 1
        wanted_by = [name for name, (has, aside) in sinks.items() if number not in has or number in aside]
        if wanted_by:
            waiting.update(wanted_by)
        elif summed:
            done.append((meter, start_ms, end_ms, key))
    dense.remove(connection, [one[3] for one in done])
    days.seal(connection, [one[:2] for one in done])
    span = (min(one[1] for one in done), max(one[2] for one in done)) if done else None
    return Deleted(found[-1][0], len(found), old, len(done), tuple(sorted(waiting)), span)


def _kept_for(connection: sqlite3.Connection, sink: str) -> tuple[Ranges, frozenset[int]]:
    """What a sink has, and what of it was refused."""
    state = feed.state(connection, sink)
    return Ranges(state.settled), frozenset(state.aside)
