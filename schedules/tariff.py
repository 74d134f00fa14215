"""Which tariff period it is, and how a stretch of time divides into periods. Pure.

Kinds of day and local time are those of programmes. Of several seasons that fit a date the first counts;
hours in no span and dates in no season are flat. So is all time before the notice holds: nobody wrote here
what held then, and `since_ms` lets a reader say so.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from config.plan.tariff import Tariff, TariffPeriod, TariffSeason
from schedules.context import Context

_DAY = timedelta(days=1)
_HORIZON = 740 * _DAY


class PeriodSpan(NamedTuple):
    """[start, end) in one period, UTC milliseconds."""

    start_ms: int
    end_ms: int
    period: TariffPeriod


class TariffHours:
    """The periods of one tariff at one site."""

    def __init__(self, tariff: Tariff, context: Context) -> None:
        self._tariff = tariff
        self._context = context
        self._since = date.fromisoformat(tariff.since)
        self.since_ms = context.local.midnight(self._since)
        """From when the notice holds."""
        self._day = lru_cache(maxsize=800)(self._of_day)
        self._stretch: tuple[int, int, TariffPeriod, int | None] = (0, 0, "flat", None)
        """From when until when the answer of `stretch` is known, and that answer."""

    def period(self, wall_ms: int) -> TariffPeriod:
        """The period at an instant."""
        day = self._day(self._context.local.date_at(wall_ms))
        return next(span.period for span in reversed(day) if span.start_ms <= wall_ms)

    def next_change(self, wall_ms: int) -> int | None:
        """When the period that holds at `wall_ms` next gives way to another; None if not within two years."""
        now = self.period(wall_ms)
        day = self._context.local.date_at(wall_ms)
        last = max(day, self._since) + _HORIZON
        while day <= last:
            for span in self._day(day):
                if span.start_ms > wall_ms and span.period != now:
                    return span.start_ms
            # Before the notice holds nothing changes, however long that is.
            day = max(day + _DAY, self._since - _DAY)
        return None

    def stretch(self, wall_ms: int) -> tuple[TariffPeriod, int | None]:
        """`period` and `next_change`, for who asks again and again as time goes on."""
        since_ms, until_ms, period, change_ms = self._stretch
        if not since_ms <= wall_ms < until_ms:
            period, change_ms = self.period(wall_ms), self.next_change(wall_ms)
            self._stretch = wall_ms, wall_ms if change_ms is None else change_ms, period, change_ms
        return period, change_ms

    def spans(self, from_ms: int, to_ms: int) -> Iterator[PeriodSpan]:
        """[from, to) in order, without a gap; no two neighbours are of one period."""
        if from_ms >= to_ms:
            return
        day = self._context.local.date_at(from_ms)
        open_ms, period = from_ms, self.period(from_ms)
        while True:
            for span in self._day(day):
                if span.start_ms >= to_ms:
                    yield PeriodSpan(open_ms, to_ms, period)
                    return
                if span.start_ms > open_ms and span.period != period:
                    yield PeriodSpan(open_ms, span.start_ms, period)
                    open_ms, period = span.start_ms, span.period
            day += _DAY

    def _of_day(self, day: date) -> tuple[PeriodSpan, ...]:
        """The whole local day; a span that clocks skip is not there."""
        season = self._season(day)
        marks: list[tuple[int, TariffPeriod]] = [(0, "flat")]
        for span in season.spans if season is not None else ():
            marks += [(span.start_s, span.period), (span.end_s, "flat")]
        starts = [(self._context.local.instant(day, seconds), period) for seconds, period in marks]
        ends = [start for start, _ in starts[1:]] + [self._context.local.midnight(day + _DAY)]
        return tuple(
            PeriodSpan(start, end, period)
            for (start, period), end in zip(starts, ends, strict=True)
            if start < end
        )

    def _season(self, day: date) -> TariffSeason | None:
        if day < self._since:
            return None
        fitting = (season for season in self._tariff.seasons if day.month in season.months)
        return next((season for season in fitting if self._holds(season, day)), None)

    def _holds(self, season: TariffSeason, day: date) -> bool:
        return not season.kinds or any(
            kind in season.kinds for kind in self._context.calendar.kind(day).kinds
        )
