"""Words of a preview in the language of the reader: values, days, who asks and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from rich.cells import cell_len

from config.language import render, text
from config.plan.points import Point
from config.plan.programmes import Programme
from config.plan.reading import Value
from controller.cli.preview_days import clock
from controller.cli.tables import value as value_words
from schedules.calendar import Day, kind_words
from schedules.preview import Foreseen, Heard, Span

_WEEKDAYS = (
    text("Mon"),
    text("Tue"),
    text("Wed"),
    text("Thu"),
    text("Fri"),
    text("Sat"),
    text("Sun"),
)
_EXAMPLES = 3
"""So many names are enough to know what is meant."""
_SHORT = {"holiday": text("holiday"), "makeup": text("make-up"), "workday": text("workday")}


class DayWords(NamedTuple):
    """One date as people know it."""

    date: date
    short: str
    """ "09-20 Sun"."""
    kind: str
    """ "make-up", "holiday", "workday", "day off", an own kind; with "?" where it is not announced."""
    sort: str
    """holiday, makeup, own, dayoff or workday: for colours."""
    why: str
    announced: bool
    special: bool
    """Worth a line of its own: not what the weekday would be."""


def day_words(day: date, found: Day, language: str) -> DayWords:
    kind = found.kinds[0]
    if kind in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"):
        kind = found.kinds[1]
    words = render(_SHORT.get(kind) or kind_words(kind), language)
    sort = kind if kind in ("holiday", "makeup", "workday", "dayoff") else "own"
    weekday = render(_WEEKDAYS[day.weekday()], language)
    return DayWords(
        day,
        f"{day.strftime('%m-%d')} {weekday}",
        words if found.announced else words + "?",
        sort,
        render(found.why, language),
        found.announced,
        found.origin != "weekday",
    )


def days_of(foreseen: Foreseen, language: str) -> list[DayWords]:
    """Every date of the window."""
    kind = foreseen.context.calendar.kind
    return [day_words(day, kind(day), language) for day in foreseen.window.dates()]


def next_change(foreseen: Foreseen, span: Span, language: str) -> str:
    """When the value next differs: "next change: 10-09 08:00", with "?" where days until then are not
    announced, and with the year where it is another one than the window begins in; "" without one."""
    if span.change_ms is None:
        return ""
    local = foreseen.context.local
    day = local.date_at(span.change_ms)
    form = "%m-%d" if day.year == foreseen.window.first.year else "%Y-%m-%d"
    mark = "" if foreseen.change_announced(span) else "?"
    time = f"{day.strftime(form)} {clock(span.change_ms, local)}{mark}"
    return render(text("next change: {time}", time=time), language)


def runs(days: Iterable[DayWords]) -> list[tuple[DayWords, DayWords]]:
    """Days in a row that are of one kind for one reason: (first, last)."""
    found: list[tuple[DayWords, DayWords]] = []
    for day in days:
        if found and _follows(found[-1][1], day):
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found


def _follows(before: DayWords, day: DayWords) -> bool:
    return (day.date - before.date).days == 1 and (before.kind, before.why) == (day.kind, day.why)


def asked(value: Value | None, point: Point, language: str) -> str:
    """A value of a point with its unit or its state's name; a dash where nobody asks."""
    if value is None:
        return render(text("released"), language)
    return value_words(value, point.state_name(value), point.unit, language)


def title(programmes: Iterable[Programme]) -> str:
    return " + ".join(programme.label or programme.name for programme in programmes)


def behind(heard: Heard, point: Point, language: str) -> str:
    """A programme that asks and is not heard, with what it asks."""
    name = heard.programme.label or heard.programme.name
    return f"{name} {asked(heard.value, point, language)}"


def level(value: Value | None, point: Point, known: list[Value]) -> float | None:
    """How high a value stands among what the point is asked, 0 to 1; None where nobody asks."""
    if value is None:
        return None
    if isinstance(value, bool):
        return float(value)
    if point.unit == "%" and isinstance(value, int | float):
        return min(max(value / 100, 0.0), 1.0)
    if point.state_name(value) in ("off", "stop", "none"):
        return 0.0
    others = [other for other in known if point.state_name(other) not in ("off", "stop", "none")]
    return (others.index(value) + 1) / len(others)


def values_of(values: Iterable[Value | None]) -> list[Value]:
    """Every value that is asked, in order."""
    return sorted({value for value in values if value is not None}, key=_rank)


def _rank(value: Value) -> tuple[float, str]:
    return (0.0, value) if isinstance(value, str) else (float(value), "")


def some(names: Sequence[str], width: int, language: str) -> str:
    """The first of many names and how many more there are, on one line where that can be."""
    for count in range(min(_EXAMPLES, len(names)), 0, -1):
        words = ", ".join(names[:count])
        if len(names) > count:
            words = render(text("{names} and {more} more", names=words, more=len(names) - count), language)
        if cell_len(words) <= width or count == 1:
            return words
    return ""
