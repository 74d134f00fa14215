"""What simulators wrote down for the daemon: where they are, and what time it is there."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, NamedTuple

from config.language import text
from config.language.details import detail
from config.plan.site import Plan
from controller.options import NotStarted
from drivers import overlay


class SimulatedTime(NamedTuple):
    """Site time of a simulation: it was `start_ms` at machine monotonic `mono_ns` and runs at `speed`."""

    start_ms: int
    mono_ns: int
    speed: float

    def now_ms(self) -> int:
        """Site time now, UTC milliseconds."""
        return self.start_ms + round((time.monotonic_ns() - self.mono_ns) * self.speed / 1e6)


class Simulated(NamedTuple):
    """A Plan with a simulation's addresses, and its time."""

    plan: Plan
    time: SimulatedTime | None


def read_overlay(file: Path, plan: Plan) -> Simulated:
    """`plan` as `file` changes it. Raises NotStarted."""
    try:
        data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        clock = data.pop("clock", None)
        kept = None if clock is None else SimulatedTime(clock["start_ms"], clock["mono_ns"], clock["speed"])
        return Simulated(overlay.apply(plan, data), kept)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotStarted(
            text("the overlay {file} cannot be used: {reason}", file=file, reason=detail(str(error)))
        ) from error
