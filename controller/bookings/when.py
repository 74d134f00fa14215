"""Times of bookings as people write them, and places as people call them. Pure; raises Refused."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from typing import NamedTuple

from config.language import Text, text
from config.plan.places import Place
from config.plan.site import Plan
from controller.decide.naming import named
from controller.decide.records import Refused
from schedules.local import LocalTime, seconds_of_day

LONGEST_DAYS = 31
LONGEST_NIGHT_H = 12
"""What is longer and crosses midnight is said with both dates: it may be two times the wrong way round."""
_DATE = r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})"
_CLOCK = r"(\d{1,2}):(\d{2})(?::00)?"
_MOMENT = re.compile(rf"{_DATE}[ T]+{_CLOCK}")
_ONE_DAY = re.compile(rf"(?P<day>{_DATE})[ T]+(?P<first>{_CLOCK}) *- *(?P<last>{_CLOCK})")
_DAYS = re.compile(rf"(?P<first>{_DATE}[ T]+{_CLOCK}) *- *(?P<last>{_DATE}[ T]+{_CLOCK})")
_DASHES = str.maketrans(dict.fromkeys("–—−～~至", "-"))
_EXAMPLES = "2026-03-05 13:30-17:00, 2026-03-05 09:00 - 2026-03-06 17:00"
_DAY_S = 86_400


class Span(NamedTuple):
    """[start, end), site time."""

    start_ms: int
    end_ms: int


def span(written: str, local: LocalTime) -> Span:
    """ "2026-03-05 13:30-17:00", "2026-03-05 22:00-01:00" (into the next day, twelve hours at most),
    "2026-03-05 09:00 - 2026-03-06 17:00"."""
    plain = unicodedata.normalize("NFKC", written).translate(_DASHES).strip()
    if found := _DAYS.fullmatch(plain):
        return checked(written, moment(found["first"], local), moment(found["last"], local))
    found = _ONE_DAY.fullmatch(plain)
    if found is None:
        words = text('"{given}" is no time of a booking; write {example}', given=written, example=_EXAMPLES)
        raise Refused(words)
    return of_a_day(found["day"], found["first"], found["last"], local)


def of_a_day(day: str, first: str, last: str, local: LocalTime) -> Span:
    """`first` of that day until `last`, which is of the next day where it is not later."""
    begins = _date(day)
    ends = begins if _seconds(last) > _seconds(first) else begins + timedelta(days=1)
    start_ms, end_ms = _instant(begins, first, local), _instant(ends, last, local)
    if _seconds(first) == _seconds(last):
        raise Refused(text("it ends when it begins"))
    if ends > begins and end_ms - start_ms > LONGEST_NIGHT_H * 3_600_000 and _seconds(last) > 0:
        raise Refused(
            text(
                '"{given}" would end on the next day; if that is meant, write both dates: {example}',
                given=f"{first.strip()}-{last.strip()}",
                example=f"{begins} {first.strip()} - {ends} {last.strip()}",
            )
        )
    return checked(f"{day} {first}-{last}", start_ms, end_ms)


def begin(written: str, local: LocalTime) -> int | None:
    """The beginning alone: "2026-03-05 13:30"; None for anything else."""
    plain = unicodedata.normalize("NFKC", written).strip()
    return moment(plain, local) if _MOMENT.fullmatch(plain) else None


def moment(written: str, local: LocalTime) -> int:
    """ "2026-03-05 13:30"."""
    plain = unicodedata.normalize("NFKC", written).strip()
    if not _MOMENT.fullmatch(plain):
        raise Refused(text('"{given}" is no time; write 2026-03-05 13:30', given=written))
    day, clock = re.split(r"[ T]+", plain, maxsplit=1)
    return _instant(_date(day), clock, local)


def place_named(plan: Plan, written: str) -> Place:
    """The place of that name or label."""
    wanted = _folded(written)
    for place in plan.places:
        if place.name == written.strip():
            return place
    called = [place for place in plan.places if place.label and _folded(place.label) == wanted]
    if len(called) == 1:
        return called[0]
    import difflib  # most names are right

    words: dict[str, Place] = {}
    for place in plan.places:
        words.setdefault(_folded(place.name), place)
        words.setdefault(_folded(place.label or place.name), place)
    near = difflib.get_close_matches(wanted, words, n=1, cutoff=0.6)
    raise Refused(_no_place(plan, written.strip(), words[near[0]] if near else None))


def _no_place(plan: Plan, written: str, near: Place | None) -> Text:
    if near is not None:
        meant = named(near.label, near.name)
        return text('no place named {name}; did you mean "{near}"?', name=written, near=meant)
    if not plan.places:
        return text('no place named {name}: the site declares none in its section "places"', name=written)
    places = ", ".join(place.name for place in plan.places)
    return text("no place named {name}; there are {places}", name=written, places=places)


def _folded(written: str) -> str:
    return "".join(unicodedata.normalize("NFKC", written).casefold().split())


def _date(written: str) -> date:
    found = re.fullmatch(_DATE, unicodedata.normalize("NFKC", written).strip())
    if found is None:
        raise Refused(text('"{given}" is no date; write 2026-03-05', given=written))
    try:
        day = date(*(int(part) for part in found.groups()))
    except ValueError:
        raise Refused(text('"{given}" is not in the calendar', given=written)) from None
    if not 2000 <= day.year < 2100:
        raise Refused(text('"{given}" is not of this century', given=written))
    return day


def _seconds(written: str) -> int:
    seconds = seconds_of_day(written)
    if seconds is None:
        raise Refused(text('"{given}" is no time of day; write 13:30', given=written))
    return seconds


def _instant(day: date, clock: str, local: LocalTime) -> int:
    seconds = _seconds(clock)
    if local.skipped(day, seconds):
        words = text("{day} has no {clock}: clocks are put forward over it", day=day.isoformat(), clock=clock)
        raise Refused(words)
    return local.instant(day, seconds)


def checked(written: str, start_ms: int, end_ms: int) -> Span:
    """[start, end), if a booking may be so."""
    if end_ms <= start_ms:
        raise Refused(text('"{given}" ends before it begins', given=written))
    if end_ms - start_ms > LONGEST_DAYS * _DAY_S * 1000:
        raise Refused(text('"{given}" is longer than {days} days', given=written, days=LONGEST_DAYS))
    return Span(start_ms, end_ms)
