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
from controller.decide.rules.awaited import Awaited, Wording
from controller.decide.rules.foresight import Change
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
    """"programme", "person", "rule", "minimum times"; "no flame": these end only if a stove's flame stays
    out; "rule decides": a rule decides anew, by what it reads then; "rule looks": it does, and changes
    nothing if that stays the same; "rule expects": what it asks for ends about then, or so it expects."""
    after: Result
    """What is decided then."""
    asks: Request | None = None
    """Of a programme: what it asks then, be it heard or not."""
    rule: Rule | None = None
    """Of a rule that decides, looks or expects: which."""
    open: bool = False
    """A rule that it hangs on decides before by what its machines answer: what is asked then nobody knows."""

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
    expects: bool
    """The ends of what it asks for are only expected."""
    ahead: Callable[[], Iterable[Change]]
    """What it will ask for at which time, if it reads the same; empty where that cannot be reckoned."""
    awaits: Callable[[Wording], Iterable[Awaited]]
    """What it waits for; times by the wall clock. Empty of kinds that have nothing to say of it."""


class Said(NamedTuple):
    """What a rule has to tell."""

    rule: Rule
    words: Text


class NotBefore(NamedTuple):
    """A minimum time that runs for a motor, whoever wants otherwise."""

    start: bool
    """A start would wait; else a stop, unless protection wants it."""
    reason: Text
    until_ms: int


class Waiting(NamedTuple):
    """What a rule, or a motor's minimum times, wait for."""

    rule: Rule | None
    """None: the minimum times."""
    awaited: Awaited
    """Its time is by the wall clock; none while nobody knows what time it is."""


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
    not_before: NotBefore | None


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
    waiting: tuple[Waiting, ...]


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
        tuple(sorted(_expected(seen, result), key=lambda item: item.at_ms)),
        tuple(_waiting(seen, result)),
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
    for rule, points, says, *_ in seen.rules:
        tells = bool(says) or str(rule.source) in asking
        for point in sorted(points):
            if tells or seen.readings[point].quality is not Quality.GOOD:
                yield rule, point


def _waiting(seen: Seen, result: Result) -> Iterable[Waiting]:
    wording = Wording(seen.plan, seen.readings)
    found = [Waiting(item.rule, awaited) for item in seen.rules for awaited in item.awaits(wording)]
    if seen.not_before is not None and result.held is None:
        start, reason, until_ms = seen.not_before
        words = text("a start would wait: {reason}", reason=reason)
        if not start:
            words = text("a stop would wait, but for protection: {reason}", reason=reason)
        found.append(Waiting(None, Awaited(words, until_ms, "earliest")))
    for rule, awaited in found:
        yield Waiting(rule, awaited if seen.trusted else awaited._replace(at_ms=None, means=""))


def _expected(seen: Seen, result: Result) -> Iterable[Coming]:
    ahead = _Ahead(seen, result)
    for item in _coming(seen, result, ahead):
        yield item._replace(open=ahead.open(item))


def _coming(seen: Seen, result: Result, ahead: _Ahead) -> Iterable[Coming]:
    now = arbitrate([request for standing in result.slots for request in standing])
    if result.held is not None and result.held.expires_ms is not None:
        kind = "no flame" if _is_permit(seen) else "minimum times"
        yield Coming(result.held.expires_ms, kind, now)
    rules = [item.rule for item in seen.rules]
    expecting = {str(item.rule.source): item.rule for item in seen.rules if item.expects}
    ends = {}
    for ending in ahead.others:
        ends_ms = ending.expires_ms
        if ends_ms is None or ends_ms < seen.now_ms:
            continue
        after = ahead.at(ends_ms, ending)
        if _of(after) != _of(now):
            ends[ends_ms] = _of(after)
            kind = "rule expects" if ending.source in expecting else author(ending, rules)
            yield Coming(ends_ms, kind, after, rule=expecting.get(ending.source))
    if not seen.trusted:
        return
    for rule, changes in ahead.rules:
        yield from _of_rule(ahead, rule, changes)
    if seen.change_ms is not None:
        asks = arbitrate(seen.programmes_at(seen.change_ms)).winner
        after = ahead.at(seen.change_ms)
        if ends.get(seen.change_ms) != _of(after):
            yield Coming(seen.change_ms, "programme", after, asks)


class _Ahead:
    """What is decided at times to come, if everything else stays as it is."""

    def __init__(self, seen: Seen, result: Result) -> None:
        self._seen = seen
        requests = [request for standing in result.slots for request in standing]
        self.others = [request for request in requests if request not in seen.programmes]
        """What is asked now by others than programmes."""
        self.rules = [(item.rule, tuple(item.ahead()) if seen.trusted else ()) for item in seen.rules]

    def open(self, coming: Coming) -> bool:
        """Whether a rule of which nothing is known by then could be heard."""
        winner = coming.after.winner
        return any(
            change.last and change.at_ms < coming.at_ms and (winner is None or rule.slot <= winner.slot)
            for rule, changes in self.rules
            for change in changes
        )

    def at(self, at_ms: int, without: Request | None = None, before: Change | None = None) -> Result:
        """Also `without` one of what stands, or as it would be `before` a rule's change."""
        seen = self._seen
        stands = [one for one in self.others if one is not without and not _over(one, at_ms)]
        for rule, changes in self.rules:
            past = [change for change in changes if change.at_ms <= at_ms and change is not before]
            if past:
                stands = [one for one in stands if one.source != str(rule.source)]
                stands += past[-1].requests
        programmes = seen.programmes_at(at_ms) if seen.trusted else seen.programmes
        return arbitrate([*stands, *programmes])


def _of_rule(ahead: _Ahead, rule: Rule, changes: Sequence[Change]) -> Iterable[Coming]:
    """The first change by a rule that changes what is decided, and before it the first that does not, if only
    it is this rule that is heard."""
    looked = False
    for change in changes:
        before, after = ahead.at(change.at_ms, before=change), ahead.at(change.at_ms)
        if _of(after) != _of(before):
            yield Coming(change.at_ms, "rule decides", after, rule=rule)
            return
        heard = [after.winner, *after.bounds]
        if not looked and not change.last and any(one in change.requests for one in heard if one is not None):
            looked = True
            yield Coming(change.at_ms, "rule looks", after, rule=rule)


def _is_permit(seen: Seen) -> bool:
    """Whether it is a stove's permit: what holds that is its flame."""
    return any(
        item.kind == "stove" and dict(item.roles).get("permit") == seen.point.id
        for item in seen.plan.equipment
    )


def _over(request: Request, at_ms: int) -> bool:
    return request.expires_ms is not None and request.expires_ms <= at_ms


def _of(result: Result) -> tuple[object, ...]:
    winner = result.winner
    return (result.value, None if winner is None else winner.source)
