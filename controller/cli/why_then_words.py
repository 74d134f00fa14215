"""What an explanation of another time says, in sentences: of the past and of what is foreseen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from config.language import Text, text
from controller.cli.moments import moment
from controller.cli.why_words import Line, Words

_DONE = {
    "sent": text("sent: {value} at slot {slot}"),
    "acknowledged": text("acknowledged by the device"),
    "read-back": text("read back: {value}"),
    "mismatch": text("read back {value} instead"),
    "rejected": text("refused by the device: {detail}"),
    "no-answer": text("no answer; whether the device acted is unknown: {detail}"),
    "not-sent": text("not sent: {detail}"),
    "would-write": text("observe mode: {value} at slot {slot} would have been sent"),
    "expired": text("what was set by hand at slot {slot} ended"),
}
_RELEASED = text("sent: slot {slot} is given back")
_BY_HAND = text("changed by hand to {value}; left alone")
_HAND_OVER = text("the change by hand is over: {detail}")
_LEFT = re.compile(r"was .+; left until \d+", re.DOTALL)
_AGAIN = re.compile(r"(?P<count>\d+) times from (?P<first>\S+) to (?P<last>\S+)")
_ASKED = {
    "set": text("{person} had set it by hand at {time}"),
    "release": text("{person} had given it back at {time}"),
}


class ThenWords(Words):
    """Sentences about one answer."""

    def past(self) -> Iterator[Line]:
        """From the ledger."""
        found = self._found
        yield self._title(text("{name}, {time}, as the ledger has it"))
        yield from self._run()
        yield from self._was_decided()
        for bar in found["bars"]:
            yield Line(_bar(bar, self._now), 2, "yellow")
        if found["events"]:
            yield Line("")
            yield Line(text("Since then, up to the time asked for:"))
            for event in found["events"]:
                time = moment(event["at"], self._now, seconds=True)
                yield Line(text("  {time} {words}", time=time, words=self._event(event)), 11)
        yield Line("")
        yield Line(self._after())
        if found["after"] is not None:
            yield from _made_of_it(found["after"])
        for name in found["damaged"]:
            words = text("{file} cannot be read to its end: something may be missing here", file=name)
            yield Line(words, 0, "yellow")

    def foreseen(self) -> Iterator[Line]:
        """From the programmes."""
        found = self._found
        yield self._title(text("{name}, {time}, foreseen"))
        yield from self._will_be_asked()
        for override in found["overrides"]:
            told = text(
                "Set by hand by {person} until {time}: {value} (slot {slot}) comes first",
                person=override["who"],
                time=moment(override["until"], self._now),
                value=self.value(override),
                slot=override["slot"],
            )
            yield Line(told, 2, "yellow")
        for hidden in found["hidden"]:
            told = text(
                "Not heard: {value} — {reason} (slot {slot}, {source})",
                value=self.value(hidden),
                reason=hidden["reason"],
                slot=hidden["slot"],
                source=hidden["source"],
            )
            yield Line(told, 2)
        yield Line("")
        yield Line(text("Foreseen by the programmes alone; what people and rules will ask nobody knows yet."))

    def _title(self, form: Text) -> Line:
        time = moment(self._now, None, seconds=True)
        return Line(text(form.message, name=self._found["name"], time=time), style="bold")

    def _run(self) -> Iterator[Line]:
        run = self._found["run"]
        if run is None:
            return
        time = moment(run["at"], self._now, seconds=True)
        if run["kind"] == "stop":
            yield Line(text("louguan did not run then: it had ended at {time}.", time=time), 2, "yellow")
        elif run["kind"] == "gap":
            yield Line(text("The ledger has a gap since {time}.", time=time), 2, "yellow")

    def _was_decided(self) -> Iterator[Line]:
        decided, asked = self._found["decided"], self._found["asked"]
        if decided is None:
            yield Line(text("The ledger tells of no decision on it up to then."))
            return
        parts = {
            "value": self.value(decided),
            "time": moment(decided["at"], self._now, seconds=True),
            "slot": decided["slot"],
            "person": decided["who"],
            "source": decided["source"],
            "reason": decided["why"],
        }
        match decided["by"]:
            case "nobody":
                yield Line(text("Nobody asked for a value, since {time}.", **parts))
            case "person":
                yield Line(
                    text("{value} since {time}, set by hand by {person} (slot {slot}): {reason}", **parts)
                )
            case "rule":
                yield Line(
                    text("{value} since {time}, asked by a rule (slot {slot}, {source}): {reason}", **parts)
                )
            case _:
                yield Line(
                    text(
                        "{value} since {time}, asked by a programme (slot {slot}, {source}): {reason}",
                        **parts,
                    )
                )
        yield from _made_of_it(decided)
        if asked is not None:
            done = "set" if asked["detail"].startswith("set") else "release"
            time = moment(asked["at"], self._now, seconds=True)
            yield Line(text(_ASKED[done].message, person=asked["who"], time=time), 2)

    def _event(self, event: dict[str, Any]) -> Text:
        known = _DONE.get(event["kind"])
        again = _AGAIN.match(event["detail"])
        if event["kind"] == "sent" and event["value"] is None:
            known = _RELEASED
        if event["kind"] == "hand":
            known = _BY_HAND if _LEFT.fullmatch(event["detail"]) else _HAND_OVER
        if event["kind"] == "reasserted" and again is not None:
            return text(
                "told again {count} times, from {first} to {last}",
                count=again["count"],
                first=moment(again["first"], self._now),
                last=moment(again["last"], self._now),
            )
        if known is None:
            return text("{kind} {detail}", kind=event["kind"], detail=event["detail"])
        parts = {"value": self.value(event), "slot": event["slot"], "detail": event["said"] or "—"}
        return text(known.message, **{name: parts[name] for name in parts if f"{{{name}}}" in known.message})

    def _after(self) -> Text:
        after = self._found["after"]
        if after is None:
            return text("Nothing else has been decided since.")
        time = moment(after["at"], self._now, seconds=True)
        if after["by"] == "nobody":
            return text("Next, at {time}, nobody asked for a value any more.", time=time)
        return text(
            "Next, at {time}: {value} — {reason}",
            time=time,
            value=self.value(after),
            reason=after["why"] or after["who"],
        )

    def _will_be_asked(self) -> Iterator[Line]:
        found = self._found
        winner = found["winner"]
        if not found["programmed"]:
            yield Line(text("No programme commands it: nothing can be foreseen."))
            return
        if winner is None:
            yield Line(text("No programme will ask for a value then."))
        else:
            yield Line(self.asked_by(winner))
        if found["since"]:
            yield Line(text("  so since {time}", time=moment(found["since"], self._now)), 2)
        if found["until"]:
            told = text("  next change at {time}", time=moment(found["until"], self._now))
            if not found["until_announced"]:
                told = text("{told}? (days off of that year are not announced: it may differ)", told=told)
            yield Line(told, 2)
        else:
            yield Line(text("  no change within {days} days", days=found["horizon_days"]), 2)


def _made_of_it(decided: dict[str, Any]) -> Iterator[Line]:
    """What raised, lowered or held back what was asked for, so that the value is not that of its reason."""
    if decided["said"]:
        yield Line(text("Something made that of it: {words}", words=decided["said"]), 2)


def _bar(bar: dict[str, Any], now: str) -> Text:
    parts = {
        "target": bar["label"],
        "person": bar["person"] or "?",
        "reason": bar["reason"] or "?",
        "time": moment(bar["since"], now) or "?",
    }
    if bar["kind"] == "lock":
        return text(
            "{target} was locked by {person} since {time}: {reason}; nothing was sent",
            **parts,
        )
    return text("{target} was in observe mode since {time}, by {person}; nothing was sent", **parts)
