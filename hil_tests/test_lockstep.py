"""A site over real sockets, in lock-step with the clock, does in every cycle what its rehearsal does."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import pytest

from config.plan.points import Register
from config.plan.site import Plan
from controller.clock import VirtualClock
from controller.rehearsal.result import Frame, as_data, rehearse
from controller.rehearsal.watched import watched
from drivers.api import Fate, Write, WriteReport
from drivers.simulators.device import Had
from drivers.simulators.in_memory import InMemory
from drivers.simulators.plant.world import World
from hil_tests.lockstep.agreement import Agreement, agree
from hil_tests.lockstep.field import OverSockets
from schedules.context import Context
from tests.controller.rehearsal.parts import part
from tests.drivers.simulators import sites

DAY = date(2026, 3, 5)
"""A Thursday."""
HOUR_MS = 3_600_000


def both(
    site: str,
    cycles: int,
    cycle_s: float,
    *,
    from_h: float = 0.0,
    **how: Any,
) -> Agreement:
    """From so many hours after midnight on."""
    plan, facts = sites.example(site)
    start_ms = Context.of(plan).local.midnight(DAY) + round(from_h * HOUR_MS)
    return agree(plan, facts, start_ms, cycles, cycle_s, **how)


def test_a_day_of_the_minimal_site_is_as_it_is_rehearsed() -> None:
    found = both("minimal", 24 * 60 + 1, 60.0)
    assert not found.differences
    assert found.cycles == 1441
    assert found.switched == {"relay-1.ch1"}
    assert found.sent > 80


def test_the_compound_is_as_it_is_rehearsed_while_the_offices_open() -> None:
    """All four kinds of line, the corridors switched up at eight by programme and lifted by presence."""
    found = both("shuangliu", 6, 60.0, from_h=7.95)
    assert not found.differences
    assert found.cycles == 6
    assert {"corridor-1.zone1_level", "conference-do.ch14", "hall-air.mode"} <= found.switched


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_day_of_the_compound_is_as_it_is_rehearsed() -> None:
    found = both("shuangliu", 24 * 360 + 1, 10.0)
    print(f"{found.cycles} cycles, {found.decided} decisions, {found.sent} commands, "
          f"{len(found.switched)} points switched")  # fmt: skip
    assert not found.differences
    assert found.cycles == 8641
    assert len(found.switched) > 60


def test_what_is_said_of_a_day_is_the_same_to_the_byte() -> None:
    plan, facts = sites.example("minimal")
    frame = Frame(DAY, 1, 60.0, 1)
    said = as_data(rehearse(plan, frame, partial(InMemory, plan, facts, cycle_s=60.0, watched=watched(plan))))
    with ExitStack() as stack:

        def over_sockets(clock: VirtualClock) -> OverSockets:
            return stack.enter_context(OverSockets(plan, facts, clock, 60.0, watched=watched(plan)))

        found = as_data(rehearse(plan, frame, over_sockets))
    assert json.dumps(found) == json.dumps(said)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", [2, 3])
def test_a_few_minutes_of_the_compound_second_by_second(seed: int) -> None:
    found = both("shuangliu", 600, 1.0, from_h=7.95, seed=seed)
    assert not found.differences
    assert found.cycles == 600


def flushed(
    plan: Plan, field: InMemory | OverSockets, world: World, clock: VirtualClock, cycle_s: float
) -> Iterator[tuple[list[WriteReport], Had, dict[str, Any]]]:
    """A machine is flushed twice in 30 cycles: reports, what it has and what the plant is at, by cycle."""
    flush = plan.point_named("canteen-water-1.flush")
    assert flush is not None
    for cycle in range(30):
        reports = [event for event in field.advance() if isinstance(event, WriteReport)]
        if cycle in (3, 20):
            field.submit(Write(cycle, flush.id, True, 8))
        had = field.had(flush.id)
        yield reports, had, {name: model.all_values() for name, model in world.models.items()}
        clock.advance(cycle_s)


@pytest.mark.parametrize("cycle_s", [0.4, 1.0, 10.0])
def test_a_pulse_and_its_end_come_to_the_same(cycle_s: float) -> None:
    plan, facts = part("canteen-water-1", "canteen-power")
    clocks = [VirtualClock(Context.of(plan).local.midnight(DAY) + 7 * HOUR_MS) for _ in range(2)]
    memory = InMemory(plan, facts, clocks[0], cycle_s)
    said = list(flushed(plan, memory, memory.world, clocks[0], cycle_s))
    with OverSockets(plan, facts, clocks[1], cycle_s) as sockets:
        found = list(flushed(plan, sockets, sockets.simulation.world, clocks[1], cycle_s))
    assert found == said
    fates = [report.fate for reports, _, _ in found for report in reports]
    assert fates == [Fate.READ_BACK, Fate.READ_BACK]
    assert [had.value for _, had, _ in found].count(True) == 2 * math.ceil(0.5 / cycle_s)


# What is wrong is found


def with_register(key: str, **other: Any) -> Callable[[Plan], Plan]:
    """A profile that is wrong about one register."""

    def spoil(plan: Plan) -> Plan:
        point = plan.point_named(key)
        assert point is not None
        assert isinstance(point.source, Register)
        wrong = replace(point, source=replace(point.source, **other))
        return replace(plan, points=tuple(wrong if one is point else one for one in plan.points))

    return spoil


def named(found: Agreement, what: str) -> set[str]:
    """The points of which that differs."""
    return {one.key for one in found.differences if one.what == what}


def test_a_wrong_scale_is_found() -> None:
    found = both("minimal", 20, 60.0, spoilt=with_register("main-1.energy_import", scale=0.04))
    assert named(found, "read") == {"main-1.energy_import"}
    assert found.cycles == 1


def test_a_wrong_address_is_found_at_the_device() -> None:
    """What is decided agrees all the way; it goes to the neighbour's relay."""
    found = both("minimal", 20, 60.0, from_h=7.4, spoilt=with_register("relay-1.ch1", address=1))
    assert not named(found, "decided")
    assert named(found, "device") == {"relay-1.ch1", "relay-1.ch2"}


def test_a_write_that_its_device_does_not_take_is_found() -> None:
    def lie(sockets: OverSockets) -> None:
        sockets.loop.run_until_complete(sockets.simulation.fault("lying-write", device="relay-1"))

    found = both("minimal", 20, 60.0, from_h=7.4, prepare=lie)
    assert not named(found, "decided")
    assert named(found, "device") == {"relay-1.ch1"}


def test_another_seed_is_another_day() -> None:
    found = both("minimal", 20, 60.0, sockets_seed=2)
    assert "main-1.energy_import" in named(found, "read")
