"""Run inside a network namespace of its own: devices found by Who-Is over broadcast. Prints what was seen
as JSON.

`python -m tests.drivers.bacnet.broadcast_program`
"""

from __future__ import annotations

import asyncio
import json
import subprocess
from dataclasses import replace

from config.plan.clock import Pace
from drivers.bacnet.timing import Timing
from drivers.simulators.bacnet import BacnetSimulator
from tests.drivers.bacnet.bench import LEVEL, LUX, QUICK, Bench, plan

PORT = 47808
OWN = "10.99.0.2"
ADDRESSES = ("10.99.0.11", "10.99.0.12", "10.99.0.13")
TIMING: Timing = replace(QUICK, search_s=0.5, slots_s=30.0)


async def scenario() -> dict[str, object]:
    made = plan(
        {"a": [LUX, LEVEL], "b": [LUX], "absent": [LUX]}, host=OWN, port=PORT, networks=("10.99.0.255",)
    )
    line = Bench(made, Pace(), TIMING)
    seen: dict[str, object] = {}
    simulators = []
    try:
        for address, device in zip(ADDRESSES, made.devices[:2], strict=False):
            points = [made.points[point] for point in device.points]
            simulator = BacnetSimulator(device, points, f"{address}/24", PORT)
            await simulator.start()
            simulators.append(simulator)
        line.open()
        await line.driver.start()
        await line.until(lambda: line.samples("a.lux") and line.samples("b.lux") and line.states("absent"))
        seen["found"] = [line.states(name)[0].detail for name in ("a", "b", "absent")]
        seen["written"] = (await line.write("a.level", 60.0, 15)).fate.value
        await asyncio.sleep(TIMING.unasked_s + 0.1)
        simulators[0].fault("restart", True)
        await line.until(lambda: len(line.states("a")) > 1)
        seen["restarted"] = line.states("a")[-1].detail
        double = BacnetSimulator(made.devices[1], [], f"{ADDRESSES[2]}/24", PORT)
        await double.start()
        simulators.append(double)
        assert double._application is not None
        double._application.i_am()
        await line.until(lambda: any(line.clashes("b")))
        seen["clash"] = line.clashes("b")[-1]
        seen["b online"] = line.states("b")[-1].online
        await asyncio.sleep(TIMING.unasked_s + 0.1)
        before = len(line.states("a"))
        assert simulators[1]._application is not None
        simulators[1]._application.who_is(1001, 1001)
        await asyncio.sleep(0.3)
        seen["asked for by others"] = len(line.states("a")) - before
    finally:
        await line.driver.stop()
        for simulator in simulators:
            await simulator.stop()
    return seen


def main() -> None:
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for address in (OWN, *ADDRESSES):
        subprocess.run(["ip", "addr", "add", f"{address}/24", "brd", "+", "dev", "lo"], check=True)
    print(json.dumps(asyncio.run(scenario())))


if __name__ == "__main__":
    main()
