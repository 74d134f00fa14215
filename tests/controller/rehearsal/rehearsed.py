"""Rehearsals for tests: a site's plan, its plant in memory, some days."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from config.plan.site import Plan
from controller.cli.rehearse_faults import Coming
from controller.cli.rehearse_source import FaultyField
from controller.clock import VirtualClock
from controller.rehearsal.result import Frame, Result, rehearse
from drivers.simulators.in_memory import InMemory
from drivers.simulators.plant.world import World

DAY = date(2026, 3, 5)
"""A Thursday."""


def of(
    plan: Plan,
    facts: Mapping[str, Any],
    days: int = 1,
    *,
    cycle_s: float = 10.0,
    seed: int = 1,
    first: date = DAY,
    coming: tuple[Coming, ...] = (),
    needs_of: Plan | None = None,
    memories: list[InMemory] | None = None,
    prepare: Callable[[World], None] | None = None,
) -> Result:
    """`memories` takes the plant, for a look into it afterwards; `prepare` changes it before."""

    def make(clock: VirtualClock) -> FaultyField:
        memory = InMemory(plan, facts, clock, cycle_s, seed)
        if prepare is not None:
            prepare(memory.world)
        if memories is not None:
            memories.append(memory)
        return FaultyField(memory, clock, coming)

    return rehearse(plan, Frame(first, days, cycle_s, seed), make, needs_of=needs_of)
