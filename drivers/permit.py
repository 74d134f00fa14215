"""The driver's own fence: what a point may be commanded to at all. Pure, the same for every protocol.

It repeats what the compiler and the cycle have checked, as the last thing before the wire.
"""

from __future__ import annotations

import math

from config.plan.points import Point
from config.plan.reading import Value


def refusal(point: Point, value: Value) -> str:
    """Why `value` must not be sent to `point`, short English; "" when it may."""
    command = point.command
    if command is None:
        return "read-only"
    if point.life_safety:
        return "life safety is never commanded"
    if not command.targetable:
        return "a set-up register is not commanded"
    return wrong_value(point, value)


def wrong_value(point: Point, value: Value) -> str:
    """Why `value` is none the point's command allows; "" when it is one."""
    command = point.command
    assert command is not None
    if point.kind == "bool":
        return "" if isinstance(value, bool) else f"{value!r} is neither on nor off"
    if point.kind == "text":
        return "" if isinstance(value, str) else f"{value!r} is not text"
    if isinstance(value, bool | str) or not math.isfinite(value):
        return f"{value!r} is not a number"
    if point.kind == "enum":
        allowed = command.states or tuple(number for number, _ in point.states)
        return "" if value in allowed else f"state {value} is not allowed"
    if command.low is None or command.high is None:
        return "no range is declared"
    return (
        "" if command.low <= value <= command.high else f"{value} is outside {command.low} to {command.high}"
    )
