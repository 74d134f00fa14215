"""A story as people read it: when, what happened, what broke."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta

from config.language import Text, text
from config.plan.reading import Value
from controller.campaign.life import Lived
from controller.campaign.story import Deed, Story

_CHIPS = {
    "good": text("its clock chip goes on"),
    "flat": text("its clock chip begins anew"),
    "none": text("it has no clock chip"),
}


def told(story: Story, lived: Lived) -> Iterator[tuple[str, Text]]:
    """Local time ("03-05 08:12:30") and what happened then, the breaches last."""
    begun = datetime.fromisoformat(story.first)
    for deed in story.deeds:
        yield _at(begun, deed.at_s), words(deed)
    for breach in lived.breaches:
        what = text(
            "BROKEN ({judge}): {subject}: {words}",
            judge=breach.judge,
            subject=breach.subject,
            words=breach.words,
        )
        yield _at(begun, breach.at_s), what


def _at(begun: datetime, at_s: int) -> str:
    return (begun + timedelta(seconds=at_s)).strftime("%m-%d %H:%M:%S")


def words(deed: Deed) -> Text:
    """What happened."""
    return _WORDS[deed.does](deed)


def _force(deed: Deed) -> Text:
    of = dict(deed.facts)
    return text("{point} says {value} for {time}", point=deed.word("point"), value=_value(of), time=_for(of))


def _hand(deed: Deed) -> Text:
    value = _value(dict(deed.facts))
    return text("somebody switches {point} to {value} at the device", point=deed.word("point"), value=value)


def _set(deed: Deed) -> Text:
    of = dict(deed.facts)
    return text(
        "a person sets {point} to {value} for {time}",
        point=deed.word("point"),
        value=_value(of),
        time=_for(of),
    )


def _book(deed: Deed) -> Text:
    minutes = deed.whole("in_s") // 60
    return text("a person books {place}, in {minutes} min", place=deed.word("place"), minutes=minutes)


def _fault(deed: Deed) -> Text:
    of = dict(deed.facts)
    names = ("fault", "device", "line", "for_s")
    numbers = " ".join(f"{name}={value}" for name, value in deed.facts if name not in names)
    fault = f"{deed.word('fault')} {numbers}".strip()
    if line := deed.word("line"):
        return text("line {line}: {fault} for {time}", line=line, fault=fault, time=_for(of))
    return text("device {device}: {fault} for {time}", device=deed.word("device"), fault=fault, time=_for(of))


def _observing(deed: Deed) -> Text:
    target = deed.word("target")
    if deed.fact("on"):
        return (
            text("a person begins to observe {target}", target=target)
            if target
            else text("a person begins to observe the site")
        )
    return (
        text("a person ends observing {target}", target=target)
        if target
        else text("a person ends observing the site")
    )


def _restart(deed: Deed) -> Text:
    time = _for(dict(deed.facts))
    match deed.word("how"):
        case "stop":
            return text("the daemon is stopped in order, and starts after {time}", time=time)
        case "kill":
            return text("the daemon is killed, and starts after {time}", time=time)
        case _:
            return text(
                "the machine loses its power for {time}; {chip}", time=time, chip=_CHIPS[deed.word("chip")]
            )


def _edit(deed: Deed) -> Text:
    if deed.whole("edition", -1) >= 0:
        return text("edition {number} of the files is applied", number=deed.whole("edition"))
    return text("an edit is applied: {what} {number}", what=deed.word("what"), number=deed.whole("number"))


def _value(of: dict[str, Value]) -> str:
    value = of["value"]
    return ("on" if value else "off") if isinstance(value, bool) else str(value)


def _for(of: dict[str, Value]) -> str:
    seconds = int(of.get("for_s", 0))
    return f"{seconds} s" if seconds < 600 else f"{seconds / 60:g} min"


_WORDS: Mapping[str, Callable[[Deed], Text]] = {
    "fault": _fault,
    "force": _force,
    "hand": _hand,
    "set": _set,
    "release": lambda deed: text("a person releases {point}", point=deed.word("point")),
    "lock": lambda deed: text("a person locks {target}", target=deed.word("target")),
    "unlock": lambda deed: text("a person unlocks {target}", target=deed.word("target")),
    "observe": _observing,
    "reset": lambda deed: text("a person resets {rule}", rule=deed.word("rule")),
    "book": _book,
    "unbook": lambda _: text("a person takes a booking out"),
    "acknowledge": lambda _: text("a person acknowledges an alarm"),
    "shelve": lambda deed: text("a person shelves an alarm for {time}", time=_for(dict(deed.facts))),
    "unshelve": lambda _: text("a person wants to hear of an alarm again"),
    "restart": _restart,
    "leap": lambda deed: text("the machine's clock leaps by {seconds} s", seconds=deed.whole("by_s")),
    "ntp": lambda _: text("NTP sets the machine's clock"),
    "edit": _edit,
    "roll-back": lambda _: text("the plan before is brought back"),
}
