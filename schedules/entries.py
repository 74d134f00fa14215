"""What the entries of a programme say by themselves: which hold on a date, and how people read them. Pure."""

from __future__ import annotations

from datetime import date

from config.language import Text, text
from config.plan.programmes import ExceptionEntry, Period, Programme, TimeMark
from schedules.dates import hold

_NOMINAL_S = {"clock": 0, "sunrise": 6 * 3600, "sunset": 18 * 3600}


def exception_on(programme: Programme, day: date) -> ExceptionEntry | None:
    """The exception that holds on `day`: the first written."""
    return next((entry for entry in programme.exceptions if hold(entry.dates, day)), None)


def crosses_midnight(period: Period) -> bool:
    """Whether the period ends on the day after the one it starts on."""
    return _nominal(period.end) <= _nominal(period.start)


def period_words(period: Period) -> Text:
    """ "08:00-12:00", "sunset + 10 min-23:00"."""
    return text("{start}-{end}", start=_mark_words(period.start), end=_mark_words(period.end))


def _mark_words(mark: TimeMark) -> Text | str:
    if mark.base == "clock":
        hours, seconds = divmod(mark.seconds, 3600)
        minutes, seconds = divmod(seconds, 60)
        return f"{hours:02}:{minutes:02}" + (f":{seconds:02}" if seconds else "")
    sun = text("sunrise") if mark.base == "sunrise" else text("sunset")
    if not mark.seconds:
        return sun
    return text(
        "{sun} {sign} {minutes} min",
        sun=sun,
        sign="+-"[mark.seconds < 0],
        minutes=f"{abs(mark.seconds) / 60:g}",
    )


def _nominal(mark: TimeMark) -> int:
    return _NOMINAL_S[mark.base] + mark.seconds


def effective(programme: Programme, day: date) -> bool:
    """Whether the programme takes part on that date."""
    return not programme.effective or hold(programme.effective, day)
