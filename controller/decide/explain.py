"""Why a point is as it is: all that bears on it, in one record. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from config.language import Text, text
from config.plan.points import Point
from config.plan.reading import Quality, Reading, Value
from config.plan.rules import Rule
from config.plan.site import Plan
from config.plan.slots import Slot
from controller.decide.arbiter import NOTHING, Result, arbitrate
from controller.decide.barriers import Barrier
from controller.decide.output import Standing
from controller.decide.requests import Request
from controller.decide.wanted import Phase


class Hindrance(NamedTuple):
    """One thing that keeps the point from what is asked."""

    kind: str
    """"minimum times", a BarrierKind's value, "hand", "device", "command", "overridden", "clock"."""
    text: Text
    until_ms: int | None = None
    """Its end, where that is known."""


class Has(NamedTuple):
    """What the device has, and what it was told last."""

    reading: Reading
    state: str
    """"held", "had" (when it answered last), "on its way", "does not take", "not sent"; "" where nothing is
    asked."""
    sent: Value | None
    """What was sent last, or found there and taken over."""
    slot: int
    """Where that was asked; 0 = nothing was sent."""
    since_ms: int | None
    tries: int
    """How often in a row it has not taken."""
    others: tuple[int, Value] | None
    """BACnet: the slot of somebody else that beats ours, and what stands in it."""


class Input(NamedTuple):
    """What a rule of this point looks at."""

    rule: Rule
    point: Point
    reading: Reading


class Coming(NamedTuple):
    """One change that is to be expected, if everything else stays as it is."""

    at_ms: int
    kind: str
    """"programme", "person", "rule", "minimum times"."""
    after: Result
    """What is decided then."""
    asks: Request | None
    """Of a programme: what it asks then, be it heard or not."""

    @property
    def heard(self) -> bool:
        """Whether it is the programme that is heard then."""
        return self.kind != "programme" or self.after.winner == self.asks


class Bearing(NamedTuple):
    """A rule that bears on a point."""

    rule: Rule
    points: frozenset[int]
    """What it looks at."""
    says: tuple[Text, ...]
    """What people are told of it now."""


class Said(NamedTuple):
    """What a rule has to tell."""

    rule: Rule
    words: Text


class Seen(NamedTuple):
    """What is known of one point."""

    plan: Plan
    point: Point
    result: Result | None
    """None: nobody can command it."""
    barrier: Barrier | None
    standing: Standing | None
    hand: Hindrance | None
    """A person's hand for which it is left alone."""
    reachable: bool
    readings: Sequence[Reading]
    rules: Sequence[Bearing]
    """Those that may ask for something of it, or keep everybody from it."""
    trusted: bool
    """The clock."""
    now_ms: int
    programmes: tuple[Request, ...]
    """What programmes ask of it now."""
    programmes_at: Callable[[int], Iterable[Request]]
    """And at another time."""
    change_ms: int | None
    """When that is next another value; None = not for long, or nobody knows."""


class Explanation(NamedTuple):
    """The answer."""

    point: Point
    result: Result
    commandable: bool
    asked: Value | None
    """What the winner asks for, before caps, floors and minimum times."""
    hindrances: tuple[Hindrance, ...]
    has: Has
    inputs: tuple[Input, ...]
    said: tuple[Said, ...]
    coming: tuple[Coming, ...]
    """In the order of time."""


def explain(seen: Seen) -> Explanation:
    """All of it."""
    result = NOTHING if seen.result is None else seen.result
    asked = None if result.winner is None else result.winner.value
    hindrances = tuple(_hindrances(seen, result))
    known = {item.text for item in hindrances} | {
        part
        for standing in result.slots
        for request in standing
        for _, part in request.reason.parts
        if isinstance(part, Text)
    }
    return Explanation(
        seen.point,
        result,
        seen.result is not None,
        asked,
        hindrances,
        _has(seen),
        tuple(Input(rule, seen.plan.points[p], seen.readings[p]) for rule, p in _looked_at(seen)),
        tuple(Said(item.rule, words) for item in seen.rules for words in item.says if words not in known),
        tuple(sorted(_coming(seen, result), key=lambda item: item.at_ms)),
    )


def author(request: Request, rules: Iterable[Rule]) -> str:
    """Who asks: "person", "rule", "programme", or "minimum times"."""
    if request.slot == Slot.MINIMUM_TIMES:
        return "minimum times"
    if any(str(rule.source) == request.source for rule in rules):
        return "rule"
    return "programme" if ":" in request.source else "person"


def _hindrances(seen: Seen, result: Result) -> Iterable[Hindrance]:
    if result.held is not None:
        yield Hindrance("minimum times", result.held.reason, result.held.expires_ms)
    if seen.barrier is not None:
        yield Hindrance(seen.barrier.kind.value, seen.barrier.text)
    if seen.hand is not None:
        yield seen.hand
    if seen.result is not None and not seen.reachable:
        yield Hindrance("device", text("the device does not answer; it is sent when it is back"))
    standing = seen.standing
    if standing is not None and standing.refused:
        yield Hindrance("command", text("the command does not take"))
    if standing is not None and standing.overridden_at is not None:
        slot = standing.overridden_at
        yield Hindrance("overridden", text("overridden by others at slot {slot}", slot=slot))
    if not seen.trusted:
        yield Hindrance("clock", text("the clock cannot be trusted"))


def _has(seen: Seen) -> Has:
    reading, standing = seen.readings[seen.point.id], seen.standing
    if standing is None:
        return Has(reading, "", None, 0, None, 0, None)
    others = None
    if standing.overridden_at is not None and standing.array is not None:
        others = standing.overridden_at, standing.array[standing.overridden_at]
    record = standing.record
    return Has(
        reading,
        _state(standing, seen),
        None if record is None else record.value,
        0 if record is None else record.slot,
        None if record is None else record.since_ms,
        standing.tries,
        others,
    )


def _state(standing: Standing, seen: Seen) -> str:
    if standing.wanted is None:
        return ""
    if standing.flight is not None:
        return "on its way"
    if standing.refused:
        return "does not take"
    held = standing.phase is Phase.HELD and standing.tried == standing.wanted
    if not held or standing.barred is not None or seen.hand is not None:
        return "not sent"
    return "held" if seen.reachable else "had"


def _looked_at(seen: Seen) -> Iterable[tuple[Rule, int]]:
    """What rules look at that ask for something now or have an alarm, and all that cannot be read: it decides
    what they do."""
    asking = {request.source for standing in (seen.result or NOTHING).slots for request in standing}
    for rule, points, says in seen.rules:
        tells = bool(says) or str(rule.source) in asking
        for point in sorted(points):
            if tells or seen.readings[point].quality is not Quality.GOOD:
                yield rule, point


def _coming(seen: Seen, result: Result) -> Iterable[Coming]:
    requests = [request for standing in result.slots for request in standing]
    others = [request for request in requests if request not in seen.programmes]
    now = arbitrate(requests)
    if result.held is not None and result.held.expires_ms is not None:
        yield Coming(result.held.expires_ms, "minimum times", now, None)
    rules = [item.rule for item in seen.rules]
    for ending in others:
        ends_ms = ending.expires_ms
        if ends_ms is None or ends_ms < seen.now_ms:
            continue
        programmes = seen.programmes_at(ends_ms) if seen.trusted else seen.programmes
        left = [one for one in others if one is not ending and not _over(one, ends_ms)]
        after = arbitrate([*left, *programmes])
        if _of(after) != _of(now):
            yield Coming(ends_ms, author(ending, rules), after, None)
    if seen.trusted and seen.change_ms is not None:
        programmes = tuple(seen.programmes_at(seen.change_ms))
        left = [one for one in others if not _over(one, seen.change_ms)]
        after = arbitrate([*left, *programmes])
        yield Coming(seen.change_ms, "programme", after, arbitrate(programmes).winner)


def _over(request: Request, at_ms: int) -> bool:
    return request.expires_ms is not None and request.expires_ms <= at_ms


def _of(result: Result) -> tuple[object, ...]:
    winner = result.winner
    return (result.value, None if winner is None else winner.source)
