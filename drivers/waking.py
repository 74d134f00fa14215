"""Waking at a moment, whatever the event loop counts in.

uvloop counts in whole milliseconds: it tells the time of its last round, cut off, and rounds what it is asked
to wait. What it counts by is the machine's monotonic clock, and that is asked here where it counts. Any other
loop is taken at its word.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable


def fine_time(loop: asyncio.AbstractEventLoop) -> Callable[[], float]:
    """The loop's time, as fine as it is to be had. Seconds."""
    return time.monotonic if _coarse(loop) else loop.time


def wake_at(
    loop: asyncio.AbstractEventLoop, now_s: float, at_s: float, wake: Callable[[], object]
) -> asyncio.TimerHandle:
    """Call `wake` at `at_s` of a clock that shows `now_s` and counts as the machine's does; at once when that
    is past. Never before, but for a microsecond, and together with all that are due in the same moment."""
    if _coarse(loop):
        return loop.call_later(max(0, math.ceil(at_s * 1000 - 0.001) - math.floor(now_s * 1000)) / 1000, wake)
    return loop.call_later(max(0.0, at_s - now_s), wake)


def wake_after(
    loop: asyncio.AbstractEventLoop, seconds: float, wake: Callable[[], object]
) -> asyncio.TimerHandle:
    """Call `wake` as soon after `seconds` as can be. A loop of whole milliseconds sleeps for so many of them
    from now on, and now and then for one less: who must not be early looks again."""
    return loop.call_later(math.ceil(seconds * 1000) / 1000 if _coarse(loop) else seconds, wake)


def _coarse(loop: asyncio.AbstractEventLoop) -> bool:
    return type(loop).__module__ == "uvloop"
