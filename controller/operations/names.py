"""Points and values as people and programs see them: units, states, local time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, overload

from config.language import render, text, word
from config.plan.amounts import amount
from config.plan.points import Point
from config.plan.reading import Reading, Value
from controller.decide.cover import can_be_set
from schedules.local import LocalTime


@overload
def iso(local: LocalTime, wall_ms: int) -> str: ...
@overload
def iso(local: LocalTime, wall_ms: int | None) -> str | None: ...
def iso(local: LocalTime, wall_ms: int | None) -> str | None:
    """Local time with its offset, to the second; of no time None."""
    if wall_ms is None:
        return None
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
    return str(value) if isinstance(value, str) else amount(value, point.unit, 3)


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
        "commandable": can_be_set(point),
    }
