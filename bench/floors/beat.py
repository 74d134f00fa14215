"""Bare beats: `python -m bench.floors.beat FILE`. Wakes on each whole second of the wall clock, notes in FILE
by how many milliseconds it is late, and does nothing else. Ends with its input."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import uvloop


async def run(file: Path) -> None:
    """Until the input ends."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), ended.set)
    with file.open("w", encoding="ascii", buffering=1) as out:
        while not ended.is_set():
            due = int(time.time()) + 1
            while (left := due - time.time()) > 0:  # noqa: ASYNC110 - timers go by whole milliseconds
                await asyncio.sleep(left)
            out.write(f"{(time.time() - due) * 1000:.3f}\n")


if __name__ == "__main__":
    uvloop.run(run(Path(sys.argv[1])))
