"""Needs that are not met: each is seen where it is made to happen, and not where nothing is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from config.plan.programmes import Programme
from config.plan.site import Plan
from controller.cli.faults import Faults
from controller.cli.rehearse_faults import Coming
from controller.rehearsal.needs import Kind
from controller.rehearsal.result import Result
from drivers.simulators.plant.devices.canteen import FumePurifierController
from drivers.simulators.plant.devices.grey import GreyWaterPanel
from drivers.simulators.plant.world import World
from tests.controller.rehearsal import rehearsed
from tests.controller.rehearsal.parts import part
from tests.plans import everyday


def missed(result: Result, kind: Kind) -> dict[str, int]:
    return {one.equipment.name: one.minutes for one in result.needs.unmet if one.kind == kind and one.minutes}


def coming(plan: Plan, *lines: tuple[str, str]) -> tuple[Coming, ...]:
    zone = ZoneInfo(plan.site.time_zone)
    known = Faults(plan)
    return tuple(
        Coming(
            int(datetime.fromisoformat(f"2026-03-05T{at}").replace(tzinfo=zone).timestamp() * 1000),
            known.read(typed),
            number,
        )
        for number, (at, typed) in enumerate(lines, start=1)
    )


def resting(plan: Plan) -> Plan:
    programmes: tuple[Programme, ...] = tuple(replace(one, week=(), exceptions=()) for one in plan.programmes)
    return replace(plan, programmes=programmes)


def test_corridors_that_stay_at_their_default_are_dark_to_people() -> None:
    plan, facts = part("corridor-1")
    assert missed(rehearsed.of(plan, facts, cycle_s=60), "dark") == {}
    dark = missed(rehearsed.of(resting(plan), facts, cycle_s=60, needs_of=plan), "dark")
    assert len(dark) == 8
    assert all(30 < minutes < 660 for minutes in dark.values()), "a corridor by a window has daylight"


def test_a_lying_lighting_controller_leaves_people_in_the_dark() -> None:
    plan, facts = part("corridor-1")
    lies = coming(plan, ("07:30", "lying-write corridor-1"), ("09:30", "lying-write corridor-1 off"))
    result = rehearsed.of(plan, facts, cycle_s=60, coming=lies)
    dark = missed(result, "dark")
    assert len(dark) == 8
    assert all(30 < minutes <= 121 for minutes in dark.values())
    assert {fate for _, fate, _ in result.commands.refused} == {"mismatch"}
    assert [(notice.kind, notice.on) for _, notice in result.commands.notices if notice.on]


def test_heaters_without_a_permit_make_no_tea() -> None:
    plan, facts = part("canteen-water-1")
    permit = plan.point_named("canteen-drinking-1")
    assert permit is not None
    hours = everyday("hours", [permit.id], (6.5, 18.5, True), default=False)
    plan = replace(plan, programmes=(*plan.programmes, replace(hours, id=len(plan.programmes))))
    assert missed(rehearsed.of(plan, facts, cycle_s=60), "cold-water") == {}
    cold = missed(rehearsed.of(resting(plan), facts, cycle_s=60, needs_of=plan), "cold-water")
    assert 600 < cold["canteen-drinking-1"] <= 12 * 60


def test_a_failed_purifier_lets_fumes_out() -> None:
    plan, facts = part("hood", "stove-1", "stove-2", "stove-3", "stove-4", "fume-1", "fume-2")
    assert missed(rehearsed.of(plan, facts, cycle_s=60), "fumes") == {}

    def fail(world: World) -> None:
        model = world.models["fume-1"]
        assert isinstance(model, FumePurifierController)
        model.cleaner.failed = True

    fumes = missed(rehearsed.of(plan, facts, cycle_s=60, prepare=fail), "fumes")
    assert fumes.keys() == {"fume-purifier-1"}
    assert 200 < fumes["fume-purifier-1"] < 720


def test_a_tank_that_nothing_fills_is_empty() -> None:
    plan, facts = part("grey-plant")
    assert missed(rehearsed.of(plan, facts, cycle_s=60), "empty-tank") == {}

    def drain(world: World) -> None:
        model = world.models["grey-plant"]
        assert isinstance(model, GreyWaterPanel)
        model.process.reuse.content = 0.2
        model.process.membrane.content = 5.0
        model.process.make_up_most_m3h = 0.0

    dry = rehearsed.of(
        plan,
        replace_facts(facts, "grey-plant", inflow={"workday": 0, "dayoff": 0}),
        cycle_s=60,
        prepare=drain,
    )
    (tank,) = [one for one in dry.needs.unmet if one.kind == "empty-tank" and one.minutes]
    assert tank.equipment.name == "reuse-tank"
    assert (tank.times, tank.longest) == (1, tank.minutes)
    assert tank.minutes == sum(tank.by_hour.values()) > 23 * 60


def test_a_silent_device_is_told_of_and_its_motors_are_not_counted() -> None:
    plan, facts = part("restroom-1")
    quiet = coming(plan, ("00:10", "freeze restroom-1"))
    result = rehearsed.of(plan, facts, cycle_s=60, coming=quiet)
    whole = rehearsed.of(plan, facts, cycle_s=60)
    assert [notice.kind for _, notice in result.commands.notices if notice.on] == ["device-lost"]
    fan = next(iter(result.motors.motors.values()))
    assert fan.run_ms < 3_600_000 < next(iter(whole.motors.motors.values())).run_ms


@pytest.mark.parametrize("cycle_s", [10.0, 60.0])
def test_motors_are_counted_as_the_plant_counts_them(cycle_s: float) -> None:
    plan, facts = part("grey-plant")
    memories: list[Any] = []
    result = rehearsed.of(plan, facts, cycle_s=cycle_s, memories=memories, first=date(2026, 3, 5))
    real = memories[0].world.models["grey-plant"].machines()
    for motor in result.motors.motors.values():
        name = plan.points[motor.point].name.removesuffix("_run")
        if name in real:
            assert motor.starts == pytest.approx(real[name].starts, abs=3), name
            assert motor.run_ms / 3.6e6 == pytest.approx(real[name].hours, rel=0.03, abs=0.1), name


def replace_facts(facts: Mapping[str, Any], device: str, **more: Any) -> dict[str, Any]:
    return {**facts, "devices": {**facts["devices"], device: {**facts["devices"].get(device, {}), **more}}}
