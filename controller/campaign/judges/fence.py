"""Nothing is written but what may be: no life safety, no point without a command, no value outside its range,
no slot that is not ours; and a device gets what was decided, or nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator

from config.language import Text, text
from config.plan.points import BacnetObject, Point
from config.plan.reading import Value
from controller.campaign.seen import Breach, Seen
from drivers.api import Write

NAME = "fence"
OURS = range(5, 16)


class Fence:
    """Looks at each write."""

    def look(self, seen: Seen) -> Iterator[Breach]:
        for write in seen.step.writes:
            point = seen.plan.points[write.point]
            wrong = _wrong(point, write)
            if wrong is None and not seen.last:
                wrong = _undecided(seen, write)
            if wrong is not None:
                yield Breach(NAME, point.key, wrong)


def forbidden(point: Point, value: Value) -> Text | None:
    """Why a value must never be commanded on a point; None if it may."""
    command = point.command
    if command is None or point.life_safety:
        return text("it is not to be commanded")
    if not command.targetable:
        return text("it is for the driver's set-up alone")
    match point.kind:
        case "bool":
            wrong = not isinstance(value, bool)
        case "enum":
            allowed = command.states or tuple(number for number, _ in point.states)
            wrong = isinstance(value, bool) or value not in allowed
        case "number":
            number = isinstance(value, int | float) and not isinstance(value, bool)
            low = -math.inf if command.low is None else command.low
            high = math.inf if command.high is None else command.high
            wrong = not number or not low <= value <= high  # type: ignore[operator]
        case _:
            wrong = True
    return text("{value} is outside what may be commanded", value=str(value)) if wrong else None


def _wrong(point: Point, write: Write) -> Text | None:
    bacnet = isinstance(point.source, BacnetObject)
    if write.value is not None:
        found = forbidden(point, write.value)
    elif not bacnet:
        found = text("nothing can be released on Modbus")
    else:
        found = text("it is not to be commanded") if point.command is None or point.life_safety else None
    if found is not None:
        return found
    slots = (write.slot, *write.null_slots)
    if any(slot not in OURS for slot in slots):
        return text("slot {slot} is never written", slot=next(slot for slot in slots if slot not in OURS))
    return text("there are no slots on Modbus") if write.null_slots and not bacnet else None


def _undecided(seen: Seen, write: Write) -> Text | None:
    """A write that is not what was decided."""
    decision = seen.decisions.get(write.point)
    if decision is None:
        return text("nobody decides it")
    wanted = None if decision.winner is None else (decision.value, int(decision.winner.slot))
    if write.value is None:
        fits = wanted is None or wanted[0] is None
    else:
        fits = wanted == (write.value, int(write.slot))
    if fits:
        return None
    return text("{value} is written, decided is {wanted}", value=str(write.value), wanted=str(wanted))
