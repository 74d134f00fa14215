"""Panels and nodes: the local logic behind their points, as a master sees it."""

from __future__ import annotations

import pytest

from drivers.simulators.plant.devices.canteen import HoodPanel
from drivers.simulators.plant.devices.rooms import IrrigationBox, RestroomNode
from drivers.simulators.plant.devices.switching import Drive
from drivers.simulators.plant.model import DeviceModel
from drivers.simulators.plant.world import World
from tests.drivers.simulators import plans, sites


@pytest.fixture
def world() -> World:
    plan, facts = sites.example("shuangliu")
    return World(plan, facts, 1, plans.START_MS)


def _pass(world: World, minutes: float) -> None:
    world.advance(world.wall_ms + minutes * 60_000)


def _tell(model: DeviceModel, name: str, word: str) -> None:
    number = model.state(name, word)
    assert number is not None
    model.command(name, number)


def test_hood_disregards_off_while_there_is_flame(world: World) -> None:
    hood = world.models["hood"]
    assert isinstance(hood, HoodPanel)
    for fan in ("ex1", "ex2"):
        _tell(hood, f"{fan}_mode", "off")
    _pass(world, 5)
    assert not any(motor.running for motor in hood.motors.values())
    for stove in range(1, 5):
        world.models[f"stove-{stove}"].command("permit", True)
    world.advance(plans.START_MS + 3_600_000)
    assert any(hood.flames)
    assert all(hood.show()[f"{fan}_run"] for fan in hood.motors)
    assert hood.makeup_wanted
    assert world.models["kitchen-air"].show()["run_fb"]
    assert world.models["fume-1"].show()["run"]


def test_hood_runs_on_after_the_flame(world: World) -> None:
    hood = world.models["hood"]
    assert isinstance(hood, HoodPanel)
    for stove in range(1, 5):
        world.models[f"stove-{stove}"].command("permit", True)
    _pass(world, 60)
    for stove in range(1, 5):
        world.models[f"stove-{stove}"].command("permit", False)
    while any(hood.flames):
        _pass(world, 0.5)
    left = hood.show()["run_on_left"]
    assert isinstance(left, float)
    assert 540 < left <= 600
    _pass(world, 8)
    assert hood.motors["ex1"].running
    _pass(world, 40)
    assert not hood.motors["ex1"].running


def test_a_drive_shows_the_motor_of_its_panel(world: World) -> None:
    hood, drive = world.models["hood"], world.models["exhaust-drive-1"]
    assert isinstance(hood, HoodPanel)
    assert isinstance(drive, Drive)
    _tell(hood, "ex1_mode", "on")
    hood.command("ex1_min_speed", 50.0)
    drive.command("speed", 90.0)
    _pass(world, 2)
    assert drive.show()["running"] is True
    assert drive.show()["speed_fb"] == pytest.approx(90)
    assert hood.show()["ex1_speed_fb"] == pytest.approx(90)
    assert drive.show()["power"] == pytest.approx(11 * (0.97 * 0.729 + 0.03))


def test_restroom_follows_presence_with_run_on(world: World) -> None:
    node = world.models["restroom-1"]
    assert isinstance(node, RestroomNode)
    seen = {"late fan": False, "early light": False}
    for _ in range(300):
        _pass(world, 0.5)
        if node.present:
            assert node.fan
        shown = node.show()
        assert shown["power"] == pytest.approx(0.12 * node.fan + 0.25 * node.light + 0.004)
        seen["late fan"] |= node.fan and not node.present
        seen["early light"] |= node.fan and not node.light
    assert all(seen.values())
    _tell(node, "fan_mode", "on")
    node.command("light_switch", False)
    _pass(world, 1)
    assert (node.fan, node.light) == (True, False)


def test_irrigation_valve_closes_by_itself(world: World) -> None:
    box = world.models["irrigation-1"]
    assert isinstance(box, IrrigationBox)
    moisture = box.soils[1].moisture
    box.command("v1_longest", 1800.0)
    box.command("v1_permit", True)
    _pass(world, 20)
    assert box.show()["v1_open"] is True
    assert box.show()["flow"] == pytest.approx(6.6, rel=0.05)
    assert box.show()["time_left"] == pytest.approx(600, abs=20)
    _pass(world, 20)
    assert box.show()["v1_open"] is False
    assert box.soils[1].moisture > moisture
    _pass(world, 60)
    assert box.show()["v1_open"] is False, "it waits for the permit to be given anew"
    box.command("v1_permit", False)
    _pass(world, 1)
    box.command("v1_permit", True)
    _pass(world, 1)
    assert box.show()["v1_open"] is True


def test_irrigation_that_nobody_limited_runs_for_a_window_of_the_programme(world: World) -> None:
    box = world.models["irrigation-1"]
    box.command("v1_permit", True)
    _pass(world, 105)
    assert box.show()["v1_open"] is True
    _pass(world, 20)
    assert box.show()["v1_open"] is False


def test_irrigation_without_reuse_water_gets_none(world: World) -> None:
    box = world.models["irrigation-1"]
    world.models["grey-plant"].command("reuse_permit", False)
    box.command("v1_permit", True)
    _pass(world, 10)
    assert box.show()["flow"] == 0


def test_street_lamps_light_by_what_they_are_told(world: World) -> None:
    street = world.models["street"]
    assert street.told["group1_level"] == 100, "without orders it lights the street"
    for group in (1, 2, 3):
        street.command(f"group{group}_level", 0)
    _pass(world, 1)
    assert street.show()["group1_power"] == 0
    street.command("group2_level", 40)
    _pass(world, 1)
    shown = street.show()
    assert shown["lamp_001_current"] == 0
    current = shown["lamp_041_current"]
    assert isinstance(current, float)
    assert 0.14 < current < 0.2
    assert shown["group2_power"] == pytest.approx(40 * 0.08 * 0.424, rel=0.06)


def test_panel_alarms_and_modes(world: World) -> None:
    panel = world.models["grey-plant"]
    _tell(panel, "lift1_mode", "off")
    _tell(panel, "lift2_mode", "off")
    _pass(world, 6 * 60)
    shown = panel.show()
    assert (shown["lift1_run"], shown["lift2_run"]) == (False, False)
    assert shown["eq_high_switch"] is True
    _tell(panel, "lift1_mode", "standby")
    _pass(world, 10)
    assert panel.show()["lift1_run"] is True
    panel.restart()
    assert panel.word("lift2_mode") == "auto"
