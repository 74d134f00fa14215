"""For which time each meter should have intervals: from the beginning of its log up to now. What came before
is not missing, nor what comes after the last one of a meter that the site no longer has."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from controller.cli.log_source import Whose
from controller.consumption.periods import Span
from controller.consumption.slots import Slots
from controller.origin import is_simulated
from controller.store import boots, sums
from controller.store.connection import open_reader
from controller.store.history import MeterEntry

_COMING_MS = 300_000
"""So long after its end an interval may still be on its way, or for as long as it is if that is longer."""


class Due(NamedTuple):
    """How far the log should have come."""

    now_ms: int
    """The site's time: the machine's; of a simulation the newest that is known."""
    until_ms: int
    """Intervals that ended by then should be there."""
    meters: Mapping[str, Span]
    """Of those that have begun: for which time there should be intervals."""


def due(connection: sqlite3.Connection, entries: Sequence[MeterEntry], data: Path, owner: Whose) -> Due:
    """Of the log in `data` that these meters have."""
    newest_ms = max((one.last.row.end_ms for one in entries if one.last is not None), default=0)
    now_ms = max(newest_ms, _seen_ms(data) if is_simulated(data) else round(time.time() * 1000))
    until_ms = newest_ms
    if owner.plan is not None:
        slots = Slots(owner.plan.site.time_zone, owner.plan.site.interval_s)
        until_ms = max(newest_ms, slots.floor(now_ms - max(_COMING_MS, slots.length_ms)))
    found: dict[str, Span] = {}
    for entry in entries:
        begun_ms = sums.begun_ms(connection, entry)
        if begun_ms is not None:
            last_ms = 0 if entry.last is None else entry.last.row.end_ms
            in_use = owner.meters is None or entry.name in owner.meters
            found[entry.name] = begun_ms, until_ms if in_use else last_ms
    return Due(now_ms, until_ms, found)


def _seen_ms(data: Path) -> int:
    """What the daemon noted last."""
    try:
        with closing(open_reader(data / "control.db")) as reader:
            return boots.latest_seen_ms(reader) or 0
    except sqlite3.Error:
        return 0
