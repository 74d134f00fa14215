"""A demand cap over the plant in memory: the limit that is passed without it is kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from config.plan.devices import Source
from config.plan.rules import BadInput, DemandCap, Rule, Shed
from config.plan.site import Plan
from controller.rehearsal.result import Result, as_data
from tests.controller.rehearsal import rehearsed
from tests.controller.rehearsal.parts import part

HEATERS = ("canteen-water-1", "canteen-water-2", "canteen-water-3")
LIMIT_KW = 16.0


def capped(plan: Plan) -> Plan:
    """The canteen's boilers take turns below 16 kW, of the 27 that they draw when they begin."""
    meter, *permits = (
        plan.point_named(key)
        for key in ("canteen-power.p_total", *(f"{name}.heater_permit" for name in HEATERS))
    )
    assert meter is not None
    sheds = tuple(
        Shed(point.key, 0, point.id, False, False, 9.0, False, 120.0, 900.0, 120.0)
        for point in permits
        if point is not None
    )
    assert len(sheds) == 3
    spec = DemandCap(
        (meter.id,), False, 0.0, LIMIT_KW, 1.0, 3.0, 5, 120.0, 60.0, sheds, BadInput("hold", 300.0)
    )
    return replace(plan, rules=(Rule(0, "cap", "需量", 9, Source("rules.yaml", 1, 1), spec),))


def rehearse(capping: bool) -> Result:
    plan, facts = part(*HEATERS, "canteen-power")
    loads = {"canteen-power": {"of": list(HEATERS)}}
    return rehearsed.of(
        capped(plan) if capping else plan, {**facts, "meters": loads}, cycle_s=30, needs_of=plan
    )


def test_the_cap_keeps_the_limit_that_is_passed_without_it() -> None:
    free, kept = rehearse(capping=False), rehearse(capping=True)
    demands = [as_data(one)["max_demand"] for one in (free, kept)]
    assert demands[0]["kw"] > LIMIT_KW + 4
    assert demands[0]["at"].startswith("2026-03-05T06:4")
    assert 13 < demands[1]["kw"] <= LIMIT_KW
    used = [float(one.consumption.total("electricity")) for one in (free, kept)]
    assert used[1] == pytest.approx(used[0], rel=0.05), "what was shed was drawn later"
    cold = [
        sum(need.minutes for need in one.needs.unmet if need.kind == "cold-water") for one in (free, kept)
    ]
    assert cold[1] <= cold[0] + 30
