"""Corridor lighting controllers and the street-light concentrator."""

from __future__ import annotations

import re
from typing import ClassVar

from config.plan.reading import Value
from drivers.simulators.plant.lamps import LampGroup
from drivers.simulators.plant.model import DeviceModel, Setting
from drivers.simulators.plant.noise import Noise, chance

INDOOR_SHARE = 0.006
"""Of the daylight outside that reaches a corridor."""
FULL_LX = 180.0
"""From new lamps at full level."""
STAY_S = 120.0
"""How long somebody's passing is seen."""


class LightingController(DeviceModel):
    """Dimmed zones with presence, lux and a meter. Facts: `zone_kw`, `lamps` a zone."""

    counts: ClassVar[tuple[str, ...]] = ("energy_kwh",)

    def __init__(self, setting: Setting) -> None:
        zones = sorted(
            int(found[1]) for name in setting.points if (found := re.fullmatch(r"zone(\d+)_level", name))
        )
        count = int(setting.number("lamps", 20))
        lamp_kw = setting.number("zone_kw", 0.8) / count
        self.zones = {
            zone: LampGroup(setting.seed, f"{setting.device.name}/{zone}", count, lamp_kw,
                            setting.lot(f"age {zone}", 500, 15_000)) for zone in zones
        }  # fmt: skip
        self._kw = 0.01
        super().__init__(setting)
        self.energy_kwh = setting.number("start", setting.lot("start", 1_000, 30_000))

    @property
    def power_kw(self) -> float:
        return self._kw

    def obey(self, name: str) -> None:
        zone = re.fullmatch(r"zone(\d+)_level", name)
        if zone:
            self.zones[int(zone[1])].level = self.told_number(name, 0)

    def step(self, dt_s: float) -> None:
        for group in self.zones.values():
            group.step(dt_s)
        self._kw = 0.01 + sum(group.power_kw for group in self.zones.values())
        self.energy_kwh += self.power_kw * dt_s / 3600

    def presence(self, zone: int) -> bool:
        environment = self.environment
        turn = int(environment.time_s // STAY_S)
        return (
            chance(self.setting.seed, f"{self.name}/{zone}/passing", turn)
            < 0.02 + 0.75 * environment.occupancy
        )

    def show(self) -> dict[str, Value | None]:
        environment = self.environment
        values: dict[str, Value | None] = {
            "power": self.power_kw,
            "energy": self.energy_kwh,
            "lamp_fault": any(group.failed for group in self.zones.values()),
            "firmware": "LC8-3.2",
        }
        for zone, group in self.zones.items():
            window = 0.6 + 0.1 * (zone % 5)
            values[f"zone{zone}_presence"] = self.presence(zone)
            values[f"zone{zone}_lux"] = INDOOR_SHARE * window * environment.lux + FULL_LX * group.output
        return values


class StreetConcentrator(DeviceModel):
    """Groups of street lamps with each lamp's current. Facts: `lamps`, `groups`, `lamp_kw`."""

    def __init__(self, setting: Setting) -> None:
        groups = int(setting.number("groups", 3))
        self._each = int(setting.number("lamps", 120)) // groups
        lamp_kw = setting.number("lamp_kw", 0.08)
        self.groups = [
            LampGroup(setting.seed, f"{setting.device.name}/{group}", self._each, lamp_kw,
                      setting.lot(f"age {group}", 2_000, 20_000), ramp_s=3) for group in range(groups)
        ]  # fmt: skip
        super().__init__(setting)
        self._voltage = [Noise(setting.seed, f"{self.name}/u{phase}", 300) for phase in range(3)]
        self._lux = Noise(setting.seed, f"{self.name}/lux", 120)
        self._shown: list[tuple[float, int]] = []
        self._currents: dict[str, Value | None] = {}

    def counted(self) -> dict[str, tuple[object, str]]:
        return {f"group{number}": (group, "on_h") for number, group in enumerate(self.groups, start=1)}

    @property
    def power_kw(self) -> float:
        return sum(group.power_kw for group in self.groups) + 0.02

    def restart(self) -> None:
        """After a power cut it lights the street until somebody tells it better."""
        super().restart()
        for number in range(1, len(self.groups) + 1):
            if f"group{number}_level" in self.told:
                self.command(f"group{number}_level", 100)

    def unheard(self, goes_to: Value | None, targets: tuple[str, ...]) -> None:
        super().unheard(self.told.get("comm_level", goes_to), targets)

    def obey(self, name: str) -> None:
        group = re.fullmatch(r"group(\d+)_level", name)
        if group:
            self.groups[int(group[1]) - 1].level = self.told_number(name, 100)

    def step(self, dt_s: float) -> None:
        for group in self.groups:
            group.step(dt_s)

    def show(self) -> dict[str, Value | None]:
        environment = self.environment
        values: dict[str, Value | None] = {
            "lux": max(environment.lux * (1 + 0.03 * self._lux.at(environment.time_s)), 0.0),
            "leakage": 0.008 + 0.01 * (environment.rain_mm_h > 0),
            "clock": environment.time_s,
            "firmware": "SL120-1.9",
            "selector_auto": True,
        }
        for phase, noise in zip("abc", self._voltage, strict=True):
            values[f"u_{phase}"] = 229 + 3 * noise.at(environment.time_s)
        for number, group in enumerate(self.groups, start=1):
            values |= {
                f"group{number}_power": group.power_kw,
                f"group{number}_failed": len(group.failed),
                f"group{number}_hours": group.on_h * 3600,
            }
        values |= self._lamps()
        return values

    def _lamps(self) -> dict[str, Value | None]:
        """Currents and failures, worked out anew only when a level or a lamp changed."""
        now = [(group.light, len(group.failed)) for group in self.groups]
        if now != self._shown:
            self._shown = now
            for lamp in range(self._each * len(self.groups)):
                group, place = self.groups[lamp // self._each], lamp % self._each
                self._currents[f"lamp_{lamp + 1:03}_current"] = group.current(place)
                self._currents[f"lamp_{lamp + 1:03}_failed"] = place in group.failed
        return self._currents
