"""Tanks, motors, lamps, stoves, hoods, boilers, soil: what must hold whatever is asked of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.plan.programmes import CalendarPlan
from drivers.simulators.plant.air import AirHandler, Hall
from drivers.simulators.plant.booster import Booster
from drivers.simulators.plant.duty import Pair
from drivers.simulators.plant.environment import Calendar, Environment, Surroundings
from drivers.simulators.plant.kitchen import FumePurifier, Hood, Stove
from drivers.simulators.plant.lamps import LampGroup
from drivers.simulators.plant.motor import Motor
from drivers.simulators.plant.soil import Soil
from drivers.simulators.plant.tank import Tank
from drivers.simulators.plant.water_purifier import WaterPurifier
from tests.drivers.simulators import plans

FLOWS = st.lists(st.tuples(st.floats(0, 20), st.floats(0, 20), st.floats(0.1, 3600)), max_size=40)


def at(hour: float) -> Environment:
    """A spring workday at a local hour."""
    surroundings = Surroundings(plans.SITE, Calendar(CalendarPlan("none", (), ())), 1)
    return surroundings.at(plans.START_MS + (hour - 10) * 3_600_000)


@given(FLOWS, st.floats(0.5, 50), st.floats(0, 1))
def test_tank_conserves_water(flows: list[tuple[float, float, float]], capacity: float, share: float) -> None:
    tank = Tank(capacity, share)
    begin = tank.content
    net = 0.0
    for inflow, outflow, dt_s in flows:
        tank.step(inflow, outflow, dt_s)
        net += (inflow - outflow) * dt_s / 3600
        assert 0 <= tank.content <= capacity
    assert tank.content == pytest.approx(begin + net - tank.spilled + tank.missing, abs=1e-6)


def test_motor_follows_the_affinity_laws_and_counts() -> None:
    motor = Motor(10, ramp_s=20)
    motor.turn(True)
    motor.step(10)
    assert (motor.speed, motor.starts) == (0.5, 1)
    motor.step(100)
    full = motor.power_kw
    assert full == pytest.approx(10)
    motor.wanted = 0.5
    motor.step(100)
    assert motor.power_kw == pytest.approx(full / 8, rel=0.25)
    motor.failed = True
    motor.step(100)
    assert (motor.running, motor.power_kw, motor.run_s) == (False, 0.0, 210.0)


def test_pair_takes_turns_and_covers_for_each_other() -> None:
    first, second = Motor(1), Motor(1)
    pair = Pair(first, second)

    def run(count: int) -> list[bool]:
        pair.ask(count)
        pair.step(1)
        return [first.running, second.running]

    assert [run(1), run(0), run(1), run(0), run(1)] == [
        [True, False], [False, False], [False, True], [False, False], [True, False],
    ]  # fmt: skip
    assert run(2) == [True, True]
    first.failed = True
    assert run(1) == [False, True]
    first.failed = False
    pair.modes = ["auto", "standby"]
    assert [run(1), run(2)] == [[True, False], [True, False]]
    first.failed = True
    assert run(1) == [False, True], "the standby works when the other cannot"
    pair.modes[1] = "off"
    assert run(1) == [False, False]
    first.failed, pair.selected[0] = False, False
    assert run(1) == [False, False], "a selector out of auto is obeyed"
    pair.selected[0], pair.locked = True, True
    assert run(2) == [False, False]


def test_booster_holds_its_pressure_at_less_power_for_less_flow() -> None:
    booster = Booster({})
    powers = []
    for demand in (2.0, 8.0, 15.0):
        for _ in range(60):
            booster.step(demand, True, 5)
        assert booster.pressure_pa == pytest.approx(booster.setpoint_pa, rel=0.02)
        assert booster.flow_m3h == demand
        powers.append(booster.power_kw)
    assert powers == sorted(powers)
    assert booster.pumps.running == 2
    for _ in range(60):
        booster.step(8.0, False, 5)
    assert (booster.flow_m3h, booster.power_kw) == (0.0, 0.0), "cut off before a dry tank"


def test_booster_rests_on_a_trickle() -> None:
    booster = Booster({})
    running = 0
    for _ in range(1440):
        booster.step(0.1, True, 5)
        running += booster.pumps.running
        assert 0.7 < booster.pressure_pa / booster.setpoint_pa < 1.05
    assert 0 < running < 300


def test_stove_without_permit_burns_out_but_lights_nothing() -> None:
    noon = at(11)
    stove = Stove(1, "s", 12, 35.7, 3.6)
    for _ in range(360):
        stove.step(noon, 10)
    assert stove.flame
    stove.permit = False
    burning = list(stove.burning)
    stove.step(noon, 10)
    assert stove.burning == burning, "what burns is left to burn"
    surroundings = Surroundings(plans.SITE, Calendar(CalendarPlan("none", (), ())), 1)
    before = burning
    for minute in range(1, 120):
        stove.step(surroundings.at(noon.time_s * 1000 + minute * 60_000), 60)
        assert not any(now and not then for now, then in zip(stove.burning, before, strict=True))
        before = list(stove.burning)
    assert not any(stove.burning)
    assert stove.gas_m3h == 0


@given(st.lists(st.tuples(st.floats(0, 430), st.floats(0, 34_000), st.floats(0.1, 600)), max_size=30))
def test_hood_stays_within_its_bounds(steps: list[tuple[float, float, float]]) -> None:
    hood = Hood()
    for heat, air, dt_s in steps:
        before = hood.temperature_c
        hood.step(heat, air, 22, dt_s)
        assert 21.9 < hood.temperature_c < 22 + 0.33 * 430 / hood.loss_kw_k + 1
        if heat == 0:
            assert hood.temperature_c <= max(before, 22)


def test_hood_is_cooled_by_its_fan() -> None:
    still, drawn = Hood(), Hood()
    for _ in range(100):
        still.step(150, 1000, 22, 10)
        drawn.step(150, 15_000, 22, 10)
    assert 25 < drawn.temperature_c < 45 < still.temperature_c


def test_fume_purifier_tires_and_is_washed() -> None:
    purifier = FumePurifier(1.5, 0.0)
    purifier.on = True
    clean = purifier.efficiency
    for _ in range(360 * 40):
        purifier.step(150, 15_000, 10)
    assert 5 < purifier.inlet_mg_m3 < 12
    assert 0.6 < purifier.efficiency < clean - 0.08
    assert purifier.outlet_mg_m3 < 2.0
    purifier.failed = True
    purifier.step(150, 15_000, 10)
    assert purifier.outlet_mg_m3 == purifier.inlet_mg_m3
    purifier.failed = False
    purifier.wash()
    assert purifier.efficiency == clean


@given(st.lists(st.tuples(st.floats(0, 6), st.booleans(), st.floats(0.2, 10)), max_size=200))
def test_water_purifier_keeps_its_bounds(steps: list[tuple[float, bool, float]]) -> None:
    machine = WaterPurifier(9)
    for draw, permit, dt_s in steps:
        machine.permit = permit
        litres, drawn = machine.tank.content, machine.drawn_l
        machine.step(draw, 18, 20, dt_s)
        assert 0 <= machine.tank.level <= 100
        assert 15 < machine.temperature_c <= 99
        assert machine.power_kw <= 9 + 0.1
        made = machine.ro_l_min * dt_s / 60 * machine.producing
        assert machine.tank.content - litres <= (made - (machine.drawn_l - drawn)) * 1e-3 + 1e-9
    assert machine.tank.missing == 0


def test_water_purifier_heats_as_its_element_can() -> None:
    """55 l from 20 to 90 °C need 4.5 kWh; without permit it cools slowly."""
    machine = WaterPurifier(9)
    machine.tank.content, machine.temperature_c = 0.060, 20.0
    seconds = energy = 0.0
    while machine.temperature_c < 90:
        machine.step(0, 18, 20, 5)
        seconds += 5
        energy += machine.power_kw * 5 / 3600
    assert energy == pytest.approx(60 * 4.19 * 70 / 3600, rel=0.06)
    assert 30 * 60 < seconds < 36 * 60
    machine.permit = False
    for _ in range(720):
        machine.step(0, 18, 20, 5)
    assert not machine.heating
    assert 80 < machine.temperature_c < 90
    machine.flush()
    used = machine.filtered_l
    for _ in range(60):
        machine.step(0, 18, 20, 5)
    assert machine.filtered_l - used == pytest.approx(6, abs=0.2)


def test_lamps_dim_age_and_fail() -> None:
    group = LampGroup(1, "street", 40, 0.08, age_h=0)
    group.level = 100
    group.step(10)
    assert group.power_kw == pytest.approx(3.2)
    assert group.current(0) == pytest.approx(0.383, rel=0.05)
    group.level = 40
    group.step(10)
    assert group.power_kw == pytest.approx(3.2 * 0.424)
    new = group.output
    for _ in range(20_000):
        group.step(3600)
    assert 5 < len(group.failed) < 25
    dead = next(iter(group.failed))
    assert group.current(dead) == 0
    assert group.power_kw == pytest.approx(0.08 * 0.424 * (40 - len(group.failed)))
    assert group.output < new * (1 - len(group.failed) / 40)
    group.level = 0
    group.step(10)
    assert group.power_kw == 0


def test_soil_gets_wet_and_dry() -> None:
    """6 m³/h on 1000 m² for an hour are 6 mm: 2 % of 300 mm."""
    night, noon = at(3), at(13)
    soil = Soil(1000, 20)
    for _ in range(360):
        soil.step(6, night, 10)
    assert soil.moisture == pytest.approx(22, abs=0.15)
    wet = soil.moisture
    for _ in range(360):
        soil.step(0, noon, 10)
    assert wet - 0.4 < soil.moisture < wet
    for _ in range(20_000):
        soil.step(50, noon, 60)
    assert soil.moisture <= Soil.FULL


def test_air_handler_brings_the_hall_to_its_set_point() -> None:
    for outdoor in (2.0, 33.0):
        unit, hall = AirHandler(15, 20_000), Hall(6000, 500)
        unit.setpoint_c = 22.0
        hall.temperature_c = 18.0 if outdoor < 20 else 28.0
        unit.fan.turn(True)
        for _ in range(3 * 360):
            unit.step(hall.temperature_c, outdoor, 10)
            hall.step(200, unit.supply_c, unit.air_m3h, outdoor, 10)
        assert hall.temperature_c == pytest.approx(22, abs=1.5)
        assert 450 < hall.co2_ppm < 1100
