"""What is not known of a meter's time: slots that are not there, consumption that nobody knows. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from controller.consumption.records import Flag, Interval


class Lack(StrEnum):
    """What a stretch of time lacks, worst first."""

    MISSING = "missing"
    """No interval at all."""
    SUSPECT = "suspect"
    """The counter jumped: what was used is not known, nor will be."""
    UNKNOWN = "unknown"
    """No count at its end, and none since: what was used is not known yet."""
    RECOVERED = "recovered"
    """Not known by itself: a later interval has what was used in it."""
    PARTIAL = "partial"
    """What was used is known, but not from slot's start to slot's end."""


LOST = frozenset({Lack.MISSING, Lack.SUSPECT, Lack.UNKNOWN})
"""What nobody knows; the others only cannot be told apart by slot."""


class Gap(NamedTuple):
    """A stretch of one meter's time."""

    meter: str
    lack: Lack
    start_ms: int
    end_ms: int
    intervals: int
    """Rows in it; 0 when it is missing."""


def gaps(meter: str, rows: Iterable[Interval], until_ms: int | None = None) -> Iterator[Gap]:
    """The stretches, in order; rows as corrected last, by start. With `until_ms`, what is missing from the
    last row up to then too."""
    return _merged(_single(meter, list(rows), until_ms))


def lacks(rows: Sequence[Interval], covered_from: int | None = None) -> list[Lack | None]:
    """What each row lacks; rows as corrected last, by start. `covered_from`: since when the rows after these
    have what was used."""
    found: list[Lack | None] = []
    for row in reversed(rows):
        if row.consumption is not None:
            if row.from_ms is not None:
                covered_from = row.from_ms if covered_from is None else min(covered_from, row.from_ms)
            partial = Flag.PARTIAL in row.flags and Flag.RECOVERED not in row.flags
            found.append(Lack.PARTIAL if partial else None)
        elif Flag.SUSPECT in row.flags:
            found.append(Lack.SUSPECT)
        elif covered_from is not None and covered_from <= row.start_ms:
            found.append(Lack.RECOVERED)
        else:
            found.append(Lack.UNKNOWN)
    found.reverse()
    return found


def _single(meter: str, rows: list[Interval], until_ms: int | None) -> Iterator[Gap]:
    end_ms: int | None = None
    for row, lack in zip(rows, lacks(rows), strict=True):
        if end_ms is not None and row.start_ms > end_ms:
            yield Gap(meter, Lack.MISSING, end_ms, row.start_ms, 0)
        if lack is not None:
            yield Gap(meter, lack, row.start_ms, row.end_ms, 1)
        end_ms = row.end_ms
    if end_ms is not None and until_ms is not None and until_ms > end_ms:
        yield Gap(meter, Lack.MISSING, end_ms, until_ms, 0)


def _merged(found: Iterable[Gap]) -> Iterator[Gap]:
    held: Gap | None = None
    for gap in found:
        if held is not None and (held.lack, held.end_ms) == (gap.lack, gap.start_ms):
            held = held._replace(end_ms=gap.end_ms, intervals=held.intervals + gap.intervals)
            continue
        if held is not None:
            yield held
        held = gap
    if held is not None:
        yield held
