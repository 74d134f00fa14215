"""A device with a time-out register goes where it was set to go when nobody talks to it for so long."""

from __future__ import annotations

import asyncio

import pytest

from config.plan.devices import Unheard
from config.plan.points import Command
from drivers.simulators.simulation import Simulation
from tests.drivers.simulators import plans
from tests.drivers.simulators.masters import TcpMaster

TIMEOUT = plans.point(
    "comm_timeout",
    plans.register("holding", 20, scale=0.1),
    unit="s",
    command=Command(0, 600, function=6, targetable=False),
)


def _plan(unheard: Unheard | None) -> object:
    return (
        plans.Builder(plans.TCP)
        .device("box", plans.coil("ch1", 0), plans.setpoint("level", 0, 0, 100), TIMEOUT, unheard=unheard)
        .plan()
    )


@pytest.mark.parametrize(
    ("unheard", "tenths", "level", "ch1"),
    [
        (Unheard("timer", 1.0, 70), 10, 70, 1),
        (Unheard("timer", 1.0, False), 10, 40, 0),
        (Unheard("timer", 1.0, 70), 0, 40, 1),
        (Unheard("holds-last", accepted="test"), 10, 40, 1),
        (None, 10, 40, 1),
    ],
    ids=["numbers go", "contacts go", "time-out off", "holds", "unknown"],
)
async def test_unheard(unheard: Unheard | None, tenths: int, level: int, ch1: int) -> None:
    """The register counts machine seconds, whatever the speed of the site."""
    async with Simulation(_plan(unheard), {}, plans.Clock(), tick_s=3600) as simulation:  # type: ignore[arg-type]
        master = await TcpMaster.open(simulation.overlay()["lines"]["T1"])
        await master.write_register(1, 0, 40)
        await master.write_coil(1, 0, True)
        await master.write_register(1, 20, tenths)
        for _ in range(4):
            await asyncio.sleep(0.3)
            simulation.tick()
            assert await master.registers(1, 3, 0, 1) == [40], "heard often enough"
        await asyncio.sleep(1.1)
        simulation.tick()
        assert await master.registers(1, 3, 0, 1) == [level]
        assert await master.bits(1, 1, 0, 1) == [ch1]
        await master.write_register(1, 0, 10)
        assert await master.registers(1, 3, 0, 1) == [10], "commands count again"
        await master.close()
