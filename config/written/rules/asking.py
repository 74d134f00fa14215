"""What a rule may ever ask for, and what it looks at, whatever its kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from config.plan.asks import Ask, Switched
from config.plan.conditions import points_of
from config.plan.hourly import Heater, Irrigation, TariffShift
from config.plan.rules import (
    Cycling,
    DemandCap,
    Duty,
    Hazard,
    Interlock,
    Level,
    Lighting,
    Link,
    MakeUp,
    OptimumStart,
    Presence,
    Rule,
    Supervision,
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
        case Link() | Presence():
            yield from _switched(rule.spec.then, rule.slot, Slot.PROGRAMME)
        case Level() | Cycling() | MakeUp() | TariffShift():
            yield from _switched(rule.spec.then, rule.slot, rule.slot)
        case OptimumStart():
            yield from _switched(rule.spec.then, rule.slot, Slot.PROGRAMME)
            if rule.spec.coast is not None:
                for item in rule.spec.then:
                    if item.off is not None:
                        yield Claim(item.off, Slot.OPTIMUM_STOP)
        case Duty():
            yield from _switched((item.then for item in rule.spec.machines), rule.slot, rule.slot)
        case Heater():
            yield from _switched((item.heat for item in rule.spec.boilers), rule.slot, rule.slot)
            flushes = [item.flush for item in rule.spec.boilers if item.flush is not None]
            # A pulse is over by itself: nothing is left behind.
            yield from (
                Claim(ask, Slot.PROCESS) for item in flushes for ask in (item.on, item.off) if ask is not None
            )
        case Irrigation():
            yield from _switched((item.then for item in rule.spec.valves), rule.slot, rule.slot)
        case Supervision():
            yield Claim(Ask(rule.spec.command, False, safe=True), rule.slot)
        case Hazard() | Lighting() | DemandCap():
            # A lighting rule and a demand cap only bound, and have checks of their own.
            return


def looked_at(rule: Rule) -> frozenset[int]:
    """Every point that it looks at for what it asks."""
    spec = rule.spec
    match spec:
        case Interlock() | Link():
            return points_of(spec.when, spec.until)
        case Level() | TariffShift():
            return points_of(spec.only_if) | {spec.level}
        case Cycling():
            return points_of(spec.when)
        case MakeUp():
            return frozenset((spec.level,))
        case OptimumStart():
            return frozenset((spec.temperature,)) | (frozenset() if spec.outdoor is None else {spec.outdoor})
        case Duty():
            return points_of(spec.when) | (frozenset() if spec.level is None else {spec.level})
        case Heater():
            boilers = {item.temperature for item in spec.boilers if item.temperature is not None}
            return points_of(spec.when) | boilers
        case Irrigation():
            numbers = {point for point in (spec.level, spec.meter) if point is not None}
            return points_of(spec.only_if, spec.skip_when, spec.rain) | numbers
        case Supervision():
            return frozenset((spec.command, spec.feedback))
        case Hazard() | Presence():
            return frozenset(spec.contacts)
        case DemandCap():
            return points_of(*(item.only_if for item in spec.sheds)) | frozenset(spec.meters)
        case Lighting():
            return frozenset().union(*(lamp.presence for lamp in spec.lamps)) | {
                lamp.lux for lamp in spec.lamps if lamp.lux is not None
            }


def _switched(then: Iterable[Switched], slot: int, off_slot: int) -> Iterator[Claim]:
    for item in then:
        yield Claim(item.on, slot, item.floor, leaves=item.off is None)
        if item.off is not None:
            yield Claim(item.off, off_slot)
