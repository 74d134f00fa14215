"""A replacement that was none is taken back: its intervals say what they said before it, or what the counters
say without it. Where these can be of one meter the difference is what was used; else the counter jumped and
nobody knows. Pure.

Given are the newest revisions of a meter's intervals, by start, as in `corrections`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from config.language import text
from controller.consumption.corrections import (
    Replacement,
    anchor_before,
    anchor_of,
    booked,
    place,
    refigured,
)
from controller.consumption.plausible import Anchor, CannotCorrect, counted
from controller.consumption.records import Flag, Interval, Mark

_OF_IT = Flag.REPLACED | Flag.SUSPECT


class Concerned(NamedTuple):
    """What a replacement may have changed."""

    first: int
    """The interval in which it is."""
    known: int | None
    """The first one from there on whose count at the end is known; None: the open slot has the rest."""
    anchor: Anchor | None
    """The last known count before it."""


class Undone(NamedTuple):
    """What becomes of it."""

    rows: tuple[Interval, ...]
    mark: Mark | None = None
    """Where the open slot stands (last reading and all), if it is concerned."""


def concerned(
    rows: Sequence[Interval], made: Replacement, others_ms: Iterable[int], mark: Mark | None
) -> Concerned:
    """`others_ms`: when that meter was replaced otherwise. Raises CannotCorrect where what is left of the
    intervals does not say what was before."""
    first = place(rows, made.at_ms) if rows else 0
    known = next((n for n in range(first, len(rows)) if rows[n].count_end is not None), None)
    span = rows[first : len(rows) if known is None else known + 1]
    if any(
        one.end_ms != other.start_ms for one, other in pairwise(rows[max(0, first - 1) : first + len(span)])
    ):
        raise CannotCorrect(text("intervals of that time are not in the log"))
    if any(Flag.ESTIMATED in row.flags for row in span):
        raise CannotCorrect(text("an interval of that time was corrected by hand: nobody knows what it said"))
    anchor = anchor_before(rows, first) if rows else None
    if known is not None and Flag.REPLACED in rows[known].flags and booked(rows[known]):
        anchor = anchor_of(rows[known])
    if known is None and mark is not None and (not rows or mark.flags & _OF_IT == Flag.REPLACED):
        anchor = _standing(mark)
    begin_ms = made.at_ms if anchor is None else anchor.ms
    end_ms = 2**62 if known is None else rows[known].end_ms
    if any(begin_ms <= other < end_ms for other in others_ms):
        raise CannotCorrect(text("it was replaced twice between the known counts before and after that time"))
    return Concerned(first, known, anchor)


def take_back(
    rows: Sequence[Interval],
    former: Mapping[int, Interval],
    made: Replacement,
    found: Concerned,
    mark: Mark | None,
) -> Undone:
    """The intervals without the replacement. `former`, by start: what those flagged replaced said before they
    were."""
    first, known, anchor = found
    if known is None:
        if mark is None:
            raise CannotCorrect(text("nothing is known of its count before that time"))
        back = mark_without(mark, made, anchor)
        went_on = back.flags & _OF_IT == Flag(0) and anchor is not None and back.anchor_ms == anchor.ms
        return Undone(_changed(_between(rows[first:], former, anchor if went_on else None)), back)
    row = rows[known]
    assert row.count_end is not None
    if Flag.REPLACED in row.flags and row.start_ms in former:
        return Undone(_changed(_between(rows[first : known + 1], former, None)))
    used = None
    if anchor is not None:
        used = counted(made.terms, anchor.quanta, row.count_end, row.end_ms - anchor.ms)
    between = _between(rows[first:known], former, None if used is None else anchor)
    if used is not None and anchor is not None:
        last = refigured(row, anchor, row.count_end, used, Flag(0), _OF_IT)
    elif Flag.REPLACED in row.flags:
        drop = Flag.REPLACED | Flag.RECOVERED | Flag.ROLLOVER
        flags = row.flags & ~drop | Flag.SUSPECT | Flag.PARTIAL
        last = row._replace(from_ms=None, count_start=None, consumption=None, flags=flags)
    else:  # it counts from where the jump was seen
        last = row
    return Undone(_changed([*between, (row, last)]))


def mark_without(mark: Mark, made: Replacement, anchor: Anchor | None) -> Mark:
    """Where the open slot stands, that has the replacement or what came of it. Its next reading is judged by
    the last known count before, where nothing was read since."""
    flags = mark.flags & ~_OF_IT
    if mark.last_ms is None or mark.last_count is None or anchor is None:
        if Flag.REPLACED not in mark.flags:
            return mark
        return mark._replace(
            anchor_ms=mark.last_ms, anchor_count=mark.last_count, rolled=0, flags=flags | Flag.SUSPECT
        )
    stands = mark._replace(anchor_ms=anchor.ms, anchor_count=anchor.quanta, rolled=0, flags=flags)
    if mark.last_ms <= made.at_ms:
        return stands._replace(last_ms=anchor.ms, last_count=anchor.quanta, changed_ms=None)
    used = counted(made.terms, anchor.quanta, mark.last_count, mark.last_ms - anchor.ms)
    if used is not None:
        return stands._replace(rolled=used - (mark.last_count - anchor.quanta))
    if Flag.REPLACED not in mark.flags:
        return mark
    if Flag.SUSPECT in mark.flags:
        return mark._replace(flags=mark.flags & ~Flag.REPLACED)
    return mark._replace(
        anchor_ms=mark.last_ms, anchor_count=mark.last_count, rolled=0, flags=flags | Flag.SUSPECT
    )


def _between(
    rows: Iterable[Interval], former: Mapping[int, Interval], anchor: Anchor | None
) -> list[tuple[Interval, Interval]]:
    """Each with what it says without the replacement: `anchor` where the counter went on from there."""
    found = []
    for row in rows:
        if anchor is not None and row.flags & _OF_IT:
            found.append((row, refigured(row, anchor, None, None, Flag(0), _OF_IT)))
        elif anchor is None and Flag.REPLACED in row.flags:
            found.append((row, former.get(row.start_ms, row._replace(flags=row.flags & ~Flag.REPLACED))))
    return found


def _changed(pairs: Iterable[tuple[Interval, Interval]]) -> tuple[Interval, ...]:
    return tuple(new for old, new in pairs if new != old)


def _standing(mark: Mark) -> Anchor | None:
    if mark.anchor_ms is None or mark.anchor_count is None or Flag.SUSPECT in mark.flags:
        return None
    return Anchor(mark.anchor_ms, mark.anchor_count)
