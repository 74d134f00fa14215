"""What a barrier of an equipment bears on, as rows, and at the example site."""

from __future__ import annotations

import pytest

from config.plan.site import Plan
from controller.decide.cover import covers
from tests.plans import LEVEL, SWITCH, PlanMaker
from tests.test_shuangliu import plan as shuangliu


def _plan() -> Plan:
    """A fan with its own drive and a place in a shared cabinet; a pump in the cabinet; a meter of both."""
    maker = PlanMaker()
    drive = maker.add_device("drive")
    cabinet = maker.add_device("cabinet")
    meter = maker.add_device("meter")
    run = maker.add_point(drive, "run_cmd", SWITCH)
    maker.add_point(drive, "speed", LEVEL)
    maker.add_point(drive, "amps")
    fan_mode = maker.add_point(cabinet, "fan_mode", SWITCH)
    pump_mode = maker.add_point(cabinet, "pump_mode", SWITCH)
    maker.add_point(cabinet, "lamp", SWITCH)
    power = maker.add_point(meter, "power")
    maker.add_point(meter, "limit", LEVEL)
    maker.add_equipment("fan", "fan", mode=fan_mode, run_cmd=run, power=power)
    maker.add_equipment("pump", "pump", mode=pump_mode)
    maker.add_equipment("tank", "tank", level=power)
    return maker.build()


@pytest.mark.parametrize(
    ("target", "covered", "left_open"),
    [
        ("fan", {"cabinet.fan_mode", "drive.run_cmd", "drive.speed"}, {"cabinet.lamp"}),
        ("pump", {"cabinet.pump_mode"}, {"cabinet.lamp"}),
        ("tank", set(), set()),
        ("drive", {"drive.run_cmd", "drive.speed"}, set()),
        ("cabinet", {"cabinet.fan_mode", "cabinet.pump_mode", "cabinet.lamp"}, set()),
        ("meter", {"meter.limit"}, set()),
    ],
)
def test_what_a_barrier_covers(target: str, covered: set[str], left_open: set[str]) -> None:
    plan = _plan()
    found = covers(plan)[target]
    assert {plan.points[point].key for point in found.points} == covered
    assert {plan.points[point].key for point in found.open} == left_open


def test_the_site_covers_all_that_can_be_commanded() -> None:
    plan = _plan()
    assert len(covers(plan)[""].points) == sum(point.command is not None for point in plan.points)


def test_a_fan_s_drive_and_a_unit_s_controller_at_the_example_site() -> None:
    plan = shuangliu()
    found = covers(plan)
    fan = {plan.points[point].key for point in found["exhaust-1"].points}
    assert {"exhaust-drive-1.run_cmd", "exhaust-drive-1.speed", "hood.ex1_mode"} <= fan
    assert not any(".ex2_" in key for key in fan)
    unit = {plan.points[point].key for point in found["hall-air-handler"].points}
    assert {"hall-air.mode", "hall-air.co2_setpoint"} <= unit
