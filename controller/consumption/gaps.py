"""What is not known of a meter's time: slots that are not there, consumption that nobody knows. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from controller.consumption.periods import Span
from controller.consumption.records import Flag, Interval


class Lack(StrEnum):
    """What a stretch of time lacks, worst first."""

    MISSING = "missing"
    """No interval at all."""
    SUSPECT = "suspect"
    """The counter jumped: what was used is not known, nor will be."""
    UNREAD = "unread"
    """Nothing of an integrated meter's power was read: what was used is not known, nor will be."""
    UNKNOWN = "unknown"
    """No count at its end, and none since: what was used is not known yet."""
    RECOVERED = "recovered"
    """Not known by itself: a later interval has what was used in it."""
    PARTIAL = "partial"
    """What was used is known, but not from slot's start to slot's end; or not all of that time was
    integrated."""


LOST = frozenset({Lack.MISSING, Lack.SUSPECT, Lack.UNREAD, Lack.UNKNOWN})
"""What nobody knows; the others only cannot be told apart by slot."""


class Gap(NamedTuple):
    """A stretch of one meter's time."""

    meter: str
    lack: Lack
    start_ms: int
    end_ms: int
    intervals: int
    """Rows in it; 0 when it is missing."""


SHORT = 0.99
"""An integrated meter's interval is partial when less of its time than this was covered."""


def gaps(
    meter: str,
    rows: Iterable[Interval],
    due: Span | None = None,
    *,
    covered_from: int | None = None,
    integrated: bool = False,
) -> Iterator[Gap]:
    """The stretches, in order; rows as corrected last, by start. `due`: for which time there should be some,
    so that what is missing before the first and after the last is told too. `covered_from`: see `lacks`.
    `integrated`: what was not covered is not in its consumption."""
    listed = list(rows)
    lacking = lacks(listed, covered_from, integrated=integrated)
    return _merged(_single(meter, zip(listed, lacking, strict=True), due))


def lacks(
    rows: Sequence[Interval], covered_from: int | None = None, *, integrated: bool = False
) -> list[Lack | None]:
    """What each row lacks; rows as corrected last, by start. `covered_from`: since when the rows after these
    have what was used."""
    found: list[Lack | None] = []
    for row in reversed(rows):
        if row.consumption is not None:
            if row.from_ms is not None:
                covered_from = row.from_ms if covered_from is None else min(covered_from, row.from_ms)
            partial = Flag.PARTIAL in row.flags and Flag.RECOVERED not in row.flags
            partial |= integrated and row.covered_s * 1000 < SHORT * (row.end_ms - row.start_ms)
            found.append(Lack.PARTIAL if partial else None)
        elif Flag.SUSPECT in row.flags:
            found.append(Lack.UNREAD if _unread(row) else Lack.SUSPECT)
        elif covered_from is not None and covered_from <= row.start_ms:
            found.append(Lack.RECOVERED)
        else:
            found.append(Lack.UNKNOWN)
    found.reverse()
    return found


def _single(meter: str, rows: Iterable[tuple[Interval, Lack | None]], due: Span | None) -> Iterator[Gap]:
    end_ms = None if due is None else due[0]
    for row, lack in rows:
        if end_ms is not None and row.start_ms > end_ms:
            yield Gap(meter, Lack.MISSING, end_ms, row.start_ms, 0)
        if lack is not None:
            yield Gap(meter, lack, row.start_ms, row.end_ms, 1)
        end_ms = row.end_ms if end_ms is None else max(end_ms, row.end_ms)
    if due is not None and end_ms is not None and due[1] > end_ms:
        yield Gap(meter, Lack.MISSING, end_ms, due[1], 0)


def _unread(row: Interval) -> bool:
    """An integrated meter's count stands still where nothing is read; no counter jumps from a count to the
    same one."""
    return row.count_start is not None and row.count_start == row.count_end and not row.covered_s


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
