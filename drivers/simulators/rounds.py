"""Which points are read in which cycle: each at its declared period in whole cycles, those of one device
together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from config.plan.site import Plan
from drivers.simulators.unwired import UnwiredDevice


class Reads(NamedTuple):
    """Points of one device that are read together."""

    unit: UnwiredDevice
    names: tuple[str, ...]
    """Of those that its model says."""


@dataclass(slots=True)
class Round:
    """What is read in one cycle of a period."""

    reads: tuple[Reads, ...]
    logged: tuple[int, ...]
    """Points that the consumption log hears of, apart: it looks through all that come with one of them."""
    others: tuple[int, ...]
    version: int = -1
    """Of what they were read of last."""


class Period(NamedTuple):
    """What is read every so many cycles, spread over them."""

    every: int
    slots: tuple[Round, ...]


def rounds_of(plan: Plan, units: Sequence[UnwiredDevice], cycle_s: float) -> list[Period]:
    """Of all points of the plan; `units` by device id."""
    logged = {item.point for item in plan.metering.integrated}
    for point in plan.points:
        if point.counter is not None:
            logged.add(point.id)
            if point.counter.power_point is not None:
                logged.add(point.counter.power_point)
    every: dict[int, dict[int, list[int]]] = {}
    for point in plan.points:
        cycles = max(1, int(point.poll_s / cycle_s))
        every.setdefault(cycles, {}).setdefault(point.device, []).append(point.id)
    return [
        Period(cycles, tuple(_round(plan, units, by_device, logged, cycles, slot) for slot in range(cycles)))
        for cycles, by_device in sorted(every.items())
    ]


def _round(
    plan: Plan,
    units: Sequence[UnwiredDevice],
    by_device: dict[int, list[int]],
    logged: set[int],
    cycles: int,
    slot: int,
) -> Round:
    mine = {device: points for device, points in by_device.items() if device % cycles == slot}
    reads = []
    for device, points in mine.items():
        shown = units[device].twin.shown_names
        names = tuple(name for point in points if (name := plan.points[point].name) in shown)
        if names:
            reads.append(Reads(units[device], names))
    found = [point for points in mine.values() for point in points]
    return Round(
        tuple(reads),
        tuple(point for point in found if point in logged),
        tuple(point for point in found if point not in logged),
    )
