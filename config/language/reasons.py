"""Why something was decided, read back from the ledger, which is kept in English. Standard library only.

What is recognised by its form is a text again, with its parts; any other stays as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from config.language import Text, text
from config.language.details import detail

_MARK = r"(?:\d\d:\d\d(?::\d\d)?|(?:sunrise|sunset)(?: [+-] [\d.]+ min)?)"
_PERIOD = re.compile(rf"(?P<day>.+) (?P<start>{_MARK})-(?P<end>{_MARK})")
_OUTSIDE = re.compile(r"outside its periods \((?P<day>.+)\)", re.DOTALL)
_SUN = re.compile(r"(?P<sun>sunrise|sunset)(?: (?P<sign>[+-]) (?P<minutes>[\d.]+) min)?")
_OWNED = re.compile(r"(?P<owner>.+?): (?P<reason>.+)", re.DOTALL)
_KINDS: Mapping[str, Text] = {
    said.message: said
    for said in (
        text("holiday"), text("make-up workday"), text("Monday"), text("Tuesday"), text("Wednesday"),
        text("Thursday"), text("Friday"), text("Saturday"), text("Sunday"), text("workday"), text("day off"),
        text("every day"),
    )
}  # fmt: skip
_WHOLE: Mapping[str, Text] = {
    said.message: said
    for said in (
        text("outside its periods"),
        text("outside its effective dates"),
        text("the clock cannot be trusted"),
        text("set by hand"),
        text("nobody asks for a value"),
        text("minimum run time"),
        text("minimum rest time"),
        text("it must not rest for longer"),
        text("the power came back: starts go one by one"),
        text("many devices came back: starts go one by one"),
        text("somebody is there"),
        text("somebody was there a moment ago"),
        text("whether somebody is there cannot be read"),
        text("nobody is there"),
        text("there is daylight enough"),
        text("it is dark"),
        text("the light cannot be read: it counts as dark"),
        text("never darker than this"),
        text("nobody is there yet"),
        text("by the level"),
        text("not allowed now"),
        text("what it looks at cannot be read"),
        text("no hot water is wanted"),
        text("hot water is wanted"),
        text("hot water is wanted: heating"),
        text("warming up"),
        text("hot enough"),
        text("stores heat before dear hours"),
        text("heat is stored"),
        text("too cold, even for dear hours"),
        text("hot enough for dear hours"),
        text("not before it has been flushed"),
        text("flushing before the first use"),
        text("flushed"),
        text("nobody knows what time it is"),
        text("not in its hours"),
        text("its turn"),
        text("waits for its turn"),
        text("has had its share of the day"),
        text("all that a day may have has been given"),
        text("too little water is left"),
        text("it rains, or has rained lately"),
        text("not needed now"),
        text("fills as far as in sharp hours"),
        text("fills as far as in peak hours"),
        text("fills as far as in flat hours"),
        text("fills as far as in valley hours"),
        text("fills as far as in deep valley hours"),
        text("below the least: fills whatever the hour"),
        text("nothing but the least in these hours"),
        text("the demand cannot be measured: what was shed stays so for a while"),
        text("there is a flame, or whether there is one cannot be read"),
        text("there was a flame less than 10 min ago"),
        text("its time on"),
        text("its time off"),
        text("the level does not rise: closed"),
        text("its time is over"),
        text("a person commands it"),
        text("it was put back"),
        text("it changed while nothing was heard of it"),
        text("the device restarted"),
        text("a lock, its selector, observe mode or an alarm came before it"),
        text("protection or process safety commands it"),
    )
}
_DAYS = (
    (text("{kind}, days off not announced yet,"), re.compile(r"(?P<kind>.+), days off not announced yet,")),
    (
        text("exception: {reason} (like {kind})"),
        re.compile(r"exception: (?P<reason>.+) \(like (?P<kind>.+)\)"),
    ),
    (text("exception: {reason}"), re.compile(r"exception: (?P<reason>.+)")),
)
_CLOCK = r"(?:\d{4}-\d\d-\d\d )?\d\d:\d\d"
_LEAD = (
    rf"(?P<lead>\d+) min before people come at (?P<time>{_CLOCK}): "
    r"(?P<kelvin>[\d.]+) K at (?P<rate>[\d.]+) min/K"
)
_CAUSES: Mapping[str, Text] = {
    said.message: said for said in (text("fault"), text("told to run, and it does not"))
}
"""What may stand where a condition does."""
_CONDITION = r"(?P<condition>.*\b(?:is|above|below)\b.*)"
_BOOKED = r"(?P<place>.+?) booked (?P<times>\d.+)"
_FORMS = (
    (text("tripped, because {condition}"), re.compile(r"tripped, because (?P<condition>.+)")),
    (
        text("{condition} has not been read yet"),
        re.compile(rf"{_CONDITION} has not been read yet", re.DOTALL),
    ),
    (text("because {condition}"), re.compile(rf"because {_CONDITION}", re.DOTALL)),
    (text("not {condition}"), re.compile(rf"not {_CONDITION}", re.DOTALL)),
    (text("runs on after {condition}"), re.compile(rf"runs on after {_CONDITION}", re.DOTALL)),
    (
        text("it cannot be read whether {condition}"),
        re.compile(rf"it cannot be read whether {_CONDITION}", re.DOTALL),
    ),
    (text("{needed} of {count} needed"), re.compile(r"(?P<needed>\d+) of (?P<count>\d+) needed")),
    (
        text("begins {seconds} s after the others"),
        re.compile(r"begins (?P<seconds>[\d.e+]+) s after the others"),
    ),
    (
        text("demand {demand} kW, {expected} kW expected within {ahead} min; limit {limit} kW"),
        re.compile(
            r"demand (?P<demand>\S+) kW, (?P<expected>\S+) kW expected within (?P<ahead>\d+) min; "
            r"limit (?P<limit>\S+) kW"
        ),
    ),
    (text("{count} starts an hour"), re.compile(r"(?P<count>\d+) starts an hour")),
    (text("people are there until {time}"), re.compile(rf"people are there until (?P<time>{_CLOCK})")),
    (
        text("as early as may be before people come at {time}: the room cannot be read"),
        re.compile(rf"as early as may be before people come at (?P<time>{_CLOCK}): the room cannot be read"),
    ),
    (
        text(
            "{lead} min before people come at {time}: {kelvin} K at {rate} min/K, learned from {count} starts"
        ),
        re.compile(rf"{_LEAD}, learned from (?P<count>\d+) starts"),
    ),
    (
        text("{lead} min before people come at {time}: {kelvin} K at {rate} min/K, which is assumed"),
        re.compile(rf"{_LEAD}, which is assumed"),
    ),
    (
        text("off before people leave at {time}: the room keeps within {band} K"),
        re.compile(
            rf"off before people leave at (?P<time>{_CLOCK}): the room keeps within (?P<band>[\d.]+) K"
        ),
    ),
    (
        text("{place} booked {times}, from {before} min before to {after} min after"),
        re.compile(rf"{_BOOKED}, from (?P<before>[\d.]+) min before to (?P<after>[\d.]+) min after"),
    ),
    (
        text("{place} booked {times}, from {before} min before"),
        re.compile(rf"{_BOOKED}, from (?P<before>[\d.]+) min before"),
    ),
    (
        text("{place} booked {times}, to {after} min after"),
        re.compile(rf"{_BOOKED}, to (?P<after>[\d.]+) min after"),
    ),
    (text("{place} booked {times}"), re.compile(_BOOKED)),
)


_SLOT = re.compile(r"(?P<words>.+) \(slot (?P<slot>\d+)\)")
_BOUND = re.compile(r"(?P<op>[≤≥]) (?P<value>\S+) \(slot (?P<slot>\d+)\): (?P<reason>.+)")


def reason(said: str) -> Text | str:
    """`said` as a text, if what it says is known."""
    if (found := _SLOT.fullmatch(said)) is not None:
        return text("{words} (slot {slot})", words=reason(found["words"]), slot=found["slot"])
    if (found := _BOUND.fullmatch(said)) is not None:
        return text(
            "{op} {value} (slot {slot}): {reason}",
            op=found["op"],
            value=found["value"],
            slot=found["slot"],
            reason=reason(found["reason"]),
        )
    owned = _OWNED.fullmatch(said)
    inner = None if owned is None else _reason(owned["reason"])
    if owned is not None and inner is not None:
        return text("{programme}: {reason}", programme=owned["owner"], reason=inner)
    return _reason(said) or detail(said)


def _reason(said: str) -> Text | None:
    if said in _WHOLE:
        return _WHOLE[said]
    period = _PERIOD.fullmatch(said)
    if period is not None:
        marks = text("{start}-{end}", start=_mark(period["start"]), end=_mark(period["end"]))
        return text("{day} {period}", day=_day(period["day"]), period=marks)
    if (found := _OUTSIDE.fullmatch(said)) is not None:
        return text("outside its periods ({day})", day=_day(found["day"]))
    return _form(said, _FORMS, lambda part: _CAUSES.get(part, part))


def _day(said: str) -> Text | str:
    return _KINDS.get(said) or _form(said, _DAYS, lambda kind: _KINDS.get(kind, kind)) or said


def _form(
    said: str, forms: tuple[tuple[Text, re.Pattern[str]], ...], part: Callable[[str], Text | str]
) -> Text | None:
    for form, pattern in forms:
        if (found := pattern.fullmatch(said)) is not None:
            return text(form.message, **{name: part(item) for name, item in found.groupdict().items()})
    return None


def _mark(said: str) -> Text | str:
    found = _SUN.fullmatch(said)
    if found is None:
        return said
    sun = text("sunrise") if found["sun"] == "sunrise" else text("sunset")
    if found["sign"] is None:
        return sun
    return text("{sun} {sign} {minutes} min", sun=sun, sign=found["sign"], minutes=found["minutes"])
