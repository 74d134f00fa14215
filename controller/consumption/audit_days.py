"""Whether the kept days of a meter are what its intervals add up to. Pure; shares nothing with what makes
them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from config.language import text
from controller.consumption.audit import Logged, Problem
from controller.consumption.records import Flag


class KeptDay(NamedTuple):
    """What the intervals of one fitting in a local day added up to; consumption in that fitting's quantum."""

    start_ms: int
    end_ms: int
    fitting: int
    consumption: int | None
    """Of those whose consumption is known; None when none is."""
    from_ms: int | None
    """Since when that counts: before `start_ms` where something earlier was recovered in it."""
    logged_s: int
    """Seconds for which there are intervals."""
    unknown_s: int
    """Of these, seconds of intervals of which nobody knows what was used."""
    later_s: int
    """Of these, seconds of intervals of which a later one has what was used."""
    peak: int | None
    covered_s: int
    intervals: int
    flags: int
    sealed: int
    """1 = some of its intervals were deleted for their age."""


def audit_days(meter: str, days: Sequence[KeptDay], rows: Iterable[Logged]) -> Iterator[Problem]:
    """What is wrong with a meter's days (by start), by its intervals as corrected last (by start)."""
    listed = list(rows)
    carried = _carried(listed)
    spans = sorted({(day.start_ms, day.end_ms) for day in days})
    kept = {(day.start_ms, day.fitting): day for day in days}
    before_ms: int | None = None
    place = 0
    for start_ms, end_ms in spans:
        if before_ms is not None and start_ms < before_ms:
            yield Problem(meter, start_ms, text("its day overlaps with the day before"))
        before_ms = end_ms
        while place < len(listed) and listed[place].row.start_ms < start_ms:
            yield Problem(meter, listed[place].row.start_ms, text("it is in no day"))
            place += 1
        first = place
        while place < len(listed) and listed[place].row.start_ms < end_ms:
            place += 1
        mine = listed[first:place]
        fittings = {item.fitting for item in mine} | {day[1] for day in kept if day[0] == start_ms}
        for fitting in sorted(fittings):
            found = kept.get((start_ms, fitting))
            own = [item for item in mine if item.fitting == fitting]
            yield from _compared(meter, start_ms, end_ms, found, own, carried)
    for item in listed[place:]:
        yield Problem(meter, item.row.start_ms, text("it is in no day"))


def _compared(
    meter: str,
    start_ms: int,
    end_ms: int,
    found: KeptDay | None,
    rows: Sequence[Logged],
    carried: frozenset[int],
) -> Iterator[Problem]:
    """One fitting's part of a day."""
    if found is None:
        yield Problem(meter, start_ms, text("its day leaves out some of its intervals"))
        return
    if found.sealed:
        if len(rows) >= found.intervals:
            yield Problem(meter, start_ms, text("its day counts as past, though all its intervals are there"))
        return
    if not rows:
        yield Problem(meter, start_ms, text("there is a day without intervals"))
        return
    for name, here, there in zip(KeptDay._fields, found, _day(start_ms, end_ms, rows, carried), strict=True):
        if here != there:
            words = text(
                "its day has {found} as {name}, its intervals say {expected}",
                name=name,
                found="—" if here is None else here,
                expected="—" if there is None else there,
            )
            yield Problem(meter, start_ms, words)


def _day(start_ms: int, end_ms: int, rows: Sequence[Logged], carried: frozenset[int]) -> KeptDay:
    known = [item.row for item in rows if item.row.consumption is not None]
    unknown = [item.row for item in rows if item.row.consumption is None]
    flags = 0
    for item in rows:
        flags |= int(item.row.flags)
    return KeptDay(
        start_ms,
        end_ms,
        rows[0].fitting,
        sum(row.consumption or 0 for row in known) if known else None,
        min((row.from_ms for row in known if row.from_ms is not None), default=None),
        sum((item.row.end_ms - item.row.start_ms) // 1000 for item in rows),
        sum((row.end_ms - row.start_ms) // 1000 for row in unknown if row.start_ms not in carried),
        sum((row.end_ms - row.start_ms) // 1000 for row in unknown if row.start_ms in carried),
        max((item.row.peak for item in rows if item.row.peak is not None), default=None),
        sum(item.row.covered_s for item in rows),
        len(rows),
        flags,
        0,
    )


def _carried(rows: Sequence[Logged]) -> frozenset[int]:
    """Starts of the intervals of which a later one has what was used: it counts from before them."""
    found: set[int] = set()
    waiting: list[int] = []
    for item in rows:
        row = item.row
        if row.consumption is None:
            if Flag.SUSPECT not in row.flags:
                waiting.append(row.start_ms)
        elif row.from_ms is not None:
            found.update(start_ms for start_ms in waiting if start_ms >= row.from_ms)
            waiting = [start_ms for start_ms in waiting if start_ms < row.from_ms]
    return frozenset(found)
