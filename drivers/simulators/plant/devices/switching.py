"""Relay and input modules, and drives."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import ClassVar

from config.plan.reading import Value
from drivers.simulators.plant.curves import approach
from drivers.simulators.plant.devices.canteen import HoodPanel
from drivers.simulators.plant.model import Always, DeviceModel, Flow, Gauge, Neighbours, Setting
from drivers.simulators.plant.motor import Motor


class Relay(DeviceModel):
    """Channels that echo. Facts: `loads` {channel: kW or the name of a load} that the channel switches."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._loads = dict(setting.facts.get("loads", {}))
        self._sources: dict[str, Flow] = {}
        self._on: list[Flow] = []
        """What is switched on."""
        self._on_at = -1
        """`orders` when it was looked up."""
        # Here, not in `link`: a meter that is linked before this relay asks for them.
        for channel in self._loads:
            self.flows[channel] = self._switched(channel)

    def link(self, neighbours: Neighbours) -> None:
        for channel, load in self._loads.items():
            self._sources[channel] = (
                _constant(float(load))
                if isinstance(load, int | float)
                else neighbours.flow(str(load), "power")
            )

    def _switched(self, channel: str) -> Flow:
        return lambda: self._sources[channel]() if self.switch(channel) else 0.0

    @property
    def power_kw(self) -> float:
        if self._on_at != self.orders:
            self._on = [self._sources[channel] for channel in self._loads if self.switch(channel)]
            self._on_at = self.orders
        return sum([source() for source in self._on], 0.0)


def _constant(kw: float) -> Flow:
    return lambda: kw


class Inputs(DeviceModel):
    """Contacts. Facts: `follows` {input: DEVICE.channel it reports}; without it a contact rests (not
    active)."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._follows: dict[str, tuple[DeviceModel, str]] = {}

    def link(self, neighbours: Neighbours) -> None:
        for contact, reference in dict(self.setting.facts.get("follows", {})).items():
            owner, _, channel = str(reference).partition(".")
            model = neighbours.model(owner)
            if model is not None:
                self._follows[contact] = (model, channel)

    def gauges(self) -> dict[str, Gauge]:
        return {
            contact: partial(_closed, model.gauge(channel))
            for contact, (model, channel) in self._follows.items()
        }


def _closed(channel: Gauge) -> bool:
    return bool(channel())


class Drive(DeviceModel):
    """A frequency converter.

    Facts: `turns` PANEL.machine, whose motor it drives by that panel's logic; else `rated_kw`, and the
    local circuit that starts it: `hours` [from, to] of workdays. A stop that is written holds until a
    start is written or the local circuit asks anew.
    """

    start: ClassVar[dict[str, Value | str]] = {"speed": 80.0}
    counts: ClassVar[tuple[str, ...]] = ("energy_kwh",)

    def __init__(self, setting: Setting) -> None:
        self.motor = Motor(setting.number("rated_kw", 3), ramp_s=15)
        self._stopped = self._local = False
        self._hours = tuple(setting.facts.get("hours", (8.0, 18.0)))
        self._linked = False
        self.energy_kwh = 0.0
        super().__init__(setting)
        self._heat_c = 30.0

    def link(self, neighbours: Neighbours) -> None:
        owner, _, machine = str(self.setting.facts.get("turns", "")).partition(".")
        model = neighbours.model(owner)
        motors = model.machines() if model is not None else {}
        if machine in motors:
            self.motor, self._linked = motors[machine], True
            if isinstance(model, HoodPanel):
                model.wished_speed[machine] = lambda: self.told_number("speed", 0)

    def machines(self) -> Mapping[str, Motor]:
        return {"motor": self.motor}

    @property
    def power_kw(self) -> float:
        return self.motor.power_kw

    def obey(self, name: str) -> None:
        if name == "run_cmd":
            self._stopped = not self.switch(name)

    def restart(self) -> None:
        super().restart()
        self._stopped = False

    def step(self, dt_s: float) -> None:
        environment = self.environment
        if not self._linked:
            first, last = self._hours
            local = environment.workday and first <= environment.hour < last
            if local and not self._local:
                self._stopped = False
            self._local = local
            self.motor.turn((local or self.switch("run_cmd")) and not self._stopped)
            self.motor.wanted = min(max(self.told_number("speed", 80) / 100, 0.0), 1.0)
            self.motor.step(dt_s)
        self.energy_kwh += self.motor.power_kw * dt_s / 3600
        self._heat_c = approach(self._heat_c, 30 + 25 * self.motor.speed**2, dt_s, 600)

    def _amps(self) -> float:
        volts = 380 * self.motor.speed
        return self.motor.power_kw * 1000 / (1.732 * volts * 0.85) if volts > 1 else 0.0

    def gauges(self) -> dict[str, Gauge]:
        motor = self.motor
        return {
            "run_cmd": lambda: motor.running,
            "running": lambda: motor.running,
            "ready": lambda: not motor.failed,
            "fault": lambda: motor.failed,
            "auto": Always(True),
            "at_speed": lambda: motor.running and abs(motor.speed - motor.wanted) < 0.01,
            "speed_fb": lambda: 100 * motor.speed,
            "frequency": lambda: 50 * motor.speed,
            "speed_rpm": lambda: 1460 * motor.speed,
            "torque": lambda: 90 * motor.speed**2,
            "power": lambda: motor.power_kw,
            "current": self._amps,
            "voltage": lambda: 380 * motor.speed,
            "dc_voltage": lambda: 537.0 - 6 * motor.speed,
            "temperature": lambda: self._heat_c,
            "run_hours": lambda: motor.run_s,
            "energy": lambda: self.energy_kwh,
            "last_fault": Always(0),
        }
