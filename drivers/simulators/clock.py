"""Site time for the simulated plant: machine time, started where one wants and scaled."""

from __future__ import annotations

import time

from config.plan.clock import Now


class ScaledClock:
    """Starts at `start_wall_ms` and runs `speed` site seconds a machine second.

    Two programs that were given the same start at the same moment agree to within the time between their
    starts times the speed; nothing in the plant needs more.
    """

    def __init__(self, start_wall_ms: int | None = None, speed: float = 1.0) -> None:
        self.speed = speed
        self._origin_ns = time.monotonic_ns()
        self._start_ms = int(time.time() * 1000) if start_wall_ms is None else start_wall_ms

    def origin(self) -> dict[str, int | float]:
        """What another program on this machine needs to have the same time."""
        return {"start_ms": self._start_ms, "mono_ns": self._origin_ns, "speed": self.speed}

    def now(self) -> Now:
        mono_ns = time.monotonic_ns()
        return Now(self._start_ms + int((mono_ns - self._origin_ns) * self.speed / 1e6), mono_ns, True)
