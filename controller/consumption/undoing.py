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


class Undone(NamedTuple):
    """What becomes of it."""

    rows: tuple[Interval, ...]
    mark: Mark | None = None
    """Where the open slot stands (last reading and all), if it is concerned."""


class _Concerned(NamedTuple):
    """What a replacement may have changed."""

    first: int
    """The interval in which it is."""
    known: int | None
    """The first one from there on whose count at the end is known; None: the open slot has the rest."""
    anchor: Anchor | None
    """The last known count before it."""


def take_back(
    rows: Sequence[Interval],
    former: Mapping[int, Interval],
    made: Replacement,
    others_ms: Sequence[int],
    age_ms: int,
    mark: Mark,
) -> Undone:
    """The intervals without the replacement. `former`, by start: what those flagged replaced said before they
    were. `others_ms`: when that meter was replaced otherwise. `age_ms`: how old a count at a boundary may be.

    Raises CannotCorrect where what is left of the intervals does not say what was before.
    """
    first = place(rows, made.at_ms) if rows else 0
    known = _known(rows, first)
    found = _Concerned(first, known, _anchor(rows, first, known, mark))
    _check(rows, found, made, others_ms)
    if known is None:
        return _open(rows, former, made, found, mark)
    row = rows[known]
    if row.count_end == made.first and row.end_ms - made.at_ms <= age_ms:
        # The count at its end may be only what was said of the new meter: the next one tells.
        further = found._replace(known=_known(rows, known + 1))
        undone = _further(rows, made, further, mark)
        if undone is not None:
            _check(rows, further, made, others_ms)
            return undone
    return _closed(rows, former, made, found)


def _known(rows: Sequence[Interval], first: int) -> int | None:
    return next((n for n in range(first, len(rows)) if rows[n].count_end is not None), None)


def _anchor(rows: Sequence[Interval], first: int, known: int | None, mark: Mark) -> Anchor | None:
    if known is not None and Flag.REPLACED in rows[known].flags and booked(rows[known]):
        return anchor_of(rows[known])
    if known is None and mark.flags & _OF_IT == Flag.REPLACED:
        return _standing(mark)
    return anchor_before(rows, first) if rows else _standing(mark)


def _check(rows: Sequence[Interval], found: _Concerned, made: Replacement, others_ms: Iterable[int]) -> None:
    first, known, anchor = found
    span = rows[first : len(rows) if known is None else known + 1]
    around = rows[max(0, first - 1) : first + len(span)]
    if any(one.end_ms != other.start_ms for one, other in pairwise(around)):
        raise CannotCorrect(text("intervals of that time are not in the log"))
    if any(Flag.ESTIMATED in row.flags for row in span):
        raise CannotCorrect(text("an interval of that time was corrected by hand: nobody knows what it said"))
    begin_ms = made.at_ms if anchor is None else anchor.ms
    end_ms = 2**62 if known is None else rows[known].end_ms
    if any(begin_ms <= other < end_ms for other in others_ms):
        raise CannotCorrect(text("it was replaced twice between the known counts before and after that time"))


def _open(
    rows: Sequence[Interval],
    former: Mapping[int, Interval],
    made: Replacement,
    found: _Concerned,
    mark: Mark,
) -> Undone:
    back = mark_without(mark, made, found.anchor)
    if _goes_on(back, found.anchor):
        return Undone(_changed(_between(rows[found.first :], former, found.anchor)), back)
    between = _between(rows[found.first :], former, None)
    newly = mark.flags & _OF_IT == Flag.REPLACED
    if newly and back.anchor_ms is not None and back.anchor_ms < back.slot_ms:
        row = rows[place(rows, back.anchor_ms)]
        between = [pair for pair in between if pair[0] != row]
        between.append((row, _suspect(row)))
    return Undone(_changed(between), back)


def _closed(
    rows: Sequence[Interval], former: Mapping[int, Interval], made: Replacement, found: _Concerned
) -> Undone:
    first, known, anchor = found
    assert known is not None
    row = rows[known]
    if Flag.REPLACED in row.flags and row.start_ms in former:
        return Undone(_changed(_between(rows[first : known + 1], former, None)))
    used = _used(row, made, anchor)
    between = _between(rows[first:known], former, None if used is None else anchor)
    last = row
    if used is not None and anchor is not None:
        last = refigured(row, anchor, row.count_end, used, Flag(0), _OF_IT)
    elif Flag.REPLACED in row.flags:  # else it counts from where the jump was seen
        last = _suspect(row)
    return Undone(_changed([*between, (row, last)]))


def _further(rows: Sequence[Interval], made: Replacement, found: _Concerned, mark: Mark) -> Undone | None:
    """Up to a count that was read in any case; None where the counter did not go on up to there."""
    first, known, anchor = found
    if known is None:
        back = mark_without(mark, made, anchor)
        if not _goes_on(back, anchor):
            return None
        return Undone(_changed(_between(rows[first:], {}, anchor)), back)
    row = rows[known]
    used = _used(row, made, anchor)
    if used is None or anchor is None:
        return None
    last = refigured(row, anchor, row.count_end, used, Flag(0), _OF_IT)
    return Undone(_changed([*_between(rows[first:known], {}, anchor), (row, last)]))


def _used(row: Interval, made: Replacement, anchor: Anchor | None) -> int | None:
    if anchor is None or row.count_end is None:
        return None
    return counted(made.terms, anchor.quanta, row.count_end, row.end_ms - anchor.ms)


def _goes_on(back: Mark, anchor: Anchor | None) -> bool:
    return anchor is not None and not back.flags & _OF_IT and back.anchor_ms == anchor.ms


def mark_without(mark: Mark, made: Replacement, anchor: Anchor | None) -> Mark:
    """Where the open slot stands, that has the replacement or what came of it. Its next reading is judged by
    the last known count before, where nothing was read since."""
    flags = mark.flags & ~_OF_IT
    if mark.last_ms is None or mark.last_count is None or anchor is None:
        return _jumped(mark) if Flag.REPLACED in mark.flags else mark
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
    return _jumped(mark)


def _between(
    rows: Iterable[Interval], former: Mapping[int, Interval], anchor: Anchor | None
) -> list[tuple[Interval, Interval]]:
    """Each with what it says without the replacement; with `anchor`, from where the counter went on, none has
    a count at its end."""
    found = []
    for row in rows:
        if anchor is not None:
            found.append((row, refigured(row, anchor, None, None, Flag(0), _OF_IT)))
        elif Flag.REPLACED in row.flags:
            found.append((row, former.get(row.start_ms, row._replace(flags=row.flags & ~Flag.REPLACED))))
    return found


def _suspect(row: Interval) -> Interval:
    """The counter jumped in it."""
    drop = Flag.REPLACED | Flag.RECOVERED | Flag.ROLLOVER
    flags = row.flags & ~drop | Flag.SUSPECT | Flag.PARTIAL
    return row._replace(from_ms=None, count_start=None, consumption=None, flags=flags)


def _jumped(mark: Mark) -> Mark:
    """It counts anew from its last reading; suspect is the slot in which that was."""
    flags = mark.flags & ~_OF_IT
    if mark.last_ms is None or mark.last_ms >= mark.slot_ms:
        flags |= Flag.SUSPECT
    return mark._replace(anchor_ms=mark.last_ms, anchor_count=mark.last_count, rolled=0, flags=flags)


def _changed(pairs: Iterable[tuple[Interval, Interval]]) -> tuple[Interval, ...]:
    return tuple(new for old, new in pairs if new != old)


def _standing(mark: Mark) -> Anchor | None:
    if mark.anchor_ms is None or mark.anchor_count is None or Flag.SUSPECT in mark.flags:
        return None
    return Anchor(mark.anchor_ms, mark.anchor_count)
