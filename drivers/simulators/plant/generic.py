"""Plausible values for points that no physics stands behind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from config.plan.points import Point
from config.plan.reading import Value
from drivers.simulators.plant.environment import Environment
from drivers.simulators.plant.noise import Noise, chance

_MIDDLES: dict[str, tuple[float, float]] = {
    "%": (50, 20),
    "kW": (5, 3),
    "kvar": (1, 0.5),
    "m³/h": (2, 1),
    "°C": (23, 3),
    "lx": (300, 150),
    "V": (228, 4),
    "A": (6, 3),
    "Hz": (50, 0.03),
    "rpm": (1440, 10),
    "Pa": (200, 60),
    "mg/m³": (0.8, 0.4),
    "mg/L": (1.0, 0.3),
    "NTU": (2, 1),
    "pH": (7.2, 0.2),
    "ppm": (600, 150),
    "%LEL": (0.5, 0.5),
    "s": (3.6e5, 0),
}
"""Unit → middle and how far it wanders."""


class Wanderer:
    """Numbers wander, counters grow by a day's curve, contacts rest, enums stay in their first state."""

    def __init__(self, seed: int, owner: str, points: Iterable[Point]) -> None:
        self._seed = seed
        self._owner = owner
        self._points = {point.name: point for point in points}
        self._noise = {
            point.name: Noise(seed, f"{owner}/{point.name}", 600) for point in self._points.values()
            if point.kind == "number"
        }  # fmt: skip
        self._counts: dict[str, tuple[float, float]] = {}

    def value(self, name: str, environment: Environment) -> Value:
        point = self._points[name]
        if point.kind == "bool":
            return False
        if point.kind == "enum":
            return point.states[0][0]
        if point.kind == "text":
            return self._owner[:8]
        if point.counter is not None:
            return self._count(point, environment)
        return self._number(point, environment)

    def counters(self) -> dict[str, float]:
        """Of the points that count, by "point NAME": where each stands."""
        return {f"point {name}": count for name, (_, count) in self._counts.items()}

    def go_on(self, kept: Mapping[str, float], environment: Environment) -> None:
        """Count on from there."""
        for name, point in self._points.items():
            if point.counter is not None and (count := kept.get(f"point {name}")) is not None:
                self._counts[name] = (environment.time_s, count)

    def _number(self, point: Point, environment: Environment) -> float:
        middle, swing = _MIDDLES.get(point.unit, (10.0, 2.0))
        low, high = point.valid_low, point.valid_high
        if low is not None and high is not None and not low <= middle - swing <= middle + swing <= high:
            middle, swing = (low + high) / 2, (high - low) / 10
        own = 1 + 0.2 * (2 * chance(self._seed, f"{self._owner}/{point.name}/middle") - 1)
        value = middle * own + swing * self._noise[point.name].at(environment.time_s)
        return min(max(value, low if low is not None else value), high if high is not None else value)

    def _count(self, point: Point, environment: Environment) -> float:
        """A hundredth of the highest rate at night, a fifth of it by day."""
        assert point.counter is not None
        lot = chance(self._seed, f"{self._owner}/{point.name}/start")
        last_s, count = self._counts.get(
            point.name, (environment.time_s, 1000 * lot * point.counter.max_rate)
        )
        rate = point.counter.max_rate * (0.01 + 0.19 * environment.occupancy) * (0.3 + lot)
        count += rate * max(environment.time_s - last_s, 0.0) / 3600
        self._counts[point.name] = (environment.time_s, count)
        return count
