"""Who wins a point. Pure.

The lowest slot with a `=` wins. A cap or floor binds only winners of a higher slot number; where caps and
floors contradict each other the lower slot number has its way, within one slot the smaller `order`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from config.plan.reading import Value
from controller.decide.requests import Op, Request

SLOTS = 16
_VALUE = Op.VALUE


class Result(NamedTuple):
    """What was decided for one point, with everything that took part."""

    winner: Request | None
    """None: nobody asks for a value."""
    value: Value | None
    """The winner's, as caps and floors leave it."""
    bounds: tuple[Request, ...]
    """The caps and floors that changed the value, in the order they did."""
    slots: tuple[tuple[Request, ...], ...]
    """Sixteen: what stands in slots 1 to 16, each in the order it is heard."""
    held: Request | None = None
    """Slot 6: minimum times hold another value than `winner` asks for; `value` is that."""


NOTHING = Result(None, None, (), ((),) * SLOTS)
"""What is decided where nobody asks."""


def arbitrate(requests: Iterable[Request]) -> Result:
    """The result of all `requests` on one point."""
    slots: list[tuple[Request, ...]] = [()] * SLOTS
    taken: set[int] = set()
    for request in requests:
        number = request.slot - 1
        slots[number] += (request,)
        taken.add(number)
    winner = None
    for number in sorted(taken):
        standing = slots[number]
        if len(standing) > 1:
            slots[number] = standing = tuple(sorted(standing, key=lambda request: request.order))
        if winner is None:
            winner = _heard(standing)
    shown = tuple(slots)
    if winner is None or winner.value is None:
        return Result(None, None, (), shown)
    value: Value = winner.value
    bounds = []
    for below in filter(None, reversed(shown[: winner.slot - 1])):
        for request in reversed(below):
            if request.op is not _VALUE and (bound := _bound(request, value)) != value:
                value = bound
                bounds.append(request)
    return Result(winner, value, tuple(bounds), shown)


def _heard(standing: tuple[Request, ...]) -> Request | None:
    """The `=` of one slot that is heard; None where the slot is empty or its first is a release."""
    first = next((request for request in standing if request.op is _VALUE), None)
    return None if first is None or first.value is None else first


def _bound(request: Request, value: Value) -> Value:
    limit = request.value
    if limit is None or isinstance(limit, str) or isinstance(value, str):
        return value
    return min(value, limit) if request.op is Op.CAP else max(value, limit)
