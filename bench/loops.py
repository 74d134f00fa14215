"""How the processes of a bench run: on which event loop, and beside what else the machine does."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress


def runner(plain: bool = False) -> asyncio.Runner:
    """uvloop's where it is there, as the daemon's; asyncio's own when `plain`."""
    if plain:
        return asyncio.Runner()
    try:
        import uvloop
    except ImportError:
        return asyncio.Runner()
    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


def undisturbed() -> None:
    """Go before whatever else the machine does, where that is allowed (root): for figures of time that
    passes, which are to tell of the program and not of its neighbours. Only for what is idle most of it."""
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
