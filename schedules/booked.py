"""What the bookings of places make of a programme. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from config.language import Text, text
from config.plan.programmes import BookedPeriod, Programme
from schedules.bookings import Block, block_words
from schedules.context import Context
from schedules.entries import effective, exception_on

_DAY = timedelta(days=1)


def booked(
    programme: Programme, context: Context, day: date
) -> Iterator[tuple[int, int, BookedPeriod, Text]]:
    """What bookings make of `day`, in the order written: start, end (beyond the day too), which entry, and
    why."""
    midnight = context.local.midnight
    for entry in programme.bookings:
        blocks = context.bookings.within(
            entry.place, entry.before_s, entry.after_s, midnight(day), midnight(day + _DAY)
        )
        for block in blocks:
            reason = _booked_words(entry, block, context)
            for start_ms, end_ms in _counting(programme, context, block):
                yield start_ms, end_ms, entry, reason


def _counting(programme: Programme, context: Context, block: Block) -> Iterator[tuple[int, int]]:
    """The parts of a block on dates on which bookings count."""
    if not programme.effective and not any(entry.over_bookings for entry in programme.exceptions):
        yield block.start_ms, block.end_ms
        return
    local = context.local
    start_ms: int | None = None
    day, last = local.date_at(block.start_ms), local.date_at(block.end_ms - 1)
    while day <= last:
        exception = exception_on(programme, day)
        counts = effective(programme, day) and not (exception is not None and exception.over_bookings)
        if counts and start_ms is None:
            start_ms = max(block.start_ms, local.midnight(day))
        elif not counts and start_ms is not None:
            yield start_ms, local.midnight(day)
            start_ms = None
        day += _DAY
    if start_ms is not None:
        yield start_ms, block.end_ms


def _booked_words(entry: BookedPeriod, block: Block, context: Context) -> Text:
    """Why: which bookings, and how long before and after them it holds."""
    place, times = entry.place_label, block_words(block, context.local)
    before, after = f"{entry.before_s / 60:g}", f"{entry.after_s / 60:g}"
    if entry.before_s and entry.after_s:
        return text(
            "{place} booked {times}, from {before} min before to {after} min after",
            place=place,
            times=times,
            before=before,
            after=after,
        )
    if entry.before_s:
        return text(
            "{place} booked {times}, from {before} min before", place=place, times=times, before=before
        )
    if entry.after_s:
        return text("{place} booked {times}, to {after} min after", place=place, times=times, after=after)
    return text("{place} booked {times}", place=place, times=times)
