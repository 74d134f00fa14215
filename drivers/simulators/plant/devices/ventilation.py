"""The conference centre's air handler and the kitchen's make-up air unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from config.plan.reading import Value
from drivers.simulators.plant.air import AirHandler, Hall
from drivers.simulators.plant.curves import approach
from drivers.simulators.plant.devices.canteen import HoodPanel
from drivers.simulators.plant.environment import Environment
from drivers.simulators.plant.model import Always, DeviceModel, Gauge, Neighbours, Setting
from drivers.simulators.plant.motor import Motor
from drivers.simulators.plant.noise import chance

DIRTY_PA = 250.0


def event(seed: int, environment: Environment, place: str = "") -> bool:
    """Whether the hall is used now: as its place is booked, or two or three events a week, in the morning or
    the afternoon."""
    if place and environment.booked is not None:
        return environment.booked(place)
    number = environment.day.toordinal()
    if not environment.workday or chance(seed, "event", number) > 0.5:
        return False
    start = 9.0 if chance(seed, "event in the morning", number) < 0.5 else 13.5
    return start <= environment.hour < start + 5 - (1.5 if start < 12 else 0)


class AirHandlingUnit(DeviceModel):
    """Facts: `flow` m³/h, `rated_kw`, `volume` m³ and `seats` of the hall; `place`: by its bookings people
    come."""

    rank: ClassVar[int] = 0
    start: ClassVar[dict[str, Value | str]] = {
        "mode": "off",
        "setpoint": 24.0,
        "speed": 100.0,
        "co2_setpoint": 900.0,
    }

    def __init__(self, setting: Setting) -> None:
        self.unit = AirHandler(setting.number("rated_kw", 15), setting.number("flow", 20_000))
        self.hall = Hall(setting.number("volume", 6_000), setting.number("seats", 500))
        super().__init__(setting)
        self.people = 0.0

    def machines(self) -> Mapping[str, Motor]:
        return {"fan": self.unit.fan}

    @property
    def power_kw(self) -> float:
        return self.unit.power_kw

    def step(self, dt_s: float) -> None:
        environment = self.environment
        unit, hall = self.unit, self.hall
        busy = event(self.setting.seed, environment, str(self.setting.facts.get("place", "")))
        self.people = approach(self.people, (0.75 if busy else 0.01) * hall.seats, dt_s, 400)
        unit.fan.turn(self.word("mode") == "auto")
        unit.setpoint_c = self.told_number("setpoint", 24)
        stale = (hall.co2_ppm - self.told_number("co2_setpoint", 900)) / 300
        warm = abs(hall.temperature_c - unit.setpoint_c) / 3
        unit.fan.wanted = min(max(0.4 + 0.6 * max(stale, warm), 0.3), self.told_number("speed", 100) / 100)
        unit.step(hall.temperature_c, environment.outdoor_c, dt_s)
        hall.step(self.people, unit.supply_c, unit.air_m3h, environment.outdoor_c, dt_s)

    def _season(self) -> int | None:
        outdoor_c = self.environment.outdoor_c
        season = "summer" if outdoor_c > 24 else "winter" if outdoor_c < 12 else "between"
        return self.state("season", season)

    def gauges(self) -> dict[str, Gauge]:
        unit, hall = self.unit, self.hall
        fan = unit.fan
        return {
            "season": self._season,
            "speed_fb": lambda: 100 * fan.speed,
            "supply_temperature": lambda: unit.supply_c,
            "return_temperature": lambda: hall.temperature_c,
            "outdoor_temperature": lambda: self.environment.outdoor_c,
            "co2": lambda: hall.co2_ppm,
            "humidity": lambda: 55 + 0.01 * self.people,
            "valve_fb": lambda: unit.valve,
            "damper_fb": lambda: 35.0 if fan.running else 0.0,
            "filter_pressure": lambda: unit.filter_pa,
            "power": lambda: unit.power_kw,
            "run_fb": lambda: fan.running,
            "fault": lambda: fan.failed,
            "auto": Always(True),
            "filter_dirty": lambda: unit.filter_pa > DIRTY_PA,
            "run_hours": lambda: fan.run_s,
        }


class MakeUpAirUnit(DeviceModel):
    """Follows the exhaust by a hard-wired link. Facts: `exhaust` PANEL, `flow` m³/h, `rated_kw`."""

    rank: ClassVar[int] = 2
    start: ClassVar[dict[str, Value | str]] = {"mode": "auto", "min_speed": 30.0}
    counts: ClassVar[tuple[str, ...]] = ("_filter_h",)

    def __init__(self, setting: Setting) -> None:
        self.fan = Motor(setting.number("rated_kw", 5.5), ramp_s=20)
        self._flow = setting.number("flow", 19_000)
        super().__init__(setting)
        self._panel: HoodPanel | None = None
        self._supply_c = 20.0
        self._filter_h = setting.lot("filter", 100, 1500)

    def link(self, neighbours: Neighbours) -> None:
        panel = neighbours.model(str(self.setting.facts.get("exhaust", "")))
        self._panel = panel if isinstance(panel, HoodPanel) else None

    def machines(self) -> Mapping[str, Motor]:
        return {"fan": self.fan}

    @property
    def power_kw(self) -> float:
        return self.fan.power_kw + 0.03

    def step(self, dt_s: float) -> None:
        environment = self.environment
        panel = self._panel
        if panel is not None:
            linked, asked = panel.makeup_wanted, 0.8 * sum(map(panel.air_m3h, panel.motors)) / self._flow
        else:
            linked, asked = environment.occupancy > 0.3, 0.6
        mode = self.word("mode", "auto")
        flame = panel is not None and any(panel.flames)
        self.fan.turn(flame or mode == "on" or (mode == "auto" and linked))
        self.fan.wanted = min(max(asked, self.told_number("min_speed", 30) / 100, 0.2), 1.0)
        self.fan.step(dt_s)
        target = max(environment.outdoor_c, 12) if self.fan.running else 20
        self._supply_c = approach(self._supply_c, target, dt_s, 300)
        self._filter_h += dt_s / 3600 if self.fan.running else 0.0

    def _kitchen_pa(self) -> float:
        drawn = sum(map(self._panel.air_m3h, self._panel.motors)) if self._panel is not None else 0.0
        return (self._flow * self.fan.speed - drawn) / 1500

    def _filter_pa(self) -> float:
        return (80 + 0.06 * self._filter_h) * self.fan.speed**2

    def gauges(self) -> dict[str, Gauge]:
        fan = self.fan
        return {
            "speed_fb": lambda: 100 * fan.speed,
            "supply_temperature": lambda: self._supply_c,
            "outdoor_temperature": lambda: self.environment.outdoor_c,
            "kitchen_pressure": self._kitchen_pa,
            "filter_pressure": self._filter_pa,
            "power": lambda: self.power_kw,
            "run_fb": lambda: fan.running,
            "fault": lambda: fan.failed,
            "auto": Always(True),
            "damper_open": lambda: fan.running,
            "filter_dirty": lambda: self._filter_pa() > DIRTY_PA,
            "run_hours": lambda: fan.run_s,
        }
