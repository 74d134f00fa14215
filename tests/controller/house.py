"""A small house for the cycle's tests: two lamps, a latching relay, a pump, a stove's permit."""

from __future__ import annotations

from dataclasses import replace

from config.plan.devices import Source, StopAction
from config.plan.places import Place
from config.plan.points import Command
from config.plan.reading import Value
from config.plan.site import Plan
from controller.decide.records import Remembered
from drivers.api import Fate
from tests.controller.rig import Rig
from tests.plans import LEVEL, SHUANGLIU, SWITCH, PlanMaker, everyday
from tests.schedules.build import at, booked

PULSE = Command(pulse_s=0.5, reassert_s=None, verify="none")
MODE = Command(states=(1, 2))
MODES = ((0, "stop"), (1, "auto"), (2, "forced"))


def house(*, observe: bool = False) -> Plan:
    """Lamp and hall 80 % from 8 to 12, else 10 %; the relay pulses on at 9; the pump runs in auto."""
    maker = PlanMaker(replace(SHUANGLIU, observe=observe))
    lamp = maker.add_device("lamp")
    level = maker.add_point(lamp, "level", LEVEL)
    spare = maker.add_point(lamp, "spare", SWITCH)
    relay = maker.add_device("relay")
    latch = maker.add_point(relay, "latch", PULSE)
    hall = maker.add_device("hall", bacnet=True)
    hall_level = maker.add_point(hall, "level", LEVEL)
    panel = maker.add_device("panel")
    mode = maker.add_point(panel, "mode", MODE, states=MODES)
    auto = maker.add_point(panel, "auto", kind="bool", max_age_s=1e6)
    maker.add_point(panel, "timeout", replace(LEVEL, targetable=False))
    maker.add_point(panel, "gas", SWITCH, life_safety=True)
    motor = maker.add_point(panel, "motor", SWITCH)
    stove = maker.add_device("stove")
    permit = maker.add_point(stove, "permit", SWITCH)
    maker.add_equipment("pump", "pump", mode=mode, auto=auto, run_cmd=motor)
    maker.add_equipment("lamps", "lamp-group", level=level)
    maker.add_programme(
        everyday("lamp", [level, hall_level], (8, 12, 80.0), default=10.0, untrusted=50.0, line=1)
    )
    maker.add_programme(everyday("latch", [latch], (9, 10, True), line=2))
    maker.add_programme(everyday("pump", [mode], (0, 24, 1), line=3))
    maker.stop(
        StopAction(level, "write", 30.0),
        StopAction(spare, "release"),
        StopAction(hall_level, "release"),
        StopAction(mode, "write", 2),
        StopAction(permit, "hold"),
    )
    return maker.build()


def booked_house() -> Plan:
    """The lamp goes to 60 % from 45 min before the hall is booked until 15 min after."""
    plan = house()
    lamp, *others = plan.programmes
    lamp = replace(lamp, bookings=(booked("hall", 60.0, 45, 15),))
    hall = Place("hall", "会议大厅", Source("site.yaml", 1, 1))
    return replace(plan, programmes=(lamp, *others), places=(hall,))


READINGS: dict[str, Value] = {
    "lamp.level": 0.0,
    "lamp.spare": False,
    "relay.latch": False,
    "hall.level": 0.0,
    "panel.mode": 0,
    "panel.auto": True,
    "panel.motor": False,
    "stove.permit": False,
}
"""What the house shows before anybody commands it."""

HELD = Fate.READ_BACK


def rig(
    minute: str = "2026-03-05 07:00", remembered: Remembered | None = None, *, observe: bool = False
) -> Rig:
    """A daemon just started in the house."""
    return Rig(house(observe=observe), at(minute), remembered)


def settled(minute: str = "2026-03-05 07:00") -> Rig:
    """Everything heard, commanded and held."""
    made = rig(minute)
    for key, value in READINGS.items():
        made.read(key, value)
    made.writes(answer=HELD)
    assert made.writes(1.0) == []
    return made
