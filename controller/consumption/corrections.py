"""What a person knows better than the readings: a meter that was replaced, a count or a consumption that was
not read. Corrections keep the sum: what one interval gets, the one after it loses. Pure.

Given are the newest revisions of a meter's intervals, by start; returned are those that change, each to
become its slot's next revision.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import dropwhile
from typing import NamedTuple

from config.language import text
from controller.consumption import plausible
from controller.consumption.plausible import Anchor, CannotCorrect, TooMuch
from controller.consumption.records import Flag, Interval, Mark, Terms

_BELOW = text("that count is below what was read before")
_TWICE = text("it was replaced already between the known counts before and after that time")


class Replacement(NamedTuple):
    """A meter was taken off and another put on; counts in quanta."""

    at_ms: int
    last: int
    """What the old one showed then."""
    first: int
    """What the new one showed then."""
    modulus: int | None
    max_rate: float = 0.0
    """Quanta an hour; 0 = not known: any rise is believed."""
    since_ms: int | None = None
    """Since when the last known count before may have stood; None: since it was read."""

    @property
    def terms(self) -> Terms:
        """What its counts are judged by."""
        return plausible.limits(self.modulus, self.max_rate)

    def risen(self, known: Anchor) -> int:
        """What the old one counted from a known count on. Raises CannotCorrect."""
        since_ms = known.ms if self.since_ms is None else min(known.ms, self.since_ms)
        return plausible.to_last(self.terms, known, since_ms, self.last, self.at_ms)


class Change(NamedTuple):
    """What becomes of it."""

    rows: tuple[Interval, ...]
    open: Anchor | None = None
    """Of a replacement: the open slot carries it, from this anchor on; None: it is done with `rows`."""


def seen_at(rows: Sequence[Interval], made: Replacement, age_ms: int) -> Replacement:
    """The replacement as the readings see it: where the count at the end of its interval may be a reading of
    before, up to `age_ms` old, and neither a jump was found nor another replacement is in it, it is in the
    next one."""
    if not rows:
        return made
    at = place(rows, made.at_ms)
    near = at < len(rows) and rows[at].end_ms - made.at_ms <= age_ms
    if near and not rows[at].flags & (Flag.SUSPECT | Flag.REPLACED):
        made, at = made._replace(at_ms=rows[at].end_ms), at + 1
    return made._replace(since_ms=_stood_since(rows[:at]))


def replace(rows: Sequence[Interval], made: Replacement) -> Change:
    """The intervals from the replacement to the next known count. Raises CannotCorrect."""
    at = place(rows, made.at_ms)
    known = next((n for n in range(at, len(rows)) if rows[n].count_end is not None), None)
    anchor = anchor_before(rows, at)
    if anchor is None or anchor.ms > made.at_ms:
        raise CannotCorrect(text("nothing is known of its count before that time"))
    concerned = rows[: len(rows) if known is None else known + 1]
    if any(Flag.REPLACED in row.flags and row.end_ms > anchor.ms for row in concerned):
        raise CannotCorrect(_TWICE)
    before = made.risen(anchor)
    changed = [
        refigured(row, anchor, None, None, Flag.REPLACED, Flag.SUSPECT)
        for row in rows[at : len(rows) if known is None else known]
        if Flag.SUSPECT in row.flags
    ]
    if known is None:
        return Change(tuple(changed), anchor)
    row = rows[known]
    assert row.count_end is not None
    after = plausible.from_first(made.terms, made.first, made.at_ms, Anchor(row.end_ms, row.count_end))
    consumption = before + after
    changed.append(refigured(row, anchor, row.count_end, consumption, Flag.REPLACED, Flag.SUSPECT))
    return Change(tuple(changed))


def replaced_mark(mark: Mark | None, made: Replacement, anchor: Anchor) -> Mark:
    """Where the open slot stands (last reading and all) after a replacement that no closed interval has the
    whole of. Raises CannotCorrect."""
    if mark is None or mark.last_ms is None or mark.last_count is None:
        raise CannotCorrect(text("nothing is known of its count before that time"))
    read = Anchor(mark.last_ms, mark.last_count)
    if made.at_ms >= read.ms and Flag.SUSPECT not in mark.flags and mark.anchor_ms == anchor.ms:
        # The old one was read up to then: its rollovers are known.
        stood = made._replace(since_ms=mark.changed_ms)
        rolled = mark.rolled + stood.risen(read) - made.last + read.quanta
    elif Flag.REPLACED in mark.flags:
        raise CannotCorrect(_TWICE)
    else:
        rolled = made.risen(anchor) - made.last + anchor.quanta
    if made.at_ms < read.ms:
        plausible.from_first(made.terms, made.first, made.at_ms, read)
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
    max_rate: float = 0.0,
    consumption: int | None = None,
    count_end: int | None = None,
) -> Change:
    """The interval that begins or lies at `at_ms` with another consumption, or another count at its end; and
    the next one that is known, which has the rest. `max_rate`: quanta an hour, by which what is taken from
    nobody is judged. Raises CannotCorrect."""
    terms = plausible.limits(modulus, max_rate)
    at = place(rows, at_ms)
    if at == len(rows):
        raise CannotCorrect(text("there is no such interval, or it has not ended yet"))
    row = rows[at]
    if Flag.SUSPECT in row.flags:
        if consumption is None:
            raise CannotCorrect(text("its counts are of no use: say its consumption"))
        before = anchor_before(rows, at)
        since_ms = row.start_ms if before is None else min(before.ms, row.start_ms)
        _check_used(terms, consumption, row.end_ms - since_ms)
        alone = row._replace(consumption=consumption, flags=row.flags | Flag.ESTIMATED)
        return Change((alone,))
    ends = _next_known(rows, at)
    anchor = anchor_of(row) if booked(row) else anchor_before(rows, at)
    if anchor is None:
        raise CannotCorrect(text("nothing is known of its count before that time"))
    used, end = _figures(row, anchor, modulus, consumption, count_end)
    mine = refigured(row, anchor, end, used, Flag.ESTIMATED)
    if ends is None:  # a jump comes first: nobody has the rest
        _check_used(terms, used, row.end_ms - anchor.ms, below=_is_below(anchor, count_end))
        return Change((mine, *_begun(rows[at + 1 : at + 2], Anchor(row.end_ms, end))))
    after = rows[ends]
    if not booked(row) and Flag.REPLACED in after.flags:
        raise CannotCorrect(text("the meter was replaced meanwhile: what was used cannot be divided"))
    assert after.consumption is not None
    rest = after.consumption + (row.consumption or 0) - used
    if rest < 0 and _is_below(anchor, count_end):
        raise CannotCorrect(_BELOW)
    if rest < 0:
        raise CannotCorrect(text("that is more than was counted up to the next known count"))
    begun = _begun(rows[at + 1 : ends][:1], Anchor(row.end_ms, end))
    theirs = refigured(after, Anchor(row.end_ms, end), after.count_end, rest, Flag.ESTIMATED)
    return Change((mine, *begun, theirs))


def _figures(
    row: Interval, anchor: Anchor, modulus: int | None, consumption: int | None, count_end: int | None
) -> tuple[int, int]:
    """Consumption, and count at the end, of an interval of which the one or the other is said."""
    if consumption is not None:
        if booked(row):
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
            raise CannotCorrect(_BELOW)
        return used, count_end
    return _rise(anchor.quanta, count_end, modulus), count_end


def place(rows: Sequence[Interval], at_ms: int) -> int:
    """The interval in which that time lies; the number of intervals when it is after all of them."""
    if not rows or at_ms < rows[0].start_ms:
        raise CannotCorrect(text("nothing was logged at that time"))
    return next((number for number, row in enumerate(rows) if at_ms < row.end_ms), len(rows))


def anchor_before(rows: Sequence[Interval], at: int) -> Anchor | None:
    """The last count known at the start of that interval, from which on it was counted."""
    for row in reversed(rows[:at]):
        if row.count_end is not None:
            return Anchor(row.end_ms, row.count_end)
        if Flag.SUSPECT in row.flags:
            return None
    # The first ever: what the first booked interval counts from.
    first = next((row for row in rows[: at + 1] if row.from_ms is not None), None)
    return None if first is None else anchor_of(first)


def anchor_of(row: Interval) -> Anchor | None:
    """The count from which its consumption counts."""
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


def booked(row: Interval) -> bool:
    """Whether its consumption is what its counts say."""
    return row.count_end is not None and row.consumption is not None and row.from_ms is not None


def _begun(rows: Sequence[Interval], anchor: Anchor) -> tuple[Interval, ...]:
    """An interval without a known end, whose start is known now."""
    return tuple(
        refigured(row, anchor, None, None, Flag.ESTIMATED)
        for row in rows
        if row.count_end is None and Flag.SUSPECT not in row.flags
    )


def _check_used(terms: Terms, used: int, elapsed_ms: int, *, below: bool = False) -> None:
    room = plausible.room(terms, elapsed_ms)
    if room is not None and used > room:
        raise CannotCorrect(_BELOW) if below else TooMuch(room)


def _is_below(anchor: Anchor, count_end: int | None) -> bool:
    return count_end is not None and count_end < anchor.quanta


def _stood_since(rows: Sequence[Interval]) -> int | None:
    """Since when the last known count may have stood by then: since the interval in which it was come to,
    began. None when that cannot be told."""
    since_ms = None
    known = dropwhile(lambda row: row.count_end is None, reversed(rows))
    for row in known:
        since_ms = row.start_ms if row.from_ms is None else row.from_ms
        if row.consumption != 0:
            break
    return since_ms


def _rise(start: int, end: int, modulus: int | None) -> int:
    if end >= start:
        return end - start
    if modulus is None:
        raise CannotCorrect(_BELOW)
    return end - start + modulus


def refigured(
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
