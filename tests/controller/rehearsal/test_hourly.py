"""Rules that know the hour, over days with the plant in memory."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from config.plan.site import Plan
from config.written.compile import compile_site
from config.written.problems import Findings
from controller.rehearsal.result import Result
from drivers.simulators.in_memory import InMemory
from drivers.simulators.plant.devices.grey import GreyWaterPanel
from drivers.simulators.plant.devices.rooms import DrinkingWater, IrrigationBox
from drivers.simulators.plant.water_purifier import WaterPurifier
from drivers.simulators.plant.world import World
from tests.controller.rehearsal import rehearsed

SITE = """
site: {name: hourly, label: 试验, place: {time_zone: Asia/Shanghai, latitude: 30.574, longitude: 103.923}}
tariff: {use: sichuan-2025, flat_price: 0.72 元/kWh}
lines: {T1: {transport: modbus-tcp, host: 10.0.0.11}}
"""
TEA = """
devices:
  tea: {profile: water-purifier, line: T1, unit: 1, label: 开水机,
    if_unheard: {holds_last: true, accepted: 试验}}
  meter: {profile: acrel-adw300, line: T1, unit: 4, label: 电表, params: {ct: 100/5}}
equipment:
  boiler: {kind: water-purifier, label: 开水机, heater_permit: tea.heater_permit, setpoint: tea.setpoint,
    temperature: tea.temperature, flush: tea.flush}
programmes:
  hot: {label: 热水温度, targets: boiler.setpoint, default: 97 °C}
"""
BY_PROGRAMME = """
  tea: {label: 开水机, targets: boiler, default: off,
    week: {workday: [{from: "06:30", to: "18:30", value: on}]}}
"""
BY_RULE = """
rules:
  tea: {kind: heater, boilers: boiler, wanted: {workday: "06:30-18:30"}, untrusted_clock: on,
    keep: {low: 85 °C, high: 92 °C}, warm_up: 60 min, per_degree: 40 s,
    top_up: {before: peak, within: 45 min, to: 96 °C, least: 82 °C}, flush: {for: 3 min, after: 8 h},
    on_bad_input: hold 10 min then release}
"""
GARDEN = """
devices:
  box: {profile: irrigation-box, line: T1, unit: 2, label: 阀门箱, if_unheard: {after: 300 s, goes_to: off}}
  plant: {profile: grey-water-plant, line: T1, unit: 3, label: 柜, if_unheard: {after: 120 s, goes_to: auto}}
equipment:
  reuse: {kind: tank, label: 回用水池, level: plant.reuse_level}
  green: {kind: valve, label: 绿化阀, open: box.v1_permit}
  wall: {kind: valve, label: 绿墙阀, open: box.v2_permit}
programmes:
  longest: {label: 单次最长, targets: [box.v1_longest, box.v2_longest], default: 120 min}
rules:
  garden: {kind: irrigation, hours: {everyday: "04:30-07:00"}, meter: box.litres, level: reuse.level,
    valves: [{target: green, for: 100 min, water: 4 m³}, {target: wall, for: 30 min}],
    start: above 45 %, stop: below 35 %, rain: box.rain is active, dry_after: 12 h, on_bad_input: trip}
"""
OF_TEA: dict[str, Any] = {"devices": {"tea": {"litres_per_day": 260}}, "meters": {"meter": {"of": ["tea"]}}}
OF_GARDEN: dict[str, Any] = {
    "devices": {
        "plant": {"supplies": ["box"]},
        "box": {"fed_by": "plant", "flows": [6.0, 1.2, 0, 0], "areas": [9000, 300, 500, 500]},
    },
}


@cache
def plan(more: str) -> Plan:
    with TemporaryDirectory() as folder:
        Path(folder, "site.yaml").write_text(SITE + more, encoding="utf-8")
        findings = Findings()
        made = compile_site(Path(folder), findings)
    assert made is not None, [problem.sentence("en") for problem in findings.problems()]
    return made


def bought(result: Result) -> tuple[float, float]:
    """kWh in peak hours, and what everything cost, in yuan."""
    periods = result.consumption.by_period()
    peak = sum(float(used) for period, used, _ in periods if period == "peak")
    return peak, sum(float(cost) for _, _, cost in periods if cost is not None)


def unmet(result: Result) -> dict[str, int]:
    return {f"{one.kind} {one.equipment.name}": one.minutes for one in result.needs.unmet if one.minutes}


def test_a_boiler_that_stores_heat_buys_less_in_peak_hours_and_no_tea_gets_cold() -> None:
    old, new = plan(TEA + BY_PROGRAMME), plan(TEA + BY_RULE)
    memories: list[InMemory] = []
    before = rehearsed.of(old, OF_TEA, 2, cycle_s=60, memories=memories)
    after = rehearsed.of(new, OF_TEA, 2, cycle_s=60, memories=memories, needs_of=old)
    assert unmet(before) == unmet(after) == {}
    (peak, cost), (less, cheaper) = bought(before), bought(after)
    assert 0 < less < 0.8 * peak
    assert cheaper < 0.92 * cost
    flushed, unflushed = (_boiler(memory) for memory in reversed(memories))
    assert flushed.drawn_l == unflushed.drawn_l
    # Two litres a minute, three minutes, once a day.
    assert flushed.filtered_l - unflushed.filtered_l == pytest.approx(12.0, abs=0.1)


def test_the_hours_of_a_boiler_are_a_need() -> None:
    cold = plan(
        TEA
        + BY_RULE.replace("warm_up: 60 min, per_degree: 40 s,", "")
        .replace("85 °C", "70 °C")
        .replace("92 °C", "75 °C")
        .replace("82 °C", "60 °C")
    )
    result = rehearsed.of(cold, OF_TEA, 1, cycle_s=60)
    assert unmet(result)["cold-water boiler"] > 300


def _boiler(memory: InMemory) -> WaterPurifier:
    model = memory.world.models["tea"]
    assert isinstance(model, DrinkingWater)
    return model.machine


def _panel(world: World) -> GreyWaterPanel:
    model = world.models["plant"]
    assert isinstance(model, GreyWaterPanel)
    return model


def _box(world: World) -> IrrigationBox:
    model = world.models["box"]
    assert isinstance(model, IrrigationBox)
    return model


def _watered(days: int, inflow: float, held: float) -> tuple[float, GreyWaterPanel, Result]:
    """m³ in that many days, the plant afterwards, and what came of it all. `inflow`: m³ a day. `held`: m³ in
    the reuse tank at the beginning, with little in those before it."""

    def prepare(world: World) -> None:
        _box(world).total_m3 = 0.0
        process = _panel(world).process
        process.equalisation.content, process.membrane.content, process.reuse.content = 1.0, 4.0, held
        process.make_up_most_m3h = 0.0

    memories: list[InMemory] = []
    devices = OF_GARDEN["devices"]
    facts = {
        "devices": {**devices, "plant": {**devices["plant"], "inflow": {"workday": inflow, "dayoff": inflow}}}
    }
    result = rehearsed.of(plan(GARDEN), facts, days, cycle_s=60, memories=memories, prepare=prepare)
    world = memories[0].world
    return _box(world).total_m3, _panel(world), result


def test_a_garden_gets_its_share_every_day_and_no_more() -> None:
    total, _, result = _watered(2, 40, 15.0)
    # 4 m³ by the meter, which is read once a minute, and half an hour of 1.2 m³/h.
    assert 2 * 4.6 <= total <= 2 * 4.8
    switched = {one.key: one.switched for one in result.commands.sent.values()}
    assert (switched["box.v1_permit"], switched["box.v2_permit"]) == (4, 4)
    assert unmet(result) == {}


def test_a_garden_does_not_drink_the_tank_empty() -> None:
    total, panel, result = _watered(1, 0, 10.0)
    assert 2.5 < total < 3.3, "from 50 % down to 35 % of 20 m³"
    assert panel.process.reuse.level > 33.0
    assert unmet(result) == {}
