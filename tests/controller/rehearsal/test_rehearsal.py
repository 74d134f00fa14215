"""Whole rehearsals: the same again to the byte, energy that adds up, a golden report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from config.plan.site import Plan
from controller.rehearsal.result import Result, as_data
from drivers.simulators.in_memory import InMemory
from drivers.simulators.plant.devices.metering import ElectricMeter
from drivers.simulators.plant.world import World
from tests.controller.rehearsal import rehearsed
from tests.controller.rehearsal.parts import part
from tests.drivers.simulators import sites

GOLDEN = Path(__file__).with_name("minimal.json")


def said(result: Result) -> str:
    return json.dumps(as_data(result), ensure_ascii=False, indent=1) + "\n"


def test_two_days_of_the_minimal_site_are_as_they_were() -> None:
    plan, facts = sites.example("minimal")
    data = as_data(rehearsed.of(plan, facts, 2))
    kept = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert {**data, "plan": ""} == {**kept, "plan": ""}


def test_the_same_seed_gives_the_same_bytes_and_another_one_others() -> None:
    plan, facts = part("restroom-1", "canteen-water-1", "canteen-power")
    first, again = (said(rehearsed.of(plan, facts, cycle_s=60)) for _ in range(2))
    assert first == again
    assert said(rehearsed.of(plan, facts, cycle_s=60, seed=2)) != first


def test_what_meters_logged_is_what_the_plant_drew() -> None:
    plan, facts = part("corridor-1", "corridor-power", "canteen-water-1", "canteen-power")
    meters = {"corridor-power": {"of": ["corridor-1"]}, "canteen-power": {"of": ["canteen-water-1"]}}
    result = _as_drawn(plan, {**facts, "meters": meters}, 2)
    assert float(result.consumption.used["corridor-power"].total) > 20


@pytest.mark.slow
def test_what_the_whole_site_logged_is_what_it_drew() -> None:
    plan, facts = sites.example("shuangliu")
    result = _as_drawn(plan, facts, 20)
    consumption = result.consumption
    assert [used.meter.name for used in consumption.roots("electricity")] == ["main-1", "main-2"]
    amounts = sum(amount for _, amount, _ in consumption.by_period())
    assert amounts == consumption.total("electricity")
    cost = sum(float(cost) for _, _, cost in consumption.by_period() if cost is not None)
    assert 0.4 * 0.72 * float(amounts) < cost < 1.6 * 0.72 * float(amounts)


def _as_drawn(plan: Plan, facts: Mapping[str, Any], meters: int) -> Result:
    """Rehearse a day: each of so many electric meters has logged what its plant model integrated."""
    memories: list[InMemory] = []
    starts: dict[str, float] = {}

    def note(world: World) -> None:
        for name, model in world.models.items():
            if isinstance(model, ElectricMeter):
                starts[name] = model.total

    result = rehearsed.of(plan, facts, cycle_s=60, memories=memories, prepare=note)
    assert len(starts) == meters
    for name, start in starts.items():
        model = memories[0].world.models[name]
        assert isinstance(model, ElectricMeter)
        used = result.consumption.used[name]
        # A float32 counter is renewed when it has moved by a ten-thousandth of itself.
        slack = max(2 * float(used.meter.quantum), 2.2e-4 * model.total)
        assert float(used.total) == pytest.approx(model.total - start, abs=slack), name
        assert not used.unknown
    return result


def test_a_plan_without_its_programmes_commands_nothing() -> None:
    plan, facts = sites.example("minimal")
    result = rehearsed.of(replace(plan, programmes=()), facts, needs_of=plan)
    assert not result.commands.sent
    assert rehearsed.of(plan, facts).commands.sent
