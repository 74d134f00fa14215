"""Every kind of rule there is: its function, and what it looks at."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any, NamedTuple

from config.plan.asks import Selector
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
    Machine,
    MakeUp,
    OptimumStart,
    Presence,
    RuleSpec,
    Supervision,
    Watch,
)
from controller.decide.rules import (
    cycling,
    demand_cap,
    duty,
    hazard,
    heater,
    interlock,
    irrigation,
    level,
    lighting,
    link,
    make_up,
    metered,
    optimum_start,
    presence,
    supervision,
    tariff_shift,
    watch,
)
from controller.decide.rules.awaited import Awaited, Wording
from controller.decide.rules.look import Look


class Kind(NamedTuple):
    """One kind. All functions take its record first."""

    decide: Callable[[Any, Look], None]
    points: Callable[[Any], frozenset[int]]
    """What it looks at: a change of any of these makes it decide anew."""
    may_be_reset: Callable[[Any, Look], bool] | None = None
    """For trips: whether a person may reset it as things are."""
    latch: str = ""
    """For trips: what it remembers while it is tripped."""
    heeds: Callable[[Any], Collection[str]] = lambda _: ()
    """Names of rules whose trips it looks at: they never look at its own."""
    inputs: Callable[[Any, int], frozenset[int]] | None = None
    """What of it matters to one point that it commands; None: all."""
    parts: Callable[[Any], Iterable[Any]] = lambda spec: (spec,)
    """Its record as several that know nothing of each other: each is decided when something of it changes.
    What one of them remembers no other does, unless all remember the same."""
    glance: Callable[[Any, Look], None] | None = None
    """What an evaluation would do at a time asked for with `Look.glance_at`, while nothing that the last one
    took has changed and no wake has come: it keeps something else, and the rest of the memory stays."""
    foreseeable: bool = False
    """What it will do as time passes can be reckoned from the readings of now."""
    answered: bool = False
    """It looks at what its machines answer: what it will do is reckoned up to the first time at which it asks
    something else of any of them."""
    expects: bool = False
    """The ends of what it asks for are as it expects them by the readings of now, and not certain."""
    awaits: Callable[[Any, Look, Wording, int], Iterable[Awaited]] | None = None
    """What it waits for, in words, of one point that it commands. The look is thrown away afterwards."""


def _selects(selector: Selector | None) -> int | None:
    return None if selector is None else selector.point


def _bound(*points: int | None) -> frozenset[int]:
    return frozenset(point for point in points if point is not None)


def _of_machine(item: Machine) -> tuple[int | None, ...]:
    return item.feedback, item.fault, _selects(item.selector), item.hours


KINDS: dict[type[RuleSpec], Kind] = {
    Interlock: Kind(
        interlock.decide,
        lambda spec: points_of(spec.when, spec.until) | {ask.point for ask in spec.then},
        interlock.may_be_reset,
        interlock.TRIPPED,
        inputs=lambda spec, _: points_of(spec.when, spec.until),
        foreseeable=True,
        awaits=interlock.awaits,
    ),
    Hazard: Kind(
        hazard.decide,
        lambda spec: frozenset(spec.contacts).union(
            *((item.command, item.feedback) for item in spec.withdrawals)
        ),
        hazard.may_be_reset,
        hazard.ALARM,
    ),
    Link: Kind(link.decide, lambda spec: points_of(spec.when, spec.until), foreseeable=True),
    Level: Kind(
        level.decide,
        lambda spec: points_of(spec.only_if) | {spec.level},
        foreseeable=True,
        awaits=level.awaits,
    ),
    Duty: Kind(
        duty.decide,
        lambda spec: (
            points_of(spec.when)
            | _bound(spec.level, *(point for item in spec.machines for point in _of_machine(item)))
        ),
        heeds=lambda spec: [item.name for item in spec.machines],
        foreseeable=True,
        answered=True,
        awaits=duty.awaits,
    ),
    Cycling: Kind(cycling.decide, lambda spec: points_of(spec.when), foreseeable=True),
    MakeUp: Kind(make_up.decide, lambda spec: frozenset((spec.level,)), make_up.may_be_reset, make_up.ALARM),
    OptimumStart: Kind(
        optimum_start.decide,
        lambda spec: _bound(spec.temperature, spec.outdoor, *(item.on.point for item in spec.then)),
        inputs=lambda spec, _: _bound(spec.temperature, spec.outdoor),
        foreseeable=True,
    ),
    Heater: Kind(
        heater.decide,
        lambda spec: points_of(spec.when) | _bound(*(item.temperature for item in spec.boilers)),
        inputs=lambda spec, point: (
            points_of(spec.when)
            | _bound(*(item.temperature for item in spec.boilers if point == item.heat.on.point))
        ),
        foreseeable=True,
    ),
    Irrigation: Kind(
        irrigation.decide,
        lambda spec: points_of(spec.only_if, spec.skip_when, spec.rain) | _bound(spec.level, spec.meter),
        foreseeable=True,
    ),
    TariffShift: Kind(
        tariff_shift.decide, lambda spec: points_of(spec.only_if) | {spec.level}, foreseeable=True
    ),
    Supervision: Kind(
        supervision.decide,
        lambda spec: _bound(spec.command, spec.feedback, spec.fault, _selects(spec.selector)),
        supervision.may_be_reset,
        supervision.TRIPPED,
        lambda spec: spec.yields_to,
        foreseeable=True,
    ),
    Presence: Kind(presence.decide, lambda spec: frozenset(spec.contacts)),
    Lighting: Kind(lighting.decide, lighting.points, parts=lighting.parts),
    DemandCap: Kind(
        demand_cap.decide,
        lambda spec: points_of(*(item.only_if for item in spec.sheds)) | frozenset(spec.meters),
        inputs=demand_cap.inputs,
        glance=metered.glance,
        expects=True,
        awaits=demand_cap.awaits,
    ),
    Watch: Kind(watch.decide, lambda spec: points_of(spec.when, spec.stays, spec.only_if)),
}
