"""What a commanded point is to have, how far it is known to have it, and whether a value is that."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from config.plan.points import Point
from config.plan.reading import Value


class Wanted(NamedTuple):
    """What the decision asks the device to have."""

    slot: int
    value: Value


class Phase(Enum):
    """How far the device is known to have it."""

    UNSURE = "unsure"
    """To be compared with a reading before anything is written: start, barrier lifted, newly asked for."""
    DUE = "due"
    """To be written: the device came back, or its slot was found otherwise."""
    HELD = "held"
    FAILED = "failed"
    """The last write did not take; tried again at `due_ns`, or not at all if that is None."""


def same(point: Point, found: Value | None, wanted: Value) -> bool:
    """Whether a value found in the device is the wanted one, within the command's tolerance."""
    if found is None:
        return False
    if isinstance(found, (bool, str)) or isinstance(wanted, (bool, str)):
        return found == wanted
    tolerance = point.command.tolerance if point.command is not None else 0.0
    return abs(found - wanted) <= tolerance
