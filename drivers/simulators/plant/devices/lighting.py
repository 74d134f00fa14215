"""Corridor lighting controllers and the street-light concentrator."""

from __future__ import annotations

import re
from functools import partial
from typing import ClassVar

from config.plan.reading import Value
from drivers.simulators.plant.environment import Environment
from drivers.simulators.plant.lamps import LampGroup
from drivers.simulators.plant.model import Always, DeviceModel, Gauge, Setting
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
        self._groups = tuple(self.zones.values())
        self._kw = 0.01
        self._seed = setting.seed
        self._passing = {zone: f"{setting.device.name}/{zone}/passing" for zone in zones}
        """By what name it is drawn for each zone."""
        self._passed: dict[int, float] = {}
        """What was drawn for each zone, and for which stay."""
        self._stay: float | None = None
        self._busy = 0.0
        """Somebody passes where less than this was drawn."""
        self._pass(setting.environment)
        super().__init__(setting)
        self.flows["power"] = lambda: self._kw
        self.energy_kwh = setting.number("start", setting.lot("start", 1_000, 30_000))

    @property
    def power_kw(self) -> float:
        return self._kw

    def obey(self, name: str) -> None:
        zone = re.fullmatch(r"zone(\d+)_level", name)
        if zone:
            self.zones[int(zone[1])].level = self.told_number(name, 0)

    def step(self, dt_s: float) -> None:
        changed = False
        for group in self._groups:
            if group.step(dt_s):
                changed = True
        if changed:
            self._kw = 0.01 + sum(group.power_kw for group in self.zones.values())
        self.energy_kwh += self._kw * dt_s / 3600
        self._pass(self.environment)

    def _pass(self, environment: Environment) -> None:
        """Who passes now."""
        stay = environment.time_s // STAY_S
        if stay != self._stay:
            self._stay = stay
            seed, number = self._seed, int(stay)
            self._passed = {zone: chance(seed, name, number) for zone, name in self._passing.items()}
        self._busy = 0.02 + 0.75 * environment.occupancy

    def _presence(self, zone: int) -> Gauge:
        return lambda: self._passed[zone] < self._busy

    def _lux(self, share: float, group: LampGroup) -> Gauge:
        """`share` of the daylight outside falls in there."""
        return lambda: share * self.environment.lux + FULL_LX * group.output

    def gauges(self) -> dict[str, Gauge]:
        found: dict[str, Gauge] = {
            "power": lambda: self._kw,
            "energy": lambda: self.energy_kwh,
            "lamp_fault": lambda: any(group.failed for group in self.zones.values()),
            "firmware": Always("LC8-3.2"),
        }
        for zone, group in self.zones.items():
            found[f"zone{zone}_presence"] = self._presence(zone)
            found[f"zone{zone}_lux"] = self._lux(INDOOR_SHARE * (0.6 + 0.1 * (zone % 5)), group)
        return found


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
        self._kw = 0.02
        super().__init__(setting)
        self._voltage = [Noise(setting.seed, f"{self.name}/u{phase}", 300) for phase in range(3)]
        self._lux = Noise(setting.seed, f"{self.name}/lux", 120)

    def counted(self) -> dict[str, tuple[object, str]]:
        return {f"group{number}": (group, "on_h") for number, group in enumerate(self.groups, start=1)}

    @property
    def power_kw(self) -> float:
        return self._kw

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
        changed = [group.step(dt_s) for group in self.groups]
        if any(changed):
            self._kw = sum(group.power_kw for group in self.groups) + 0.02

    def gauges(self) -> dict[str, Gauge]:
        found: dict[str, Gauge] = {
            "lux": self._daylight,
            "leakage": lambda: 0.008 + 0.01 * (self.environment.rain_mm_h > 0),
            "clock": lambda: self.environment.time_s,
            "firmware": Always("SL120-1.9"),
            "selector_auto": Always(True),
        }
        for phase, noise in zip("abc", self._voltage, strict=True):
            found[f"u_{phase}"] = partial(self._volts, noise)
        for number, group in enumerate(self.groups):
            found |= _of_group(f"group{number + 1}", group)
            for lamp in range(self._each):
                found |= _of_lamp(f"lamp_{number * self._each + lamp + 1:03}", group, lamp)
        return found

    def _daylight(self) -> float:
        environment = self.environment
        return max(environment.lux * (1 + 0.03 * self._lux.at(environment.time_s)), 0.0)

    def _volts(self, noise: Noise) -> float:
        return 229 + 3 * noise.at(self.environment.time_s)


def _of_group(name: str, group: LampGroup) -> dict[str, Gauge]:
    return {
        f"{name}_power": lambda: group.power_kw,
        f"{name}_failed": lambda: len(group.failed),
        f"{name}_hours": lambda: group.on_h * 3600,
    }


def _of_lamp(name: str, group: LampGroup, lamp: int) -> dict[str, Gauge]:
    return {
        f"{name}_current": partial(group.current, lamp),
        f"{name}_failed": lambda: lamp in group.failed,
    }
