"""The grey-water plant: water is conserved, and its panel does what real ones do by themselves."""

from __future__ import annotations

import math

import pytest

from drivers.simulators.plant.mbr import GreyPlant


def _run(
    plant: GreyPlant, hours: float, inflow: float = 2.0, supply: float = 0.0, dt_s: float = 10.0
) -> None:
    for _ in range(int(hours * 3600 / dt_s)):
        plant.step(inflow, supply if plant.supply_allowed else 0.0, dt_s)


@pytest.mark.parametrize("dt_s", [3.0, 10.0])
def test_water_is_conserved(dt_s: float) -> None:
    plant = GreyPlant({})
    tanks = (plant.equalisation, plant.membrane, plant.reuse)
    begin = sum(tank.content for tank in tanks)
    inflow = supply = 0.0
    for step in range(int(86_400 / dt_s)):
        now = 1.75 * (1 + math.sin(step * dt_s / 7000))
        draw = 2.0 if plant.supply_allowed else 0.0
        plant.step(now, draw, dt_s)
        inflow += now * dt_s / 3600
        supply += draw * dt_s / 3600
    end = sum(tank.content for tank in tanks)
    spilled = sum(tank.spilled for tank in tanks)
    missing = sum(tank.missing for tank in tanks)
    assert end - begin == pytest.approx(
        inflow + plant.make_up_total_m3 - supply - spilled + missing, abs=1e-6
    )
    assert missing < 0.05
    assert spilled == 0


def test_lift_pumps_take_turns_run_together_and_never_dry() -> None:
    plant = GreyPlant({})
    for _ in range(2 * 8640):
        plant.step(2.2, 2.0 if plant.supply_allowed else 0, 10)
        if plant.equalisation.level < 14:
            assert plant.lift.running == 0
    first, second = plant.lift.motors
    assert abs(first.starts - second.starts) <= 1
    assert min(first.hours, second.hours) > 3
    plant.equalisation.content = 0.9 * plant.equalisation.capacity
    plant.membrane.content = 0.5 * plant.membrane.capacity
    plant.step(5, 0, 10)
    assert plant.lift.running == 2
    plant.equalisation.content = 0.1 * plant.equalisation.capacity
    plant.step(0, 0, 10)
    assert (plant.lift.running, plant.lift.locked) == (0, True)


def test_full_membrane_tank_stops_the_lift() -> None:
    plant = GreyPlant({})
    plant.equalisation.content = plant.equalisation.capacity
    plant.membrane.content = 0.95 * plant.membrane.capacity
    plant.step(5, 0, 10)
    assert plant.lift.running == 0
    assert plant.equalisation.spilled > 0


def test_failed_lift_pump_is_replaced() -> None:
    plant = GreyPlant({})
    plant.equalisation.content = 0.7 * plant.equalisation.capacity
    plant.step(2, 0, 10)
    running = next(motor for motor in plant.lift.motors if motor.running)
    running.failed = True
    plant.step(2, 0, 10)
    assert [motor.running for motor in plant.lift.motors] == [
        motor is not running for motor in plant.lift.motors
    ]


def test_suction_works_eight_minutes_and_rests_two() -> None:
    plant = GreyPlant({"reuse": 200})
    plant.membrane.content = 0.8 * plant.membrane.capacity
    seen: list[int] = []
    for _ in range(360):
        plant.step(4.0, 0.0, 10)
        plant.equalisation.content = 0.5 * plant.equalisation.capacity
        plant.membrane.content = 0.8 * plant.membrane.capacity
        seen.append(plant.suction.running)
        assert plant.uv == (plant.suction.running > 0)
    assert sum(seen) == pytest.approx(360 * 0.8, abs=8)
    runs = "".join(map(str, seen)).strip("0").split("1" * 48)
    assert len(runs) > 4, "eight minutes in one piece"


def test_blowers_never_rest_over_forty_minutes() -> None:
    plant = GreyPlant({})
    rest = longest = 0.0
    for step in range(2 * 8640):
        if step == 4000:
            plant.mode = "off"
        if step == 9000:
            plant.mode = "night"
        plant.step(0.3, 0.2 if plant.supply_allowed else 0, 10)
        rest = 0.0 if plant.blowers.running else rest + 10
        longest = max(longest, rest)
    assert 600 < longest <= 2400
    assert min(motor.hours for motor in plant.blowers.motors) > 5, "they take turns"
    plant.blowers.modes = ["off", "off"]
    _run(plant, 1)
    assert plant.airless_s >= 3500
    _run(plant, 12)
    assert plant.turbidity > 4, "sludge without air spoils the water"


def test_make_up_opens_low_and_closes_higher() -> None:
    plant = GreyPlant({})
    plant.mode = "off"
    levels = []
    for _ in range(8640):
        before = plant.make_up_open
        plant.step(0, 3.0 if plant.supply_allowed else 0, 10)
        if plant.make_up_open != before:
            levels.append((plant.make_up_open, round(plant.reuse.level)))
    assert levels[0][0] is True
    assert all(24 <= level <= 26 if opened else 34 <= level <= 37 for opened, level in levels)
    plant.make_up_permit = False
    _run(plant, 12, inflow=0, supply=3)
    assert plant.reuse.level <= 8.1, "the supply is cut off before the tank is dry"
    assert not plant.supply_allowed


def test_bad_water_is_not_supplied() -> None:
    plant = GreyPlant({})
    plant.chlorine = 0.1
    assert not plant.supply_allowed
    plant.chlorine, plant.turbidity = 1.0, 12.0
    assert not plant.supply_allowed
    plant.turbidity = 2.0
    assert plant.supply_allowed


def test_told_off_it_only_aerates() -> None:
    plant = GreyPlant({})
    plant.equalisation.content = 0.8 * plant.equalisation.capacity
    _run(plant, 0.5)
    assert plant.lift.running
    plant.mode = "off"
    _run(plant, 0.2)
    assert (plant.lift.running, plant.suction.running, plant.permeate_m3h) == (0, 0, 0.0)
