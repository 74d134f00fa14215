"""Edits of a site's files, as Plans: what people change from one day to the next. Pure.

They keep the wire as it is. Edits that number devices and points anew come from files (`Story` knows them as
editions).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from config.plan.codec import seal
from config.plan.equipment import RUN, Equipment
from config.plan.programmes import DayList, Period, Programme, TimeMark
from config.plan.rules import Hazard, Supervision
from config.plan.site import Plan
from controller.decide.rules.aims import aims

_DAY_S = 86_400
_SHIFT_S = 1800
_MARGIN = 0.1
"""Share of a range that an edit takes away at its upper end."""


def edited(plan: Plan, what: str, number: int) -> Plan | None:
    """`plan` after an edit of that sort; `number` picks what it is of. None where there is nothing of it."""
    made = EDITS[what](plan, number)
    return None if made is None else replace(made, hash=seal(made))


def _words(plan: Plan, number: int) -> Plan | None:
    """Other labels, and everything written further down: nothing else is asked for by it."""
    equipment = tuple(replace(item, label=f"{item.label} {number}") for item in plan.equipment)
    return replace(plan, equipment=equipment, site=replace(plan.site, label=f"{plan.site.name} {number}"))


def _hours(plan: Plan, number: int) -> Plan | None:
    """A programme by half an hour earlier or later."""
    if not plan.programmes:
        return None
    at = number % len(plan.programmes)
    by_s = _SHIFT_S if number % 2 else -_SHIFT_S
    programme = plan.programmes[at]
    week = tuple(
        DayList(days.kind, tuple(_moved(period, by_s) for period in days.periods)) for days in programme.week
    )
    return _with_programme(plan, at, replace(programme, week=week))


def _default(plan: Plan, number: int) -> Plan | None:
    """What a programme has outside its periods becomes what it has in the first of them."""
    if not plan.programmes:
        return None
    at = number % len(plan.programmes)
    programme = plan.programmes[at]
    values = [period.value for days in programme.week for period in days.periods]
    if not values or (programme.has_default and programme.default == values[0]):
        return None
    return _with_programme(plan, at, replace(programme, default=values[0], has_default=True))


def _no_programme(plan: Plan, number: int) -> Plan | None:
    if not plan.programmes:
        return None
    gone = number % len(plan.programmes)
    left = (item for item in plan.programmes if item.id != gone)
    return replace(plan, programmes=tuple(replace(item, id=new) for new, item in enumerate(left)))


def _no_rule(plan: Plan, number: int) -> Plan | None:
    """But fire, gas and what watches motors stay."""
    may_go = [rule.id for rule in plan.rules if not isinstance(rule.spec, Hazard | Supervision)]
    if not may_go:
        return None
    gone = may_go[number % len(may_go)]
    left = (rule for rule in plan.rules if rule.id != gone)
    return replace(plan, rules=tuple(replace(rule, id=new) for new, rule in enumerate(left)))


def _times(plan: Plan, number: int) -> Plan | None:
    """Another rest time of a motor."""
    motors = [item for item in plan.equipment if RUN in dict(item.roles)]
    if not motors:
        return None
    motor = motors[number % len(motors)]
    changed = replace(motor, min_off_s=60.0 * (number % 7), min_on_s=60.0 * (number % 4))
    return _with_equipment(plan, motor.id, changed)


def _hands(plan: Plan, number: int) -> Plan | None:
    """What is changed by hand at a device is left alone from now on, or no longer."""
    device = plan.devices[number % len(plan.devices)]
    changed = replace(device, hand_s=0.0 if device.hand_s else 1800.0)
    devices = tuple(changed if item.id == device.id else item for item in plan.devices)
    return replace(plan, devices=devices)


def _range(plan: Plan, number: int) -> Plan | None:
    """A number may be commanded less far up, where nothing in the files asks for that much."""
    found = [
        point
        for point in plan.points
        if point.kind == "number"
        and point.command is not None
        and None not in (point.command.low, point.command.high)
    ]
    if not found:
        return None
    point = found[number % len(found)]
    command = point.command
    assert command is not None
    assert command.low is not None
    assert command.high is not None
    high = command.high - _MARGIN * (command.high - command.low)
    if _asked_above(plan, point.id, high):
        return None
    changed = replace(point, command=replace(command, high=high))
    return replace(plan, points=tuple(changed if item.id == point.id else item for item in plan.points))


EDITS: Mapping[str, Callable[[Plan, int], Plan | None]] = {
    "words": _words,
    "hours": _hours,
    "default": _default,
    "no-programme": _no_programme,
    "no-rule": _no_rule,
    "times": _times,
    "hands": _hands,
    "range": _range,
}


def _moved(period: Period, by_s: int) -> Period:
    return replace(period, start=_mark(period.start, by_s), end=_mark(period.end, by_s))


def _mark(mark: TimeMark, by_s: int) -> TimeMark:
    seconds = mark.seconds + by_s
    return replace(mark, seconds=seconds % _DAY_S if mark.base == "clock" else seconds)


def _with_programme(plan: Plan, at: int, programme: Programme) -> Plan:
    programmes = tuple(programme if item.id == at else item for item in plan.programmes)
    return replace(plan, programmes=programmes)


def _with_equipment(plan: Plan, at: int, equipment: Equipment) -> Plan:
    items = tuple(equipment if item.id == at else item for item in plan.equipment)
    return replace(plan, equipment=items)


def _asked_above(plan: Plan, point: int, high: float) -> bool:
    """Whether something may ask more of it. Of rules nothing is looked at: what they aim at stays."""
    if any(point in aims(rule.spec) for rule in plan.rules):
        return True
    return any(
        isinstance(value, int | float) and value > high
        for programme in plan.programmes
        if point in programme.targets
        for value in (
            programme.default,
            programme.untrusted,
            *(period.value for days in programme.week for period in days.periods),
            *(period.value for entry in programme.exceptions for period in entry.periods),
            *(booked.value for booked in programme.bookings),
        )
    )
