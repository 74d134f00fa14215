"""What a rule may ever ask for, and what it looks at, whatever its kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from config.plan.conditions import points_of
from config.plan.rules import (
    Ask,
    Cycling,
    Duty,
    Hazard,
    Interlock,
    Level,
    Lighting,
    Link,
    MakeUp,
    Presence,
    Rule,
    Supervision,
    Switched,
    Watch,
)
from config.plan.slots import Slot


class Claim(NamedTuple):
    """One value that it may ask for."""

    ask: Ask
    slot: int
    floor: bool = False
    """It is the least that others may ask for."""
    leaves: bool = False
    """After it the rule asks for nothing: whoever else asks is heard again."""


def asked(rule: Rule) -> Iterator[Claim]:
    """Everything that `rule` may ask for."""
    match rule.spec:
        case Interlock():
            # After a trip things stay as they are: that is no oversight.
            yield from (Claim(ask, rule.slot) for ask in rule.spec.then)
        case Link():
            yield from _switched(rule.spec.then, rule.slot, Slot.PROGRAMME)
        case Level() | Cycling() | MakeUp():
            yield from _switched(rule.spec.then, rule.slot, rule.slot)
        case Duty():
            yield from _switched((item.then for item in rule.spec.machines), rule.slot, rule.slot)
        case Supervision():
            yield Claim(Ask(rule.spec.command, False, safe=True), rule.slot)
        case Presence():
            # People press switches too: what stays as it is afterwards need not be an oversight.
            yield from (Claim(ask, rule.slot) for ask in rule.spec.then)
        case Hazard() | Lighting() | Watch():
            # A lighting rule only bounds, and has a check of its own.
            return


def looked_at(rule: Rule) -> frozenset[int]:
    """Every point that it looks at for what it asks."""
    spec = rule.spec
    match spec:
        case Interlock() | Link():
            return points_of(spec.when, spec.until)
        case Level():
            return points_of(spec.only_if) | {spec.level}
        case Cycling():
            return points_of(spec.when)
        case MakeUp():
            return frozenset((spec.level,))
        case Duty():
            return points_of(spec.when) | (frozenset() if spec.level is None else {spec.level})
        case Supervision():
            return frozenset((spec.command, spec.feedback))
        case Watch():
            return points_of(spec.when, spec.only_if)
        case Hazard() | Presence():
            return frozenset(spec.contacts)
        case Lighting():
            return frozenset().union(*(lamp.presence for lamp in spec.lamps)) | {
                lamp.lux for lamp in spec.lamps if lamp.lux is not None
            }


def _switched(then: Iterable[Switched], slot: int, off_slot: int) -> Iterator[Claim]:
    for item in then:
        yield Claim(item.on, slot, item.floor, leaves=item.off is None)
        if item.off is not None:
            yield Claim(item.off, off_slot)
