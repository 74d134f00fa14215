"""One site twice, cycle by cycle: in memory, as it is rehearsed, and over sockets. Where they differ."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from config.plan.clock import Now
from config.plan.reading import Reading
from config.plan.site import Plan
from controller.clock import VirtualClock
from controller.consumption.records import Interval
from controller.decide.step import Step
from controller.rehearsal.loop import Field, Rehearsal
from controller.rehearsal.watched import watched
from drivers.simulators.device import Had
from drivers.simulators.in_memory import InMemory
from drivers.simulators.rounds import logged_points
from hil_tests.lockstep.field import OverSockets
from schedules.context import Context

_WARM_S = 60.0
"""The machine's time at the first cycle: a driver's own begins before it."""


class Difference(NamedTuple):
    """In one cycle, something of one point is not the same."""

    at: str
    """Local time of the site."""
    what: str
    key: str
    in_memory: object
    over_sockets: object


class Agreement(NamedTuple):
    """How far both went together."""

    cycles: int
    decided: int
    """Decisions that were made anew."""
    sent: int
    """Commands that went out."""
    switched: frozenset[str]
    """Points whose device was given another value."""
    differences: tuple[Difference, ...]
    """Of the first cycle that had any; the run ends with it."""


class _Side:
    """One of the two, and what its latest cycle came to."""

    def __init__(
        self, plan: Plan, field: Field, had: Callable[[int], Had], clock: VirtualClock, cycle_s: float
    ):
        self._run = Rehearsal(plan, Context.of(plan), field, clock, cycle_s)
        self._had = had
        self._commanded = [point.id for point in plan.points if point.command is not None]
        set_up = {point.id for point in plan.points if point.command and not point.command.targetable}
        # A set-up register is read once before it is set: its device's first answer may come from it.
        self._read = sorted((watched(plan) | logged_points(plan)) - set_up)
        self.decided = self.sent = 0
        self.facts: dict[str, dict[int, object]] = {}

    def cycle(self, wall_ms: int) -> None:
        self._run.run(wall_ms, [self])

    def look(self, now: Now, step: Step, readings: Sequence[Reading]) -> None:
        self.decided += len(step.decisions)
        self.sent += len(step.writes)
        results = self._run.engine.decisions
        self.facts = {
            "read": {point: (readings[point].value, readings[point].quality.name) for point in self._read},
            "decided": {
                point: (of.value, None if of.winner is None else of.winner.slot)
                for point, of in results.items()
            },
            "sent": {one.point: (one.value, one.slot, one.null_slots, one.reassert) for one in step.writes},
            "became": {one.write.point: (one.fate.value, one.found) for one in step.fates},
            "device": {point: self._had(point) for point in self._commanded},
        }

    def intervals(self, rows: Sequence[Interval]) -> None:
        """Nothing: counts follow from readings."""


def agree(
    plan: Plan,
    facts: Mapping[str, Any],
    start_ms: int,
    cycles: int,
    cycle_s: float,
    *,
    seed: int = 1,
    sockets_seed: int | None = None,
    spoilt: Callable[[Plan], Plan] = lambda plan: plan,
    prepare: Callable[[OverSockets], None] = lambda _: None,
) -> Agreement:
    """Run both from `start_ms` on until they differ. `sockets_seed`, `spoilt` and `prepare` make the
    sockets' side another one, or wrong."""
    zone = Context.of(plan).local.zone
    clocks = [VirtualClock(start_ms - round(_WARM_S * 1000)) for _ in range(2)]
    for clock in clocks:
        clock.advance(_WARM_S)
    memory = InMemory(plan, facts, clocks[0], cycle_s, seed, watched=watched(plan))
    theirs = seed if sockets_seed is None else sockets_seed
    with OverSockets(plan, facts, clocks[1], cycle_s, theirs, watched(plan), spoilt) as sockets:
        prepare(sockets)
        one = _Side(plan, memory, memory.had, clocks[0], cycle_s)
        other = _Side(plan, sockets, sockets.had, clocks[1], cycle_s)
        switched: set[str] = set()
        differences: list[Difference] = []
        cycle = 0
        while cycle < cycles and not differences:
            wall_ms = start_ms + round(cycle * cycle_s * 1000)
            before = other.facts.get("device", {})
            one.cycle(wall_ms)
            other.cycle(wall_ms)
            had = other.facts["device"]
            switched |= {plan.points[point].key for point in before if before[point] != had[point]}
            at = datetime.fromtimestamp(wall_ms / 1000, zone).isoformat()
            differences = _differences(plan, at, one.facts, other.facts)
            cycle += 1
    return Agreement(cycle, other.decided, other.sent, frozenset(switched), tuple(differences))


def _differences(
    plan: Plan, at: str, memory: Mapping[str, dict[int, object]], sockets: Mapping[str, dict[int, object]]
) -> list[Difference]:
    return [
        Difference(at, what, plan.points[point].key, memory[what].get(point), sockets[what].get(point))
        for what in memory
        for point in sorted({*memory[what], *sockets[what]})
        if not _same(memory[what].get(point), sockets[what].get(point))
    ]


def _same(one: object, other: object) -> bool:
    """Numbers are the same when a float32 cannot tell them apart: a device's own logic stands in its array as
    it was reckoned, what came over the wire as it was sent."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-7)
    return one == other
