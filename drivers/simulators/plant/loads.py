"""What draws electricity and water without being a device: offices, air conditioning, lifts, taps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
        self._noise = Noise(seed, f"load/{name}", 240)
        self._lot = 0.95 + 0.1 * chance(seed, f"load/{name}/size")
        self.kw = 0.0
        kind = str(facts.get("curve", "office"))
        if kind not in _SIZES:
            raise ValueError(f"load {name}: no curve {kind!r}")
        self._size = _SIZES[kind](facts)

    def step(self, environment: Environment) -> None:
        size = self._size(environment) * self._lot
        kw = size * (1.0 + 0.03 * self._noise.at(environment.time_s))
        if kw < 0.0:
            kw = 0.0
        self.kw = kw


_Size = Callable[[Environment], float]


def _fact(facts: Mapping[str, Any], name: str, default: float = 0.0) -> float:
    return float(facts.get(name, default))


def _steady(facts: Mapping[str, Any]) -> _Size:
    kw = _fact(facts, "kw")
    return lambda _: kw


def _office(facts: Mapping[str, Any]) -> _Size:
    night, more = _fact(facts, "night"), _fact(facts, "day") - _fact(facts, "night")
    return lambda environment: night + more * environment.occupancy


def _cooling(facts: Mapping[str, Any]) -> _Size:
    from_c, per_k = _fact(facts, "from_c", 24), _fact(facts, "per_k")
    heating_from_c, heating_per_k = _fact(facts, "heating_from_c", 8), _fact(facts, "heating_per_k")
    standby, most = _fact(facts, "standby"), _fact(facts, "most", 1e9)

    def size(environment: Environment) -> float:
        hot = max(environment.outdoor_c - from_c, 0) * per_k
        cold = max(heating_from_c - environment.outdoor_c, 0) * heating_per_k
        use = _CONDITIONED.at(environment.hour) if environment.workday else 0.06
        return standby + min((hot + cold) * use, most)

    return size


def _lifts(facts: Mapping[str, Any]) -> _Size:
    night, day = _fact(facts, "night", 0.5), _fact(facts, "day")
    return lambda environment: night + day * _LIFTS.at(environment.hour) * (1 if environment.workday else 0.1)


def _charging(facts: Mapping[str, Any]) -> _Size:
    day = _fact(facts, "day")
    return lambda environment: day * _CHARGING.at(environment.hour) * (1 if environment.workday else 0.25)


def _hours(facts: Mapping[str, Any]) -> _Size:
    workday, dayoff = Curve(facts["workday"]), Curve(facts.get("dayoff", facts["workday"]))
    return lambda environment: (workday if environment.workday else dayoff).at(environment.hour)


_SIZES: Mapping[str, Callable[[Mapping[str, Any]], _Size]] = {
    "steady": _steady,
    "office": _office,
    "cooling": _cooling,
    "lifts": _lifts,
    "charging": _charging,
    "hours": _hours,
}
"""By kind: from the facts, what it is of at a moment, kW."""


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
        self.m3h = self._leak + total * share * (1.0 + 0.35 * self._noise.at(environment.time_s))
