"""The points of a plan that something depends on: a decision, a log, a report."""

from __future__ import annotations

from config.plan.site import Plan
from controller.decide.rules.registry import KINDS

_TELLING = frozenset({"power", "energy", "current", "run_hours", "litres", "filter_litres"})
"""Roles that tell what equipment has used, and how worn it is: for people alone, unless a rule looks."""


def watched(plan: Plan) -> frozenset[int]:
    """All but those that are only there to be looked at (voltages, a lamp's current) or to be kept as trends:
    a rehearsal keeps none."""
    found = {point for item in plan.equipment for role, point in item.roles if role not in _TELLING}
    for rule in plan.rules:
        found.update(KINDS[type(rule.spec)].points(rule.spec))
    for point in plan.points:
        if point.command is not None:
            found.add(point.id)
            if point.command.verify_point is not None:
                found.add(point.command.verify_point)
    return frozenset(found)
