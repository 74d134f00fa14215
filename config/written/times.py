"""Times of day and dates as people write them."""

from __future__ import annotations

import re
from datetime import date

from config.language import text
from config.plan.programmes import DateRange, TimeMark
from config.written.problems import Wrong, guess
from config.written.quantities import amount, inside, normal

_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_SUN = re.compile(r"([a-z]+)(?:\s*([+-])\s*(.+))?")
_DOTTED = re.compile(r"(\d{1,2})[.点时h](\d{2})分?")
_OTHER_DATE = re.compile(r"(?:(\d{4})[/.年])?(\d{1,2})[/.月](\d{1,2})日?")
_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DAY_S = 86400
_EXAMPLE = "22:30, sunset + 10 min"


def time_mark(value: object) -> TimeMark:
    """`22:30`, `24:00`, `sunset + 10 min`. Raises Wrong."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise Wrong(
            text("{value} is no time of day", value=value), text("something like {example}", example=_EXAMPLE)
        )
    if not isinstance(value, str):
        raise Wrong(text("this is no time of day"), text("something like {example}", example=_EXAMPLE))
    written = normal(value)
    if found := _CLOCK.fullmatch(written):
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        total = hours * 3600 + minutes * 60 + seconds
        if minutes > 59 or seconds > 59 or total > _DAY_S:
            raise Wrong(text('"{value}" is no time of day', value=value), text("a time from 00:00 to 24:00"))
        return TimeMark("clock", total)
    found = _SUN.fullmatch(written)
    if not found:
        dotted = _DOTTED.fullmatch(written)
        raise Wrong(
            text('"{value}" is no time of day', value=value[:60]),
            text("something like {example}", example=_EXAMPLE),
            text('did you mean "{name}"?', name=":".join(dotted.groups())) if dotted else None,
        )
    base, sign, offset = found.groups()
    if base not in ("sunrise", "sunset"):
        raise Wrong(
            text('"{value}" is no time of day', value=value[:60]),
            text("something like {example}", example=_EXAMPLE),
            guess(base, ("sunrise", "sunset")),
        )
    if offset and not amount(offset).unit:
        raise Wrong(
            text("{value} has no unit", value=offset),
            hint=text('write "{value} {unit}"', value=f"{base} {sign} {offset}", unit="min"),
        )
    seconds = int(inside(offset, "s")) if offset else 0
    if seconds > _DAY_S // 2:
        raise Wrong(text('"{value}" is more than half a day off', value=value))
    return TimeMark("sunrise" if base == "sunrise" else "sunset", -seconds if sign == "-" else seconds)


def date_ranges(value: object) -> tuple[DateRange, ...]:
    """`2026-10-01`, `2026-10-01..2026-10-07`, or a list of them. Raises Wrong."""
    if isinstance(value, list) and value:
        return tuple(found for item in value for found in date_ranges(item))
    if not isinstance(value, str):
        raise Wrong(
            text("this is no date"),
            text("something like {example}", example="2026-10-01, 2026-10-01..2026-10-07"),
        )
    return tuple(_range(part) for part in normal(value).split(","))


def _range(written: str) -> DateRange:
    first, separator, last = written.partition("..")
    begin = _date(first)
    end = _date(last) if separator else begin
    if end < begin:
        raise Wrong(text('"{value}" ends before it begins', value=written.strip()))
    return DateRange(begin.isoformat(), end.isoformat())


def _date(written: str) -> date:
    found = _DATE.fullmatch(written.strip())
    if not found:
        other = _OTHER_DATE.fullmatch(written.strip())
        meant = "-".join(part.zfill(2) for part in other.groups() if part) if other else ""
        raise Wrong(
            text('"{value}" is no date', value=written.strip()[:60]),
            text("something like {example}", example="2026-10-01, 2026-10-01..2026-10-07"),
            text('did you mean "{name}"?', name=meant) if meant else None,
        )
    try:
        return date(*(int(part) for part in found.groups()))
    except ValueError:
        raise Wrong(text('"{value}" is not in the calendar', value=written.strip())) from None
