"""Every profile, simply because it is in the folder: its model, its registers, its commands."""

from __future__ import annotations

from typing import Any

import pytest

from config.plan.points import BacnetObject, Point, Register
from config.plan.site import Plan
from drivers.codec import Absent, decode_point, encode_point, width
from drivers.simulators.plant.registry import MODELS, PROFILES
from drivers.simulators.simulation import Simulation
from tests.drivers.simulators import plans, sites
from tests.drivers.simulators.masters import Refusal, TcpMaster

READS = {"coil": 1, "discrete": 2, "holding": 3, "input": 4}
MODBUS = [name for name in sites.PROFILES if sites.profile(name)["protocol"] == "modbus"]
BACNET = [name for name in sites.PROFILES if sites.profile(name)["protocol"] == "bacnet"]


@pytest.fixture(scope="module")
def each(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, dict[str, Any]]:
    return sites.one_of_each(tmp_path_factory.mktemp("each"))


def _simulation(each: tuple[Plan, dict[str, Any]], name: str, clock: plans.Clock) -> Simulation:
    """The one device, with the facts of its profile."""
    plan, facts = each
    device = f"of-{name}"
    return Simulation(
        sites.only(plan, device), {"devices": {device: facts["devices"][device]}}, clock, tick_s=3600
    )


@pytest.mark.parametrize("name", sites.PROFILES)
def test_model_is_known(name: str) -> None:
    """What the profile's `plant` says exists, and is what a simulation without plant facts takes."""
    wanted = sites.profile(name).get("plant")
    assert wanted in MODELS
    assert PROFILES.get(name) == wanted


async def _read(master: TcpMaster, unit: int, register: Register) -> list[int]:
    ask = master.bits if register.space in ("coil", "discrete") else master.registers
    return await ask(unit, READS[register.space], register.address, width(register))


def _same(point: Point, register: Register, wire: Any, told: Any) -> bool:
    if isinstance(told, str | bool) or point.kind == "enum":
        return bool(wire == told)
    step = abs(register.scale) if not register.type.startswith("float") else 2e-3 * max(abs(told), 0.1)
    return isinstance(wire, int | float) and abs(wire - told) <= 1.01 * max(step, 1e-9)


@pytest.mark.parametrize("name", MODBUS)
async def test_read(each: tuple[Plan, dict[str, Any]], name: str) -> None:
    """Every point reads as the plant has it, or as not available; after some hours of plant too."""
    clock = plans.Clock()
    async with _simulation(each, name, clock) as simulation:
        master = await TcpMaster.open(simulation.overlay()["lines"]["T1"])
        twin = simulation.devices[f"of-{name}"]
        for _ in range(2):
            truth = twin.model.all_values()
            for point in twin.points.values():
                assert isinstance(point.source, Register)
                raw = await _read(master, twin.device.unit, point.source)
                wire = decode_point(point, point.source, raw)
                told = truth[point.name]
                if told is None:
                    assert wire is Absent.NOT_AVAILABLE, point.name
                else:
                    assert _same(point, point.source, wire, told), f"{point.name}: {wire} for {told}"
            clock.wall_ms += 2 * 3_600_000
            simulation.tick()
        await master.close()


def _wishes(point: Point) -> list[Any]:
    command = point.command
    assert command is not None
    if point.kind == "bool":
        return [True, False]
    if point.kind == "enum":
        return list(command.states or [number for number, _ in point.states])
    assert command.low is not None
    assert command.high is not None
    return [command.high, command.low]


@pytest.mark.parametrize("name", [name for name in MODBUS if "command" in str(sites.profile(name)["points"])])
async def test_command(each: tuple[Plan, dict[str, Any]], name: str) -> None:
    """Every command is taken with its own function and reaches the model; a value out of range is refused."""
    async with _simulation(each, name, plans.Clock()) as simulation:
        master = await TcpMaster.open(simulation.overlay()["lines"]["T1"])
        twin = simulation.devices[f"of-{name}"]
        for point in twin.points.values():
            if point.command is None:
                continue
            register = point.command.register or point.source
            assert isinstance(register, Register)
            for value in _wishes(point):
                before = await _read(master, twin.device.unit, register)
                words = encode_point(point, register, value, before)
                await _write(master, twin.device.unit, point.command.function, register.address, words)
                assert _same(point, register, twin.model.told[point.name], value), point.name
                if point.command.register is None and point.command.verify == "same":
                    raw = await _read(master, twin.device.unit, register)
                    assert _same(point, register, decode_point(point, register, raw), value), point.name
            if point.kind == "number" and point.command.high is not None:
                with pytest.raises(Refusal):
                    await _write(master, twin.device.unit, point.command.function, register.address,
                                 encode_point(point, register, point.command.high * 1.1 + 1))  # fmt: skip
        await master.close()


async def _write(master: TcpMaster, unit: int, function: int, address: int, words: list[int]) -> None:
    if function == 5:
        await master.write_coil(unit, address, bool(words[0]))
    elif function == 15:
        await master.write_coils(unit, address, words)
    elif function == 6:
        await master.write_register(unit, address, words[0])
    else:
        await master.write_registers(unit, address, words)


@pytest.mark.parametrize("name", BACNET)
async def test_bacnet(each: tuple[Plan, dict[str, Any]], name: str) -> None:
    """The same model stands behind BACnet objects: values one way, commands of a client the other."""
    async with _simulation(each, name, plans.Clock()) as simulation:
        served = simulation.bacnet[f"of-{name}"]
        overlay = simulation.overlay()
        (line,) = overlay["lines"].values()
        assert line["networks"] == [served.address] == [overlay["devices"][f"of-{name}"]["address"]]
        twin = simulation.devices[f"of-{name}"]
        truth = twin.model.all_values()
        for point in twin.points.values():
            assert isinstance(point.source, BacnetObject)
            told = truth[point.name]
            if told is None or point.command is not None:
                continue
            wire = served.value(point.name)
            slack = max(point.source.cov_increment or 0.0, 1.0 if point.unit == "s" else 0.0)
            if isinstance(told, float):
                assert isinstance(wire, int | float)
                assert wire == pytest.approx(told, rel=1e-5, abs=max(slack, 0.5)), point.name
            else:
                assert wire == told, point.name
        for point in twin.points.values():
            if point.command is None:
                continue
            resting = twin.model.told[point.name]
            for value in _wishes(point) if point.command.low is not None or point.kind != "number" else []:
                served.command(point.name, value, 15)
                assert twin.model.told[point.name] == value, point.name
            served.command(point.name, None, 15)
            assert twin.model.told[point.name] == resting, point.name
