"""Whole rehearsals: the same again to the byte, energy that adds up, a golden report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from controller.rehearsal.result import as_data
from drivers.simulators.in_memory import InMemory
from drivers.simulators.plant.devices.metering import ElectricMeter
from tests.controller.rehearsal import rehearsed
from tests.drivers.simulators import sites

GOLDEN = Path(__file__).parents[2] / "golden/rehearsal/minimal.json"


def said(result: rehearsed.Result) -> str:
    return json.dumps(as_data(result), ensure_ascii=False, indent=1) + "\n"


def test_two_days_of_the_minimal_site_are_as_they_were() -> None:
    plan, facts = sites.example("minimal")
    data = as_data(rehearsed.of(plan, facts, 2))
    kept = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert {**data, "plan": ""} == {**kept, "plan": ""}


def test_the_same_seed_gives_the_same_bytes_and_another_one_others() -> None:
    plan, facts = sites.example("shuangliu")
    first, again = (said(rehearsed.of(plan, facts, cycle_s=60)) for _ in range(2))
    assert first == again
    assert said(rehearsed.of(plan, facts, cycle_s=60, seed=2)) != first


def test_what_meters_logged_is_what_the_plant_drew() -> None:
    plan, facts = sites.example("shuangliu")
    memories: list[InMemory] = []
    starts: dict[str, float] = {}

    result = rehearsed.of(plan, facts, cycle_s=60, memories=memories)
    world = memories[0].world
    fresh = InMemory(plan, facts, _clock(), 60).world
    starts = {
        name: model.total for name, model in fresh.models.items() if isinstance(model, ElectricMeter)
    }
    assert len(starts) == 20
    for name, start in starts.items():
        model = world.models[name]
        assert isinstance(model, ElectricMeter)
        used = result.consumption.used[name]
        quantum = float(used.meter.quantum)
        # A float32 counter is renewed when it has moved by a ten-thousandth of itself.
        slack = max(2 * quantum, 2.2e-4 * model.total)
        assert float(used.total) == pytest.approx(model.total - start, abs=slack), name
        assert not used.unknown
    mains = result.consumption.roots("electricity")
    assert [used.meter.name for used in mains] == ["main-1", "main-2"]
    assert float(result.consumption.total("electricity")) == pytest.approx(
        sum(float(used.total) for used in mains)
    )
    parts = sum(cost for _, _, cost in result.consumption.by_period() if cost is not None)
    amounts = sum(amount for _, amount, _ in result.consumption.by_period())
    assert amounts == result.consumption.total("electricity")
    assert 0.28 * float(amounts) < float(parts) < 1.16 * float(amounts)


def test_a_plan_without_its_programmes_commands_nothing() -> None:
    plan, facts = sites.example("minimal")
    result = rehearsed.of(replace(plan, programmes=()), facts, needs_of=plan)
    assert not result.commands.sent
    assert rehearsed.of(plan, facts).commands.sent


def _clock() -> rehearsed.VirtualClock:
    from schedules.local import LocalTime

    return rehearsed.VirtualClock(LocalTime("Asia/Shanghai").midnight(rehearsed.DAY))
