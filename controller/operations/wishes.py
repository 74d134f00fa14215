"""What people write on a command line, turned into a value of a point and an end in site time. Pure."""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import date, timedelta

from config.language import LANGUAGES, text, word
from config.plan.points import Point
from config.plan.reading import Value
from config.plan.units import UNITS
from controller.decide.records import Refused
from schedules.local import LocalTime, seconds_of_day

LONGEST_REASON = 500
_NUMBER = re.compile(r"\s*([+-]?(?:\d+(?:\.\d+)?|\.\d+))\s*(\S.*)?$")
_MINUS = "\u2212"
_ON = {"on", "true", "1", "开"}
_OFF = {"off", "false", "0", "关"}


def value_of(point: Point, written: str) -> Value:
    """`written` as a value of `point`: on, off, a state's name (in any language), a number with or without
    its unit.

    Raises Refused; whether the point accepts the value is not judged here.
    """
    folded = unicodedata.normalize("NFKC", written).strip().replace(_MINUS, "-")
    if point.kind == "bool":
        if folded.lower() in _ON:
            return True
        if folded.lower() in _OFF:
            return False
        raise Refused(text("{name} takes on or off", name=point.key))
    if point.kind == "enum":
        return _state(point, folded)
    return _number(point, folded)


def _state(point: Point, written: str) -> int:
    for number, name in point.states:
        if written in (name, str(number), *(word(name, language) for language in LANGUAGES)):
            return number
    names = ", ".join(name for _, name in point.states)
    raise Refused(text("{name} takes one of {names}", name=point.key, names=names))


def _number(point: Point, written: str) -> float:
    found = _NUMBER.match(written)
    if not found:
        raise Refused(text("{name} takes a number", name=point.key))
    number = float(found[1])
    unit = (found[2] or "").strip()
    # NFKC turns m³ into m3 and ℃ into °C, so units are compared in that form.
    known = {unicodedata.normalize("NFKC", name): unit for name, unit in UNITS.items()}
    if unit:
        meant = known.get(unit)
        if meant is None or meant.inside != point.unit:
            raise Refused(
                text("{name} is in {unit}, not {given}", name=point.key, unit=point.unit or "-", given=unit)
            )
        number *= meant.factor
    if not math.isfinite(number):
        raise Refused(text("{name} takes a number", name=point.key))
    return number


def one_line(written: object) -> str:
    """A reason as a person gave it: one line without control characters, for it is shown to other people
    ("" for none). Raises Refused."""
    if written is None:
        return ""
    if not isinstance(written, str):
        raise Refused(text("a reason is a text"))
    line = "".join(" " if unicodedata.category(sign) == "Zs" else sign for sign in written).strip()
    if not line.isprintable():
        raise Refused(text("a reason is one line of text, without control characters"))
    if len(line) > LONGEST_REASON:
        raise Refused(text("a reason has at most {most} characters", most=LONGEST_REASON))
    return line


def clock_end(written: str, now_ms: int, local: LocalTime) -> int:
    """The next time local clocks show `written` ("18:00"), site UTC milliseconds. Raises Refused."""
    seconds = seconds_of_day(written)
    if seconds is None:
        raise Refused(text('{given} is not a time of day; write 18:00 or "next"', given=written))
    today: date = local.date_at(now_ms)
    for day in (today, today + timedelta(days=1)):
        end = local.instant(day, seconds)
        if end > now_ms:
            return end
    raise Refused(text('{given} is not a time of day; write 18:00 or "next"', given=written))
