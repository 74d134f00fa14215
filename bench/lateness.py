"""`python -m bench.lateness FILE WORD…`: the louguan command, noting how late each cycle of the daemon came.

The daemon is the real one; FILE gets a line for each cycle that its timer woke: milliseconds after its time.
"""

from __future__ import annotations

import sys
from pathlib import Path

from controller.cli.__main__ import run
from controller.timer import CycleTimer


def watch(file: Path) -> None:
    """Note each wake that nobody has nudged."""
    wait = CycleTimer.wait
    out = file.open("w", encoding="ascii", buffering=1)

    async def watched(self: CycleTimer) -> None:
        self.late_s.clear()
        await wait(self)
        for late_s in self.late_s:
            out.write(f"{late_s * 1000:.3f}\n")

    CycleTimer.wait = watched  # type: ignore[method-assign]


if __name__ == "__main__":
    watch(Path(sys.argv[1]))
    run(sys.argv[2:])
