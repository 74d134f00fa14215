"""When the machine let others run in place of this process: a test leaves it out of what it times."""

from __future__ import annotations

import asyncio
import time
from typing import Self

_LOOK_S = 0.005
_USUAL_S = 0.005
"""Later than this a sleep ends on a machine that is busy with others."""


class HeldUp:
    """`async with`, around what is timed. What the loop's own thread computed meanwhile is nobody else's."""

    def __init__(self) -> None:
        self._spans: list[tuple[float, float]] = []

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._look())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def during(self, begin_s: float, end_s: float) -> float:
        """Seconds between two moments of the monotonic clock."""
        return sum(max(0.0, min(end, end_s) - max(begin, begin_s)) for begin, end in self._spans)

    async def _look(self) -> None:
        while True:
            due_s, computed_s = time.monotonic() + _LOOK_S, time.thread_time()
            await asyncio.sleep(_LOOK_S)
            now_s = time.monotonic()
            late_s = now_s - due_s - (time.thread_time() - computed_s)
            if late_s > _USUAL_S:
                self._spans.append((now_s - late_s, now_s))
