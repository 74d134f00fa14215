"""What draws electricity and water without being a device: offices, air conditioning, lifts, taps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drivers.simulators.plant.curves import Curve
from drivers.simulators.plant.environment import Environment
from drivers.simulators.plant.noise import Noise, chance

_CONDITIONED = Curve([(6.8, 0.05), (7.6, 0.7), (8.5, 1), (17.5, 1), (18.6, 0.35), (20, 0.1), (22, 0.05)])
_LIFTS = Curve([
    (7, 0.05), (8.1, 0.8), (8.6, 1), (9.3, 0.45), (11.8, 0.6), (12.2, 1), (13, 0.5), (14, 0.8),
    (15, 0.4), (17.6, 0.5), (18.1, 1), (19, 0.25), (21, 0.08),
])  # fmt: skip
_CHARGING = Curve([
    (6, 0.12), (8.5, 0.25), (9.5, 0.85), (12, 0.6), (14, 0.7), (17, 0.35), (19, 0.2), (22, 0.15),
])  # fmt: skip
_TAPS = Curve([
    (6, 0.1), (8.3, 0.9), (10, 0.8), (11.5, 1.1), (12.5, 1.6), (13.3, 0.9), (15, 0.85), (17.8, 0.8),
    (19, 0.3), (22, 0.06), (24, 0.03),
])  # fmt: skip


class Load:
    """kW by time. Kinds (`curve` in plant.yaml):

    steady: `kw` · office: `night`, `day` by the people in · cooling: `per_k` above `from_c` (and
    `heating_per_k` below `heating_from_c`) up to `most`, over `standby`, in working hours · lifts,
    charging: `day` at the peak · hours: `workday` and `dayoff` as [hour, kW] pairs.
    """

    def __init__(self, seed: int, name: str, facts: Mapping[str, Any]) -> None:
        self._facts = facts
        self._kind = str(facts.get("curve", "office"))
        self._noise = Noise(seed, f"load/{name}", 240)
        self._lot = 0.95 + 0.1 * chance(seed, f"load/{name}/size")
        self.kw = 0.0
        if self._kind == "hours":
            self._workday = Curve(facts["workday"])
            self._dayoff = Curve(facts.get("dayoff", facts["workday"]))
        elif self._kind not in ("steady", "office", "cooling", "lifts", "charging"):
            raise ValueError(f"load {name}: no curve {self._kind!r}")

    def _fact(self, name: str, default: float = 0.0) -> float:
        return float(self._facts.get(name, default))

    def step(self, environment: Environment) -> None:
        size = self._size(environment) * self._lot
        self.kw = max(size * (1 + 0.03 * self._noise.at(environment.time_s)), 0.0)

    def _size(self, environment: Environment) -> float:
        hour, workday = environment.hour, environment.workday
        match self._kind:
            case "steady":
                return self._fact("kw")
            case "cooling":
                hot = max(environment.outdoor_c - self._fact("from_c", 24), 0) * self._fact("per_k")
                cold = max(self._fact("heating_from_c", 8) - environment.outdoor_c, 0) * self._fact(
                    "heating_per_k"
                )
                use = _CONDITIONED.at(hour) if workday else 0.06
                return self._fact("standby") + min((hot + cold) * use, self._fact("most", 1e9))
            case "lifts":
                return self._fact("night", 0.5) + self._fact("day") * _LIFTS.at(hour) * (
                    1 if workday else 0.1
                )
            case "charging":
                return self._fact("day") * _CHARGING.at(hour) * (1 if workday else 0.25)
            case "hours":
                return (self._workday if workday else self._dayoff).at(hour)
            case _:
                night = self._fact("night")
                return night + (self._fact("day") - night) * environment.occupancy


class Tap:
    """m³/h of water by time: `workday` and `dayoff` are m³ a day, `leak` is m³/h that never stops."""

    def __init__(self, seed: int, name: str, facts: Mapping[str, Any]) -> None:
        self._workday = float(facts.get("workday", 0))
        self._dayoff = float(facts.get("dayoff", 0.15 * self._workday))
        self._leak = float(facts.get("leak", 0))
        self._noise = Noise(seed, f"tap/{name}", 300)
        hours = [_TAPS.at(quarter / 4) / 4 for quarter in range(96)]
        self._mean = sum(hours)
        self.m3h = 0.0

    def step(self, environment: Environment) -> None:
        total = self._workday if environment.workday else self._dayoff
        share = _TAPS.at(environment.hour) / self._mean
        self.m3h = self._leak + total * share * (1 + 0.35 * self._noise.at(environment.time_s))
