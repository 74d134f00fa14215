"""A small plant, compiled from YAML, with rules as people write them."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Self

from config.plan.reading import Quality, Value
from config.plan.site import Plan
from config.written.compile import compile_site
from config.written.problems import Findings
from controller.decide.rules.registry import KINDS
from drivers.api import Write
from tests.controller.rig import THURSDAY, Rig

PLANT = """
site: {name: plant, label: 试验, place: {time_zone: Asia/Shanghai, latitude: 30.574, longitude: 103.923}}
lines: {T1: {transport: modbus-tcp, host: 10.0.0.11}}
devices:
  relays: {profile: relay-8, line: T1, unit: 1, label: 继电器, if_unheard: {holds_last: true, accepted: 试验}}
  inputs: {profile: input-8, line: T1, unit: 2, label: 输入}
  more: {profile: input-8, line: T1, unit: 3, label: 输入}
  safety: {profile: input-8-safety, line: T1, unit: 4, label: 火警与燃气}
  panel: {profile: canteen-hood, line: T1, unit: 5, label: 排烟柜, if_unheard: {after: 120 s, goes_to: auto}}
  plant: {profile: grey-water-plant, line: T1, unit: 6, label: 柜,
    if_unheard: {after: 120 s, goes_to: auto}}
  box: {profile: irrigation-box, line: T1, unit: 7, label: 阀门箱, if_unheard: {after: 300 s, goes_to: off}}
  tea: {profile: water-purifier, line: T1, unit: 8, label: 开水机,
    if_unheard: {holds_last: true, accepted: 试验}}
equipment:
  pump-1: {kind: pump, label: 1#泵, safe: off, tags: [pumps], run_cmd: relays.ch1, run_fb: inputs.di1}
  pump-2: {kind: pump, label: 2#泵, safe: off, tags: [pumps], run_cmd: relays.ch2, run_fb: inputs.di2}
  lamp: {kind: lamp-group, label: 灯, tags: [lamps], switch: relays.ch3}
"""


@cache
def plan_with(rules: str, more: str = "", site: str = PLANT) -> Plan:
    """The plant, or another `site`, with a section `rules`; raises AssertionError with what is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "site.yaml").write_text(f"{site}{more}\nrules:\n{rules}", encoding="utf-8")
        findings = Findings()
        plan = compile_site(Path(folder), findings)
    assert plan is not None, [problem.sentence("en") for problem in findings.problems()]
    return plan


class Plant:
    """An engine whose points are read every second, as its devices would have it."""

    SITE = PLANT

    def __init__(self, rules: str, more: str = "", start: int = THURSDAY, /, **says: Value | None) -> None:
        """`says`: what is read from the first second on, as for `set`."""
        self.rig = Rig(plan_with(rules, more, self.SITE), start)
        plan = self.rig.plan
        used = {point for equipment in plan.equipment for _, point in equipment.roles}
        used.update(*(KINDS[type(rule.spec)].points(rule.spec) for rule in plan.rules))
        self.says: dict[str, Value | None] = {
            point.key: {"bool": False, "enum": 1}.get(point.kind, 0.0)
            for point in plan.points
            if point.id in used
        }
        """What each point reads; None: a reading that is bad."""
        self.notices: list[tuple[str, str, bool]] = []
        self.words: list[str] = []
        self.set(**says).run(1)

    def set(self, **says: Value | None) -> Self:
        """From now on points read this; "_" stands for the dot."""
        for name, value in says.items():
            self.says[name.replace("_", ".", 1)] = value
        return self

    def run(self, seconds: float, by: float = 1.0) -> Self:
        """Let time pass, a second at a time, or `by` so many."""
        while seconds > 0:
            for key, value in self.says.items():
                self.rig.read(key, value, Quality.BAD if value is None else Quality.GOOD)
            step = self.rig.step(min(by, seconds))
            for write in step.writes:
                self.note(write)
                self.rig.answer(write)
            self.notices += [(notice.kind, notice.subject, notice.on) for notice in step.notices]
            self.words += [str(notice.text) for notice in step.notices]
            seconds -= by
        return self

    def note(self, write: Write) -> None:
        """A write was handed out."""

    def asked(self, key: str = "pump-1.run_cmd") -> tuple[Value | None, int] | None:
        """The value that stands on a point, and in which slot."""
        result = self.rig.engine.decisions[self.rig.id(key)]
        return None if result.winner is None else (result.value, result.winner.slot)

    def restart(self) -> Self:
        """A new engine; nothing has been read yet."""
        self.rig.restart()
        return self
