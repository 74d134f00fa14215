"""What a BACnet object holds before anybody has said anything."""

from __future__ import annotations

from config.plan.points import Point
from config.plan.reading import Value


def initial(point: Point) -> Value:
    """A harmless first value inside what the point allows, until the plant sets one."""
    match point.kind:
        case "bool":
            return False
        case "enum":
            return min((number for number, _ in point.states), default=1)
        case "text":
            return ""
    low = point.command.low if point.command is not None else point.valid_low
    high = point.command.high if point.command is not None else point.valid_high
    return max(low if low is not None else 0.0, min(0.0, high if high is not None else 0.0))
