"""A hall with two lamps, their sensors and a programme, under a lighting rule."""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path

from config.plan.reading import Quality, Value
from config.plan.site import Plan
from config.written.compile import compile_site
from config.written.problems import Findings
from controller.decide.requests import Op
from tests.controller.rig import Rig
from tests.schedules.build import at

HALL = """
site: {name: hall, label: 大厅, place: {time_zone: Asia/Shanghai, latitude: 30.574, longitude: 103.923}}
lines:
  T1: {transport: modbus-tcp, host: 10.0.0.11}
  B1: {transport: bacnet-ip, bind: 10.0.0.2}
devices:
  relays: {profile: relay-8, line: T1, unit: 1, label: 继电器, if_unheard: {holds_last: true, accepted: 试验}}
  inputs: {profile: input-8, line: T1, unit: 2, label: 输入}
  hall: {profile: bacnet-lighting, line: B1, instance: 1001, address: 10.0.0.21, label: 大厅照明,
    if_unheard: {holds_last: true, accepted: 试验}}
equipment:
  one: {kind: lamp-group, label: 一区, tags: [lamps], level: hall.zone1_level, presence: hall.zone1_presence,
    lux: hall.zone1_lux}
  two: {kind: lamp-group, label: 二区, tags: [lamps], level: hall.zone2_level, presence: hall.zone2_presence,
    lux: hall.zone2_lux}
  porch: {kind: lamp-group, label: 门灯, switch: relays.ch1}
"""
PROGRAMMES = """
hall:
  label: 大厅
  targets: {tag: lamps}
  default: 10 %
  week: {everyday: [{from: "08:00", to: "18:00", value: 80 %}, {from: "18:00", to: "22:00", value: 40 %}]}
  untrusted_clock: 80 %
porch:
  label: 门灯
  targets: porch
  default: off
  week: {everyday: [{from: "20:00", to: "23:00", value: on}]}
  untrusted_clock: on
"""
RULE = """
  hall:
    kind: lighting
    label: 大厅照明
    lamps: {tag: lamps}
    at_least: 5 %
    present: 60 %
    absent: 30 %
    run_on: 3 min
    dark: below 120 lx for 2 min
    bright: above 350 lx for 10 min
    when_dark: 20 %
    when_bright: 5 %
"""


def hall_plan(rules: str = RULE) -> Plan:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "site.yaml").write_text(f"{HALL}rules:\n{rules}", encoding="utf-8")
        Path(folder, "schedules").mkdir()
        Path(folder, "schedules", "hall.yaml").write_text(PROGRAMMES, encoding="utf-8")
        findings = Findings()
        plan = compile_site(Path(folder), findings)
    assert plan is not None, [problem.sentence("en") for problem in findings.problems()]
    return plan


class Hall:
    """An engine of the hall. Nobody is there, and it is neither dark nor bright."""

    def __init__(self, plan: Plan, minute: str = "2026-03-05 09:00") -> None:
        self.rig = Rig(plan, at(minute))
        self.says: dict[str, Value | None] = {
            point.key: False if point.kind == "bool" else 1 if point.kind == "enum" else 0.0
            for point in plan.points
        }
        self.set(zone1_lux=200.0, zone2_lux=200.0)
        for device in plan.devices:
            self.rig.device(device.name, True)
        self.run(1)

    def set(self, **says: Value | None) -> Hall:
        """From now on the hall's points read this; None: a reading that is bad."""
        self.says.update({f"hall.{name}": value for name, value in says.items()})
        return self

    def run(self, seconds: int) -> Hall:
        """Let time pass. Points are read after a second, at the end, and every minute in between."""
        for moment, after in pairwise([0, 1, *range(60, seconds, 60), seconds]):
            self.rig.clock.advance(after - moment)
            for key, value in self.says.items():
                self.rig.read(key, value, Quality.BAD if value is None else Quality.GOOD)
            for write in self.rig.step().writes:
                self.rig.answer(write)
        return self

    def level(self, name: str = "one") -> Value | None:
        """What is asked of a lamp."""
        return self.rig.decided(self.key(name))[0]

    def bounds(self, name: str = "one") -> list[str]:
        """What changed the programme's level: "≥ 60.0 somebody is there"."""
        result = self.rig.engine.decisions[self.rig.id(self.key(name))]
        return [f"{item.op.value} {item.value} {dict(item.reason.parts)['reason']}" for item in result.bounds]

    def asked(self, op: Op, name: str = "one") -> list[Value | None]:
        """Values of the caps or floors that stand."""
        result = self.rig.engine.decisions[self.rig.id(self.key(name))]
        return [item.value for standing in result.slots for item in standing if item.op is op]

    def restart(self) -> Hall:
        self.rig.restart()
        return self

    @staticmethod
    def key(name: str) -> str:
        return f"{name}.switch" if name == "porch" else f"{name}.level"
