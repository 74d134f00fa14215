"""log gaps: what each meter's log lacks in a span of time."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from config.language import text
from controller.cli.log_due import due
from controller.cli.log_source import Whose, chosen
from controller.cli.moments import moment
from controller.cli.speech import Failure
from controller.consumption.exports import local_iso
from controller.consumption.gaps import LOST, Gap, gaps
from controller.consumption.periods import Span
from controller.store import days, history, sums


def found(
    connection: sqlite3.Connection, data: Path, owner: Whose, names: list[str] | None, asked: Span
) -> list[dict[str, Any]]:
    """The stretches, by meter and time. Raises Failure."""
    entries = history.meters(connection)
    listed = chosen(entries, names, owner)
    expected = due(connection, entries, data, owner)
    from_ms, to_ms = asked
    if from_ms >= expected.now_ms:
        start, now = local_iso(from_ms, owner.zone), local_iso(expected.now_ms, owner.zone)
        words = text(
            "{start} is still to come: the site's time is {now}",
            start=moment(start, None),
            now=moment(now, None),
        )
        raise Failure(words, kind="to-come")
    integrated = {one.name for one in owner.metering.integrated}
    lacking: list[Gap] = []
    for entry in listed:
        if (its := expected.meters.get(entry.name)) is None:
            continue
        rows = [item.row for item in history.newest(history.logged(connection, entry, from_ms, to_ms))]
        since_ms = max(
            from_ms,
            its[0],
            sums.logged_until(connection, entry, from_ms),
            days.sealed_until(connection, entry.number),
        )
        after = days.next_known(connection, entry.number, to_ms)
        lacking += gaps(
            entry.name,
            rows,
            (since_ms, min(to_ms, its[1])),
            covered_from=None if after is None else after[1],
            integrated=entry.name in integrated,
        )
    return [_told(gap, owner) for gap in lacking]


def _told(gap: Gap, owner: Whose) -> dict[str, Any]:
    return {
        "meter": gap.meter,
        "lack": gap.lack.value,
        "lost": gap.lack in LOST,
        "start": local_iso(gap.start_ms, owner.zone),
        "end": local_iso(gap.end_ms, owner.zone),
        "hours": round((gap.end_ms - gap.start_ms) / 3_600_000, 3),
        "intervals": gap.intervals,
    }
