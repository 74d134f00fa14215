"""Which points are read in which cycle: each at its declared period in whole cycles, on one grid from the
start, as a driver's polls stand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from config.plan.site import Plan
from drivers.simulators.device import SimulatedDevice

IDLE_MS = 600_000
"""What nothing depends on is looked up in the plant this often, and else comes again as it was."""


class Reads(NamedTuple):
    """Points of one device that are read together, of those that its model says."""

    twin: SimulatedDevice
    names: tuple[str, ...]
    """What something depends on."""
    every: tuple[str, ...]
    """All of them."""


@dataclass(slots=True)
class Round:
    """What is read in every so many cycles."""

    every: int
    reads: tuple[Reads, ...]
    logged: tuple[int, ...]
    """Points that the consumption log hears of, apart: it looks through all that come with one of them."""
    others: tuple[int, ...]
    version: int = -1
    """Of what they were read of last."""
    all_due_ms: int = 0
    """Site time at which what nothing depends on is looked up next."""


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


def rounds_of(
    plan: Plan, twins: Sequence[SimulatedDevice], cycle_s: float, watched: Collection[int]
) -> list[Round]:
    """Of all points of the plan; `twins` by device id. Something depends on those that are `watched`, or
    logged."""
    logged = logged_points(plan)
    needed = logged.union(watched)
    every: dict[int, dict[int, list[int]]] = {}
    for point in plan.points:
        cycles = cycles_between(point.poll_s, cycle_s)
        every.setdefault(cycles, {}).setdefault(point.device, []).append(point.id)
    return [
        _round(plan, twins, cycles, by_device, logged, needed) for cycles, by_device in sorted(every.items())
    ]


def _round(
    plan: Plan,
    twins: Sequence[SimulatedDevice],
    cycles: int,
    by_device: dict[int, list[int]],
    logged: set[int],
    needed: set[int],
) -> Round:
    reads = []
    for device, points in by_device.items():
        shown = twins[device].shown_names
        every = [point for point in points if plan.points[point].name in shown]
        names = tuple(plan.points[point].name for point in every if point in needed)
        if every:
            reads.append(Reads(twins[device], names, tuple(plan.points[point].name for point in every)))
    found = [point for points in by_device.values() for point in points]
    return Round(
        cycles,
        tuple(reads),
        tuple(point for point in found if point in logged),
        tuple(point for point in found if point not in logged),
    )
