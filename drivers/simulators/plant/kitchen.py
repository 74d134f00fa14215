"""A canteen's heat and fumes: stoves, the hood over them, what cleans the air."""

from __future__ import annotations

from drivers.simulators.plant.curves import Curve, approach
from drivers.simulators.plant.environment import Environment
from drivers.simulators.plant.noise import Lot

_COOKING = Curve([
    (5.4, 0), (5.6, 0.55), (8.2, 0.5), (8.6, 0), (8.95, 0), (9.2, 0.45), (10.6, 0.95), (12.4, 0.75),
    (13.3, 0.2), (13.6, 0), (15.95, 0), (16.2, 0.5), (17.4, 0.65), (18.7, 0.25), (19, 0),
])  # fmt: skip
DAYOFF_SHARE = 0.12
"""Meals on a day off against a workday's."""
HEAD_RELIGHT_S = 300.0


def cooking(environment: Environment) -> float:
    """How many of the heads are wanted at this hour, 0 to 1."""
    return 0.65 * _COOKING.at(environment.hour) * (1.0 if environment.workday else DAYOFF_SHARE)


class Stove:
    """Some burner heads behind one controller. Withdrawing the permit lets what burns burn on and nothing
    ignite."""

    def __init__(self, seed: int, name: str, heads: int, head_kw: float, head_m3h: float) -> None:
        self._lots = [Lot(seed, f"{name}/{head}", HEAD_RELIGHT_S) for head in range(heads)]
        self._sizes = [Lot(seed, f"{name}/{head}/flame", HEAD_RELIGHT_S) for head in range(heads)]
        self.head_kw = head_kw
        self.head_m3h = head_m3h
        self.permit = True
        self.burning = [False] * heads
        self.flame = False
        """One of them burns."""
        self.gas_m3h = 0.0
        self.heat_kw = 0.0
        self.gas_total_m3 = 0.0
        self.burn_s = 0.0

    def step(self, environment: Environment, dt_s: float) -> None:
        wanted = cooking(environment)
        if not wanted and not self.flame:
            return
        time_s = environment.time_s
        rate = 0.0
        for head in range(len(self.burning)):
            lit = self._lots[head].at(time_s) < wanted
            self.burning[head] = lit and (self.burning[head] or self.permit)
            if self.burning[head]:
                rate += 0.45 + 0.55 * self._sizes[head].at(time_s)
        self.flame = True in self.burning
        self.gas_m3h = rate * self.head_m3h
        self.heat_kw = self.head_kw * self.gas_m3h / self.head_m3h if self.head_m3h else 0.0
        self.gas_total_m3 += self.gas_m3h * dt_s / 3600
        self.burn_s += dt_s if self.flame else 0.0


class Hood:
    """Air temperature under a hood by the heat below it and the air drawn through it."""

    def __init__(self, loss_kw_k: float = 1.2, heat_kj_k: float = 900.0) -> None:
        self.loss_kw_k = loss_kw_k
        self.heat_kj_k = heat_kj_k
        self.temperature_c = 24.0

    def step(self, heat_kw: float, air_m3h: float, room_c: float, dt_s: float) -> None:
        """`heat_kw` of the flames below: about a third of it rises into the hood."""
        conductance = self.loss_kw_k + air_m3h / 3600 * 1.2 * 1.006
        steady = room_c + 0.33 * heat_kw / conductance
        self.temperature_c = approach(self.temperature_c, steady, dt_s, self.heat_kj_k / conductance)


FUMES_MG_KWH = 900.0
"""Fumes by heat of the stoves: about 8 mg/m³ before the cleaner at a busy hour."""
HOURS_TO_WASH = 60.0
"""Hours at 8 mg/m³ until the plates are to be washed."""


class FumePurifier:
    """An electrostatic cleaner: it loses efficiency with what it has caught until it is washed."""

    def __init__(self, rated_kw: float, dirt: float = 0.2) -> None:
        self.rated_kw = rated_kw
        self.dirt = dirt
        """0 clean, 1 to be washed."""
        self.on = False
        self.failed = False
        self.run_s = 0.0
        self.inlet_mg_m3 = self.outlet_mg_m3 = 0.0

    @property
    def live(self) -> bool:
        """High voltage is on."""
        return self.on and not self.failed

    @property
    def efficiency(self) -> float:
        """Share of the fumes it takes out."""
        return 0.95 - 0.25 * min(self.dirt, 1.2) if self.live else 0.0

    @property
    def power_kw(self) -> float:
        return self.rated_kw * (0.85 + 0.1 * min(self.dirt, 1)) if self.on and not self.failed else 0.01

    def step(self, heat_kw: float, air_m3h: float, dt_s: float) -> None:
        inlet = FUMES_MG_KWH * heat_kw / max(air_m3h, 1500)
        self.inlet_mg_m3 = approach(self.inlet_mg_m3, inlet, dt_s, 60)
        self.outlet_mg_m3 = self.inlet_mg_m3 * (1 - self.efficiency)
        if self.on:
            self.run_s += dt_s
            caught_mg_m3 = self.efficiency * self.inlet_mg_m3
            self.dirt += caught_mg_m3 / 8 * dt_s / 3600 / HOURS_TO_WASH

    def wash(self) -> None:
        self.dirt = 0.0
