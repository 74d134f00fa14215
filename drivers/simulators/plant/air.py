"""Rooms and the units that ventilate and heat or cool them."""

from __future__ import annotations

from drivers.simulators.plant.curves import approach
from drivers.simulators.plant.motor import Motor


class Hall:
    """A large room: temperature and carbon dioxide by people, weather and air."""

    def __init__(self, volume_m3: float, seats: float) -> None:
        self.volume_m3 = volume_m3
        self.seats = seats
        self.temperature_c = 22.0
        self.co2_ppm = 450.0

    def step(self, people: float, supply_c: float, air_m3h: float, outdoor_c: float, dt_s: float) -> None:
        heat_kj_k = self.volume_m3 * 1.2 * 1.006 * 8  # furniture and walls hold some times what the air holds
        air_kw_k = air_m3h / 3600 * 1.2 * 1.006
        shell_kw_k = self.volume_m3 / 5000
        conductance = air_kw_k + shell_kw_k
        steady = (air_kw_k * supply_c + shell_kw_k * outdoor_c + 0.09 * people) / conductance
        self.temperature_c = approach(self.temperature_c, steady, dt_s, heat_kj_k / conductance)
        fresh_m3h = 0.35 * air_m3h + 0.1 * self.volume_m3
        breathed = people * 0.018 / fresh_m3h * 1e6
        self.co2_ppm = approach(self.co2_ppm, 420 + breathed, dt_s, self.volume_m3 / fresh_m3h * 3600)


class AirHandler:
    """A fan on a drive, a coil that heats or cools, a filter that clogs."""

    def __init__(self, fan_kw: float, air_m3h: float) -> None:
        self.fan = Motor(fan_kw, ramp_s=30)
        self.rated_m3h = air_m3h
        self.setpoint_c = 24.0
        self.supply_c = 22.0
        self.valve = 0.0
        """Percent open: heating in the cold half of the year, cooling in the warm one."""
        self.filter_hours = 900.0

    @property
    def air_m3h(self) -> float:
        return self.rated_m3h * self.fan.speed

    @property
    def power_kw(self) -> float:
        return self.fan.power_kw + 0.05

    @property
    def filter_pa(self) -> float:
        return (90 + 0.05 * self.filter_hours) * self.fan.speed**2

    def step(self, room_c: float, outdoor_c: float, dt_s: float) -> None:
        self.fan.step(dt_s)
        error = room_c - self.setpoint_c
        mixed_c = 0.65 * room_c + 0.35 * outdoor_c
        cooling = outdoor_c > 20
        wanted = min(max(25 * (error if cooling else -error) + 20, 0), 100) if self.fan.running else 0.0
        self.valve = approach(self.valve, wanted, dt_s, 90)
        reach = (12 - mixed_c) if cooling else (38 - mixed_c)
        target = mixed_c + reach * self.valve / 100 if self.fan.running else room_c
        self.supply_c = approach(self.supply_c, target, dt_s, 120 if self.fan.running else 1800)
        self.filter_hours += dt_s / 3600 if self.fan.running else 0.0
