"""Each fault, seen from the other end of the wire, and gone when it is taken back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from config.plan.lines import Line
from drivers.simulators.faults import KINDS, FaultError
from drivers.simulators.modbus.servers import byte_time
from drivers.simulators.modbus.wire import collided
from drivers.simulators.plant.world import World
from drivers.simulators.simulation import Simulation
from tests.drivers.simulators import plans, sites
from tests.drivers.simulators.masters import Refusal, RtuTcpMaster, SerialMaster, TcpMaster
from tests.drivers.simulators.test_lines import LINES


async def _opened(simulation: Simulation, master_class: Any) -> Any:
    return await master_class.open(simulation.overlay()["lines"]["T1"])


SEEN = [
    ("freeze", {}, TimeoutError, None),
    ("unplug", {}, TimeoutError, None),
    ("slow", {"seconds": 0.45}, TimeoutError, None),
    ("busy", {}, Refusal, "6"),
    ("exception", {"code": 4}, Refusal, "4"),
    ("wrong-unit", {}, AssertionError, "unit"),
    ("wrong-function", {}, AssertionError, "function"),
    ("short", {}, AssertionError, "bytes for"),
    ("long", {}, AssertionError, "bytes for"),
    ("crc", {}, AssertionError, "check sum|protocol"),
]


@pytest.mark.parametrize("kind", LINES)
@pytest.mark.parametrize(("name", "numbers", "error", "words"), SEEN, ids=[row[0] for row in SEEN])
async def test_fault_of_a_device(
    kind: str, name: str, numbers: dict[str, Any], error: type[Exception], words: str | None
) -> None:
    line, master_class = LINES[kind]
    async with Simulation(plans.small(line), {}, plans.Clock(), tick_s=3600) as simulation:
        master = await _opened(simulation, master_class)
        await simulation.fault(name, device="meter", **numbers)
        patient, master.timeout = master.timeout, 0.3 if error is TimeoutError else master.timeout
        with pytest.raises(error, match=words):
            await master.registers(3, 3, 0, 2)
        master.timeout = patient
        if isinstance(master, TcpMaster):  # a late or broken reply belongs to nobody: take a fresh connection
            await master.close()
            master = await _opened(simulation, master_class)
        elif name == "slow":
            await asyncio.sleep(0.25)
            await _drain(master)
        assert await master.bits(1, 1, 0, 2) == [0, 0], "the neighbour on the line is well"
        await simulation.fault(name, False, device="meter")
        assert len(await master.registers(3, 3, 0, 2)) == 2
        await master.close()


async def _drain(master: Any) -> None:
    if isinstance(master, SerialMaster):
        await master.hear()
    elif isinstance(master, RtuTcpMaster):
        await master.reader.read(300)


@pytest.mark.parametrize("line", [plans.OVER_TCP, plans.SERIAL], ids=["rtu-over-tcp", "serial"])
async def test_babble(line: Line) -> None:
    """A device's junk comes before its reply; a line's junk comes without being asked."""
    master_class = RtuTcpMaster if line is plans.OVER_TCP else SerialMaster
    async with Simulation(plans.small(line), {}, plans.Clock(), tick_s=3600) as simulation:
        master = await _opened(simulation, master_class)
        await simulation.fault("babble", device="meter", bytes=5)
        with pytest.raises(AssertionError):
            await master.registers(3, 3, 0, 2)
        assert await master.bits(1, 1, 0, 2) == [0, 0]
        await simulation.fault("babble", False, device="meter")
        await simulation.fault("babble", line="T1")
        async with asyncio.timeout(2):
            heard = await (master.hear() if isinstance(master, SerialMaster) else master.reader.read(100))
        assert heard
        await simulation.fault("babble", False, line="T1")
        await master.close()


def test_a_pump_on_a_relay_draws_from_the_tank_while_it_is_on() -> None:
    plan, facts = sites.compiled(sites.ROOT / "hil_tests/sites/works")
    world = World(plan, facts, 1, 0)

    def water() -> float:
        return sum(tank.content for tank in world.models["water"].tanks().values())

    begun = water()
    world.advance(1_800_000)
    assert water() == pytest.approx(begun)
    world.models["do-1"].command("ch1", True)
    world.advance(3_600_000)
    assert water() == pytest.approx(begun - 2.0), "half an hour at 4 m³/h"


@pytest.mark.parametrize("line", [plans.OVER_TCP, plans.SERIAL], ids=["rtu-over-tcp", "serial"])
async def test_two_units_of_one_number(line: Line) -> None:
    """What both drive is nobody's frame; what comes after the first is a second one, with other values."""
    master_class = RtuTcpMaster if line is plans.OVER_TCP else SerialMaster
    async with Simulation(plans.small(line), {}, plans.Clock(), tick_s=3600) as simulation:
        master = await _opened(simulation, master_class)
        right = await master.registers(3, 3, 0, 2)
        await simulation.fault("clash", device="meter")
        with pytest.raises(AssertionError, match=r"check sum|bytes for"):
            await master.registers(3, 3, 0, 2)
        await simulation.fault("clash", device="meter", late=round(0.4 / byte_time(line)))
        assert await master.registers(3, 3, 0, 2) == right
        assert await master.bits(1, 1, 0, 2) == [0, 0], "the other one is still to come"
        await asyncio.sleep(0.6)
        await simulation.fault("clash", False, device="meter")
        await _drain(master)
        assert await master.registers(3, 3, 0, 2) == right
        await master.close()


async def test_a_gateway_tells_a_collision_as_a_silent_unit() -> None:
    async with Simulation(plans.small(plans.TCP), {}, plans.Clock(), tick_s=3600) as simulation:
        master = await _opened(simulation, TcpMaster)
        await simulation.fault("clash", device="meter")
        with pytest.raises(Refusal, match="11"):
            await master.registers(3, 3, 0, 2)
        assert await master.bits(1, 1, 0, 2) == [0, 0]
        await master.close()


def test_where_both_drive_the_low_level_wins() -> None:
    assert collided(b"\x0f\xf0\x33", b"\xff\x0f\x55", 2) == b"\x0f\xf0\x03\x55"
    assert collided(b"\x0f\xf0", b"\xff", 2) == b"\x0f\xf0"


async def test_leak() -> None:
    """What a tank loses, it has lost; nothing is lost of an empty one."""
    plan, _ = sites.example("shuangliu")
    clock = plans.Clock()
    facts = {"devices": {"grey-plant": {"reuse_level": 50, "equalisation_level": 20, "inflow": {}}}}
    async with Simulation(sites.only(plan, "grey-plant"), facts, clock, tick_s=3600) as simulation:
        panel = simulation.devices["grey-plant"].model
        tank = panel.tanks()["eq"]
        assert (tank.level, panel.tanks()["reuse"].level) == (20.0, 50.0)
        await simulation.fault("leak", device="grey-plant", tank="eq", flow=10.0)
        clock.wall_ms += 360_000
        simulation.tick()
        assert tank.leaked == pytest.approx(1.0)
        assert panel.all_values()["eq_level"] == pytest.approx(20 - 4.0)
        clock.wall_ms += 3_600_000
        simulation.tick()
        assert tank.leaked == pytest.approx(5.0)
        assert panel.all_values()["eq_low_switch"] is True
        with pytest.raises(FaultError, match="say which tank; grey-plant has eq, mbr, reuse"):
            await simulation.fault("leak", device="grey-plant")
        await simulation.fault("leak", False, device="grey-plant", tank="eq")
        assert tank.leak == 0
        await simulation.fault("leak", device="grey-plant", tank="eq")
        await simulation.fault("leak", False, device="grey-plant")
        assert tank.leak == 0
        with pytest.raises(FaultError, match=r"no tank pond; it has eq, mbr, reuse"):
            await simulation.fault("leak", device="grey-plant", tank="pond")
        with pytest.raises(FaultError, match="takes flow, tank"):
            await simulation.fault("leak", device="grey-plant", tank="eq", litres=3)


async def test_line_fault_holds_for_all_its_devices() -> None:
    async with Simulation(plans.small(plans.TCP), {}, plans.Clock(), tick_s=3600) as simulation:
        master = await _opened(simulation, TcpMaster)
        await simulation.fault("busy", line="T1")
        for unit in (1, 2, 3):
            with pytest.raises(Refusal, match="6"):
                await master.registers(unit, 3, 0, 1)
        assert simulation.status()["lines"] == {"T1": ["busy"]}
        await simulation.fault("busy", False, line="T1")
        assert await master.registers(2, 3, 0, 1) == [0]
        await master.close()


async def test_values_and_counters() -> None:
    """Stuck values and counters stand still on the wire while the plant goes on; a jump stays."""
    clock = plans.Clock()
    async with Simulation(plans.small(plans.TCP), {}, clock, tick_s=3600) as simulation:
        master = await _opened(simulation, TcpMaster)

        async def after(seconds: int) -> tuple[int, int]:
            clock.wall_ms += 1000 * seconds
            simulation.tick()
            words = await master.registers(3, 3, 0, 12)
            return words[0] << 16 | words[1], words[10] << 16 | words[11]

        power, energy = await after(3600)
        await simulation.fault("frozen-counter", device="meter")
        moved, stood = await after(3600)
        assert (moved != power, stood) == (True, energy)
        await simulation.fault("frozen-counter", False, device="meter")
        await simulation.fault("stuck", device="meter")
        assert await after(3600) == (moved, stood)
        await simulation.fault("stuck", False, device="meter")
        _, gone_on = await after(3600)
        assert gone_on > stood
        await simulation.fault("counter-jump", device="meter", by=-5.0)
        assert (await after(0))[1] == pytest.approx(gone_on - 500, abs=1)
        await master.close()


async def test_lying_write() -> None:
    async with Simulation(plans.small(plans.TCP), {}, plans.Clock(), tick_s=3600) as simulation:
        master = await _opened(simulation, TcpMaster)
        await simulation.fault("lying-write", device="relay")
        await master.write_coil(1, 0, True)
        assert await master.bits(1, 1, 0, 2) == [0, 0]
        await master.close()


@pytest.mark.parametrize("how", ["restart", "unplug"])
async def test_restart_forgets_what_was_told(how: str) -> None:
    async with Simulation(plans.small(plans.TCP), {}, plans.Clock(), tick_s=3600) as simulation:
        master = await _opened(simulation, TcpMaster)
        await master.write_coil(1, 0, True)
        if how == "restart":
            await simulation.fault("restart", device="relay", seconds=1.0)
            patient, master.timeout = master.timeout, 0.3
            with pytest.raises(TimeoutError):
                await master.bits(1, 1, 0, 2)
            master.timeout = patient
            await asyncio.sleep(0.8)
        else:
            await simulation.fault("unplug", True, device="relay")
            await simulation.fault("unplug", False, device="relay")
        assert await master.bits(1, 1, 0, 2) == [0, 0]
        await master.close()


async def test_forced_value() -> None:
    """A point shows what one says, until the plant has it again."""
    async with Simulation(plans.small(plans.TCP), {}, plans.Clock(), tick_s=3600) as simulation:
        master = await _opened(simulation, TcpMaster)
        simulation.force("panel.door", True)
        simulation.force("panel.probe", 42)
        assert await master.bits(2, 2, 7, 1) == [0]
        assert await master.registers(2, 4, 0, 1) == [420]
        simulation.force("panel.door", None)
        assert await master.bits(2, 2, 7, 1) == [1]
        for key, value in (
            ("panel.door", 3),
            ("panel.probe", True),
            ("panel.nothing", 1),
            ("nobody.door", True),
        ):
            with pytest.raises(FaultError):
                simulation.force(key, value)
        await master.close()


async def test_failed_machine() -> None:
    """A panel's broken blower is told of and stands; mended, it is whole again."""
    plan, _ = sites.example("shuangliu")
    clock = plans.Clock()
    async with Simulation(sites.only(plan, "grey-plant"), {}, clock, tick_s=3600) as simulation:
        panel = simulation.devices["grey-plant"].model
        for number in (1, 2):
            await simulation.fault("failed-machine", device="grey-plant", machine=f"blower{number}")
        clock.wall_ms += 60_000
        simulation.tick()
        shown = panel.all_values()
        assert (shown["blower1_fault"], shown["blower1_run"], shown["blower2_run"]) == (True, False, False)
        await simulation.fault("failed-machine", False, device="grey-plant", machine="blower1")
        clock.wall_ms += 60_000
        simulation.tick()
        assert panel.all_values()["blower1_fault"] is False
        with pytest.raises(FaultError, match=r"no machine blower9; it has .*blower1"):
            await simulation.fault("failed-machine", device="grey-plant", machine="blower9")
        with pytest.raises(FaultError, match=r"say which machine; grey-plant has blower1"):
            await simulation.fault("failed-machine", device="grey-plant")
        await simulation.fault("failed-machine", False, device="grey-plant")
        clock.wall_ms += 60_000
        simulation.tick()
        assert panel.all_values()["blower2_fault"] is False


WRONG = [
    ("nonsense", {"device": "meter"}, "no fault 'nonsense'"),
    ("freeze", {"device": "nobody"}, "no device 'nobody'"),
    ("freeze", {"line": "T9"}, "no line 'T9'"),
    ("freeze", {}, "one device or one line"),
    ("freeze", {"device": "meter", "line": "T1"}, "one device or one line"),
    ("stuck", {"line": "T1"}, "not of a line"),
    ("slow", {"device": "meter", "minutes": 3}, "seconds"),
    ("counter-jump", {"device": "relay"}, "no counter"),
]


@pytest.mark.parametrize(("name", "arguments", "words"), WRONG)
async def test_what_is_refused(name: str, arguments: dict[str, Any], words: str) -> None:
    async with Simulation(plans.small(plans.TCP), {}, plans.Clock(), tick_s=3600) as simulation:
        with pytest.raises(FaultError, match=words):
            await simulation.fault(name, **arguments)


def test_every_fault_is_seen_by_a_test() -> None:
    others = {"babble", "stuck", "frozen-counter", "counter-jump", "lying-write", "restart", "failed-machine"}
    assert set(KINDS) == {row[0] for row in SEEN} | others | {"clash", "leak"}
