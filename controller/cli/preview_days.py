"""A timeline as people look at it: day by day on a clock's face of 24 hours, and days that are alike.

Places on a day are readings of the wall clock. What a spring night skips has no length; what an autumn night
shows twice is taken for what it is the first time, so that a day always has 24 hours.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from schedules.local import LocalTime
from schedules.preview import Heard, Span, Timeline, Window
from schedules.programme import Rank

DAY_S = 86_400


class Piece(NamedTuple):
    """What holds on one day from one reading of the clock to another."""

    span: Span
    from_s: float
    """Seconds after midnight as clocks show them."""
    to_s: float
    start: str
    """ "08:00"."""
    end: str
    runs_in: bool
    """It began on an earlier day."""
    runs_on: bool


class Pattern(NamedTuple):
    """Days on which the same programmes say the same in the same order; the sun may move the times, but
    bookings are the same ones, or at the same hours."""

    letter: str
    days: tuple[tuple[Piece, ...], ...]

    def times(self, number: int) -> str:
        """When the piece of that number begins on these days: "18:24", or "18:24-18:31"."""
        found = sorted({day[number].start for day in self.days})
        return found[0] if len(found) == 1 else f"{found[0]}-{found[-1]}"


class Course(NamedTuple):
    """One timeline, day by day."""

    days: tuple[tuple[date, tuple[Piece, ...], str], ...]
    """Date, what holds, letter of its pattern."""
    patterns: tuple[Pattern, ...]

    @property
    def steady(self) -> bool:
        """One value all the time."""
        return len(self.patterns) == 1 and len(self.patterns[0].days[0]) == 1


def by_days(timeline: Timeline, window: Window, local: LocalTime) -> Course:
    """The timeline, cut at each midnight."""
    days = [(day, tuple(_pieces(timeline.spans, day, local))) for day in window.dates()]
    alike: dict[tuple[object, ...], list[tuple[Piece, ...]]] = {}
    for _, pieces in days:
        alike.setdefault(_likeness(pieces), []).append(pieces)
    letters = {key: _letter(number) for number, key in enumerate(alike)}
    return Course(
        tuple((day, pieces, letters[_likeness(pieces)]) for day, pieces in days),
        tuple(Pattern(letters[key], tuple(found)) for key, found in alike.items()),
    )


def _letter(number: int) -> str:
    """a … z, aa, ab …"""
    return (_letter(number // 26 - 1) if number >= 26 else "") + chr(ord("a") + number % 26)


def _likeness(pieces: Sequence[Piece]) -> tuple[object, ...]:
    return tuple(
        (
            piece.span.value,
            None if piece.span.winner is None else _asked(piece.span.winner),
            tuple(_asked(heard) for heard in piece.span.hidden),
        )
        for piece in pieces
    )


def _asked(heard: Heard) -> tuple[object, ...]:
    booked = str(heard.reason) if heard.rank is Rank.BOOKING else ""
    return heard.programme.id, heard.source, heard.rank, heard.value, booked


def _pieces(spans: Sequence[Span], day: date, local: LocalTime) -> list[Piece]:
    begin, end = local.midnight(day), local.midnight(day + timedelta(days=1))
    found = []
    for span in spans:
        start_ms, end_ms = max(span.start_ms, begin), min(span.end_ms, end)
        if start_ms < end_ms:
            from_s, to_s = _reading_s(start_ms, day, local), _reading_s(end_ms, day, local)
            runs_in = span.began_ms is None or span.began_ms < begin
            runs_on = span.over_ms is None or span.over_ms > end
            start, ends = clock(start_ms, local), "24:00" if end_ms == end else clock(end_ms, local)
            start = "00:00" if start_ms == begin else start
            found.append(Piece(span, from_s, to_s, start, ends, runs_in, runs_on))
    return found


def clock(wall_ms: int, local: LocalTime) -> str:
    """ "08:00"; what clocks show for the second time is marked: "02:30²"."""
    shown = datetime.fromtimestamp(wall_ms / 1000, local.zone)
    return shown.strftime("%H:%M") + ("²" if shown.fold else "")


def _reading_s(wall_ms: int, day: date, local: LocalTime) -> float:
    """The earliest reading that has been reached by then: an autumn night stands still when it repeats."""
    begin = local.midnight(day)
    if local.midnight(day + timedelta(days=1)) - begin == DAY_S * 1000:
        return (wall_ms - begin) / 1000
    low, high = 0, DAY_S
    while low < high:
        middle = (low + high) // 2
        if local.instant(day, middle) >= wall_ms:
            high = middle
        else:
            low = middle + 1
    return float(low)
