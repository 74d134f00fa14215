"""Lines through points, and how fast things follow."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence


class Curve:
    """A broken line through (x, y) points with rising x; flat outside them."""

    __slots__ = ("_begins", "_ends", "_left", "_low", "_rise", "_width", "_x", "_y")

    def __init__(self, points: Sequence[Sequence[float]]) -> None:
        self._x = [float(point[0]) for point in points]
        self._y = [float(point[1]) for point in points]
        if not points or any(b <= a for a, b in zip(self._x, self._x[1:], strict=False)):
            raise ValueError("a curve needs points with rising x")
        self._begins = self._ends = math.inf
        """The part of it that was asked for last: many ask for hours that follow one another."""
        self._left = self._low = self._rise = 0.0
        self._width = 1.0

    def at(self, x: float) -> float:
        if not self._begins <= x < self._ends:
            self._turn(x)
        return self._low + self._rise * (x - self._left) / self._width

    def _turn(self, x: float) -> None:
        """What is asked for next lies around there."""
        place = bisect_right(self._x, x)
        before, after = max(place - 1, 0), min(place, len(self._x) - 1)
        self._begins = self._x[before] if place else -math.inf
        self._ends = self._x[after] if after == place else math.inf
        self._left, self._low = self._x[before], self._y[before]
        self._rise = self._y[after] - self._low
        self._width = self._x[after] - self._left or 1.0


def approach(value: float, target: float, dt_s: float, time_constant_s: float) -> float:
    """`value` after following `target` for `dt_s` with a first-order lag; exact for any step."""
    return target + (value - target) * math.exp(-dt_s / time_constant_s)


def ramp(value: float, target: float, dt_s: float, per_s: float) -> float:
    """`value` after moving towards `target` at most `per_s` a second."""
    step = per_s * dt_s
    return min(value + step, target) if target > value else max(value - step, target)
