"""What an explanation says, in sentences: of now, of the past and of what is foreseen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from config.language import Text, render, text, word
from config.language.details import detail
from controller.cli.moments import moment
from controller.cli.tables import QUALITY_WORDS
from controller.cli.tables import value as value_words


class Line(NamedTuple):
    """One line before it is broken; what follows a break stands `hang` columns in."""

    words: Text | str
    hang: int = 0
    style: str = ""


_SLOTS = {
    5: text("protection"),
    6: text("minimum times"),
    7: text("process safety"),
    8: text("people"),
    9: text("demand"),
    10: text("running the plant"),
    11: text("presence, light"),
    12: text("early stop"),
    13: text("early start"),
    15: text("programmes"),
}
"""Who usually asks in a slot; the others have no name."""
_COMMAND = {
    "held": text("it has what is asked"),
    "had": text("it had that when it answered last"),
    "on its way": text("the command is on its way"),
    "does not take": text("the command does not take, {tries} times in a row"),
    "not sent": text("nothing is sent now"),
}
_ENDS = {
    "minimum times": text("the minimum time is over: {then}"),
    "person": text("what was set by hand ends: {then}"),
    "rule": text("the rule's time is over: {then}"),
    "rule expects": text("about then, as far as {rule} can tell: {then}"),
    "no flame": text("if there is no flame until then: {then}"),
    "rule decides": text("{rule} decides anew; if what it reads stays as it is: {then}"),
    "rule looks": text("{rule} looks again; if what it reads stays as it is, no change: {then}"),
}

_BY = {
    "earliest": text("{words}: not before {time}"),
    "latest": text("{words}: at {time} at the latest"),
}


class Words:
    """Sentences about one answer, in one language."""

    def __init__(self, found: dict[str, Any], language: str) -> None:
        self._found = found
        self._language = language
        self._now: str = found["at"]

    def now(self) -> Iterator[Line]:
        """Of the present."""
        found = self._found
        yield Line(
            text("{name}, {time}", name=found["name"], time=moment(self._now, None, seconds=True)),
            style="bold",
        )
        yield from self._decided()
        if found["commandable"]:
            yield from self._slots()
            yield from self._hindrances()
        yield from self._device()
        yield from self._inputs()
        yield from self._next()
        yield from self._waits_for()

    # What is decided

    def _decided(self) -> Iterator[Line]:
        found = self._found
        if not found["commandable"]:
            yield Line(text("It is only read: nobody can command it."))
            return
        winner = found["winner"]
        if winner is None:
            yield Line(text("Nobody asks for a value."))
            return
        yield Line(self.asked_by(winner))
        for bound in found["bounds"]:
            yield Line(self.bounded(bound), 2)
        if found["held"] is not None:
            yield Line(
                text(
                    "Minimum times hold it at {value} (slot 6): {reason}",
                    value=self.value(found["held"]),
                    reason=self._until(found["held"]["reason"], found["held"]["until"]),
                ),
                2,
            )
        if found["bounds"] or found["held"] is not None:
            yield Line(text("So it is to have {value}.", value=self.value(found)))

    def asked_by(self, request: dict[str, Any]) -> Text:
        """Who wins, and why."""
        parts = {
            "value": self.value(request),
            "slot": request["slot"],
            "reason": self._until(request["reason"], request.get("until")),
            "source": request["source"],
        }
        match request["by"]:
            case "person":
                return text("{value}, set by hand by {source} (slot {slot}): {reason}", **parts)
            case "rule":
                return text("{value}, asked by a rule (slot {slot}, {source}): {reason}", **parts)
            case _:
                return text("{value}, asked by a programme (slot {slot}, {source}): {reason}", **parts)

    def bounded(self, bound: dict[str, Any]) -> Text:
        """A cap or floor that changed the value."""
        parts = {"value": self.value(bound), "slot": bound["slot"], "reason": bound["reason"]}
        if bound["op"] == "≤":
            return text("Not more than {value} (slot {slot}): {reason}", **parts)
        return text("Not less than {value} (slot {slot}): {reason}", **parts)

    def _slots(self) -> Iterator[Line]:
        found = self._found
        yield Line("")
        yield Line(text("In the 16 slots, the lowest that asks for a value is heard:"))
        empty = []
        for slot in found["slots"]:
            number = slot["slot"]
            if not slot["requests"]:
                empty.append(number)
            for request in slot["requests"]:
                mark = "→" if request in (found["winner"], found["held"], *found["bounds"]) else " "
                name = render(_SLOTS.get(number, ""), self._language)
                told = text(
                    "{mark} {slot} {name}: {op} {value} — {reason} [{source}]",
                    mark=mark,
                    slot=f"{number:2}",
                    name=name,
                    op=request["op"],
                    value=self.value(request),
                    reason=self._since(request),
                    source=request["source"],
                )
                yield Line(told, 5)
        yield Line(text("  empty: {slots}", slots=_ranges(empty)), 5)

    # What keeps it

    def _hindrances(self) -> Iterator[Line]:
        found = self._found
        yield Line("")
        if not found["hindrances"]:
            yield Line(text("Nothing holds it back."))
            return
        yield Line(text("What holds it back:"))
        for item in found["hindrances"]:
            yield Line(text("  - {words}", words=self._until(item["text"], item["until"])), 4, "yellow")

    def _device(self) -> Iterator[Line]:
        found = self._found
        device = found["device"]
        yield Line("")
        parts = {
            "device": device["label"],
            "value": self.value(device),
            "quality": self._quality(device),
            "time": moment(device["at"], self._now, seconds=True) or "—",
        }
        if device["answers"] is False:
            yield Line(text("{device} does not answer. Read last: {value}, {quality}, {time}", **parts), 2)
        else:
            yield Line(text("Read from {device}: {value}, {quality}, {time}", **parts), 2)
        sent = device["sent"]
        if sent is not None:
            told = text(
                "Told last: {value} at slot {slot}, since {time}",
                value=self.value(sent),
                slot=sent["slot"],
                time=moment(sent["since"], self._now),
            )
            said = _COMMAND.get(device["command"])
            if device["others"] is not None and device["command"] == "held":
                said = text("our slot has it")
            if said is not None:
                state = text(said.message, tries=device["tries"]) if "{" in said.message else said
                told = text("{told}; {state}", told=told, state=state)
            yield Line(told, 2)
        if device["others"] is not None:
            told = text(
                "Somebody else has {value} in the device's slot {slot}, which beats ours",
                value=self.value(device["others"]),
                slot=device["others"]["slot"],
            )
            yield Line(told, 2)

    def _inputs(self) -> Iterator[Line]:
        said, inputs = self._found["rules"], self._found["inputs"]
        if said or inputs:
            yield Line("")
        for item in said:
            told = text("{rule} says: {words}", rule=item["rule_label"], words=item["says"])
            yield Line(told, 2, "yellow")
        if not inputs:
            return
        yield Line(text("What its rules look at:"))
        for item in inputs:
            told = text(
                "  {rule}: {name} is {value}, {quality}",
                rule=item["rule_label"],
                name=item["name"],
                value=value_words(item["value"], item["state"], item["unit"], self._language),
                quality=self._quality(item),
            )
            yield Line(told, 4, "" if item["quality"] == "good" else "yellow")

    def _next(self) -> Iterator[Line]:
        found = self._found
        if not found["commandable"] or (found["waits_for"] and not found["next"]):
            return
        yield Line("")
        if not found["next"]:
            yield Line(text("No change has a time that is known."))
            return
        yield Line(text("Next, if all else stays as it is:"))
        for item in found["next"]:
            # A rule's delays are seconds; what goes by the time of day comes with a minute.
            to_the_second = item["kind"] == "rule decides" and datetime.fromisoformat(item["at"]).second > 0
            time = moment(item["at"], self._now, seconds=to_the_second)
            time += "" if item["announced"] else "?"
            told = text("  {time} {words}", time=time, words=self._then(item))
            yield Line(told, 8)

    def _waits_for(self) -> Iterator[Line]:
        found = self._found["waits_for"]
        if not found:
            return
        yield Line("")
        yield Line(text("What would change it:"))
        for item in found:
            words: Text | str = item["says"]
            if item["at"] is not None:
                time = moment(item["at"], self._now, seconds=True)
                words = text(_BY[item["at_is"]].message, words=words, time=time)
            rule = item["rule_label"] or text("minimum times")
            yield Line(text("  {rule}: {words}", rule=rule, words=words), 4)

    def _then(self, item: dict[str, Any]) -> Text:
        if item["kind"] == "programme" and item["asks"] is None:
            return text("no programme asks for a value any more")
        if not item["heard"]:
            asks = item["asks"]
            told = text("{value} — {reason}", value=self.value(asks), reason=asks["reason"])
            return text("a programme asks for {told}; it is not heard while that stands", told=told)
        then = self._decided_then(item)
        if item["kind"] == "programme":
            return then
        parts = {"then": then} if item["rule"] is None else {"then": then, "rule": item["rule_label"]}
        return text(_ENDS[item["kind"]].message, **parts)

    def _decided_then(self, item: dict[str, Any]) -> Text:
        """What comes of it; caps and floors that make another value of it are named."""
        if item["open"]:
            return text("what is asked then hangs on what machines answer before")
        by = item["by"]
        if by is None:
            return text("nobody asks for a value")
        if not item["bounds"]:
            return text("{value} — {reason}", value=self.value(item), reason=by["reason"])
        words: Text = text(
            "{value} — {reason} asks for {asked}",
            value=self.value(item),
            reason=by["reason"],
            asked=self.value(by),
        )
        for bound in item["bounds"]:
            words = text("{words}. {bound}", words=words, bound=self.bounded(bound))
        return words

    # Small words

    def value(self, of: dict[str, Any]) -> str:
        """A value as people write it; a released slot is said so."""
        if of["value"] is None and "op" in of:
            return render(text("release"), self._language)
        return value_words(of["value"], of["state"], self._found["unit"], self._language)

    def _until(self, words: str, until: str | None) -> Text:
        if not until:
            return text("{words}", words=words)
        return text("{words}, until {time}", words=words, time=moment(until, self._now))

    def _since(self, request: dict[str, Any]) -> Text:
        since = text(
            "{words}, since {time}", words=request["reason"], time=moment(request["since"], self._now)
        )
        if not request["until"]:
            return since
        return text("{words}, until {time}", words=since, time=moment(request["until"], self._now))

    def _quality(self, of: dict[str, Any]) -> Text:
        said = QUALITY_WORDS[of["quality"]]
        reason = str(of["reason"] or "")
        if not reason or reason == of["quality"]:
            return said
        translated = word(reason, self._language)
        why = translated if translated != reason else detail(reason)
        return text("{quality} ({reason})", quality=said, reason=why)


def _ranges(numbers: Sequence[int]) -> str:
    """ "1-4, 7, 9-14"."""
    found: list[list[int]] = []
    for number in numbers:
        if found and found[-1][-1] == number - 1:
            found[-1].append(number)
        else:
            found.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in found)
