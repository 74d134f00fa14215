"""What the machine gave to others is told from what was computed here."""

from __future__ import annotations

import asyncio
import time

from tests.held_up import HeldUp


async def test_standing_still_is_counted_where_it_was_and_computing_is_not() -> None:
    async with HeldUp() as held_up:
        await asyncio.sleep(0.02)
        begun_s = time.monotonic()
        time.sleep(0.2)  # noqa: ASYNC251 - as a machine that is elsewhere
        await asyncio.sleep(0.02)
        assert held_up.during(begun_s, time.monotonic()) > 0.15
        assert held_up.during(begun_s - 10.0, begun_s - 5.0) == 0.0
        assert held_up.during(begun_s + 0.05, begun_s + 0.15) > 0.09
        begun_s, computed_s = time.monotonic(), time.thread_time()
        while time.thread_time() < computed_s + 0.2:
            pass
        await asyncio.sleep(0.02)
        lasted_s = time.monotonic() - begun_s
        assert held_up.during(begun_s, begun_s + lasted_s) <= lasted_s - 0.2
