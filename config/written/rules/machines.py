"""What a machine says of itself, by the roles of its equipment."""

from __future__ import annotations

from config.plan.asks import Selector
from config.plan.equipment import AUTO, Equipment
from config.written.rules.making import Site


def switch_of(equipment: Equipment, role: str, site: Site) -> int | None:
    """The point bound to the role, if it is on or off."""
    point = dict(equipment.roles).get(role)
    return point if point is not None and site.points[point].kind == "bool" else None


def selector_of(equipment: Equipment, site: Site) -> Selector | None:
    """Its selector, where it has one with a place for us."""
    number = dict(equipment.roles).get(AUTO)
    if number is None:
        return None
    point = site.points[number]
    auto = (
        True if point.kind == "bool" else next((value for value, name in point.states if name == AUTO), None)
    )
    return None if auto is None else Selector(number, auto)
