"""Meters: they integrate what their loads really draw."""

from __future__ import annotations

import math
from functools import partial
from typing import ClassVar

from config.plan.points import BacnetObject
from config.plan.reading import Value
from drivers.simulators.plant.loads import Load, Tap
from drivers.simulators.plant.model import METERS, Always, DeviceModel, Flow, Gauge, Neighbours, Setting
from drivers.simulators.plant.noise import Noise


class _Integrator(DeviceModel):
    """Adds up flows. Facts: `of` (what is behind it), `share` of it, `remainder` beside it as a share of
    the sum."""

    rank: ClassVar[int] = METERS
    counts: ClassVar[tuple[str, ...]] = ("total",)

    def __init__(self, setting: Setting, quantity: str) -> None:
        super().__init__(setting)
        self.quantity = quantity
        self.rate = 0.0
        """kW or m³/h."""
        self.total = 0.0
        """kWh or m³."""
        self._sources: list[Flow] = []
        self._below: list[_Integrator] = []
        self._factor = setting.number("share", 1) * (1 + setting.number("remainder", 0))
        self.flows = {quantity: lambda: self.rate}

    def link(self, neighbours: Neighbours) -> None:
        references = [str(reference) for reference in self.setting.facts.get("of", ())]
        self._sources = [neighbours.flow(reference, self.quantity) for reference in references]
        below = [neighbours.model(reference) for reference in references]
        self._below = [model for model in below if isinstance(model, _Integrator)]

    def depth(self) -> int:
        """How many meters stand behind one another below this one: the lower ones are stepped first.

        Raises RecursionError for meters that measure each other.
        """
        return 1 + max((meter.depth() for meter in self._below), default=0)

    def step(self, dt_s: float) -> None:
        if self._sources:
            drawn = 0.0
            for source in self._sources:
                drawn += source()
            rate = self._factor * drawn
        else:
            rate = self._alone()
        self.rate = rate
        self.total += rate * dt_s / 3600

    def _alone(self) -> float:
        """What it counts when nobody said what is behind it."""
        raise NotImplementedError


class ElectricMeter(_Integrator):
    """A three-phase meter. Facts also: `night`, `day` kW when nothing is said to be behind it,
    `power_factor`."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting, "power")
        ratio = math.prod(value for name, value in setting.device.params if name in ("ct", "pt"))
        self.total = setting.number("start", setting.lot("start", 2_000, 90_000) * ratio)
        self._day = Load(
            setting.seed,
            self.name,
            {"night": setting.number("night", 0.8), "day": setting.number("day", setting.lot("day", 4, 20))},
        )
        self._voltage = [Noise(setting.seed, f"{self.name}/u{phase}", 300) for phase in range(3)]
        self._frequency = Noise(setting.seed, "mains frequency", 60)
        self._unbalance = [1 + 0.06 * setting.lot(f"phase {phase}", -1, 1) for phase in range(3)]
        self._factor_of_power = setting.number("power_factor", 0.94)
        self._nominal = setting.number("voltage", 230)

    def _alone(self) -> float:
        environment = self.environment
        self._day.step(environment)
        return self._day.kw

    def gauges(self) -> dict[str, Gauge]:
        found: dict[str, Gauge] = {
            "p_total": lambda: self.rate,
            "energy_import": lambda: self.total,
            "energy_total": lambda: self.total,
            "q_total": lambda: self.rate * math.tan(math.acos(self._factor_of_power)),
            "pf_total": lambda: self._factor_of_power,
            "frequency": lambda: 50 + 0.03 * self._frequency.at(self.environment.time_s),
            "energy_export": Always(0.0),
        }
        for phase, name in enumerate("abc"):
            found[f"p_{name}"] = partial(self._kw, phase)
            found[f"u_{name}"] = partial(self._volts, phase)
            found[f"i_{name}"] = partial(self._amps, phase)
        for first, second in (0, 1), (1, 2), (2, 0):
            found[f"u_{'abc'[first]}{'abc'[second]}"] = partial(self._volts_between, first, second)
        return found

    def _kw(self, phase: int) -> float:
        return self.rate * self._unbalance[phase] / sum(self._unbalance)

    def _volts(self, phase: int) -> float:
        environment = self.environment
        sag = 1.2 * environment.occupancy
        return self._nominal * (1 + 0.012 * self._voltage[phase].at(environment.time_s)) - sag

    def _amps(self, phase: int) -> float:
        return 1000 * self._kw(phase) / (self._volts(phase) * self._factor_of_power)

    def _volts_between(self, first: int, second: int) -> float:
        return math.sqrt(3) * (self._volts(first) + self._volts(second)) / 2


class PulseMeter(_Integrator):
    """Counts whole pulses of a water or gas meter."""

    def __init__(self, setting: Setting) -> None:
        gas = any(
            point.counter is not None and point.counter.quantity == "gas" for point in setting.points.values()
        )
        super().__init__(setting, "gas" if gas else "water")
        volume = setting.points.get("volume")
        source = volume.source if volume is not None else None
        self._pulse_m3 = (
            source.scale if source is not None and not isinstance(source, BacnetObject) else 0.001
        )
        self.total = setting.number("start", setting.lot("start", 5e3, 9e4) * self._pulse_m3)
        self._tap = Tap(
            setting.seed, self.name, {"workday": setting.number("workday", setting.lot("day", 4, 12))}
        )
        self._battery = setting.lot("battery", 3.4, 3.65)

    def _alone(self) -> float:
        environment = self.environment
        self._tap.step(environment)
        return self._tap.m3h

    def gauges(self) -> dict[str, Gauge]:
        return {
            "volume": lambda: math.floor(self.total / self._pulse_m3 + 1e-9) * self._pulse_m3,
            "flow": lambda: self.rate,
            "battery": lambda: self._battery,
        }


class Socket(DeviceModel):
    """A metered socket with its appliance, which works at intervals (a vending machine's compressor)."""

    start: ClassVar[dict[str, Value | str]] = {"switch": True}
    counts: ClassVar[tuple[str, ...]] = ("total",)

    def __init__(self, setting: Setting) -> None:
        self.rate = 0.0
        super().__init__(setting)
        self.total = setting.lot("start", 200, 5_000)
        self._load_kw = setting.number("load_kw", 0.35)
        self._work = Noise(setting.seed, f"{self.name}/compressor", 900)
        self._voltage = Noise(setting.seed, f"{self.name}/voltage", 300)
        self._warm = 0.0

    @property
    def power_kw(self) -> float:
        return self.rate

    def step(self, dt_s: float) -> None:
        environment = self.environment
        cold = self._work.at(environment.time_s)
        share = (1.25 if cold > -0.2 else 0.45) + 0.05 * cold
        self.rate = self._load_kw * share if self.switch("switch") else 0.0
        self.total += self.rate * dt_s / 3600

    def _volts(self) -> float:
        return 228 + 3 * self._voltage.at(self.environment.time_s)

    def gauges(self) -> dict[str, Gauge]:
        return {
            "voltage": self._volts,
            "current": lambda: 1000 * self.rate / self._volts() / 0.92,
            "power": lambda: self.rate,
            "power_factor": Always(0.92),
            "frequency": Always(50.0),
            "energy": lambda: self.total,
            "temperature": lambda: 24 + 14 * self.rate + 0.2 * self.environment.outdoor_c,
        }
