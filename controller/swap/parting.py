"""Last writes: to outputs after which nothing follows, because the run ends or they leave the Plan. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from controller.decide.step import FateRecord
from drivers.api import Event, Fate, Write, WriteReport

_DONE = (Fate.READ_BACK, Fate.ACKNOWLEDGED)


class LastWrites:
    """What became of them: the engine, which hands nothing more out to these points, does not wait for it."""

    def __init__(self, writes: Iterable[Write], keys: dict[int, str]) -> None:
        self._keys = keys
        self._waiting = {write.seq: write for write in writes}
        self._missed: list[Write] = []

    def __bool__(self) -> bool:
        """Some are not answered yet."""
        return bool(self._waiting)

    def missed(self) -> list[Write]:
        """Those that did not take, or were never answered."""
        return [*self._missed, *self._waiting.values()]

    def take(self, events: Sequence[Event], wall_ms: int) -> tuple[list[Event], list[FateRecord]]:
        """`events` without their answers, and these."""
        others: list[Event] = []
        fates: list[FateRecord] = []
        for event in events:
            write = self._waiting.pop(event.seq, None) if isinstance(event, WriteReport) else None
            if write is None or not isinstance(event, WriteReport):
                others.append(event)
                continue
            if event.fate not in _DONE:
                self._missed.append(write)
            key = self._keys[write.point]
            fates.append(FateRecord(write, key, event.fate, event.value, event.detail, 0, wall_ms))
        return others, fates
