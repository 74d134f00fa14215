"""BACnet devices that are found by their instance, move, and meet another of theirs: seen by the driver."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from config.plan.clock import Pace
from drivers.api import Clash, DeviceState, Inbox, Sample
from drivers.bacnet.driver import BacnetDriver
from drivers.bacnet.timing import Timing
from drivers.overlay import apply
from drivers.simulators.simulation import Simulation
from hil_tests.unfolding import Unfolding
from tests.drivers.build import MachineClock
from tests.drivers.simulators import plans, sites


async def test_a_device_is_searched_for_followed_and_not_mistaken_for_its_double() -> None:
    whole, _ = sites.example("shuangliu")
    plan = sites.only(whole, "corridor-1")
    plan = replace(plan, devices=tuple(replace(device, address="") for device in plan.devices))
    async with Simulation(plan, {}, plans.Clock(), tick_s=0.1) as simulation:
        served = apply(plan, {"lines": simulation.overlay()["lines"]})
        inbox = Inbox()
        unfolding = Unfolding(inbox)
        timing = Timing(search_s=0.4, backoff_s=0.2, pause_after_miss_s=0.1)
        (line,) = [each for each in served.lines if each.transport == "bacnet-ip"]
        driver = BacnetDriver(served, line, inbox, MachineClock(), Pace(), timing)
        seen: list[object] = []

        async def until(so: Callable[[list[object]], bool]) -> None:
            async with asyncio.timeout(30):
                while not so(seen):
                    await asyncio.sleep(0.05)
                    seen.extend(unfolding.take())

        def answers(events: list[object]) -> bool:
            return any(isinstance(one, Sample) for one in events)

        def told(words: str) -> Callable[[list[object]], bool]:
            return lambda events: any(isinstance(one, DeviceState) and words in one.detail for one in events)

        await driver.start()
        try:
            await until(answers)
            first = simulation.bacnet["corridor-1"].address
            await simulation.fault("instance-clash", device="corridor-1")
            await until(lambda events: any(isinstance(one, Clash) and one.at for one in events))
            await simulation.fault("instance-clash", False, device="corridor-1")
            seen.clear()
            await simulation.fault("moves", device="corridor-1")
            second = simulation.bacnet["corridor-1"].address
            assert second != first
            await until(told(second))
            seen.clear()
            await until(answers)
        finally:
            await driver.stop()
