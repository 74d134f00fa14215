"""A device polled by the daemon's loop: how often its worker rests. For `test_resting.py`; uvloop leaves a
pipe behind, so it has a process of its own."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import uvloop

from tests.drivers.bacnet.bench import LUX, bench

POLL_S = 0.0203
"""No whole number of milliseconds."""


async def scenario() -> dict[str, int]:
    async with bench({"a": [replace(LUX, poll_s=POLL_S)]}) as line:
        await line.all_good()
        worker = line.driver._workers[0]
        rests, rest = 0, worker._rest

        async def counted(seconds: float) -> None:
            nonlocal rests
            rests += 1
            await rest(seconds)

        worker._rest = counted  # type: ignore[method-assign]
        before = line.driver.status().requests
        await asyncio.sleep(0.5)
        return {"rests": rests, "polls": line.driver.status().requests - before}


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(scenario())))
