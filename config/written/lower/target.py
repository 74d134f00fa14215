"""One point that something is aimed at."""

from __future__ import annotations

from dataclasses import dataclass

from config.plan.devices import Source
from config.plan.points import Point
from config.written.model.profile import PointWritten


@dataclass(frozen=True, slots=True)
class Target:
    """One point a programme aims at. `shown` is how people name it."""

    point: Point
    written: PointWritten
    shown: str
    kind: str
    """Kind of equipment, "" for a bare point."""
    at: Source
