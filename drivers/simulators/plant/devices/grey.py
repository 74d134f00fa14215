"""The grey-water plant's panel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from config.plan.reading import Value
from drivers.simulators.plant.booster import Booster
from drivers.simulators.plant.curves import approach
from drivers.simulators.plant.duty import Mode, Pair
from drivers.simulators.plant.loads import Tap
from drivers.simulators.plant.mbr import GreyPlant
from drivers.simulators.plant.model import Always, DeviceModel, Flow, Gauge, Neighbours, Setting
from drivers.simulators.plant.motor import Motor
from drivers.simulators.plant.tank import Tank

LOW, HIGH, OVERFLOW = 15.0, 90.0, 97.0
REUSE_LOW = 8.0
"""Where the level switches hang, percent."""
AERATION_ALARM_S = 2700.0


class GreyWaterPanel(DeviceModel):
    """Facts: sizes as in `mbr` and `booster`; `inflow` {workday, dayoff} in m³ a day; `supplies`, the
    names of taps and irrigation boxes that draw reuse water (its own taps when nobody is named: `demand`
    {workday, dayoff}); `drawn_by` {DEVICE.channel: m³/h}, pumps on relays that draw from the reuse tank."""

    start: ClassVar[dict[str, Value | str]] = {
        "plant_mode": "auto",
        "reuse_permit": True,
        "makeup_permit": True,
        "pressure_setpoint": 300_000.0,
        "chlorine_setpoint": 1.2,
        "oxygen_setpoint": 2.0,
        "makeup_open_level": 25.0,
        "makeup_close_level": 35.0,
    }
    counts: ClassVar[tuple[str, ...]] = (
        "process.uv_run_s",
        "process.permeate_total_m3",
        "process.make_up_total_m3",
    )

    def __init__(self, setting: Setting) -> None:
        self.process = GreyPlant(setting.facts)
        self.booster = Booster(setting.facts)
        self._pairs: dict[str, Pair] = {
            "lift": self.process.lift,
            "suction": self.process.suction,
            "blower": self.process.blowers,
            "booster": self.booster.pumps,
        }
        self.motors = {
            f"{machine}{number}": motor
            for machine, pair in self._pairs.items()
            for number, motor in enumerate(pair.motors, start=1)
        }
        super().__init__(setting)
        self._inflow = Tap(
            setting.seed, f"{self.name}/inflow", setting.facts.get("inflow", {"workday": 42, "dayoff": 7})
        )
        self._demands: list[Flow] = []
        self._draws: list[tuple[Gauge, float]] = []
        self._own = Tap(
            setting.seed, f"{self.name}/reuse", setting.facts.get("demand", {"workday": 40, "dayoff": 12})
        )
        self.served = 1.0
        """Share of what is asked for that is supplied."""
        self._water_c = 20.0
        self.flows |= {
            "water": lambda: self.process.make_up_m3h,
            "reuse": lambda: self.booster.flow_m3h,
            "inflow": lambda: self.process.inflow_m3h,
            "booster": lambda: self.booster.power_kw,
            "process": lambda: self.process.power_kw,
        }

    def link(self, neighbours: Neighbours) -> None:
        supplies = self.setting.facts.get("supplies", ())
        self._demands = [neighbours.flow(str(name), "water") for name in supplies]

        for reference, m3h in dict(self.setting.facts.get("drawn_by", {})).items():
            owner, _, channel = str(reference).partition(".")
            model = neighbours.model(owner)
            if model is not None:
                self._draws.append((model.gauge(channel), float(m3h)))

    def tanks(self) -> Mapping[str, Tank]:
        return {"eq": self.process.equalisation, "mbr": self.process.membrane, "reuse": self.process.reuse}

    def machines(self) -> Mapping[str, Motor]:
        return self.motors

    @property
    def power_kw(self) -> float:
        return self.process.power_kw + self.booster.power_kw

    def obey(self, name: str) -> None:
        """Modes of machines and of the plant, permits and set-points."""
        process = self.process
        machine, _, what = name.partition("_")
        pair = self._pairs.get(machine[:-1])
        if what == "mode" and pair is not None:
            mode: Mode = {"off": "off", "standby": "standby"}.get(self.word(name), "auto")  # type: ignore[assignment]
            pair.modes[int(machine[-1]) - 1] = mode
        process.uv_told = self.word("uv_mode", "auto") != "off"
        plant: Literal["off", "auto", "night"] = {"off": "off", "night": "night"}.get(  # type: ignore[assignment]
            self.word("plant_mode"), "auto"
        )
        process.mode = plant
        process.make_up_permit = self.switch("makeup_permit", True)
        process.chlorine_setpoint = self.told_number("chlorine_setpoint", 1.2)
        process.oxygen_setpoint = self.told_number("oxygen_setpoint", 2.0)
        process.make_up_open_below = self.told_number("makeup_open_level", 25)
        process.make_up_close_above = self.told_number("makeup_close_level", 35)
        self.booster.permit = self.switch("reuse_permit", True)
        self.booster.setpoint_pa = self.told_number("pressure_setpoint", 300_000)

    def step(self, dt_s: float) -> None:
        environment = self.environment
        self._inflow.step(environment)
        if self._demands:
            demand = sum(demand() for demand in self._demands)
        else:
            self._own.step(environment)
            demand = self._own.m3h
        self.booster.step(demand, self.process.supply_allowed, dt_s)
        self.served = self.booster.flow_m3h / demand if demand > 0 else 1.0
        drawn = sum(m3h for running, m3h in self._draws if running())
        self.process.step(self._inflow.m3h, self.booster.flow_m3h + drawn, dt_s)
        self._water_c = approach(self._water_c, 14 + 0.5 * environment.outdoor_c, dt_s, 86_400)

    def gauges(self) -> dict[str, Gauge]:
        process, booster = self.process, self.booster
        found: dict[str, Gauge] = {
            "supply_pressure": lambda: booster.pressure_pa,
            "inflow": lambda: process.inflow_m3h,
            "permeate_flow": lambda: process.permeate_m3h,
            "reuse_flow": lambda: booster.flow_m3h,
            "makeup_flow": lambda: process.make_up_m3h,
            "turbidity": lambda: process.turbidity,
            "chlorine": lambda: process.chlorine,
            "ph": Always(7.2),
            "oxygen": lambda: process.oxygen,
            "membrane_pressure": lambda: process.fouling_kpa * 1000,
            "water_temperature": lambda: self._water_c,
            "uv_run": lambda: process.uv,
            "uv_auto": Always(True),
            "uv_hours": lambda: process.uv_run_s,
            "alarm_chlorine_low": lambda: process.chlorine < 0.2,
            "alarm_turbidity_high": lambda: process.turbidity > 10,
            "alarm_overflow": lambda: process.equalisation.level > OVERFLOW,
            "alarm_aeration": lambda: process.airless_s > AERATION_ALARM_S,
            "alarm_membrane": lambda: process.fouling_kpa > 40,
            "permeate_total": lambda: process.permeate_total_m3,
            "makeup_open": lambda: process.make_up_open,
            "dosing_run": lambda: process.dosing,
            "reuse_stopped": lambda: not process.quality_good,
            "firmware": Always("ZS-2.14"),
            **_of_tank("eq", process.equalisation, LOW),
            **_of_tank("mbr", process.membrane, LOW),
            **_of_tank("reuse", process.reuse, REUSE_LOW),
        }
        locked: dict[str, Gauge] = {
            "lift": lambda: process.lift.locked,
            "suction": lambda: process.suction.locked,
            "blower": Always(False),
            "booster": lambda: not process.supply_allowed,
        }
        for machine, pair in self._pairs.items():
            for place in range(2):
                found |= _of_machine(f"{machine}{place + 1}", pair, place, locked[machine])
        return found


def _of_tank(name: str, tank: Tank, low: float) -> dict[str, Gauge]:
    return {
        f"{name}_level": lambda: tank.level,
        f"{name}_low_switch": lambda: tank.level < low,
        f"{name}_high_switch": lambda: tank.level > HIGH,
        f"{name}_overflow_switch": lambda: tank.level > OVERFLOW,
    }


def _of_machine(name: str, pair: Pair, place: int, locked: Gauge) -> dict[str, Gauge]:
    motor = pair.motors[place]
    return {
        f"{name}_run": lambda: motor.running,
        f"{name}_fault": lambda: motor.failed,
        f"{name}_auto": lambda: pair.selected[place],
        f"{name}_locked": locked,
        f"{name}_hours": lambda: motor.run_s,
    }
