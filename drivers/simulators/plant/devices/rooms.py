"""Restroom nodes, drinking-water purifiers, irrigation boxes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import ClassVar

from config.plan.reading import Value
from drivers.simulators.plant.curves import Curve, approach
from drivers.simulators.plant.devices.grey import GreyWaterPanel
from drivers.simulators.plant.model import Always, DeviceModel, Gauge, Neighbours, Setting
from drivers.simulators.plant.noise import Lot
from drivers.simulators.plant.soil import Soil
from drivers.simulators.plant.tank import Tank
from drivers.simulators.plant.water_purifier import WaterPurifier

VISIT_S = 90.0
CUP_S = 30.0
FLUSH_S = 8.0
URINAL_M3H = 0.6
LONGEST_S = 7200.0
"""How long an irrigation valve may stay open until somebody sets it otherwise."""
_DRINKING = Curve([
    (6, 0), (7, 0.4), (8.6, 1.3), (9.5, 0.9), (11.5, 1.2), (13, 0.8), (15, 1), (17.5, 0.7), (19, 0.1),
    (21, 0),
])  # fmt: skip


class RestroomNode(DeviceModel):
    """Light, fan and urinal valve by presence, with run-on. Facts: `fan_kw`, `light_kw`."""

    start: ClassVar[dict[str, Value | str]] = {
        "light_switch": True,
        "urinal_permit": True,
        "fan_mode": "presence",
        "light_run_on": 300.0,
        "fan_run_on": 900.0,
    }

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._take_orders()
        self._visit = Lot(setting.seed, f"{self.name}/visit", VISIT_S)
        self._fan_kw = setting.number("fan_kw", 0.12)
        self._light_kw = setting.number("light_kw", 0.25)
        self.present = self.light = self.fan = False
        self._empty_s = 1e9
        self._flush_s = 0.0
        self._ammonia = 0.3
        self._flushed = 0.0
        """Share of the latest step for which it flushed."""
        self.flows["water"] = lambda: URINAL_M3H * self._flushed

    def _take_orders(self) -> None:
        self._taken = self.orders
        self._light_switch, self._urinal_permit = self.switch("light_switch"), self.switch("urinal_permit")
        self._fan_mode = self.word("fan_mode", "presence")
        self._light_run_on_s = self.told_number("light_run_on", 300)
        self._fan_run_on_s = self.told_number("fan_run_on", 900)

    @property
    def power_kw(self) -> float:
        return self._fan_kw * self.fan + self._light_kw * self.light + 0.004

    def step(self, dt_s: float) -> None:
        if self._taken != self.orders:
            self._take_orders()
        environment = self.environment
        before = self.present
        self.present = self._visit.at(environment.time_s) < 0.004 + 0.4 * environment.occupancy
        self._empty_s = 0.0 if self.present else self._empty_s + dt_s
        dark = environment.lux * 0.004 < 120.0
        self.light = self._light_switch and dark and self._empty_s < self._light_run_on_s
        mode = self._fan_mode
        follow = self._empty_s < self._fan_run_on_s
        least = environment.time_s % 3600.0 < 300.0
        self.fan = mode == "on" or (mode == "presence" and follow) or (mode == "minimum" and least)
        left = before and not self.present
        if left and self._urinal_permit:
            self._flush_s = FLUSH_S
        if self._flush_s:
            self._flushed = min(self._flush_s / dt_s, 1.0)
            self._flush_s = max(self._flush_s - dt_s, 0.0)
        else:
            self._flushed = 0.0
        target = (0.4 if self.fan else 1.5) + 1.5 * self.present
        self._ammonia = approach(self._ammonia, target, dt_s, 900)

    def gauges(self) -> dict[str, Gauge]:
        return {
            "presence": lambda: self.present,
            "light_on": lambda: self.light,
            "fan_run": lambda: self.fan,
            "valve_open": lambda: self._flushed > 0.0,
            "lux": lambda: 0.004 * self.environment.lux + (220.0 if self.light else 0.0),
            "ammonia": lambda: self._ammonia,
            "temperature": lambda: 19 + 0.25 * self.environment.outdoor_c,
            "humidity": lambda: 62.0 + 4 * self.present,
            "power": lambda: self.power_kw,
        }


class DrinkingWater(DeviceModel):
    """Facts: `heater_kw`, `boiler_litres`, `ro_flow` L/min, `flush_minutes`, `litres_per_day` drawn on a
    workday, `filter_litres` that a filter lasts, `filter_used` % of them at the start."""

    start: ClassVar[dict[str, Value | str]] = {"heater_permit": True, "setpoint": 95.0}
    counts: ClassVar[tuple[str, ...]] = ("machine.drawn_l", "machine.filtered_l", "_uv_s")

    def __init__(self, setting: Setting) -> None:
        self.machine = WaterPurifier(
            setting.number("heater_kw", 9),
            setting.number("boiler_litres", 60),
            setting.number("ro_flow", 1),
            setting.number("filter_litres", 20_000),
            setting.number("filter_used", 100 * setting.lot("filter", 0.05, 0.8)) / 100,
        )
        self._flush_s = 60 * setting.number("flush_minutes", 3)
        super().__init__(setting)
        self._cup = Lot(setting.seed, f"{self.name}/cup", CUP_S)
        self._litres = setting.number("litres_per_day", 220)
        self._uv_s = setting.lot("uv", 500, 6_000) * 3600
        self._mean = sum(_DRINKING.at(quarter / 4) for quarter in range(96)) / 4
        machine = self.machine
        self.flows |= {"water": lambda: machine.inlet_m3h, "power": lambda: machine.power_kw}

    @property
    def power_kw(self) -> float:
        return self.machine.power_kw

    def tanks(self) -> Mapping[str, Tank]:
        return {"tank": self.machine.tank}

    def obey(self, name: str) -> None:
        if name == "flush" and self.switch(name):
            self.machine.flush(self._flush_s)
        elif name == "heater_permit":
            self.machine.permit = self.switch(name)
        elif name == "setpoint":
            self.machine.setpoint_c = self.told_number(name, 95)

    def step(self, dt_s: float) -> None:
        environment = self.environment
        day = self._litres * (1.0 if environment.workday else 0.06)
        thirst = 2.0 * self._cup.at(environment.time_s)
        draw = day * _DRINKING.at(environment.hour) / self._mean / 60 * thirst
        self.machine.step(draw, 12.0 + 0.4 * environment.outdoor_c, 20.0, dt_s)
        self._uv_s += dt_s

    def gauges(self) -> dict[str, Gauge]:
        machine = self.machine
        return {
            "temperature": lambda: machine.temperature_c,
            "level": lambda: machine.tank.level,
            "tds_in": Always(210.0),
            "tds_out": lambda: machine.tds_ppm,
            "flow": lambda: machine.ro_l_min * 0.06 if machine.producing else 0.0,
            "litres": lambda: machine.drawn_l * 1e-3,
            "filter_litres": lambda: machine.filtered_l * 1e-3,
            "filter_days": lambda: 365 * 86_400 * machine.filter_left / 100,
            "power": lambda: machine.power_kw,
            "uv_hours": lambda: self._uv_s,
            "fault_code": Always(0),
            "heating": lambda: machine.heating,
            "making_water": lambda: machine.producing,
            "flushing": lambda: machine.flush_s > 0.0,
            "uv_ok": Always(True),
        }


class IrrigationBox(DeviceModel):
    """Valves that close by themselves after their longest time.

    Facts: `flows` m³/h and `areas` m² by valve (`flow`, `area` for all alike), `fed_by` the grey-water
    panel whose pressure it needs.
    """

    rank: ClassVar[int] = 0
    start: ClassVar[dict[str, Value | str]] = {f"v{valve}_longest": LONGEST_S for valve in range(1, 9)}
    counts: ClassVar[tuple[str, ...]] = ("total_m3",)

    def __init__(self, setting: Setting) -> None:
        self._open_s: dict[int, float] = {}
        self._spent: set[int] = set()
        super().__init__(setting)
        self._valves = [number for number in range(1, 9) if f"v{number}_permit" in setting.points]
        flows = setting.numbers("flows") or [setting.number("flow", 6)] * len(self._valves)
        self._flow = dict(zip(self._valves, flows, strict=False))
        areas = setting.numbers("areas") or [setting.number("area", 3000)] * len(self._valves)
        self.soils = {
            valve: Soil(area, setting.lot(f"soil {valve}", 18, 28))
            for valve, area in zip(self._valves, areas, strict=False)
        }
        self._panel: GreyWaterPanel | None = None
        self.wanted_m3h = 0.0
        self.total_m3 = setting.lot("start", 100, 4_000)
        self.flows["water"] = lambda: self.wanted_m3h
        self.flows["delivered"] = lambda: self.delivered_m3h

    def link(self, neighbours: Neighbours) -> None:
        panel = neighbours.model(str(self.setting.facts.get("fed_by", "")))
        self._panel = panel if isinstance(panel, GreyWaterPanel) else None

    @property
    def power_kw(self) -> float:
        return 0.01 + 0.015 * len(self._open_s)

    @property
    def delivered_m3h(self) -> float:
        return self.wanted_m3h * (self._panel.served if self._panel is not None else 1.0)

    def _longest_s(self, valve: int) -> float:
        return self.told_number(f"v{valve}_longest", LONGEST_S)

    def step(self, dt_s: float) -> None:
        environment = self.environment
        delivered = self.delivered_m3h
        self.total_m3 += delivered * dt_s / 3600
        share = delivered / self.wanted_m3h if self.wanted_m3h else 0.0
        for valve in self._valves:
            self.soils[valve].step(
                share * self._flow[valve] if valve in self._open_s else 0.0, environment, dt_s
            )
            permit = self.switch(f"v{valve}_permit")
            if not permit:
                self._open_s.pop(valve, None)
                self._spent.discard(valve)
            elif valve in self._open_s:
                self._open_s[valve] += dt_s
                if self._open_s[valve] >= self._longest_s(valve):
                    del self._open_s[valve]
                    self._spent.add(valve)
            elif valve not in self._spent:
                self._open_s[valve] = 0.0
        self.wanted_m3h = sum(self._flow[valve] for valve in self._open_s)

    def _left_s(self) -> float:
        left = (self._longest_s(valve) - since for valve, since in self._open_s.items())
        return max(left, default=0.0)

    def gauges(self) -> dict[str, Gauge]:
        panel = self._panel
        found: dict[str, Gauge] = {
            "rain": lambda: self.environment.rain_mm_h > 0,
            "flow": lambda: self.delivered_m3h,
            "litres": lambda: self.total_m3,
            "pressure": lambda: panel.booster.pressure_pa if panel is not None else 280_000.0,
            "time_left": self._left_s,
        }
        for number, valve in enumerate(self._valves, start=1):
            found[f"v{valve}_open"] = partial(self._open_s.__contains__, valve)
            found[f"soil{number}"] = partial(_moisture, self.soils[valve])
        return found


def _moisture(soil: Soil) -> float:
    return soil.moisture
