"""The event loops that the daemon may run on."""

from __future__ import annotations

import asyncio


def runner(plain: bool = False) -> asyncio.Runner:
    """uvloop's where it is there, as the daemon's; asyncio's own when `plain`."""
    if plain:
        return asyncio.Runner()
    try:
        import uvloop
    except ImportError:
        return asyncio.Runner()
    return asyncio.Runner(loop_factory=uvloop.new_event_loop)
