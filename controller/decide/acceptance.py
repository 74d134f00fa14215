"""Whether a person's command can be carried out at this site, and why not. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection

from config.language import Text, text
from config.plan.amounts import amount
from config.plan.equipment import KINDS, RUN
from config.plan.points import Point
from config.plan.reading import Value
from config.plan.site import Plan
from config.plan.slots import WRITABLE
from controller.decide.records import (
    Book,
    Lock,
    Observe,
    Override,
    PersonCommand,
    Refused,
    Release,
    Reset,
    Unlock,
)
from controller.decide.rules.aims import aims


def accept(plan: Plan, command: PersonCommand, wall_ms: int, observed: Collection[str] = ()) -> None:
    """Raises Refused, with the reason, when `command` cannot be carried out at `wall_ms`.

    `observed`: the targets of which people have said something about observe mode.
    """
    if not command.person:
        raise Refused(text("say who you are: a command needs a person"))
    match command:
        case Override():
            _accept_override(plan, command, wall_ms)
        case Release():
            _commandable(plan, command.point)
        case Lock():
            _target(plan, command.target)
            if not command.reason:
                raise Refused(text("a lock needs a reason"))
        case Unlock():
            # A lock outlives the equipment it was put on, and can always be taken away.
            pass
        case Reset():
            if not command.reason:
                raise Refused(text("a reset needs a reason"))
        case Observe():
            # Like a lock it outlives what it was put on, and can always be ended.
            if command.target and (command.observing or command.target not in observed):
                _target(plan, command.target)
        case Book():
            known = {place.name for place in plan.places}
            for item in command.added:
                if item.place not in known:
                    raise Refused(text("no place named {name}", name=item.place))


def misfit(plan: Plan, command: Override) -> Text | None:
    """Why `plan` has no place for an override, whatever its end; None where it has one."""
    try:
        point = _commandable(plan, command.point)
    except Refused as refusal:
        return refusal.text
    if command.slot not in WRITABLE:
        return text("slot {slot} is not ours to write", slot=command.slot)
    if command.urgent and (command.value is not False or not _motors(plan, point.id)):
        return text("--urgent is for stopping a motor: it breaks its minimum run time")
    return wrong_value(point, command.value)


def _accept_override(plan: Plan, command: Override, wall_ms: int) -> None:
    wrong = misfit(plan, command)
    if wrong is not None:
        raise Refused(wrong)
    if command.expires_ms <= wall_ms:
        raise Refused(text("that end is over already"))
    longest = plan.site.override_max_s
    if command.expires_ms - wall_ms > longest * 1000:
        raise Refused(text("an override may last {hours} h here at most", hours=f"{longest / 3600:g}"))


def _commandable(plan: Plan, key: str) -> Point:
    point = next((item for item in plan.points if item.key == key), None)
    if point is None:
        raise Refused(text("no point named {name}", name=key))
    if point.life_safety:
        raise Refused(text("{name} belongs to life safety and is never commanded", name=key))
    if point.command is None:
        raise Refused(text("{name} is read-only", name=key))
    if not point.command.targetable:
        raise Refused(text("{name} is a set-up register, written by the driver alone", name=key))
    if (point.name == RUN or _motors(plan, point.id)) and not _ruled(plan, point.id):
        # A motor that no rule commands is its panel's: nothing here protects it from what people say.
        raise Refused(text("{name} is a motor's own command: use its mode or permit", name=key))
    return point


def _motors(plan: Plan, point: int) -> bool:
    """Whether it starts and stops a motor."""
    return any(
        bound == point and KINDS[equipment.kind][role].gated
        for equipment in plan.equipment
        for role, bound in equipment.roles
    )


def _ruled(plan: Plan, point: int) -> bool:
    return any(point in aims(rule.spec) for rule in plan.rules)


def wrong_value(point: Point, value: Value) -> Text | None:
    """Why `value` cannot be commanded on `point`; None if it can."""
    command = point.command
    if command is None:
        return text("{name} is read-only", name=point.key)
    match point.kind:
        case "bool":
            return None if isinstance(value, bool) else text("{name} takes on or off", name=point.key)
        case "enum":
            allowed = command.states or tuple(number for number, _ in point.states)
            if not isinstance(value, bool) and value in allowed:
                return None
            names = ", ".join(point.state_name(number) or str(number) for number in allowed)
            return text("{name} takes one of {names}", name=point.key, names=names)
        case "number":
            if isinstance(value, bool | str) or not math.isfinite(value):
                return text("{name} takes a number", name=point.key)
            low, high = command.low, command.high
            if (low is not None and value < low) or (high is not None and value > high):
                return text("{name} takes {bounds}", name=point.key, bounds=_range(low, high, point.unit))
            return None
        case _:
            return text("{name} is a text and is not commanded", name=point.key)


def _range(low: float | None, high: float | None, unit: str) -> str:
    """ "0 … 100 %", "0.1 … 0.6 MPa", "… 40 °C"."""
    first, last = ("" if end is None else amount(end, unit, 3) for end in (low, high))
    if unit and last and first.partition(" ")[2] == last.partition(" ")[2]:
        first = first.partition(" ")[0]
    return f"{first} … {last}".strip()


def has_target(plan: Plan, name: str) -> bool:
    """Whether a lock or observe mode of that name bears on anything."""
    return any(item.name == name for items in (plan.equipment, plan.devices) for item in items)


def _target(plan: Plan, name: str) -> None:
    if has_target(plan, name):
        return
    raise Refused(text("no equipment or device named {name}", name=name))
