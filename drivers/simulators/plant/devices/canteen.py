"""A canteen: the hood panel with its fans, stoves, fume purifiers, the gas alarm panel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import ClassVar

from config.plan.reading import Value
from drivers.simulators.plant.kitchen import FumePurifier, Hood, Stove
from drivers.simulators.plant.model import Always, DeviceModel, Gauge, Neighbours, Setting
from drivers.simulators.plant.motor import Motor
from drivers.simulators.plant.noise import Noise


class StoveController(DeviceModel):
    """Burner heads with a permit. Facts: `heads`, `head_kw`, `head_gas` m³/h."""

    rank: ClassVar[int] = 0
    counts: ClassVar[tuple[str, ...]] = ("stove.gas_total_m3", "stove.burn_s")

    def __init__(self, setting: Setting) -> None:
        heads = int(setting.number("heads", 3))
        self.stove = Stove(
            setting.seed,
            setting.device.name,
            heads,
            setting.number("head_kw", 35.7),
            setting.number("head_gas", 3.6),
        )
        super().__init__(setting)
        self.stove.gas_total_m3 = setting.lot("start", 500, 9_000)
        self.flows["gas"] = lambda: self.stove.gas_m3h

    def obey(self, name: str) -> None:
        if name == "permit":
            self.stove.permit = self.switch(name)

    @property
    def power_kw(self) -> float:
        return 0.02

    def step(self, dt_s: float) -> None:
        environment = self.environment
        self.stove.step(environment, dt_s)

    def gauges(self) -> dict[str, Gauge]:
        stove = self.stove
        opened, closed = self.state("valve", "open"), self.state("valve", "closed")
        return {
            **{
                f"flame{head + 1}": partial(stove.burning.__getitem__, head)
                for head in range(len(stove.burning))
            },
            "flame": lambda: stove.flame,
            "valve": lambda: opened if stove.flame else closed,
            "gas_flow": lambda: stove.gas_m3h,
            "gas_total": lambda: stove.gas_total_m3,
            "gas_pressure": lambda: 2300 - 12 * stove.gas_m3h,
            "fault_code": Always(0),
            "run_hours": lambda: stove.burn_s,
        }


class HoodPanel(DeviceModel):
    """Two exhaust fans that must follow the flames, whatever they are told, and the link to the make-up fan.

    Facts: `stoves` names, `ex1_flow`, `ex1_kw`, `ex2_flow`, `ex2_kw`, `flame_speed` %. The first half of
    the stoves stands under hood 1.
    """

    rank: ClassVar[int] = 1
    start: ClassVar[dict[str, Value | str]] = {
        "ex1_min_speed": 60.0,
        "ex2_min_speed": 60.0,
        "run_on": 600.0,
        "stop_temperature": 45.0,
    }
    counts: ClassVar[tuple[str, ...]] = ("grease_h",)

    def __init__(self, setting: Setting) -> None:
        self.motors = {
            "ex1": Motor(setting.number("ex1_kw", 11), ramp_s=20),
            "ex2": Motor(setting.number("ex2_kw", 4), ramp_s=15),
        }
        self._air = {"ex1": setting.number("ex1_flow", 24_000), "ex2": setting.number("ex2_flow", 10_000)}
        self._flame_speed = setting.number("flame_speed", 60)
        self.wished_speed: dict[str, Callable[[], float]] = {}
        """Percent that a drive of one of the fans was told; never below what flames ask for."""
        self.hoods = (Hood(), Hood())
        self._stoves: list[Stove] = []
        self._under: tuple[list[Stove], list[Stove]] = ([], [])
        """By hood."""
        self.flames: list[bool] = []
        self._since_flame_s = 1e9
        self.makeup_wanted = False
        self.grease_h = 60.0
        super().__init__(setting)
        self._own = [Stove(setting.seed, f"{self.name}/{number}", 3, 35.7, 3.6) for number in range(4)]
        self.flows |= {name: (lambda motor=motor: motor.power_kw) for name, motor in self.motors.items()}  # type: ignore[misc]

    def link(self, neighbours: Neighbours) -> None:
        found = [neighbours.model(str(name)) for name in self.setting.facts.get("stoves", ())]
        self._stoves = [model.stove for model in found if isinstance(model, StoveController)]
        if self._stoves:
            self._own = []
        else:
            self._stoves = self._own
        middle = (len(self._stoves) + 1) // 2
        self._under = (self._stoves[:middle], self._stoves[middle:])

    def machines(self) -> Mapping[str, Motor]:
        return self.motors

    @property
    def power_kw(self) -> float:
        return sum(motor.power_kw for motor in self.motors.values()) + 0.05

    def air_m3h(self, fan: str) -> float:
        return self._air[fan] * self.motors[fan].speed

    def heat_kw(self, hood: int) -> float:
        """Of the flames under hood 0 or 1."""
        return sum([stove.heat_kw for stove in self._under[hood]])

    def step(self, dt_s: float) -> None:
        environment = self.environment
        for stove in self._own:
            stove.step(environment, dt_s)
        self.flames = [stove.flame for stove in self._stoves]
        flame = any(self.flames)
        self._since_flame_s = 0.0 if flame else self._since_flame_s + dt_s
        hot = max(hood.temperature_c for hood in self.hoods) > self.told_number("stop_temperature", 45)
        asked = flame or self._since_flame_s < self.told_number("run_on", 600)
        for fan, motor in self.motors.items():
            mode = self.word(f"{fan}_mode", "auto")
            follow = asked or (hot and motor.on)
            motor.turn(flame or mode == "on" or (mode == "auto" and follow))
            least = self.told_number(f"{fan}_min_speed", 60)
            wish = max(least, self.wished_speed[fan]() if fan in self.wished_speed else 0.0)
            cooking = self._flame_speed + 40 * self._load() if flame else 0.0
            motor.wanted = min(max(wish, cooking) / 100, 1.0)
            motor.step(dt_s)
        room_c = 21 + 0.3 * max(environment.outdoor_c - 15, 0)
        air_m3h = 0.5 * sum(map(self.air_m3h, self.motors))
        for number, hood in enumerate(self.hoods):
            hood.step(self.heat_kw(number), air_m3h, room_c, dt_s)
        running = any(motor.running for motor in self.motors.values())
        mode = self.word("makeup_mode", "auto")
        self.makeup_wanted = mode == "on" or (running and mode == "auto") or flame
        self.grease_h += dt_s / 3600 if flame else 0.0

    def _load(self) -> float:
        """Share of the stoves' heat that is on, 0 to 1."""
        most = sum([stove.head_kw * len(stove.burning) for stove in self._stoves])
        return sum([stove.heat_kw for stove in self._stoves]) / most if most else 0.0

    def _speed(self) -> float:
        """Of the faster fan."""
        return max(motor.speed for motor in self.motors.values())

    def _run_on_left(self) -> float:
        if self._since_flame_s <= 0:
            return 0.0
        return max(self.told_number("run_on", 600) - self._since_flame_s, 0.0)

    def gauges(self) -> dict[str, Gauge]:
        first, second = self.hoods
        found: dict[str, Gauge] = {
            "hood_temperature": lambda: first.temperature_c,
            "hood_temperature_2": lambda: second.temperature_c,
            "duct_pressure": lambda: -380 * self._speed() ** 2,
            "filter_pressure": lambda: (40 + 0.2 * self.grease_h) * self._speed() ** 2,
            "run_on_left": self._run_on_left,
            "firmware": Always("YZ-1.07"),
            "makeup_run": lambda: self.makeup_wanted,
            "airflow_proved": lambda: self._speed() > 0.2,
        }
        for number, stove in enumerate(self._stoves, start=1):
            found[f"flame{number}"] = partial(_flame, stove)
        for fan, motor in self.motors.items():
            found |= _of_fan(fan, motor)
        return found


def _flame(stove: Stove) -> bool:
    return stove.flame


def _of_fan(fan: str, motor: Motor) -> dict[str, Gauge]:
    return {
        f"{fan}_speed_fb": lambda: 100 * motor.speed,
        f"{fan}_hours": lambda: motor.run_s,
        f"{fan}_run": lambda: motor.running,
        f"{fan}_fault": lambda: motor.failed,
        f"{fan}_auto": Always(True),
    }


class FumePurifierController(DeviceModel):
    """Runs with its exhaust fan. Facts: `exhaust` PANEL.fan, `rated_kw`."""

    rank: ClassVar[int] = 2
    start: ClassVar[dict[str, Value | str]] = {"mode": "linked", "wash_permit": True}
    counts: ClassVar[tuple[str, ...]] = ("cleaner.run_s", "_washed_run_s")

    def __init__(self, setting: Setting) -> None:
        self.cleaner = FumePurifier(setting.number("rated_kw", 1.5), setting.lot("dirt", 0.05, 0.5))
        super().__init__(setting)
        self._panel: HoodPanel | None = None
        self._fan = "ex1"
        self._linked = False
        self._wash_s = 0.0
        self._washed_run_s = 0.0
        self._ramp_s = 0.0

    def link(self, neighbours: Neighbours) -> None:
        owner, _, fan = str(self.setting.facts.get("exhaust", "")).partition(".")
        panel = neighbours.model(owner)
        if isinstance(panel, HoodPanel):
            self._panel, self._fan = panel, fan or "ex1"

    @property
    def power_kw(self) -> float:
        return self.cleaner.power_kw if not self._wash_s else 0.3

    def step(self, dt_s: float) -> None:
        environment = self.environment
        panel = self._panel
        air = panel.air_m3h(self._fan) if panel is not None else 12_000.0 * environment.occupancy
        heat = (
            panel.heat_kw(0 if self._fan == "ex1" else 1)
            if panel is not None
            else 100 * environment.occupancy
        )
        self._linked = air > 1000
        self.cleaner.on = (self._linked or self.word("mode") == "on") and not self._wash_s
        self._ramp_s = self._ramp_s + dt_s if self.cleaner.on else 0.0
        self.cleaner.step(heat, air, dt_s)
        self._wash(dt_s)

    def _wash(self, dt_s: float) -> None:
        """It washes itself at night when it needs to and may."""
        environment = self.environment
        if self._wash_s:
            self._wash_s = max(self._wash_s - dt_s, 0.0)
            if not self._wash_s:
                self.cleaner.wash()
                self._washed_run_s = self.cleaner.run_s
        elif (
            self.cleaner.dirt >= 0.9
            and environment.hour < 4
            and not self._linked
            and self.switch("wash_permit")
        ):
            self._wash_s = 1800.0

    def _stage(self) -> str:
        if self._wash_s:
            return "washing"
        if self._ramp_s > 20:
            return "cleaning"
        return "ramping" if self.cleaner.on else "idle"

    def gauges(self) -> dict[str, Gauge]:
        cleaner = self.cleaner
        return {
            "run": lambda: cleaner.live,
            "fault": lambda: cleaner.failed,
            "spark": lambda: cleaner.live and cleaner.dirt > 1.05,
            "wash_due": lambda: cleaner.dirt >= 0.9,
            "fan_linked": lambda: self._linked,
            "stage": lambda: self.state("stage", self._stage()),
            "fume": lambda: cleaner.outlet_mg_m3,
            "high_voltage": lambda: 11_800.0 - 900 * cleaner.dirt if cleaner.live else 0.0,
            "field_current": lambda: 0.045 + 0.03 * cleaner.dirt if cleaner.live else 0.0,
            "power": lambda: self.power_kw,
            "filter": lambda: 100 * min(cleaner.dirt, 1.2),
            "run_hours": lambda: cleaner.run_s,
            "hours_since_wash": lambda: cleaner.run_s - self._washed_run_s,
        }


class GasAlarmPanel(DeviceModel):
    """Four detectors that smell next to nothing."""

    counts: ClassVar[tuple[str, ...]] = ("_age_s",)

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._smell = [Noise(setting.seed, f"{self.name}/gas{number}", 400) for number in range(4)]
        self._life_s = [setting.lot(f"life{number}", 200, 900) * 86_400 for number in range(4)]
        self._age_s = 0.0

    @property
    def power_kw(self) -> float:
        return 0.03

    def step(self, dt_s: float) -> None:
        self._age_s += dt_s

    def _smelled(self, number: int) -> float:
        return max(0.4 + 0.4 * self._smell[number].at(self.environment.time_s), 0.0)

    def _life_left_s(self, number: int) -> float:
        return max(self._life_s[number] - self._age_s, 0.0)

    def gauges(self) -> dict[str, Gauge]:
        normal = self.state("state", "normal")
        found: dict[str, Gauge] = {"state": lambda: normal, "serial": Always("GD4-26017")}
        for number in range(4):
            found[f"gas{number + 1}"] = partial(self._smelled, number)
            found[f"life{number + 1}"] = partial(self._life_left_s, number)
        return found
