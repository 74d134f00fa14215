"""A grey-water plant with membrane: equalisation tank, membrane tank, reuse tank, and the panel that runs
them.

The panel's own logic, as real ones have it: lift pumps by level, suction 8 minutes on and 2 off, blowers
that never rest over 40 minutes, lamp and dosing with the suction, dry-run and overflow cut-outs,
alternation, tap make-up into the reuse tank through an air gap.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from drivers.simulators.plant.curves import approach
from drivers.simulators.plant.duty import Pair
from drivers.simulators.plant.motor import Motor
from drivers.simulators.plant.tank import Tank

LEAD, LAG = 60.0, 85.0
"""Equalisation levels (%) at which the first and the second lift pump start."""
LEAD_AT_NIGHT = 80.0
DRY, FULL, OVERFLOW = 15.0, 92.0, 98.0
SUPPLY_DRY = 8.0
THIN, BRIMMING = 30.0, OVERFLOW - 2
"""Membrane level below which, and reuse level above which, suction rests."""
BOTH = 88.0
"""Membrane level above which both suction pumps work."""
BACK = 6.0
"""Percent by which a level must have come back before a cut-out lets go: a panel's switches hang apart, and
without that its motors would start with every ripple."""
RESTING_AIR_S = 2400.0
"""How long the blowers work between two rests when there is nothing to treat."""


class GreyPlant:
    """Flows in m³/h, levels in % (`…_level`: at the start), chlorine and oxygen in mg/L, turbidity in NTU."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        def fact(name: str, default: float) -> float:
            return float(facts.get(name, default))

        self.equalisation = Tank(fact("equalisation", 25), fact("equalisation_level", 45) / 100)
        self.membrane = Tank(fact("mbr", 15), fact("mbr_level", 65) / 100)
        self.reuse = Tank(fact("reuse", 20), fact("reuse_level", 60) / 100)
        self.lift_m3h = fact("lift_flow", 5)
        self.suction_m3h = fact("suction_flow", 4)
        self.make_up_most_m3h = fact("make_up_flow", 8)
        self.lift = Pair(*(Motor(fact("lift_kw", 0.75)) for _ in range(2)))
        self.suction = Pair(*(Motor(fact("suction_kw", 0.55)) for _ in range(2)))
        self.blowers = Pair(*(Motor(fact("blower_kw", 2.2), ramp_s=5) for _ in range(2)))
        self.uv_kw = fact("uv_kw", 0.3)
        self.suction_on_s = 60 * fact("suction_on", 8)
        self.suction_off_s = 60 * fact("suction_off", 2)
        self.rest_most_s = 60 * fact("blower_rest", 40)
        self.mode: Literal["off", "auto", "night"] = "auto"
        """off: only the aeration that keeps the sludge alive; night: works in larger lots, seldom."""
        self.uv_told = True
        self.uv = False
        self.uv_run_s = 0.0
        self.make_up_permit = True
        self.make_up_open_below, self.make_up_close_above = 25.0, 35.0
        self.make_up_open = False
        self.chlorine_setpoint, self.chlorine = 1.2, 1.1
        self.oxygen_setpoint, self.oxygen = 2.0, 2.0
        self.turbidity = 1.8
        self.fouling_kpa = 12.0
        self.inflow_m3h = self.lift_flow = self.permeate_m3h = self.make_up_m3h = 0.0
        self.permeate_total_m3 = self.make_up_total_m3 = 0.0
        self.airless_s = 0.0
        """How long no blower has run."""
        self._suction_clock = 0.0
        self._both = False
        self._blower_clock = 0.0
        self._blowing = True

    @property
    def quality_good(self) -> bool:
        """Low chlorine or high turbidity stops reuse (GB/T 18920)."""
        return self.chlorine >= 0.2 and self.turbidity <= 10

    @property
    def supply_allowed(self) -> bool:
        return self.quality_good and self.reuse.level > SUPPLY_DRY

    @property
    def dosing(self) -> bool:
        return self.permeate_m3h > 0

    @property
    def power_kw(self) -> float:
        machines = self.lift.power_kw + self.suction.power_kw + self.blowers.power_kw
        return machines + (self.uv_kw if self.uv else 0.0) + 0.05

    def step(self, inflow_m3h: float, supply_m3h: float, dt_s: float) -> None:
        """One step with this inflow of grey water and this draw from the reuse tank."""
        self._lift()
        self._suck(dt_s)
        self._blow(dt_s)
        self._make_up()
        for pair in (self.lift, self.suction, self.blowers):
            pair.step(dt_s)
        self.uv = self.uv_told and self.suction.running > 0
        self.uv_run_s += dt_s if self.uv else 0.0
        self.airless_s = 0.0 if self.blowers.running else self.airless_s + dt_s
        self.inflow_m3h = inflow_m3h
        self.lift_flow = self.lift_m3h * self.lift.running
        wear = max(0.5, 1 - (self.fouling_kpa - 12) / 80)
        self.permeate_m3h = self.suction_m3h * self.suction.running * wear
        self.make_up_m3h = self.make_up_most_m3h if self.make_up_open else 0.0
        self.permeate_total_m3 += self.permeate_m3h * dt_s / 3600
        self.make_up_total_m3 += self.make_up_m3h * dt_s / 3600
        self.equalisation.step(inflow_m3h, self.lift_flow, dt_s)
        self.membrane.step(self.lift_flow, self.permeate_m3h, dt_s)
        self.reuse.step(self.permeate_m3h + self.make_up_m3h, supply_m3h, dt_s)
        self._quality(dt_s)

    def _lift(self) -> None:
        level = self.equalisation.level
        running = self.lift.running
        back = BACK if self.lift.locked else 0.0
        self.lift.locked = level < DRY + back or self.membrane.level > FULL - back
        lead = LEAD_AT_NIGHT if self.mode == "night" else LEAD
        wanted = 2 if level > LAG else max(1, running) if level > lead else running
        if self.membrane.level > FULL - 8:
            wanted = min(wanted, 1)
        self.lift.ask(0 if self.mode == "off" else wanted)

    def _suck(self, dt_s: float) -> None:
        start = 75 if self.mode == "night" else 45
        level = self.membrane.level
        back = BACK if self.suction.locked else 0.0
        self.suction.locked = level < THIN + back or self.reuse.level > BRIMMING - back
        idle = self._suction_clock == 0
        if self.mode == "off" or self.suction.locked or (idle and level < start):
            self._suction_clock = 0.0
            self.suction.ask(0)
            return
        cycle_s = self.suction_on_s + self.suction_off_s
        working = self._suction_clock < self.suction_on_s
        self._suction_clock = (self._suction_clock + dt_s) % cycle_s or 1e-3
        both = level > (BOTH - BACK if self._both else BOTH)
        self._both = both
        self.suction.ask((2 if both else 1) if working else 0)

    def _blow(self, dt_s: float) -> None:
        """Steadily while there is work, else work and rest; the sludge must not stand long without air."""
        self._blower_clock += dt_s
        busy = self.mode == "auto" and (self.lift.running > 0 or self.equalisation.level > LEAD)
        if self._blowing and not busy and self._blower_clock >= RESTING_AIR_S:
            self._blowing, self._blower_clock = False, 0.0
        elif not self._blowing and (busy or self._blower_clock >= 0.75 * self.rest_most_s):
            self._blowing, self._blower_clock = True, 0.0
        self.blowers.ask(int(self._blowing))

    def _make_up(self) -> None:
        if self.reuse.level < self.make_up_open_below:
            self.make_up_open = True
        elif self.reuse.level > self.make_up_close_above:
            self.make_up_open = False
        self.make_up_open = self.make_up_open and self.make_up_permit

    def _quality(self, dt_s: float) -> None:
        if self.dosing:
            self.chlorine = approach(self.chlorine, self.chlorine_setpoint, dt_s, 1800)
            self.fouling_kpa = min(self.fouling_kpa + 0.15 * dt_s / 3600, 45)
        else:
            self.chlorine = approach(self.chlorine, 0.35, dt_s, 14 * 3600)
            self.fouling_kpa = max(self.fouling_kpa - 0.3 * dt_s / 3600, 10)
        air = self.oxygen_setpoint if self.blowers.running else 0.1
        self.oxygen = approach(self.oxygen, air, dt_s, 600)
        sick = (4.0 if self.oxygen < 0.5 else 0.0) + (0.0 if self.uv or not self.dosing else 0.5)
        target = 1.2 + 0.9 * (self.equalisation.level > 90) + sick + 0.02 * self.fouling_kpa
        self.turbidity = approach(self.turbidity, target, dt_s, 3600)
