"""What a person knows better than the readings: a meter that was replaced, a count or a consumption that was
not read. Corrections keep the sum: what one interval gets, the one after it loses. Pure.

Given are the newest revisions of a meter's intervals, by start; returned are those that change, each to
become its slot's next revision.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from config.language import Text, text
from controller.consumption.records import Flag, Interval, Mark

_TWICE = text("it was replaced already between the known counts before and after that time")


class CannotCorrect(Exception):
    """What was asked cannot be right. `text` says why."""

    def __init__(self, why: Text) -> None:
        super().__init__(str(why))
        self.text = why


class Anchor(NamedTuple):
    """A count that is known, and its time."""

    ms: int
    quanta: int


class Replacement(NamedTuple):
    """A meter was taken off and another put on; counts in quanta."""

    at_ms: int
    last: int
    """What the old one showed then."""
    first: int
    """What the new one showed then."""
    modulus: int | None


class Change(NamedTuple):
    """What becomes of it."""

    rows: tuple[Interval, ...]
    open: Anchor | None = None
    """Of a replacement: the open slot carries it, from this anchor on; None: it is done with `rows`."""


def seen_at(rows: Sequence[Interval], made: Replacement, age_ms: int) -> Replacement:
    """The replacement as the readings see it: where the count at the end of its interval may be a reading of
    before, up to `age_ms` old, and no jump was found, it is in the next one."""
    at = _place(rows, made.at_ms) if rows else 0
    if at < len(rows) and rows[at].end_ms - made.at_ms <= age_ms and Flag.SUSPECT not in rows[at].flags:
        return made._replace(at_ms=rows[at].end_ms)
    return made


def replace(rows: Sequence[Interval], made: Replacement) -> Change:
    """The intervals from the replacement to the next known count. Raises CannotCorrect."""
    at = _place(rows, made.at_ms)
    known = next((n for n in range(at, len(rows)) if rows[n].count_end is not None), None)
    anchor = _anchor_before(rows, at)
    if anchor is None or anchor.ms > made.at_ms:
        raise CannotCorrect(text("nothing is known of its count before that time"))
    concerned = rows[: len(rows) if known is None else known + 1]
    if any(Flag.REPLACED in row.flags and row.end_ms > anchor.ms for row in concerned):
        raise CannotCorrect(_TWICE)
    before = _rise(anchor.quanta, made.last, made.modulus)
    changed = [
        _refigured(row, anchor, None, None, Flag.REPLACED, Flag.SUSPECT)
        for row in rows[at : len(rows) if known is None else known]
        if Flag.SUSPECT in row.flags
    ]
    if known is None:
        return Change(tuple(changed), anchor)
    row = rows[known]
    assert row.count_end is not None
    if row.count_end < made.first:
        raise CannotCorrect(text("the new meter showed less than its first count afterwards"))
    consumption = before + row.count_end - made.first
    changed.append(_refigured(row, anchor, row.count_end, consumption, Flag.REPLACED, Flag.SUSPECT))
    return Change(tuple(changed))


def replaced_mark(
    mark: Mark | None, last_read: tuple[int, int] | None, made: Replacement, anchor: Anchor
) -> Mark:
    """Where the open slot stands after a replacement that no closed interval has the whole of. Raises
    CannotCorrect."""
    if mark is None or last_read is None:
        raise CannotCorrect(text("nothing is known of its count before that time"))
    read_ms, count = last_read
    if made.at_ms >= read_ms and Flag.SUSPECT not in mark.flags and mark.anchor_ms == anchor.ms:
        # The old one was read up to then: its rollovers are known.
        rolled = mark.rolled + _rise(count, made.last, made.modulus) - made.last + count
    elif Flag.REPLACED in mark.flags:
        raise CannotCorrect(_TWICE)
    else:
        rolled = _rise(anchor.quanta, made.last, made.modulus) - made.last + anchor.quanta
    if made.at_ms < read_ms and count < made.first:
        raise CannotCorrect(text("the new meter showed less than its first count afterwards"))
    return mark._replace(
        anchor_ms=anchor.ms,
        anchor_count=anchor.quanta,
        rolled=rolled + made.last - made.first,
        flags=mark.flags & ~Flag.SUSPECT | Flag.REPLACED,
    )


def correct(
    rows: Sequence[Interval],
    at_ms: int,
    modulus: int | None,
    *,
    consumption: int | None = None,
    count_end: int | None = None,
) -> Change:
    """The interval that begins or lies at `at_ms` with another consumption, or another count at its end; and
    the next one that is known, which has the rest. Raises CannotCorrect."""
    at = _place(rows, at_ms)
    if at == len(rows):
        raise CannotCorrect(text("there is no such interval, or it has not ended yet"))
    row = rows[at]
    if Flag.SUSPECT in row.flags:
        if consumption is None:
            raise CannotCorrect(text("its counts are of no use: say its consumption"))
        alone = row._replace(consumption=consumption, flags=row.flags | Flag.ESTIMATED)
        return Change((alone,))
    ends = _next_known(rows, at)
    anchor = _anchor_of(row) if _booked(row) else _anchor_before(rows, at)
    if anchor is None:
        raise CannotCorrect(text("nothing is known of its count before that time"))
    used, end = _figures(row, anchor, modulus, consumption, count_end)
    mine = _refigured(row, anchor, end, used, Flag.ESTIMATED)
    if ends is None:  # a jump comes first: nobody has the rest
        return Change((mine, *_begun(rows[at + 1 : at + 2], Anchor(row.end_ms, end))))
    after = rows[ends]
    if not _booked(row) and Flag.REPLACED in after.flags:
        raise CannotCorrect(text("the meter was replaced meanwhile: what was used cannot be divided"))
    assert after.consumption is not None
    rest = after.consumption + (row.consumption or 0) - used
    if rest < 0:
        raise CannotCorrect(text("that is more than was counted up to the next known count"))
    begun = _begun(rows[at + 1 : ends][:1], Anchor(row.end_ms, end))
    theirs = _refigured(after, Anchor(row.end_ms, end), after.count_end, rest, Flag.ESTIMATED)
    return Change((mine, *begun, theirs))


def _figures(
    row: Interval, anchor: Anchor, modulus: int | None, consumption: int | None, count_end: int | None
) -> tuple[int, int]:
    """Consumption, and count at the end, of an interval of which the one or the other is said."""
    if consumption is not None:
        if _booked(row):
            assert row.consumption is not None
            assert row.count_end is not None
            end = row.count_end + consumption - row.consumption
        else:
            end = anchor.quanta + consumption
        return consumption, end if modulus is None else end % modulus
    assert count_end is not None
    if Flag.REPLACED in row.flags and row.consumption is not None and row.count_end is not None:
        used = row.consumption + count_end - row.count_end
        if used < 0:
            raise CannotCorrect(text("that count is below what was read before"))
        return used, count_end
    return _rise(anchor.quanta, count_end, modulus), count_end


def _place(rows: Sequence[Interval], at_ms: int) -> int:
    """The interval in which that time lies; the number of intervals when it is after all of them."""
    if not rows or at_ms < rows[0].start_ms:
        raise CannotCorrect(text("nothing was logged at that time"))
    return next((number for number, row in enumerate(rows) if at_ms < row.end_ms), len(rows))


def _anchor_before(rows: Sequence[Interval], at: int) -> Anchor | None:
    """The last count known at the start of that interval, from which on it was counted."""
    for row in reversed(rows[:at]):
        if row.count_end is not None:
            return Anchor(row.end_ms, row.count_end)
        if Flag.SUSPECT in row.flags:
            return None
    # The first ever: what the first booked interval counts from.
    first = next((row for row in rows[: at + 1] if row.from_ms is not None), None)
    return None if first is None else _anchor_of(first)


def _anchor_of(row: Interval) -> Anchor | None:
    if row.from_ms is None or row.count_start is None:
        return None
    return Anchor(row.from_ms, row.count_start)


def _next_known(rows: Sequence[Interval], at: int) -> int | None:
    """The next interval whose count at the end is known; None when the counter jumped before. Raises
    CannotCorrect when there is none yet."""
    for number in range(at + 1, len(rows)):
        if Flag.SUSPECT in rows[number].flags:
            return None
        if rows[number].count_end is not None:
            return number
    raise CannotCorrect(text("wait until its meter has been read at the end of a later interval"))


def _booked(row: Interval) -> bool:
    return row.count_end is not None and row.consumption is not None and row.from_ms is not None


def _begun(rows: Sequence[Interval], anchor: Anchor) -> tuple[Interval, ...]:
    """An interval without a known end, whose start is known now."""
    return tuple(
        _refigured(row, anchor, None, None, Flag.ESTIMATED)
        for row in rows
        if row.count_end is None and Flag.SUSPECT not in row.flags
    )


def _rise(start: int, end: int, modulus: int | None) -> int:
    if end >= start:
        return end - start
    if modulus is None:
        raise CannotCorrect(text("that count is below what was read before"))
    return end - start + modulus


def _refigured(
    row: Interval,
    anchor: Anchor,
    count_end: int | None,
    consumption: int | None,
    add: Flag,
    drop: Flag = Flag(0),
) -> Interval:
    """The row counted from `anchor`, with the flags that follow from its figures."""
    starts = consumption is not None or anchor.ms == row.start_ms
    flags = row.flags & ~(Flag.PARTIAL | Flag.RECOVERED | Flag.ROLLOVER | drop) | add
    if count_end is None or anchor.ms != row.start_ms:
        flags |= Flag.PARTIAL
    if consumption is not None and anchor.ms < row.start_ms:
        flags |= Flag.RECOVERED
    if consumption is not None and count_end is not None and Flag.REPLACED not in flags:
        flags |= Flag.ROLLOVER if consumption > count_end - anchor.quanta else Flag(0)
    return row._replace(
        from_ms=anchor.ms if starts else None,
        count_start=anchor.quanta if starts else None,
        count_end=count_end,
        consumption=consumption,
        flags=flags,
    )
