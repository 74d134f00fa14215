"""Lamps: level, power, ageing and failure."""

from __future__ import annotations

import math

from drivers.simulators.plant.curves import ramp
from drivers.simulators.plant.noise import chance

VOLTAGE = 220.0
POWER_FACTOR = 0.95
MEAN_LIFE_H = 50_000.0


class LampGroup:
    """`count` lamps of `lamp_kw` on one dimmed circuit. Each has its own life; a dead one draws nothing.

    Power against level: 4 % at rest of what the drivers need, rising to full; light fades by 30 % over a
    life.
    """

    def __init__(
        self, seed: int, name: str, count: int, lamp_kw: float, age_h: float, ramp_s: float = 2.0
    ) -> None:
        self.count = count
        self.lamp_kw = lamp_kw
        self.ramp_s = ramp_s
        self.level = 0.0
        """Percent they are told."""
        self.light = 0.0
        """Percent they give, following the level."""
        self.output = 0.0
        """Light against new lamps at full level, 0 to 1."""
        self._new = 0.0
        """What it would be if none were worn."""
        self.on_h = age_h
        self.failed: set[int] = set()
        self._life_h = [
            age_h + 200 + MEAN_LIFE_H * (-math.log(1 - chance(seed, f"{name}/life", lamp)))
            for lamp in range(count)
        ]
        self._spread = [0.97 + 0.06 * chance(seed, f"{name}/spread", lamp) for lamp in range(count)]
        self._next_death_h = min(self._life_h, default=math.inf)

    def step(self, dt_s: float) -> bool:
        """Says whether it draws another power than before."""
        light = self.light
        changed = light != self.level
        if changed:
            self.light = light = ramp(light, self.level, dt_s, 100 / self.ramp_s)
        if light > 0.0:
            self.on_h = on_h = self.on_h + dt_s / 3600
            if on_h >= self._next_death_h:
                self.failed.update(lamp for lamp, life in enumerate(self._life_h) if life <= on_h)
                self._next_death_h = min((life for life in self._life_h if life > on_h), default=math.inf)
                changed = True
            if changed:
                self._new = light / 100 * (1 - len(self.failed) / self.count if self.count else 0.0)
            worn = 1.0 - 0.3 * on_h / MEAN_LIFE_H
            if worn < 0.7:
                worn = 0.7
            self.output = self._new * worn
        elif changed:
            self.output = 0.0
        return changed

    @property
    def share(self) -> float:
        """Power against rated."""
        return 0.04 + 0.96 * self.light / 100 if self.light > 0 else 0.0

    @property
    def power_kw(self) -> float:
        return self.share * self.lamp_kw * (self.count - len(self.failed))

    def current(self, lamp: int) -> float:
        """Amperes of one lamp; a driver at rest draws a trace."""
        if lamp in self.failed:
            return 0.0
        return self.share * self.lamp_kw * 1000 * self._spread[lamp] / (VOLTAGE * POWER_FACTOR)
