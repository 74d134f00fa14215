"""Which points are read in which cycle: each at its declared period in whole cycles, on one grid from the
start, as a driver's polls stand."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import NamedTuple

from config.plan.site import Plan

_MANY = 8
"""When more than such a part of what stood still moves at once, everything was looked up."""


class Block:
    """Points that are read together, and those of them that said nothing new.

    Most stand still for days, and a few move with each step of the plant. The few are kept apart, so that the
    many are the same tuple each time: who takes readings then need not look into it.
    """

    __slots__ = ("_moved", "_points", "_restless", "_still", "_still_set")

    def __init__(self, points: tuple[int, ...]) -> None:
        self._points = points
        self._moved: AbstractSet[int] = frozenset()
        """What moved last."""
        self._part(self._moved)

    def _part(self, restless: AbstractSet[int]) -> None:
        self._restless = tuple(point for point in self._points if point in restless)
        self._still = tuple(point for point in self._points if point not in restless)
        self._still_set = frozenset(self._still)

    def without(self, fresh: AbstractSet[int]) -> list[tuple[int, ...]]:
        """All but these, in as many tuples as it takes."""
        if not fresh:
            return [points for points in (self._still, self._restless) if points]
        new = fresh & self._still_set
        if len(new) * _MANY > len(self._still):
            self._part(self._moved)
        elif new:
            self._part({*new, *self._restless})
        self._moved = fresh
        restless = tuple([point for point in self._restless if point not in fresh])
        still = self._still
        if not fresh.isdisjoint(self._still_set):
            still = tuple([point for point in still if point not in fresh])
        return [points for points in (still, restless) if points]


class Round(NamedTuple):
    """What is read in every so many cycles."""

    every: int
    points: frozenset[int]
    blocks: tuple[Block, ...]
    """Points that the consumption log hears of are apart: it looks through all that come with one of them."""


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
            (
                Block(tuple(point for point in points if point in logged)),
                Block(tuple(point for point in points if point not in logged)),
            ),
        )
        for cycles, points in sorted(every.items())
    ]
