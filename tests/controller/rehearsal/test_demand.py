"""A demand cap over the plant in memory: the limit that is passed without it is kept."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from config.plan.site import Plan
from config.written.compile import compile_site
from config.written.problems import Findings
from controller.rehearsal.result import Result, as_data
from tests.controller.rehearsal import rehearsed

SITE = """
site: {name: tea, label: 开水间, place: {time_zone: Asia/Shanghai, latitude: 30.574, longitude: 103.923}}
lines: {T1: {transport: modbus-tcp, host: 10.0.0.11}}
devices:
  meter: {profile: acrel-adw300, line: T1, unit: 1, label: 电表, params: {ct: 10/5}}
  boiler-1: {profile: water-purifier, line: T1, unit: 2, label: 1#,
    if_unheard: {holds_last: true, accepted: 试验}}
  boiler-2: {profile: water-purifier, line: T1, unit: 3, label: 2#,
    if_unheard: {holds_last: true, accepted: 试验}}
  boiler-3: {profile: water-purifier, line: T1, unit: 4, label: 3#,
    if_unheard: {holds_last: true, accepted: 试验}}
equipment:
  tea-1: {kind: water-purifier, label: 1#, tags: [tea], rated: 9 kW, heater_permit: boiler-1.heater_permit,
    temperature: boiler-1.temperature}
  tea-2: {kind: water-purifier, label: 2#, tags: [tea], rated: 9 kW, heater_permit: boiler-2.heater_permit,
    temperature: boiler-2.temperature}
  tea-3: {kind: water-purifier, label: 3#, tags: [tea], rated: 9 kW, heater_permit: boiler-3.heater_permit,
    temperature: boiler-3.temperature}
programmes:
  tea: {label: 开水, targets: {tag: tea}, default: off,
    week: {everyday: [{from: "06:30", to: "18:30", value: on}]}, untrusted_clock: off}
rules:
  cap:
    kind: demand_cap
    power: meter.p_total
    limit: 16 kW
    margin: 1 kW
    deadband: 3 kW
    restore_after: 2 min
    shed: [{targets: {tag: tea}, at_most: off, at_least_for: 2 min, at_most_for: 15 min,
      at_least_between: 2 min}]
    on_bad_input: hold 5 min then release
"""
BOILER = {
    "model": "water-purifier",
    "heater_kw": 9,
    "boiler_litres": 60,
    "ro_flow": 1,
    "flush_minutes": 3,
    "litres_per_day": 260,
}
FACTS = {
    "devices": {
        **{f"boiler-{number}": BOILER for number in (1, 2, 3)},
        "meter": {"model": "meter", "voltage": 230, "frequency": 50, "power_factor": 0.92},
    },
    "meters": {"meter": {"of": ["boiler-1", "boiler-2", "boiler-3"]}},
}


@cache
def plan() -> Plan:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "site.yaml").write_text(SITE, encoding="utf-8")
        findings = Findings()
        made = compile_site(Path(folder), findings)
    assert made is not None, [problem.sentence("en") for problem in findings.problems()]
    return made


def rehearse(of: Plan) -> Result:
    return rehearsed.of(of, FACTS, cycle_s=60, needs_of=plan())


def test_the_cap_keeps_the_limit_that_is_passed_without_it() -> None:
    free, kept = rehearse(replace(plan(), rules=())), rehearse(plan())
    demands = [as_data(one)["max_demand"] for one in (free, kept)]
    assert demands[0]["kw"] > 26.0
    assert demands[0]["at"].startswith("2026-03-05T06:4")
    assert 13.0 < demands[1]["kw"] <= 16.0
    used = [float(one.consumption.total("electricity")) for one in (free, kept)]
    assert used[0] > 50.0
    assert used[1] == pytest.approx(used[0], rel=0.05), "what was shed was drawn later"
    cold = [
        sum(need.minutes for need in one.needs.unmet if need.kind == "cold-water") for one in (free, kept)
    ]
    assert cold[1] <= cold[0] + 30


def test_without_a_power_beside_the_counters_nobody_knows_the_demand() -> None:
    points = tuple(
        replace(point, counter=replace(point.counter, power_point=None)) if point.counter else point
        for point in plan().points
    )
    assert as_data(rehearse(replace(plan(), points=points, rules=())))["max_demand"] is None
