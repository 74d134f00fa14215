"""Raw answers to readings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, compress
from operator import ne
from typing import NamedTuple, TypeAlias

from config.plan.points import Point, Register
from config.plan.reading import Value
from drivers.api import ById, Heard
from drivers.batching import Block
from drivers.codec import Absent, items_of
from drivers.decoding import Decoder, decoder_of
from drivers.handover import Found, Handover

_Key: TypeAlias = tuple[int, int, int]
"""A block by its first point, its size and how many points it has: cheaper to look up than the block."""


class _Place(NamedTuple):
    """Where in the answer a point's items stand."""

    point: int
    start: int
    end: int


class _Known:
    """The latest answer to one block. Dropped when any of its points was read otherwise since."""

    __slots__ = ("data", "parts_at", "points")

    def __init__(self, data: bytes, block: Block) -> None:
        self.data = data
        """Undecoded: that nothing has changed is told by one comparison of bytes that lie together."""
        self.points = tuple(part.point for part in block.parts)
        parts_at: list[list[_Place]] = [[] for _ in range(block.size)]
        for point, address, size in block.parts:
            start = address - block.address
            for at in range(start, start + size):
                parts_at[at].append(_Place(point, start, start + size))
        self.parts_at = tuple(map(tuple, parts_at))
        """What each item belongs to."""

    def moved(self, raw: Sequence[int], before: Sequence[int]) -> Iterable[_Place]:
        """The parts in which `raw` says something else."""
        return dict.fromkeys(chain.from_iterable(compress(self.parts_at, map(ne, raw, before))))


class Sampler:
    """Hands over what was read as engineering values. Registers that say what they said are not decoded."""

    def __init__(self, points: ById[Point], handover: Handover, heard: Heard | None = None) -> None:
        self._points = points
        self._heard = heard
        self._handover = handover
        self._known: dict[_Key, _Known] = {}
        self._read_by: dict[int, _Key] = {}
        """Point -> the block it was read by last, as long as that is known."""
        self._decoders: dict[int, Decoder] = {}

    def good(self, block: Block, data: bytes) -> None:
        """A block was read; `data` is its answer as it lies on the wire, of `block.size` items."""
        key = (block.parts[0].point, block.size, len(block.parts))
        known = self._known.get(key)
        if known is not None and known.data == data:
            self._handover.repeat(known.points)
            return
        if known is None:
            self._first(key, block, data)
            return
        raw = items_of(block.space, data, block.size)
        moved = known.moved(raw, items_of(block.space, known.data, block.size))
        known.data = data
        found = [self._told(point, raw[start:end]) for point, start, end in moved]
        self._handover.give(found, known.points)

    def _first(self, key: _Key, block: Block, data: bytes) -> None:
        """Nothing is known of what the block said before."""
        known, raw = _Known(data, block), items_of(block.space, data, block.size)
        parts = dict.fromkeys(chain.from_iterable(known.parts_at))
        found = [self._told(point, raw[start:end]) for point, start, end in parts]
        self._handover.give(found, known.points)
        for point in known.points:
            self._forget(point)
            self._read_by[point] = key
        self._known[key] = known

    def one(self, point: Point, raw: Sequence[int]) -> Value | Absent:
        """One point was read by itself; what it says."""
        self._forget(point.id)
        found = self._told(point.id, raw)
        self._handover.give([found])
        return Absent(found.reason) if found.value is None else found.value

    def bad(self, block: Block, reason: str) -> None:
        """The device refuses the block."""
        for part in block.parts:
            self._forget(part.point)
        self._handover.give([Found(part.point, None, reason) for part in block.parts])

    def _told(self, point: int, words: Sequence[int]) -> Found:
        decode = self._decoders.get(point)
        if decode is None:
            decode = self._decoders[point] = self._decoder(self._points[point])
        value = decode(words)
        if self._heard is not None:
            self._heard(point, words)
        return Found(point, None, value.value) if isinstance(value, Absent) else Found(point, value)

    @staticmethod
    def _decoder(point: Point) -> Decoder:
        assert isinstance(point.source, Register)
        return decoder_of(point, point.source)

    def _forget(self, point: int) -> None:
        """What the block with `point` said last is no longer what its points said last."""
        key = self._read_by.pop(point, None)
        if key is not None:
            self._known.pop(key, None)
