"""Whether what a person set is what a point is told, and who is heard instead. Pure."""

from __future__ import annotations

from config.language import Text, text
from config.plan.points import Point
from config.plan.site import Plan
from config.plan.slots import Slot
from controller.decide.arbiter import Result
from controller.decide.naming import valued
from controller.decide.requests import Op, Request
from schedules.local import LocalTime


def not_heard(plan: Plan, point: Point, result: Result, local: LocalTime) -> Text | None:
    """Why `point` is told otherwise than a person set; None if it is not, or nobody set anything."""
    set_by_hand = next((one for one in result.slots[Slot.PEOPLE - 1] if one.op is Op.VALUE), None)
    if set_by_hand is None or result.value == set_by_hand.value:
        return None
    winner, held = result.winner, result.held
    if winner is not None and winner.slot < Slot.PEOPLE:
        return _asks(text("slot {slot} {name} asks for {value}"), plan, point, winner)
    if held is not None:
        said = text("slot {slot} {name}", slot=held.slot, name=held.reason)
        if held.expires_ms is None:
            return said
        return text("{words}, until {time}", words=said, time=local.clock(held.expires_ms))
    if not result.bounds:
        return None
    bound = result.bounds[-1]
    if bound.op is Op.CAP:
        return _asks(text("slot {slot} {name} allows {value} at the most"), plan, point, bound)
    return _asks(text("slot {slot} {name} asks for {value} at the least"), plan, point, bound)


def _asks(said: Text, plan: Plan, point: Point, request: Request) -> Text:
    assert request.value is not None
    value = valued(point, request.value)
    return text(said.message, slot=request.slot, name=_named(plan, request), value=value)


def _named(plan: Plan, request: Request) -> str | Text:
    """What people call whoever asks."""
    labels = {str(rule.source): rule.label or rule.name for rule in plan.rules}
    labels.update((str(programme.source), programme.label) for programme in plan.programmes)
    return labels.get(request.source, request.reason)
