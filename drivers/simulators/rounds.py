"""Which points are read in which cycle: each at its declared period in whole cycles, those of one device
together."""

from __future__ import annotations

from typing import NamedTuple

from config.plan.site import Plan


class Round(NamedTuple):
    """What is read in one cycle of a period."""

    points: frozenset[int]
    logged: tuple[int, ...]
    """Points that the consumption log hears of, apart: it looks through all that come with one of them."""
    others: tuple[int, ...]


class Period(NamedTuple):
    """What is read every so many cycles, spread over them."""

    every: int
    slots: tuple[Round, ...]


def logged_points(plan: Plan) -> set[int]:
    """Counters, the power beside them, and what is integrated."""
    logged = {item.point for item in plan.metering.integrated}
    for point in plan.points:
        if point.counter is not None:
            logged.add(point.id)
            if point.counter.power_point is not None:
                logged.add(point.counter.power_point)
    return logged


def rounds_of(plan: Plan, cycle_s: float) -> list[Period]:
    """Of all points of the plan."""
    logged = logged_points(plan)
    every: dict[int, list[list[int]]] = {}
    for point in plan.points:
        cycles = max(1, int(point.poll_s / cycle_s))
        slots = every.setdefault(cycles, [[] for _ in range(cycles)])
        slots[point.device % cycles].append(point.id)
    return [
        Period(
            cycles,
            tuple(
                Round(
                    frozenset(points),
                    tuple(point for point in points if point in logged),
                    tuple(point for point in points if point not in logged),
                )
                for points in slots
            ),
        )
        for cycles, slots in sorted(every.items())
    ]
