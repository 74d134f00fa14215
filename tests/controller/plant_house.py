"""A small plant with a rule of every kind, and the same after an edit: for tests of a daemon's whole life."""

from __future__ import annotations

from functools import cache

from config.plan.site import Plan
from tests.one_device import compiled_text

SITE = """
site: {name: plant, label: 小站, place: {time_zone: Asia/Shanghai, latitude: 30.574, longitude: 103.923}}
lines: {T1: {transport: modbus-tcp, host: 10.0.0.11}}
devices:
  do-1: {profile: relay-8, line: T1, unit: 1, label: 继电器, if_unheard: {holds_last: true, accepted: 试验}}
  di-1: {profile: input-8, line: T1, unit: 2, label: 输入}
  safety: {profile: input-8-safety, line: T1, unit: 4, label: 火警}
  panel: {profile: canteen-hood, line: T1, unit: 5, label: 排烟柜, if_unheard: {after: 120 s, goes_to: auto}}
  water: {profile: grey-water-plant, line: T1, unit: 6, label: 中水站,
    if_unheard: {after: 120 s, goes_to: auto}}
equipment:
  hood: {kind: fan, label: 排风机, safe: on, run_cmd: do-1.ch1, run_fb: di-1.di1, fault: di-1.di2,
    start_fail: 20 s}
  duct: {kind: fan, label: 变频排风, min_speed: panel.ex1_min_speed, mode: panel.ex1_mode}
  purifier: {kind: fume-purifier, label: 净化器, run_cmd: do-1.ch2, run_fb: di-1.di3}
  pump-1: {kind: pump, label: 1#泵, safe: off, run_cmd: do-1.ch3, run_fb: di-1.di5, min_off: 3 min,
    starts_per_hour: 6}
  tank: {kind: tank, label: 水箱, level: water.reuse_level, low_switch: water.reuse_low_switch}
  p1: {kind: pump, label: 甲泵, run_cmd: do-1.ch4, run_fb: water.lift1_run, auto: water.lift1_auto,
    tags: [lift]}
  p2: {kind: pump, label: 乙泵, run_cmd: do-1.ch5, run_fb: water.lift2_run, tags: [lift]}
  blower: {kind: fan, label: 鼓风机, run_cmd: do-1.ch6, min_on: 2 min, min_off: 1 min, max_off: 40 min,
    starts_per_hour: 6}
  eq: {kind: tank, label: 调节池, level: water.eq_level}
  tap: {kind: valve, label: 补水阀, open: water.makeup_permit}
  station: {kind: process, label: 中水站, mode: water.plant_mode}
  lamp: {kind: lamp-group, label: 门灯, switch: do-1.ch7}
programmes:
  speed: {label: 转速, targets: duct.min_speed, default: 30 %}
  mode: {label: 方式, targets: duct, default: auto}
  lamp: {label: 门灯, targets: lamp, default: off, untrusted_clock: on,
    week: {workday: [{from: "08:00", to: "SHUTS", value: on}]}}
rules:
  fire: {kind: fire, label: 消防联动, contacts: [safety.di1], yields: [hood, duct]}
  dry-run:
    kind: interlock
    when: tank.low_switch is active for 2 s
    then: [{target: pump-1, value: off}]
    until: tank.level above 25 % for 60 s
    reset: auto
    on_bad_input: trip
  leak: {kind: interlock, when: di-1.di8 is active, then: [{target: tap, value: off}], reset: manual,
    on_bad_input: hold 5 min then release}
  exhaust:
    kind: link
    when: di-1.di6 is active or di-1.di7 is active
    then: [{target: hood, value: on}, {target: duct.min_speed, at_least: 60 %},
      {target: duct, value: on, after: 20 s}]
    run_on: RUN_ON
    until: panel.hood_temperature below 45 °C
    on_bad_input: trip
  fumes: {kind: link, when: hood is running, then: [{target: purifier, value: on}], on_bad_input: trip}
  fill:
    kind: level
    level: tank.level
    start: below STARTS %
    stop: above 80 %
    then: [{target: pump-1, value: on}, {target: station, value: night, otherwise: auto}]
    on_bad_input: hold 5 min then release
  lift:
    kind: duty
    machines: {tag: lift}
    level: eq.level
    steps: [{start: above 60 %, stop: below 30 %}, {start: above 85 %, stop: below 50 %}]
    first: rested
    on_bad_input: hold 5 min then release
  air: {kind: cycling, when: not eq.level below 10 %, run: 8 min, rest: 2 min,
    then: [{target: blower, value: on}], on_bad_input: hold 1 h then release}
  tap-in: {kind: make_up, level: tank.level, start: below 25 %, stop: above 35 %, rise: 1 %, within: 10 min,
    then: [{target: tap, value: on}], on_bad_input: trip}
  lamps: {kind: lighting, lamps: lamp, presence: di-1.di4, present: on, run_on: 3 min}
"""
"""SHUTS, RUN_ON and STARTS stand for what an edit changes."""


@cache
def plant(*, edited: bool = False) -> Plan:
    """The plant, or the plant after an edit: other hours, another run-on, another level, and no lift rule."""
    shuts, run_on, starts = ("12:00", "2 min", "40") if edited else ("18:30", "10 min", "30")
    text = SITE.replace("SHUTS", shuts).replace("RUN_ON", run_on).replace("STARTS", starts)
    if edited:
        before, _, rest = text.partition("  lift:\n")
        text = before + rest[rest.index("  air:") :]
    return compiled_text(text)
