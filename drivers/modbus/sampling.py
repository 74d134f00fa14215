"""Raw answers to readings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from config.plan.points import Point, Register
from config.plan.reading import Value
from drivers.api import ById, Heard
from drivers.batching import Block
from drivers.codec import Absent, decode_point
from drivers.handover import Found, Handover

_Key: TypeAlias = tuple[int, int, int]
"""A block by its first point, its size and how many points it has: cheaper to look up than the block."""


class _Known:
    """The latest answer to one block. Dropped when any of its points was read otherwise since."""

    __slots__ = ("points", "raw")

    def __init__(self, raw: Sequence[int], points: tuple[int, ...]) -> None:
        self.raw = raw
        self.points = points


class Sampler:
    """Hands over what was read as engineering values. Registers that say what they said are not decoded."""

    def __init__(self, points: ById[Point], handover: Handover, heard: Heard | None = None) -> None:
        self._points = points
        self._heard = heard
        self._handover = handover
        self._known: dict[_Key, _Known] = {}
        self._read_by: dict[int, _Key] = {}
        """Point -> the block it was read by last, as long as that is known."""

    def good(self, block: Block, raw: Sequence[int]) -> None:
        """A block was read; `raw` has `block.size` items."""
        key = (block.parts[0].point, block.size, len(block.parts))
        known = self._known.get(key)
        if known is not None and known.raw == raw:
            self._handover.repeat(known.points)
            return
        found: list[Found] = []
        for point, address, size in block.parts:
            start = address - block.address
            words = raw[start : start + size]
            if known is None or known.raw[start : start + size] != words:
                found.append(self._decode(self._points[point], words))
                if self._heard is not None:
                    self._heard(point, words)
        if known is not None:
            # After its Sample what has changed says what that said: the same tuple each time, which nobody
            # need look into.
            self._handover.give(found, known.points)
            known.raw = raw
            return
        self._handover.give(found)
        for part in block.parts:
            self._forget(part.point)
            self._read_by[part.point] = key
        self._known[key] = _Known(raw, tuple(part.point for part in block.parts))

    def one(self, point: Point, raw: Sequence[int]) -> Value | Absent:
        """One point was read by itself; what it says."""
        self._forget(point.id)
        assert isinstance(point.source, Register)
        value = decode_point(point, point.source, raw)
        if self._heard is not None:
            self._heard(point.id, raw)
        self._handover.give([_found(point.id, value)])
        return value

    def bad(self, block: Block, reason: str) -> None:
        """The device refuses the block."""
        for part in block.parts:
            self._forget(part.point)
        self._handover.give([Found(part.point, None, reason) for part in block.parts])

    def _decode(self, point: Point, words: Sequence[int]) -> Found:
        assert isinstance(point.source, Register)
        return _found(point.id, decode_point(point, point.source, words))

    def _forget(self, point: int) -> None:
        """What the block with `point` said last is no longer what its points said last."""
        key = self._read_by.pop(point, None)
        if key is not None:
            self._known.pop(key, None)


def _found(point: int, value: Value | Absent) -> Found:
    return Found(point, None, value.value) if isinstance(value, Absent) else Found(point, value)
