"""Other devices on a BACnet line while it runs: one takes its leave, the others keep their subscriptions."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from drivers.api import Fate, Sample, Served, Write
from tests.drivers.bacnet.bench import LAMP, LUX, Bench, bench

LUX_COV = replace(LUX, cov=5.0, poll_s=30.0, rest={"max_age_s": 180.0})


def renewed(line: Bench, name: str, device: int, first: int) -> Served:
    """The same device, by numbers that the line has never had."""
    former = next(one for one in line.plan.devices if one.name == name)
    points = tuple(
        replace(line.plan.points[number], id=first + place, device=device)
        for place, number in enumerate(former.points)
    )
    return Served(replace(former, id=device, points=tuple(point.id for point in points)), points)


async def test_a_device_is_served_otherwise_and_its_neighbour_notices_nothing() -> None:
    async with bench({"a": [LUX_COV, LAMP], "b": [LUX_COV]}) as line:
        await line.all_good()
        await line.until(lambda: [line.devices[name].subscriptions for name in "ab"] == [1, 1])
        await line.write("a.lamp", True, 15)
        line.driver.take([0], [renewed(line, "a", 7, 50)])
        await line.until(lambda: any(isinstance(e, Sample) and e.point == 50 for e in line.gather()))
        await line.until(lambda: line.devices["a"].subscriptions == 1)
        line.devices["a"].set_value("lux", 300.0)
        line.devices["b"].set_value("lux", 200.0)
        await line.until(
            lambda: any(
                isinstance(e, Sample) and e.point == 50 and e.reading.value == 300.0 for e in line.gather()
            )
        )
        await line.until(lambda: line.latest("b.lux") == (200.0, ""))
        assert len(line.states("b")) == 1
        line.driver.submit(Write(99, 51, False, 15))
        await line.until(lambda: line.reports(99))
        assert line.reports(99)[0].fate is Fate.READ_BACK


async def test_a_device_that_goes_is_left_without_a_subscription() -> None:
    async with bench({"a": [LUX_COV], "b": [LUX_COV]}) as line:
        await line.all_good()
        await line.until(lambda: [line.devices[name].subscriptions for name in "ab"] == [1, 1])
        line.driver.take([0], [])
        await line.until(lambda: line.devices["a"].subscriptions == 0)
        await asyncio.sleep(0.1)
        assert line.devices["b"].subscriptions == 1
        line.driver.take([], [renewed(line, "a", 3, 10)])
        await line.until(lambda: line.devices["a"].subscriptions == 1)
