"""Lines through points, and how fast things follow."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence


class Curve:
    """A broken line through (x, y) points with rising x; flat outside them."""

    __slots__ = ("_latest", "_x", "_y")

    def __init__(self, points: Sequence[Sequence[float]]) -> None:
        self._x = [float(point[0]) for point in points]
        self._y = [float(point[1]) for point in points]
        if not points or any(b <= a for a, b in zip(self._x, self._x[1:], strict=False)):
            raise ValueError("a curve needs points with rising x")
        self._latest: tuple[float, float] | None = None
        """Asked and answered: many ask for the same hour one after another."""

    def at(self, x: float) -> float:
        if self._latest is None or self._latest[0] != x:
            self._latest = x, self._at(x)
        return self._latest[1]

    def _at(self, x: float) -> float:
        place = bisect_right(self._x, x)
        if place == 0:
            return self._y[0]
        if place == len(self._x):
            return self._y[-1]
        x0, x1 = self._x[place - 1], self._x[place]
        y0, y1 = self._y[place - 1], self._y[place]
        return y0 + (y1 - y0) * (x - x0) / (x1 - x0)


def approach(value: float, target: float, dt_s: float, time_constant_s: float) -> float:
    """`value` after following `target` for `dt_s` with a first-order lag; exact for any step."""
    return target + (value - target) * math.exp(-dt_s / time_constant_s)


def ramp(value: float, target: float, dt_s: float, per_s: float) -> float:
    """`value` after moving towards `target` at most `per_s` a second."""
    step = per_s * dt_s
    return min(value + step, target) if target > value else max(value - step, target)
