"""What is written in programmes and will not be heard by any point within a year. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from config.language import Text, text
from config.plan.devices import Source
from config.plan.programmes import ExceptionEntry, Period, Programme
from config.plan.reading import Value
from schedules.calendar import kind_words
from schedules.context import Context
from schedules.dates import as_written
from schedules.entries import exception_on, period_words
from schedules.preview import Heard, Span, Window, timelines
from schedules.programme import Rank

YEAR_DAYS = 366


class Unheard(NamedTuple):
    """An entry that does nothing."""

    programme: Programme
    what: Text
    """ "default", "workday 08:00-12:00", "exception: stocktaking"."""
    value: Value | None
    source: Source
    behind: tuple[Programme, ...]
    """Who is heard where it asks; empty = it does not even ask: no day has it."""


class _Entry(NamedTuple):
    what: Text
    value: Value | None
    source: Source
    key: tuple[bool, Source]
    """As `_key`."""


def unheard(programmes: Sequence[Programme], context: Context, first: date) -> list[Unheard]:
    """Every entry that no point will hear on the YEAR_DAYS days from `first` on, in the order written."""
    heard: set[tuple[int, bool, Source]] = set()
    behind: dict[tuple[int, bool, Source], dict[int, Programme]] = {}
    for timeline in timelines(programmes, context, Window.of(context, first, YEAR_DAYS)):
        for span in timeline.spans:
            if span.winner is not None:
                heard.add(_key(span.winner))
            for hidden in span.hidden:
                over = _over(hidden, span)
                if over is hidden:  # a release that empties its slot does what it is there for
                    heard.add(_key(hidden))
                elif over is not None:
                    behind.setdefault(_key(hidden), {})[over.programme.id] = over.programme
    dates = [first + timedelta(days=number) for number in range(YEAR_DAYS)]
    return [
        Unheard(programme, entry.what, entry.value, entry.source, tuple(others.values()))
        for programme in programmes
        for entry in _entries(programme, dates)
        if (key := (programme.id, *entry.key)) not in heard
        for others in [behind.get(key, {})]
    ]


def _over(hidden: Heard, span: Span) -> Heard | None:
    """Why one is not heard: the release that empties its slot (perhaps itself), else the winner."""
    slot = hidden.programme.slot
    if span.winner is not None and span.winner.programme.slot == slot:
        return span.winner
    first = next(heard for heard in span.hidden if heard.programme.slot == slot)
    return first if first.value is None else span.winner


def _key(heard: Heard) -> tuple[int, bool, Source]:
    return heard.programme.id, heard.rank is Rank.DEFAULT, heard.source


def _entries(programme: Programme, dates: Sequence[date]) -> Iterator[_Entry]:
    if programme.has_default:
        yield _Entry(text("default"), programme.default, programme.source, (True, programme.source))
    for entry in programme.week:
        for period in entry.periods:
            yield _of_period(kind_words(entry.kind), period)
    holding = {id(found) for day in dates if (found := exception_on(programme, day)) is not None}
    for exception in programme.exceptions:
        words = text("exception: {reason}", reason=exception.reason or _dates(exception))
        if id(exception) not in holding:
            yield _Entry(words, None, exception.source, (False, exception.source))
            continue
        for period in exception.periods:
            yield _of_period(words, period)


def _of_period(day: Text | str, period: Period) -> _Entry:
    words = text("{day} {period}", day=day, period=period_words(period))
    return _Entry(words, period.value, period.source, (False, period.source))


def _dates(exception: ExceptionEntry) -> str:
    return ", ".join(map(as_written, exception.dates))
