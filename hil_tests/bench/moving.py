"""A level that is moved on a bench, and never past its limits.

Whatever happens (the level is no longer read, goes the wrong way, too far, or not at all) the pump is stopped
before anything is said. Its override ends by itself, should the test be gone.
"""

from __future__ import annotations

import asyncio
import time

from hil_tests.bench.granted import Tank
from hil_tests.bench.trying import Trying
from hil_tests.bench.wires import Unwell

_UNREAD_S = 10.0
"""So long the level may not be read while the pump runs, machine seconds."""
_STOPPED_S = 10.0
"""From a person's "off" until it is read back."""


async def level_of(bench: Trying, tank: Tank, within_s: float = 20.0) -> float:
    """As the daemon reads it. Fails when it does not."""
    await bench.reads(tank.level, lambda value: isinstance(value, int | float), within_s)
    return float((await bench.read(tank.level))["value"])


async def move(bench: Trying, tank: Tank, by: float) -> float:
    """Run the pump until the level has moved by so much, and stop it. Returns machine seconds.

    Raises Unwell when it left its limits, did not move in time, or could not be read.
    """
    began = await level_of(bench, tank)
    if tank.room(began) < 2 * by:
        raise Unwell(f"{tank.level.key} is at {began:g}: too near its limit to be moved by {by:g}")
    started = time.monotonic()
    try:
        await bench.set(tank.moved_by, True, for_s=tank.longest_s + _STOPPED_S)
        await _until_moved(bench, tank, began, by, started)
    finally:
        await bench.set(tank.moved_by, False)
        await bench.reads(tank.moved_by, lambda value: value is False, _STOPPED_S)
    return time.monotonic() - started


async def _until_moved(bench: Trying, tank: Tank, began: float, by: float, started: float) -> None:
    read_at = time.monotonic()
    while True:
        row, now = await bench.read(tank.level), time.monotonic()
        if row["quality"] == "good":
            read_at = now
            level = float(row["value"])
            if not tank.low <= level <= tank.high:
                raise Unwell(f"{tank.level.key} is at {level:g}, beyond {tank.low:g} to {tank.high:g}")
            if tank.moved(began, level) >= by:
                return
            if tank.moved(began, level) <= -by:
                raise Unwell(f"{tank.level.key} went from {began:g} to {level:g}: the wrong way")
        elif now - read_at > _UNREAD_S:
            raise Unwell(f"{tank.level.key} reads {row['value']}, {row['quality']}, while it is moved")
        if now - started > tank.longest_s:
            raise Unwell(f"{tank.level.key} has not moved by {by:g} in {tank.longest_s:g} s")
        await asyncio.sleep(0.1)
