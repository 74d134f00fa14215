"""What is worked out in a short way, step after step, is to the last digit what the plain formula gives."""

from __future__ import annotations

import math
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.simulators.plant.environment import Environment
from drivers.simulators.plant.motor import Motor
from drivers.simulators.plant.soil import Soil
from drivers.simulators.plant.tank import Tank
from drivers.simulators.plant.water_purifier import LITRE, WATER_KJ_L_K, WaterPurifier

FLOW = st.floats(0, 50)
STEP_S = st.floats(0.1, 120)


def surroundings(elevation: float, outdoor_c: float, rain_mm_h: float) -> Environment:
    return Environment(0.0, date(2026, 3, 5), 12.0, True, elevation, 0.0, outdoor_c, rain_mm_h, 0.5)


@settings(max_examples=60)
@given(leak=st.sampled_from([0.0, 0.0, 3.0]), steps=st.lists(st.tuples(FLOW, FLOW, STEP_S), max_size=30))
def test_a_tank_keeps_what_goes_in_and_out(leak: float, steps: list[tuple[float, float, float]]) -> None:
    tank = Tank(1.5, 0.4)
    tank.leak = leak
    content = tank.content
    spilled = missing = leaked = 0.0
    for inflow, outflow, dt_s in steps:
        tank.step(inflow, outflow, dt_s)
        after = content + (inflow - outflow) * dt_s / 3600
        spilled += max(after - 1.5, 0.0)
        missing += max(-after, 0.0)
        content = min(max(after, 0.0), 1.5)
        lost = min(leak * dt_s / 3600, content)
        content -= lost
        leaked += lost
        assert (tank.content, tank.spilled, tank.missing, tank.leaked) == (content, spilled, missing, leaked)


@settings(max_examples=60)
@given(
    steps=st.lists(
        st.tuples(st.floats(0, 500), st.floats(-30, 80), st.floats(-10, 40), st.floats(0, 9), STEP_S),
        max_size=20,
    )
)
def test_soil_dries_and_drains(steps: list[tuple[float, float, float, float, float]]) -> None:
    soil = Soil(400.0)
    moisture = soil.moisture
    for water, elevation, outdoor_c, rain, dt_s in steps:
        soil.step(water, surroundings(elevation, outdoor_c, rain), dt_s)
        sun = max(elevation, 0) / 90
        dry = (0.02 + 0.55 * sun * max(outdoor_c, 0) / 25) * min(moisture / soil.FIELD, 1)
        drain = max(moisture - soil.FIELD, 0) * 0.8
        change = (rain + water * 1000 / 400.0 - dry - drain) * (dt_s / 3600) / soil.DEPTH_MM * 100
        moisture = min(max(moisture + change, soil.WILTED), soil.FULL)
        assert soil.moisture == moisture


@settings(max_examples=60)
@given(
    start=st.floats(0, 1),
    draws=st.lists(st.tuples(st.floats(0, 60), st.booleans(), STEP_S), min_size=1, max_size=30),
)
def test_a_purifier_fills_flushes_and_heats(start: float, draws: list[tuple[float, bool, float]]) -> None:
    machine, plain = WaterPurifier(9.0), WaterPurifier(9.0)
    machine.tank.content = plain.tank.content = start * machine.tank.capacity
    for draw, flushes, dt_s in draws:
        if flushes:
            machine.flush()
            plain.flush()
        machine.step(draw, 15.0, 20.0, dt_s)
        _plainly(plain, draw, dt_s)
        assert vars(machine) | {"tank": None} == vars(plain) | {"tank": None}
        assert machine.tank.content == plain.tank.content


def _plainly(it: WaterPurifier, draw: float, dt_s: float) -> None:
    """The same by smallest and largest."""
    content_l = it.tank.content / LITRE
    drawn = min(draw * dt_s / 60, max(content_l - 8, 0))
    it.producing = it.tank.level < (99.5 if it.producing else 88) and it.filter_left > 0
    made = it.ro_l_min * dt_s / 60 if it.producing else 0.0
    made = min(made, (it.tank.capacity - it.tank.content) / LITRE + drawn)
    flushed = 2 * it.ro_l_min * min(dt_s, it.flush_s) / 60
    it.flush_s = max(it.flush_s - dt_s, 0)
    held = max(content_l - drawn, 1e-6)
    it.temperature_c = (it.temperature_c * held + 15.0 * made) / (held + made)
    it.tank.step(made * LITRE * 3600 / dt_s, drawn * LITRE * 3600 / dt_s, dt_s)
    content_l = it.tank.content / LITRE
    most_c = it.setpoint_c if it.heating else it.setpoint_c - 4
    it.heating = it.permit and content_l > 6 and it.temperature_c < most_c
    loss_kw, gain_kw = 0.004 * (it.temperature_c - 20.0), it.heater_kw if it.heating else 0.0
    warmed_c = (gain_kw - loss_kw) * dt_s / (max(content_l, 1.0) * WATER_KJ_L_K)
    it.temperature_c = min(it.temperature_c + warmed_c, 99.0)
    it.filtered_l += made + flushed
    it.inlet_m3h = (made * 1.7 + flushed) * LITRE * 3600 / dt_s
    it.drawn_l += drawn
    it.idle_s = 0.0 if drawn or it.flush_s else it.idle_s + dt_s
    tired = 8 + 30 * it.filtered_l / it.filter_l + min(it.idle_s / 3600, 12)
    it.tds_ppm = tired + (it.tds_ppm - tired) * math.exp(-dt_s / 900)


@settings(max_examples=60)
@given(steps=st.lists(st.tuples(st.booleans(), st.floats(0, 1), STEP_S), max_size=20))
def test_a_motor_runs_and_counts_its_starts(steps: list[tuple[bool, float, float]]) -> None:
    motor = Motor(4.0, ramp_s=20)
    speed, run_s, starts = 0.0, 0.0, 0
    for on, wanted, dt_s in steps:
        motor.turn(on)
        motor.wanted = wanted
        motor.step(dt_s)
        goal, before = wanted if on else 0.0, speed > 0.01
        speed = min(speed + 1 / 20 * dt_s, goal) if goal > speed else max(speed - 1 / 20 * dt_s, goal)
        if speed > 0.01:
            run_s += dt_s
            starts += not before
        assert (motor.speed, motor.run_s, motor.starts) == (speed, run_s, starts)
