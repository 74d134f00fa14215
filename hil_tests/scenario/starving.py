"""How long a stand's programs waited for a processor: what the machine did not give, and no site promised.

The scheduler counts it (`/proc/PID/task/TID/schedstat`, its second number, in ns). Where nobody counts, and
of a virtual processor that was taken away, it is seen by how much longer than asked a sleep of our own took.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path

_BURST_S = 0.2
"""One thread that waits so long between two looks may miss a time-out on a wire."""
_REMEMBERED_S = 60.0
"""What a burst may still have left behind: a device that is lost, a try in back-off."""


class Starving:
    """Counts for the programs whose ids `pids` gives; they may come and go. Machine seconds."""

    def __init__(self, pids: Callable[[], Iterable[int]]) -> None:
        self._pids = pids
        self._seen: dict[Path, float] = {}
        """By thread."""
        self._waited_s = 0.0
        self._late_s = 0.0
        self._longest: deque[tuple[float, float]] = deque()
        """(when, most that one thread had waited since the look before)."""
        self.waited_s()

    def waited_s(self) -> float:
        """Of all programs together since this was made."""
        now = {path: waited for pid in (*self._pids(), os.getpid()) for path, waited in _threads(pid)}
        more = [waited - self._seen[path] for path, waited in now.items() if path in self._seen]
        self._seen = now
        self._waited_s += sum(more)
        self._note(max(more, default=0.0))
        return max(self._waited_s, self._late_s)

    async def sleep(self, seconds: float) -> None:
        """Sleep, and count by how much longer it took."""
        began = time.monotonic()
        await asyncio.sleep(seconds)
        late_s = max(time.monotonic() - began - seconds, 0.0)
        self._late_s += late_s
        self._note(late_s)

    def burst(self) -> bool:
        """Whether one of them waited so long lately that what should never be may have been."""
        return any(waited >= _BURST_S for _, waited in self._longest)

    def _note(self, waited_s: float) -> None:
        at = time.monotonic()
        self._longest.append((at, waited_s))
        while self._longest[0][0] < at - _REMEMBERED_S:
            self._longest.popleft()


def waited_in_all_s(pid: int) -> float:
    """What a program's first thread has waited since it was started; 0 where nobody counts."""
    return dict(_threads(pid)).get(Path(f"/proc/{pid}/task/{pid}/schedstat"), 0.0)


def _threads(pid: int) -> Iterable[tuple[Path, float]]:
    """What each thread of a program has waited; nothing when it is gone or nobody counts."""
    for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        try:
            yield path, int(path.read_text().split()[1]) / 1e9
        except (OSError, IndexError, ValueError):
            continue
