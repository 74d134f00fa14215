"""What a programme says at an instant, why, and until when. Pure: the same arguments give the same verdict.

Exactly one list applies to a date, an exception's or the week's. Periods are [from, to). One that crosses
midnight belongs to the day it starts on, and its tail runs on over whatever the next day says, unless
that day's exception begins `from_midnight`.

While a place is booked, and before and after, what `bookings` says holds instead of the day's list, whatever
kind of day it is: people's word on a date stands above the week's and above exceptions, save on the dates of
an exception that says `over_bookings`.

Whether a period crosses midnight is decided by its marks as written, with sunrise taken for 06:00 and sunset
for 18:00: "sunset to 19:00" is empty on a midsummer day with sunset at 20:09 and does not become 23 h long.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from enum import IntEnum
from typing import NamedTuple

from config.language import Text, text
from config.plan.devices import Source
from config.plan.programmes import BookedPeriod, DayList, ExceptionEntry, Period, Programme
from config.plan.reading import Value
from schedules.booked import booked
from schedules.calendar import Day, kind_words, kinds_like
from schedules.context import Context
from schedules.entries import crosses_midnight, effective, exception_on, period_words

HORIZON_DAYS = 15
"""How far ahead the next change is looked for."""

_DAY = timedelta(days=1)


class Rank(IntEnum):
    """Which of a point's programmes is heard: the smaller beats the greater."""

    ABOVE_BOOKINGS = -2
    """An exception that says `over_bookings`."""
    BOOKING = -1
    EXCEPTION = 0
    PERIOD = 1
    DEFAULT = 2
    """Outside its periods; also the value for an untrusted clock."""


class Verdict(NamedTuple):
    """What a programme says."""

    asks: bool
    """False: it takes no part (outside its effective dates, or outside its periods without a default)."""
    value: Value | None
    """Asked for in the unit of its targets; None with `asks` releases the slot."""
    rank: Rank
    source: Source
    reason: Text
    since_ms: int
    """Begin of the period; outside periods, the latest boundary within two days. For people only."""
    until_ms: int
    """The next instant at which value, rank or source differ, or outside periods the exception or kind of day
    that has made it so; HORIZON_DAYS ahead at most (look again)."""


class Stretch(NamedTuple):
    """[start, end) in which a programme says one thing."""

    start_ms: int
    end_ms: int
    asks: bool
    value: Value | None
    rank: Rank
    source: Source
    reason: Text


class _Span(NamedTuple):
    start_ms: int
    end_ms: int
    rank: Rank
    period: Period | BookedPeriod
    reason: Text


class _State(NamedTuple):
    """What makes two verdicts the same."""

    asks: bool
    value: Value | None
    rank: Rank
    source: Source
    day: Text | str = ""
    """Outside periods: the exception or the kind of day that has made it so, where a plain weekday would not
    have."""

    def said(self) -> tuple[bool, Value | None, Rank, Source]:
        """As a verdict begins."""
        return self.asks, self.value, self.rank, self.source


class Days:
    """A programme day by day: the periods of each day are worked out once, those near the day that was asked
    of last are kept for the next question. What is booked is looked up each time."""

    def __init__(self, programme: Programme, context: Context) -> None:
        self.programme = programme
        self.context = context
        self._own: dict[date, list[_Span]] = {}

    def rebook(self, context: Context) -> None:
        """The bookings are others from now on; `context` has nothing else that is other."""
        self.context = context

    def verdict(self, wall_ms: int) -> Verdict:
        """What the programme says at `wall_ms` (UTC milliseconds), believing the clock."""
        programme, context = self.programme, self.context
        today = context.local.date_at(wall_ms)
        spans = self.spans(today)
        span = _span_at(spans, wall_ms)
        state = _state(programme, context, today, span)
        until = _next_change(self, wall_ms, today, state)
        self._keep_near(today)
        if span is not None:
            return Verdict(*state.said(), span.reason, span.start_ms, until)
        edges = [edge for span in spans for edge in (span.start_ms, span.end_ms) if edge <= wall_ms]
        if state.day and _state(programme, context, today - _DAY, None) != state:
            edges.append(context.local.midnight(today))
        since = max(edges, default=context.local.midnight(today - 2 * _DAY))
        return Verdict(*state.said(), _reason(programme, today, span, state), since, until)

    def spans(self, day: date) -> list[_Span]:
        """Every period that can hold on `day`, earlier days' first: a tail beats what the new day says.

        Two days back and one ahead, because an offset may carry a sun mark over midnight.
        """
        spans = [span for shift in (-2, -1, 0, 1) for span in self._of(day + shift * _DAY)]
        return [*spans, *_booked(self.programme, self.context, day)]

    def _of(self, day: date) -> list[_Span]:
        if (found := self._own.get(day)) is None:
            found = self._own[day] = list(_day_spans(self.programme, self.context, day))
        return found

    def _keep_near(self, today: date) -> None:
        """A change that is far ahead has passed over days that the next question does not need."""
        for day in [day for day in self._own if abs(day - today) > 2 * _DAY]:
            del self._own[day]


def evaluate(programme: Programme, context: Context, wall_ms: int) -> Verdict:
    """The programme's verdict at `wall_ms` (UTC milliseconds), believing the clock."""
    return Days(programme, context).verdict(wall_ms)


def course(programme: Programme, context: Context, start_ms: int, end_ms: int) -> list[Stretch]:
    """What the programme says over [start, end), in order and without a gap: what `evaluate` says at each
    instant of it. Neighbours differ as two verdicts do."""
    found: list[Stretch] = []
    day = context.local.date_at(start_ms)
    if not (programme.week or programme.exceptions or programme.effective or programme.bookings):
        state = _state(programme, context, day, None)
        return [Stretch(start_ms, end_ms, *state.said(), _reason(programme, day, None, state))]
    days, begin, before = Days(programme, context), start_ms, None
    while begin < end_ms:
        end = min(end_ms, context.local.midnight(day + _DAY))
        spans = days.spans(day)
        edges = {begin, *(edge for span in spans for edge in (span.start_ms, span.end_ms))}
        for edge in sorted(edge for edge in edges if begin <= edge < end):
            span = _span_at(spans, edge)
            state = _state(programme, context, day, span)
            if state == before:
                continue
            before = state
            if found:
                found[-1] = found[-1]._replace(end_ms=edge)
            found.append(Stretch(edge, end_ms, *state.said(), _reason(programme, day, span, state)))
        day += _DAY
        begin = max(begin, end)
    return found


def untrusted(programme: Programme, wall_ms: int) -> Verdict:
    """The verdict while the clock cannot be believed: whatever the programme declares for that."""
    value = programme.untrusted if programme.has_untrusted else None
    reason = text("the clock cannot be trusted")
    until = wall_ms + HORIZON_DAYS * 86_400_000
    return Verdict(programme.has_untrusted, value, Rank.DEFAULT, programme.source, reason, wall_ms, until)


def _state(programme: Programme, context: Context, today: date, span: _Span | None) -> _State:
    if span is not None:
        return _State(True, span.period.value, span.rank, span.period.source)
    if not programme.has_default or not effective(programme, today):
        return _State(False, None, Rank.DEFAULT, programme.source)
    exception = exception_on(programme, today)
    source = programme.source if exception is None else exception.source
    special = _special(programme, context, today, exception)
    return _State(True, programme.default, Rank.DEFAULT, source, special)


def _special(
    programme: Programme, context: Context, today: date, exception: ExceptionEntry | None
) -> Text | str:
    """What has made a date another than its weekday, for people."""
    day = context.calendar.kind(today)
    if exception is None:
        if day.origin == "weekday":
            return ""
        plain = context.calendar.plain(today)
        applied, usual = _applies(programme, day.kinds), _applies(programme, plain)
        if day.kinds == plain or (applied and (applied is usual or usual is None)):
            return ""
        return kind_words(day.kinds[0]) if applied or any(entry.periods for entry in programme.week) else ""
    if exception.like is None:
        return text("exception: {reason}", reason=exception.reason)
    applies = _list_of(programme, kinds_like(exception.like, day))
    kind = kind_words(exception.like if applies is None else applies.kind)
    return text("exception: {reason} (like {kind})", reason=exception.reason, kind=kind)


def _reason(programme: Programme, today: date, span: _Span | None, state: _State) -> Text:
    if span is not None:
        return span.reason
    if state.day:
        return text("outside its periods ({day})", day=state.day)
    return text("outside its periods") if effective(programme, today) else text("outside its effective dates")


def _applies(programme: Programme, kinds: Sequence[str]) -> DayList | None:
    """The list that applies to such a day, if there is anything in it."""
    found = _list_of(programme, kinds)
    return found if found is not None and found.periods else None


def _list_of(programme: Programme, kinds: Sequence[str]) -> DayList | None:
    return next((entry for kind in kinds for entry in programme.week if entry.kind == kind), None)


def _next_change(days: Days, wall_ms: int, today: date, state: _State) -> int:
    midnight = days.context.local.midnight
    for ahead in range(HORIZON_DAYS):
        day = today + ahead * _DAY
        begin, end = midnight(day), midnight(day + _DAY)
        spans = days.spans(day)
        edges = {begin, *(edge for span in spans for edge in (span.start_ms, span.end_ms))}
        for edge in sorted(edge for edge in edges if begin <= edge < end and edge > wall_ms):
            if _state(days.programme, days.context, day, _span_at(spans, edge)) != state:
                return edge
    return midnight(today + HORIZON_DAYS * _DAY)


def _span_at(spans: list[_Span], wall_ms: int) -> _Span | None:
    holding = [span for span in spans if span.start_ms <= wall_ms < span.end_ms]
    ordinary = next((span for span in holding if span.rank is not Rank.BOOKING), None)
    booked = next((span for span in holding if span.rank is Rank.BOOKING), None)
    if ordinary is None or booked is None:
        return ordinary or booked
    return ordinary if ordinary.rank < booked.rank else booked


def _booked(programme: Programme, context: Context, day: date) -> Iterator[_Span]:
    for start_ms, end_ms, entry, reason in booked(programme, context, day):
        yield _Span(start_ms, end_ms, Rank.BOOKING, entry, reason)


def _day_spans(programme: Programme, context: Context, day: date) -> Iterator[_Span]:
    if not effective(programme, day):
        return
    exception = exception_on(programme, day)
    periods, words = _day_periods(programme, exception, context.calendar.kind(day))
    for period in periods:
        last = day + _DAY if crosses_midnight(period) else day
        start, end = context.moment(period.start, day), context.moment(period.end, last)
        for later in (day + _DAY, day + 2 * _DAY):
            following = exception_on(programme, later)
            if following is not None and following.from_midnight and effective(programme, later):
                end = min(end, context.local.midnight(later))
        if start < end:
            rank = Rank.PERIOD
            if exception is not None:
                rank = Rank.ABOVE_BOOKINGS if exception.over_bookings else Rank.EXCEPTION
            yield _Span(
                start, end, rank, period, text("{day} {period}", day=words, period=period_words(period))
            )


def _day_periods(
    programme: Programme, exception: ExceptionEntry | None, day: Day
) -> tuple[tuple[Period, ...], Text | str]:
    """The one list that applies to a date, and its name for people."""
    kinds = day.kinds
    if exception is not None:
        if exception.like is None:
            return exception.periods, text("exception: {reason}", reason=exception.reason)
        kinds = kinds_like(exception.like, day)
    applies = _list_of(programme, kinds)
    if applies is None:
        return (), ""
    words = kind_words(applies.kind)
    if exception is not None:
        words = text("exception: {reason} (like {kind})", reason=exception.reason, kind=words)
    elif not day.announced:
        words = text("{kind}, days off not announced yet,", kind=words)
    return applies.periods, words
