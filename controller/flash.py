"""What this daemon writes to the disk, a day: flash cells wear out by it. Counted by the kernel, kept over
restarts in a small file that may be an hour old, and told once when a day's writes go beyond the budget."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from config.language import text
from controller.background import in_thread
from controller.board import Board
from controller.decide.records import Notice

FILE = "written.json"
_KEPT_DAYS = 8
_SAVE_EVERY_S = 3600.0
_TELLING_S = 600.0
"""Machine seconds of a run from which on a day can be reckoned."""
_NS = 1_000_000_000


class Figures(NamedTuple):
    """Megabytes of 10⁶ bytes; None = not known (yet)."""

    today: float | None
    """Of the machine's date at the site, all runs together."""
    a_day: float | None
    """Of yesterday, if it was counted whole; else this run's, reckoned for a day."""
    budget: float


def charged() -> int | None:
    """Bytes that this process has had written to disks, its children not counted; None where the kernel does
    not say."""
    try:
        lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
        return int(dict(line.split(": ") for line in lines)["write_bytes"])
    except (OSError, ValueError, KeyError):
        return None


class Flash:
    """Counts from when it is made. Used from the event loop."""

    def __init__(
        self,
        data: Path,
        time_zone: str,
        budget_mb: float,
        board: Board,
        now_ms: Callable[[], int],
        *,
        charged: Callable[[], int | None] = charged,
        wall_ns: Callable[[], int] = time.time_ns,
        mono_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """`now_ms`: site time, for the board. Days are the machine's own: what is written in a simulation's
        day of minutes wears a disk no more than that."""
        self._path = data / FILE
        self._zone = ZoneInfo(time_zone)
        self.budget_mb = budget_mb
        self._board = board
        self._now_ms = now_ms
        self._charged = charged
        self._wall_ns = wall_ns
        self._mono_ns = mono_ns
        self._began_ns, self._began_day = mono_ns(), self._day()
        self._last = self._first = charged() or 0
        self._saved_ns = self._began_ns
        self._days = _read(self._path)

    async def look(self) -> None:
        """Every few seconds: count, tell, and now and then keep what was counted."""
        self._count()
        if self._mono_ns() - self._saved_ns >= _SAVE_EVERY_S * _NS:
            self._saved_ns = self._mono_ns()
            content = self._content()
            await in_thread(lambda: _write(self._path, content))

    def close(self) -> None:
        """At the end: keep what was counted."""
        self._count()
        _write(self._path, self._content())

    def figures(self) -> Figures:
        """For people."""
        if self._charged() is None:
            return Figures(None, None, self.budget_mb)
        self._count()
        return Figures(_mb(self._days.get(self._day(), 0)), self._a_day(), self.budget_mb)

    def _count(self) -> None:
        now = self._charged()
        if now is None:
            return
        day = self._day()
        self._days[day] = self._days.get(day, 0) + max(0, now - self._last)
        self._last = now
        for old in list(self._days)[:-_KEPT_DAYS]:
            del self._days[old]
        today = _mb(self._days[day])
        words = text(
            "{mb} MB were written to the disk today, more than the {budget} MB a day that the site allows",
            mb=f"{today:.0f}",
            budget=f"{self.budget_mb:g}",
        )
        self._board.take([Notice("flash", "", words, today > self.budget_mb)], self._now_ms())

    def _a_day(self) -> float | None:
        yesterday = self._day(days_ago=1)
        if self._began_day < yesterday and yesterday in self._days:
            return _mb(self._days[yesterday])
        run_s = (self._mono_ns() - self._began_ns) / _NS
        return None if run_s < _TELLING_S else _mb(round((self._last - self._first) / run_s * 86_400))

    def _day(self, days_ago: int = 0) -> str:
        moment = datetime.fromtimestamp(self._wall_ns() / _NS, UTC).astimezone(self._zone)
        return (moment.date() - timedelta(days=days_ago)).isoformat()

    def _content(self) -> str:
        return json.dumps(self._days) + "\n"


def _mb(size: int) -> float:
    return round(size / 1e6, 1)


def _read(path: Path) -> dict[str, int]:
    """Days of earlier runs, oldest first; none where the file says nothing of use."""
    try:
        found = json.loads(path.read_text(encoding="ascii"))
        return {str(day): int(size) for day, size in found.items() if 0 <= int(size) < 2**62}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}


def _write(path: Path, content: str) -> None:
    """Whole or not at all; not brought to the disk: an hour of counting is not worth a flush."""
    fresh = path.with_suffix(".new")
    with suppress(OSError):
        fresh.write_text(content, encoding="ascii")
        os.replace(fresh, path)
