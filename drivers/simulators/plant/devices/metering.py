"""Meters: they integrate what their loads really draw."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import ClassVar

from config.plan.points import BacnetObject
from config.plan.reading import Value
from drivers.simulators.plant.loads import Load, Tap
from drivers.simulators.plant.model import METERS, DeviceModel, Flow, Neighbours, Setting
from drivers.simulators.plant.noise import Noise

_MEASURED = {"p_total", "energy_import", "energy_total"}
"""What is asked of an electric meter all the time, and needs no reckoning."""


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
        self.rate = self._rate()
        self.total += self.rate * dt_s / 3600

    def _rate(self) -> float:
        if self._sources:
            return self._factor * sum(source() for source in self._sources)
        return self._alone()

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

    def show_some(self, names: Collection[str]) -> dict[str, Value | None]:
        return self._measured() if _MEASURED.issuperset(names) else self.show()

    def _measured(self) -> dict[str, Value | None]:
        return {"p_total": self.rate, "energy_import": self.total, "energy_total": self.total}

    def show(self) -> dict[str, Value | None]:
        environment = self.environment
        time_s = environment.time_s
        sum_of_shares = sum(self._unbalance)
        sag = 1.2 * environment.occupancy
        volts = [self._nominal * (1 + 0.012 * noise.at(time_s)) - sag for noise in self._voltage]
        watts = [self.rate * share / sum_of_shares for share in self._unbalance]
        amps = [
            1000 * power / (voltage * self._factor_of_power)
            for power, voltage in zip(watts, volts, strict=True)
        ]
        values: dict[str, Value | None] = {
            **self._measured(),
            "q_total": self.rate * math.tan(math.acos(self._factor_of_power)),
            "pf_total": self._factor_of_power,
            "frequency": 50 + 0.03 * self._frequency.at(time_s),
            "energy_export": 0.0,
        }
        for phase, power, voltage, current in zip("abc", watts, volts, amps, strict=True):
            values |= {f"p_{phase}": power, f"u_{phase}": voltage, f"i_{phase}": current}
        for first, second in ("ab", "bc", "ca"):
            values[f"u_{first}{second}"] = (
                math.sqrt(3) * (volts["abc".index(first)] + volts["abc".index(second)]) / 2
            )
        return values


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

    def show(self) -> dict[str, Value | None]:
        return {
            "volume": math.floor(self.total / self._pulse_m3 + 1e-9) * self._pulse_m3,
            "flow": self.rate,
            "battery": self._battery,
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

    def show(self) -> dict[str, Value | None]:
        environment = self.environment
        volts = 228 + 3 * self._voltage.at(environment.time_s)
        return {
            "voltage": volts,
            "current": 1000 * self.rate / volts / 0.92,
            "power": self.rate,
            "power_factor": 0.92,
            "frequency": 50.0,
            "energy": self.total,
            "temperature": 24 + 14 * self.rate + 0.2 * environment.outdoor_c,
        }
