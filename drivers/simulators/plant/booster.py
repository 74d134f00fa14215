"""Two pumps with drives that hold a pressure in a supply main by turning faster or starting the second."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drivers.simulators.plant.curves import approach
from drivers.simulators.plant.duty import Pair
from drivers.simulators.plant.motor import Motor

METRE_OF_WATER_PA = 9806.65
TRICKLE_M3H = 0.4


class Booster:
    """Pressure in Pa, flow in m³/h. A pump at speed s lifts head·s² at no flow and its rated flow at 80 %
    of that."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self.rated_m3h = float(facts.get("booster_flow", 10))
        self.head_pa = float(facts.get("booster_head", 40)) * METRE_OF_WATER_PA
        rated_kw = float(facts.get("booster_kw", 3))
        self.pumps = Pair(Motor(rated_kw, ramp_s=8), Motor(rated_kw, ramp_s=8))
        self.setpoint_pa = 0.75 * self.head_pa
        self.pressure_pa = self.setpoint_pa
        self.flow_m3h = 0.0
        self.permit = True
        self._resting = False

    def step(self, demand_m3h: float, allowed: bool, dt_s: float) -> None:
        """Supply what is asked for, as far as the pumps go; nothing when the tank before them is cut off.

        A trickle is served by the pressure vessel: the pumps rest until the pressure has fallen by a fifth.
        """
        supply = self.permit and allowed
        if demand_m3h > TRICKLE_M3H or self.pressure_pa < 0.8 * self.setpoint_pa:
            self._resting = False
        elif self.pressure_pa > 0.97 * self.setpoint_pa:
            self._resting = True
        self.pumps.ask(0 if not supply or self._resting else 2 if demand_m3h > 0.95 * self.rated_m3h else 1)
        running = [motor for motor in self.pumps.motors if motor.on and not motor.failed]
        load = demand_m3h / self.rated_m3h / max(len(running), 1)
        need = min(self.setpoint_pa / self.head_pa + 0.2 * min(load, 1.5) ** 2, 1.0) ** 0.5
        for motor in running:
            motor.wanted = max(need, 0.35)
        self.pumps.step(dt_s)
        fastest = max(motor.speed for motor in self.pumps.motors)
        if self._resting and supply:
            self.flow_m3h = demand_m3h
            self.pressure_pa = approach(self.pressure_pa, 0.0, dt_s, 7200 if demand_m3h < 0.01 else 1500)
        else:
            most = sum(self.rated_m3h * motor.speed * 1.1 for motor in self.pumps.motors)
            self.flow_m3h = min(demand_m3h, most)
            reached = min(self.head_pa * fastest**2, self.setpoint_pa)
            # A check valve holds what the pump does not reach; only what is drawn lowers it.
            falls_s = 1500 if demand_m3h < TRICKLE_M3H else 30
            lag_s = 4 if reached > self.pressure_pa else falls_s
            self.pressure_pa = approach(self.pressure_pa, reached, dt_s, lag_s)

    @property
    def power_kw(self) -> float:
        """Less at part flow: about a third of a pump's power is there at any flow of its speed."""
        share = min(self.flow_m3h / (self.rated_m3h * max(self.pumps.running, 1)), 1)
        return self.pumps.power_kw * (0.35 + 0.65 * share)
