"""A main meter with heaters and a lamp below it, under a demand cap: what is shed shows in the meter."""

from __future__ import annotations

from typing import Self

from config.plan.reading import Value
from drivers.api import Write
from tests.controller.decide.rules.site import Plant

HEATERS = ("h1", "h2", "h3", "h4")
RATED_KW = 10.0
LAMP_KW = 8.0
LOADS = """
site: {name: loads, label: 负荷, place: {time_zone: Asia/Shanghai, latitude: 30.574, longitude: 103.923}}
lines:
  T1: {transport: modbus-tcp, host: 10.0.0.11}
  B1: {transport: bacnet-ip, bind: 10.0.0.2}
devices:
  relays: {profile: relay-8, line: T1, unit: 1, label: 继电器, if_unheard: {holds_last: true, accepted: 试验}}
  main: {profile: acrel-adw300, line: T1, unit: 2, label: 总表, params: {ct: 10/5}}
  lamps: {profile: bacnet-lighting, line: B1, instance: 1001, address: 10.0.0.21, label: 灯,
    if_unheard: {holds_last: true, accepted: 试验}}
  ahu: {profile: bacnet-air-handler, line: B1, instance: 1002, address: 10.0.0.22, label: 空调,
    if_unheard: {holds_last: true, accepted: 试验}}
equipment:
  h1: {kind: heater, label: 1#电热, tags: [heat], rated: 10 kW, permit: relays.ch4}
  h2: {kind: heater, label: 2#电热, tags: [heat], rated: 10 kW, permit: relays.ch5}
  h3: {kind: heater, label: 3#电热, tags: [heat], rated: 10 kW, permit: relays.ch6}
  h4: {kind: heater, label: 4#电热, rated: 10 kW, permit: relays.ch7}
  hall: {kind: lamp-group, label: 大厅灯, rated: 8 kW, level: lamps.zone1_level}
  cooler: {kind: air-handler, label: 空调, setpoint: ahu.setpoint}
programmes:
  cool: {label: 空调, targets: cooler.setpoint, default: 24 °C, untrusted_clock: 24 °C}
  heat: {label: 电热, targets: [h1, h2, h3, h4], default: on, untrusted_clock: on}
  light: {label: 照明, targets: hall, default: 100 %, untrusted_clock: 100 %}
"""
RULE = """
  cap:
    kind: demand_cap
    label: 需量
    power: main.p_total
    limit: 100 kW
    margin: 5 kW
    deadband: 15 kW
    ahead: 5 min
    restore_after: 5 min
    stagger: 2 min
    shed:
      - {targets: hall, at_most: 50 %, at_most_for: 60 min}
      - {targets: {tag: heat}, at_most: off, at_least_for: 3 min, at_most_for: 20 min,
        at_least_between: 10 min}
      - {targets: h4, at_most: off}
    on_bad_input: hold 5 min then release
"""


class Loads(Plant):
    """All is on; `base` kW are drawn by others."""

    SITE = LOADS

    def __init__(self, base: float = 20.0, rule: str = RULE) -> None:
        self.base = base
        self.broken = False
        """The meter does not answer."""
        self.count = 5000.0
        """kWh on the meter at the beginning."""
        self.kw: list[float] = []
        """What was drawn, second by second."""
        on = {f"relays_ch{number}": True for number in range(4, 8)}
        super().__init__(rule, "", **on, lamps_zone1_level=100.0)

    def draws(self) -> float:
        heaters = sum(self.says[f"relays.ch{number}"] is True for number in range(4, 8))
        level = self.says["lamps.zone1_level"]
        assert isinstance(level, float)
        return self.base + heaters * RATED_KW + level / 100 * LAMP_KW

    def run(self, seconds: float, by: float = 15.0) -> Self:
        """Let time pass; everything is read, and decided, every `by` seconds."""
        while seconds > 0:
            kw = self.draws()
            self.kw += [kw] * round(min(by, seconds))
            self.says["main.p_total"] = None if self.broken else kw
            self.says["main.energy_import"] = (
                None if self.broken else round(50 * (sum(self.kw) / 3600 + self.count)) / 50
            )
            self.rig.clock.advance(min(by, seconds) - 1)
            super().run(1)
            seconds -= by
        return self

    def note(self, write: Write) -> None:
        value: Value | None = write.value
        self.says[self.rig.plan.points[write.point].key] = value

    def shed(self) -> list[str]:
        """Those that the cap bears on."""
        keys = {"hall": "hall.level", **{name: f"{name}.permit" for name in HEATERS}}
        return [
            name
            for name, key in keys.items()
            if any(
                request.slot == 9
                for standing in self.rig.engine.decisions[self.rig.id(key)].slots
                for request in standing
            )
        ]

    def highest(self) -> float:
        """The highest mean of any 15 minutes that began and ended with a minute."""
        whole = [sum(self.kw[at : at + 60]) / 60 for at in range(0, len(self.kw) - 59, 60)]
        return max(sum(whole[at : at + 15]) / 15 for at in range(len(whole) - 14))
