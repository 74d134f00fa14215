"""Raw answers to Samples."""

from __future__ import annotations

from collections.abc import Sequence

from config.plan.clock import Clock
from config.plan.points import Point, Register
from config.plan.reading import Quality, Reading, Value
from drivers.api import Inbox, Sample
from drivers.batching import Block
from drivers.codec import Absent, decode_point


class Sampler:
    """Puts what was read in the inbox, as engineering values of this moment."""

    def __init__(self, points: Sequence[Point], inbox: Inbox, clock: Clock) -> None:
        self._points = points
        self._inbox = inbox
        self._clock = clock

    def good(self, block: Block, raw: Sequence[int]) -> None:
        """A block was read; `raw` has `block.size` items."""
        for part in block.parts:
            start = part.address - block.address
            self.one(self._points[part.point], raw[start : start + part.size])

    def one(self, point: Point, raw: Sequence[int]) -> Value | Absent:
        """One point was read; what it says."""
        assert isinstance(point.source, Register)
        value = decode_point(point, point.source, raw)
        if isinstance(value, Absent):
            self._put(point.id, None, Quality.BAD, value.value)
        else:
            self._put(point.id, value, Quality.GOOD, "")
        return value

    def bad(self, block: Block, reason: str) -> None:
        """The device refuses the block."""
        for part in block.parts:
            self._put(part.point, None, Quality.BAD, reason)

    def _put(self, point: int, value: Value | None, quality: Quality, reason: str) -> None:
        now = self._clock.now()
        self._inbox.put(Sample(point, Reading(value, quality, reason, now.wall_ms, now.mono_ns)))
