"""The site whose points `why` is asked about: a plant room, a hall, a garden, a porch."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from config.plan.site import Plan
from config.written.compile import compile_site
from config.written.problems import Findings

SITE = """
site: {name: plant, label: 试验站, place: {time_zone: Asia/Shanghai, latitude: 30.574, longitude: 103.923},
  restart: {after: 4 min, stagger: 10 s}}
lines:
  T1: {transport: modbus-tcp, host: 10.0.0.11}
  B1: {transport: bacnet-ip, bind: 10.0.0.2}
devices:
  relays: {profile: relay-8, line: T1, unit: 1, label: 继电器箱,
    if_unheard: {holds_last: true, accepted: 试验}}
  inputs: {profile: input-8, line: T1, unit: 2, label: 输入箱}
  safety: {profile: input-8-safety, line: T1, unit: 4, label: 火警}
  hall: {profile: bacnet-lighting, line: B1, instance: 1001, address: 10.0.0.21, label: 大厅照明控制器,
    if_unheard: {holds_last: true, accepted: 试验}}
  mains: {profile: acrel-adw300, line: T1, unit: 5, label: 进线电表, params: {ct: 200/5}}
equipment:
  pump-1: {kind: pump, label: 1#增压泵, safe: off, min_off: 3 min, tags: [pumps], run_cmd: relays.ch1,
    run_fb: inputs.di1, auto: inputs.di7}
  fan: {kind: fan, label: 排风机, run_cmd: relays.ch2, run_fb: inputs.di2}
  lamp: {kind: lamp-group, label: 门灯, switch: relays.ch3}
  hall-lights: {kind: lamp-group, label: 大厅灯, level: hall.zone1_level, presence: hall.zone1_presence,
    lux: hall.zone1_lux}
  stairs: {kind: lamp-group, label: 楼梯灯, rated: 4 kW, level: hall.zone2_level,
    presence: hall.zone2_presence}
rules:
  fire: {kind: fire, label: 消防联动, contacts: [safety.di1], yields: [fan]}
  dry-run: {kind: interlock, label: 防干抽, when: inputs.di5 is active for 2 s,
    then: [{tag: pumps, value: off}], reset: manual, on_bad_input: trip}
  supply: {kind: interlock, slot: 10, label: 供水, when: inputs.di6 is active,
    then: [{tag: pumps, value: on}], on_bad_input: release}
  smoke: {kind: interlock, slot: 7, label: 排烟联锁, when: inputs.di3 is active,
    then: [{target: fan.run_cmd, value: on}], on_bad_input: hold 5 min then release}
  demand: {kind: demand_cap, label: 需量, power: mains.p_total, limit: 100 kW, on_bad_input: release,
    shed: [{targets: stairs, at_most: 20 %}]}
  hall: {kind: lighting, label: 大厅人感, lamps: [hall-lights, stairs], present: 60 %, run_on: 5 min}
hall-lights-week:
  label: 大厅照明
  targets: [hall-lights, stairs]
  default: 10 %
  week:
    workday:
      - {from: "08:00", to: "12:00", value: 80 %}
      - {from: "12:00", to: "14:00", value: 30 %}
  untrusted_clock: 80 %
"""
HOURLY = """
tariff: {use: sichuan-2025}
devices:
  tea: {profile: water-purifier, line: T1, unit: 8, label: 开水机,
    if_unheard: {holds_last: true, accepted: 试验}}
  box: {profile: irrigation-box, line: T1, unit: 7, label: 阀门箱, if_unheard: {after: 300 s, goes_to: off}}
equipment:
  boiler: {kind: water-purifier, label: 食堂开水机, heater_permit: tea.heater_permit, flush: tea.flush,
    temperature: tea.temperature}
  green: {kind: valve, label: 绿化阀, open: box.v1_permit}
  wall: {kind: valve, label: 绿墙阀, open: box.v2_permit}
rules:
  hot-water: {kind: heater, label: 热水, boilers: boiler, wanted: {workday: "06:30-18:30"},
    untrusted_clock: off, keep: {low: 86 °C, high: 92 °C}, warm_up: 30 min,
    top_up: {before: peak, within: 45 min, to: 96 °C, least: 83 °C}, flush: {for: 3 min},
    on_bad_input: trip}
  garden: {kind: irrigation, label: 灌溉, hours: {everyday: "07:00-07:30"}, skip_when: box.soil1 above 35 %,
    valves: [{target: green, for: 10 min}, {target: wall, for: 5 min}], on_bad_input: trip}
"""
WORKS = """
devices:
  works: {profile: relay-8, line: T1, unit: 9, label: 水泵继电器,
    if_unheard: {holds_last: true, accepted: 试验}}
  signs: {profile: input-8, line: T1, unit: 10, label: 水泵信号}
  grey: {profile: grey-water-plant, line: T1, unit: 11, label: 中水柜,
    if_unheard: {after: 120 s, goes_to: auto}}
equipment:
  fill: {kind: pump, label: 补水泵, min_off: 3 min, run_cmd: works.ch1, run_fb: signs.di1, safe: off}
  lift-1: {kind: pump, label: 1#提升泵, tags: [lift], run_cmd: works.ch2, run_fb: signs.di2, fault: signs.di4}
  lift-2: {kind: pump, label: 2#提升泵, tags: [lift], run_cmd: works.ch3, run_fb: signs.di3}
  reuse: {kind: tank, label: 回用水池, level: grey.reuse_level}
  sump: {kind: tank, label: 集水池, level: grey.eq_level}
rules:
  top-up: {kind: level, label: 补水, level: reuse.level, start: below 30 %, stop: above 80 %,
    only_if: signs.di7 is active and not signs.di8 is active for 20 s,
    then: [{target: fill, value: on, otherwise: off}], on_bad_input: hold 5 min then release}
  lift: {kind: duty, label: 提升, machines: {tag: lift}, level: sump.level, relieve: 30 min,
    steps: [{start: above 60 %, stop: below 30 %}, {start: above 85 %, stop: below 50 %}],
    on_bad_input: release}
  full: {kind: interlock, label: 溢流保护, when: sump.level above 95 % for 10 s,
    then: [{target: fill, value: off}],
    until: sump.level below 90 % for 60 s, reset: auto, on_bad_input: trip}
"""
PORCH = {
    "devices.yaml": """
devices:
  more: {profile: relay-8, line: T1, unit: 3, label: 门廊继电器, hand: respect 2 h,
    if_unheard: {holds_last: true, accepted: 试验}}
""",
    "equipment.yaml": """
equipment:
  porch: {kind: lamp-group, label: 门廊灯, switch: more.ch1}
""",
    "schedules/porch.yaml": """
porch-week:
  label: 门廊
  targets: porch
  default: on
  week: {everyday: [{from: "00:00", to: "24:00", value: on}]}
  untrusted_clock: on
""",
}
_PROGRAMMES = "hall-lights-week:"


@cache
def plan() -> Plan:
    head, _, programmes = SITE.partition(_PROGRAMMES)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "site.yaml").write_text(head, encoding="utf-8")
        Path(folder, "hourly.yaml").write_text(HOURLY, encoding="utf-8")
        Path(folder, "works.yaml").write_text(WORKS, encoding="utf-8")
        Path(folder, "schedules").mkdir()
        Path(folder, "schedules", "hall.yaml").write_text(_PROGRAMMES + programmes, encoding="utf-8")
        for name, written in PORCH.items():
            Path(folder, name).write_text(written, encoding="utf-8")
        findings = Findings()
        made = compile_site(Path(folder), findings)
    assert made is not None, [problem.sentence("en") for problem in findings.problems()]
    return made
