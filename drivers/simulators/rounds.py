"""Which points are read in which cycle: each at its declared period in whole cycles, on one grid from the
start, as a driver's polls stand."""

from __future__ import annotations

from typing import NamedTuple

from config.plan.site import Plan


class Round(NamedTuple):
    """What is read in every so many cycles."""

    every: int
    points: frozenset[int]
    logged: tuple[int, ...]
    """Points that the consumption log hears of, apart: it looks through all that come with one of them."""
    others: tuple[int, ...]


def cycles_between(poll_s: float, cycle_s: float) -> int:
    """How many cycles a declared period takes."""
    return max(1, int(poll_s / cycle_s))


def logged_points(plan: Plan) -> set[int]:
    """Counters, the power beside them, and what is integrated."""
    logged = {item.point for item in plan.metering.integrated}
    for point in plan.points:
        if point.counter is not None:
            logged.add(point.id)
            if point.counter.power_point is not None:
                logged.add(point.counter.power_point)
    return logged


def rounds_of(plan: Plan, cycle_s: float) -> list[Round]:
    """Of all points of the plan."""
    logged = logged_points(plan)
    every: dict[int, list[int]] = {}
    for point in plan.points:
        every.setdefault(cycles_between(point.poll_s, cycle_s), []).append(point.id)
    return [
        Round(
            cycles,
            frozenset(points),
            tuple(point for point in points if point in logged),
            tuple(point for point in points if point not in logged),
        )
        for cycles, points in sorted(every.items())
    ]
