"""What an interlock protects stays as it says for as long as it is tripped, and it trips when its condition
is true, or cannot be read; and without a cause it does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import TypeAlias

from config.language import text
from config.plan.asks import Ask
from config.plan.conditions import All, AnyOf, Compare, Condition, Has, Lasting, Not
from config.plan.reading import Quality, Reading
from config.plan.rules import Interlock, Rule
from config.plan.site import Plan
from controller.campaign.seen import Breach, Seen
from controller.decide.records import Reset

NAME = "interlocks"
FIRST_READING_S = 60.0
PROTECTION = 5


_Verdicts: TypeAlias = frozenset[bool | None]


@dataclass(slots=True)
class _State:
    tripped: bool | None = None
    """None: not known here."""
    true_since_s: dict[str, float] = field(default_factory=dict)
    """By the key of what must last."""


class Tripped:
    """Judges conditions by itself; what it cannot be sure of it leaves open."""

    def __init__(self) -> None:
        self._states: dict[str, _State] = {}
        self._plan: Plan | None = None
        self._rules: list[Rule] = []

    def look(self, seen: Seen) -> Iterator[Breach]:
        if seen.last:
            return
        if seen.plan is not self._plan:
            self._plan = seen.plan
            self._rules = [rule for rule in seen.plan.rules if isinstance(rule.spec, Interlock)]
            self._states = {}
        if seen.began:
            self._states = {}
        reset = {command.rule for command in seen.commands if isinstance(command, Reset)}
        for rule in self._rules:
            state = self._states.setdefault(rule.name, _State())
            if rule.name in reset:
                state.tripped = None
            yield from self._judge(seen, rule, state)

    def _judge(self, seen: Seen, rule: Rule, state: _State) -> Iterator[Breach]:
        spec = rule.spec
        assert isinstance(spec, Interlock)
        settled = seen.run_s > FIRST_READING_S + 2 * seen.cycle_s
        found = _possible(spec.when, seen, state)
        trips = {True, None} if settled and spec.on_bad_input.does == "trip" else {True}
        if found <= trips:
            state.tripped = True
        elif state.tripped and _may_go(spec, seen, state, found):
            state.tripped = None
        asks = [ask for ask in spec.then if ask.point in seen.decisions]
        if state.tripped:
            for ask in asks:
                yield from _protects(seen, rule, ask)
        elif found == {False} and settled:
            asked = any(_asks(seen, rule, ask) for ask in asks)
            if state.tripped is False and asked:
                yield Breach(NAME, rule.name, text("it has tripped without a cause"))
            state.tripped = None if asked else False
        else:
            state.tripped = None


def _may_go(spec: Interlock, seen: Seen, state: _State, found: _Verdicts) -> bool:
    """Whether the trip may be over by itself."""
    if spec.reset == "manual":
        return False
    given_up = None in found and spec.on_bad_input.does != "trip"
    return given_up or spec.until is None or True in _possible(spec.until, seen, state)


def _asks(seen: Seen, rule: Rule, ask: Ask) -> bool:
    standing = seen.decisions[ask.point].slots[rule.slot - 1]
    return any(one.source == str(rule.source) and one.value == ask.value for one in standing)


def _protects(seen: Seen, rule: Rule, ask: Ask) -> Iterator[Breach]:
    decision = seen.decisions[ask.point]
    key = seen.plan.points[ask.point].key
    if not _asks(seen, rule, ask):
        yield Breach(NAME, rule.name, text("it is to be tripped, and asks {point} for nothing", point=key))
        return
    if rule.slot != PROTECTION or ask.value is True:
        return  # a start waits for its rest time
    others = {one.source for one in decision.slots[PROTECTION - 1]} - {str(rule.source)}
    if decision.value != ask.value and not others:
        words = text("it is tripped, and {point} is {value}", point=key, value=str(decision.value))
        yield Breach(NAME, rule.name, words)


def _possible(condition: Condition, seen: Seen, state: _State) -> _Verdicts:
    """What it may be: True, False, or None where readings leave it open. More than one where it hangs on how
    long something has lasted, to the second."""
    match condition:
        case Compare() | Has():
            return frozenset((_compared(condition, seen.readings),))
        case Not():
            found = _possible(condition.item, seen, state)
            return frozenset(None if one is None else not one for one in found)
        case All():
            items = (_possible(item, seen, state) for item in condition.items)
            return frozenset(map(_every, product(*items)))
        case AnyOf():
            items = (_possible(item, seen, state) for item in condition.items)
            return frozenset(map(_some, product(*items)))
        case Lasting():
            return _lasted(condition, seen, state)
        case _:
            return frozenset((True, False, None))


def _lasted(condition: Lasting, seen: Seen, state: _State) -> _Verdicts:
    found = _possible(condition.item, seen, state)
    if found != {True}:
        state.true_since_s.pop(condition.key, None)
        return found | {False} if True in found else found
    since_s = state.true_since_s.setdefault(condition.key, seen.gone_s)
    surely = seen.gone_s - since_s >= condition.seconds + 2 * seen.cycle_s
    return found if surely else frozenset((True, False))


def _compared(condition: Compare | Has, readings: Sequence[Reading]) -> bool | None:
    reading = readings[condition.point]
    if reading.quality is not Quality.GOOD or reading.value is None:
        return None
    if isinstance(condition, Has):
        return reading.value == condition.value
    if isinstance(reading.value, bool | str):
        return None
    below = condition.op == "below"
    return reading.value < condition.value if below else reading.value > condition.value


def _every(found: Sequence[bool | None]) -> bool | None:
    return False if False in found else None if None in found else True


def _some(found: Sequence[bool | None]) -> bool | None:
    return True if True in found else None if None in found else False
