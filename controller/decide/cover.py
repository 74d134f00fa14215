"""What a barrier of an equipment or a device bears on: which points, and which it leaves open. Pure.

Work on a fan is work on its drive: a barrier of an equipment covers the points bound to its roles and all
that can be commanded besides, bound to no equipment, on a device that serves this equipment alone. Of a
device that several equipment are commanded by (a relay box, a lighting controller) it covers only its own
roles: the other points belong to nobody in particular and stay open.
"""

from __future__ import annotations

from typing import NamedTuple

from config.plan.points import Point
from config.plan.site import Plan


class Cover(NamedTuple):
    """What a barrier of one target bears on."""

    points: frozenset[int]
    """Points with a command, set-up registers among them."""
    open: frozenset[int] = frozenset()
    """Points bound to no equipment, of the devices that this equipment shares with others: not covered."""


def covers(plan: Plan) -> dict[str, Cover]:
    """By target: every device and equipment, and "" for the site."""
    commanded = frozenset(point.id for point in plan.points if point.command is not None)
    found = {"": Cover(commanded)}
    unbound: list[frozenset[int]] = []
    bound_anywhere = {point for equipment in plan.equipment for _, point in equipment.roles}
    for device in plan.devices:
        own = commanded.intersection(device.points)
        found[device.name] = Cover(own)
        unbound.append(own - bound_anywhere)
    roles = {
        equipment.name: commanded.intersection(point for _, point in equipment.roles)
        for equipment in plan.equipment
    }
    served: list[set[str]] = [set() for _ in plan.devices]
    for name, bound in roles.items():
        for point in bound:
            served[plan.points[point].device].add(name)
    for name, bound in roles.items():
        alone, shared = set(bound), set[int]()
        for number in {plan.points[point].device for point in bound}:
            (alone if len(served[number]) == 1 else shared).update(unbound[number])
        found[name] = Cover(frozenset(alone), frozenset(shared))
    return found


def can_be_set(point: Point) -> bool:
    """Whether people may name the point in `set`: not a set-up register, not life safety."""
    return point.command is not None and point.command.targetable and not point.life_safety
