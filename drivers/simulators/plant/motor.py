"""A motor with what it turns: pump, blower or fan, direct or on a drive."""

from __future__ import annotations

from drivers.simulators.plant.curves import ramp

_TURNING = 0.01
"""Share of full speed."""


class Motor:
    """`rated_kw` at full speed; flow follows speed, power its cube (affinity laws), with 3 % lost in the
    drive."""

    def __init__(self, rated_kw: float, ramp_s: float = 0.0) -> None:
        self.rated_kw = rated_kw
        self.ramp_s = ramp_s
        """From standstill to full speed; 0 = direct on line."""
        self.on = False
        """Told to run."""
        self.wanted = 1.0
        """Share of full speed it is told to run at."""
        self.speed = 0.0
        """Share of full speed it turns at."""
        self.running = False
        self.power_kw = 0.0
        self.failed = False
        self.starts = 0
        self.run_s = 0.0

    @property
    def hours(self) -> float:
        return self.run_s / 3600

    def turn(self, on: bool) -> None:
        self.on = on

    def step(self, dt_s: float) -> None:
        goal = self.wanted if self.on and not self.failed else 0.0
        before = self.running
        if self.speed != goal:
            speed = ramp(self.speed, goal, dt_s, 1 / self.ramp_s) if self.ramp_s else goal
            self.speed = speed
            self.running = speed > _TURNING
            self.power_kw = self.rated_kw * (0.97 * speed**3 + 0.03) if self.running else 0.0
        if self.running:
            self.run_s += dt_s
            self.starts += not before
