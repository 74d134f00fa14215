"""Points and values as people and programs see them: names, units, states, local time."""

from __future__ import annotations

import difflib
from datetime import UTC, datetime
from typing import Any

from config.language import render, text, word
from config.plan.points import Point
from config.plan.reading import Reading, Value
from config.plan.site import Plan
from controller.socket.protocol import Code, RequestError
from schedules.local import LocalTime


def find_point(plan: Plan, name: object) -> Point:
    """The point meant by `name`: device.point, equipment.role or a bare equipment. Raises RequestError."""
    if not isinstance(name, str) or not name:
        raise RequestError(Code.BAD_REQUEST, text("say which point"), "point")
    point = plan.point_named(name)
    if point is not None:
        return point
    if any(item.name == name for item in plan.equipment):
        raise RequestError(
            Code.UNKNOWN_NAME, text("{name} has no main command; name one of its roles", name=name), "point"
        )
    known = [point.key for point in plan.points]
    known += [
        f"{item.name}.{role}" if role else item.name
        for item in plan.equipment
        for role in ("", *(r for r, _ in item.roles))
    ]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if near:
        said = text('no point named {name}; did you mean "{near}"?', name=name, near=near[0])
    else:
        said = text("no point named {name}", name=name)
    raise RequestError(Code.UNKNOWN_NAME, said, "point")


def iso(local: LocalTime, wall_ms: int) -> str:
    """Local time with its offset, to the second."""
    moment = datetime.fromtimestamp(wall_ms / 1000, UTC).astimezone(local.zone)
    return moment.isoformat(timespec="seconds")


def shown(point: Point, value: Value | None, language: str) -> str:
    """A value with its unit or state, for a sentence."""
    if value is None:
        return "—"
    state = point.state_name(value)
    if state is not None:
        return word(state, language)
    if isinstance(value, bool):
        return render(text("on") if value else text("off"), language)
    number = f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    return f"{number} {point.unit}".strip()


def row(point: Point, reading: Reading, local: LocalTime) -> dict[str, Any]:
    """A point and its reading as data."""
    taken = reading.wall_ms != 0
    return {
        "point": point.key,
        "label": point.label,
        "value": reading.value,
        "state": None if reading.value is None else point.state_name(reading.value),
        "unit": point.unit,
        "quality": reading.quality.name.lower(),
        "reason": reading.reason,
        "at": iso(local, reading.wall_ms) if taken else None,
        "commandable": point.command is not None and point.command.targetable and not point.life_safety,
    }
