"""A site's devices without a wire: what is polled when, what it says, and the driver's own way with it."""

from __future__ import annotations

import random
import struct
from collections.abc import Sequence
from typing import NamedTuple

from config.plan.clock import Clock
from config.plan.points import BacnetObject, Point, Register
from config.plan.reading import Value
from config.plan.site import Plan
from drivers.api import Event, Fate, Inbox, Write, WriteReport
from drivers.batching import Block, blocks_of
from drivers.codec import EncodeError, encode_point
from drivers.handover import Found, Handover
from drivers.modbus.sampling import Sampler


class _Read(NamedTuple):
    """A block of registers and what the device would answer."""

    block: Block
    raw: list[int]
    points: tuple[int, ...]


class _Chunk(NamedTuple):
    """BACnet points of one device and poll period."""

    points: tuple[int, ...]


class World:
    """Points that mostly stand still: each is read when its poll is due, a share of the readings changes.

    Answers go through the drivers' own sampling and handover, as they would from the wire.
    """

    def __init__(
        self, plan: Plan, inbox: Inbox, clock: Clock, cycle_s: float, change: float, below: int = 0
    ) -> None:
        """`below`: registers that change are drawn at random below it; 0: they count up by one."""
        self._points = plan.points
        self._random = random.Random(1)
        self._change = change
        self._below = below
        self._handover = Handover(inbox, clock)
        self._sampler = Sampler(plan.points, self._handover)
        self._values: dict[int, Value] = {}
        self._place: dict[int, tuple[_Read, int, int]] = {}
        by_period: dict[int, list[_Read | _Chunk]] = {}
        for device in plan.devices:
            points = [plan.points[point] for point in device.points]
            reads: list[tuple[float, _Read | _Chunk]] = [
                (block.period_s, self._read_of(block)) for block in blocks_of(points, device.limits)
            ]
            reads += self._chunks(points)
            for period_s, read in reads:
                by_period.setdefault(max(1, round(period_s / cycle_s)), []).append(read)
        self._by_period = by_period
        self._answers: list[tuple[_Read | _Chunk, bytes]] = []

    def live(self, cycle: int) -> int:
        """What happens before this cycle's polls. Returns how many points they will read."""
        # Reads of one period are spread over its cycles.
        due = [read for every, reads in self._by_period.items() for read in reads[cycle % every :: every]]
        points = [point for read in due for point in read.points]
        for _ in range(round(len(points) * self._change)):
            self._nudge(self._points[self._random.choice(points)])
        self._answers = [(read, _data(read) if isinstance(read, _Read) else b"") for read in due]
        return len(points)

    def poll(self) -> None:
        """Everything that is due, into the inbox: what the drivers do with an answer."""
        for read, data in self._answers:
            if isinstance(read, _Chunk):
                self._handover.give([Found(point, self._values[point]) for point in read.points])
            else:
                self._sampler.good(read.block, data)

    def obey(self, writes: Sequence[Write]) -> list[Event]:
        """The devices take what they are told."""
        for write in writes:
            if write.value is not None:
                self._set(self._points[write.point], write.value)
        return [WriteReport(write.seq, write.point, Fate.READ_BACK, write.value, "") for write in writes]

    def _read_of(self, block: Block) -> _Read:
        read = _Read(block, [0] * block.size, tuple(part.point for part in block.parts))
        for part in block.parts:
            self._place[part.point] = (read, part.address - block.address, part.size)
        return read

    def _chunks(self, points: Sequence[Point]) -> list[tuple[float, _Read | _Chunk]]:
        periods: dict[float, list[int]] = {}
        for point in points:
            if isinstance(point.source, BacnetObject):
                periods.setdefault(point.poll_s, []).append(point.id)
                self._values[point.id] = _first(point.kind)
        return [(period_s, _Chunk(tuple(members))) for period_s, members in periods.items()]

    def _nudge(self, point: Point) -> None:
        if point.id in self._place:
            read, start, size = self._place[point.id]
            at = start + size - 1
            if point.kind == "bool":
                read.raw[at] ^= 1
            elif self._below:
                read.raw[at] = self._random.randrange(self._below)
            else:
                read.raw[at] = (read.raw[at] + 1) & 0xFFFF
            return
        value = self._values.get(point.id)
        if isinstance(value, bool):
            self._values[point.id] = not value
        elif isinstance(value, float):
            self._values[point.id] = value + self._random.uniform(-1.0, 1.0)

    def _set(self, point: Point, value: Value) -> None:
        if point.id not in self._place:
            self._values[point.id] = value
            return
        read, start, size = self._place[point.id]
        assert isinstance(point.source, Register)
        try:
            words = encode_point(point, point.source, value, read.raw[start : start + size])
        except EncodeError:
            return  # written elsewhere or in other words than read
        read.raw[start : start + size] = words


def _data(read: _Read) -> bytes:
    """The answer as it lies on the wire."""
    if read.block.space in ("holding", "input"):
        return struct.pack(f">{len(read.raw)}H", *read.raw)
    whole = sum(bit << at for at, bit in enumerate(read.raw))
    return whole.to_bytes((len(read.raw) + 7) // 8, "little")


def _first(kind: str) -> Value:
    values: dict[str, Value] = {"bool": False, "enum": 0, "text": ""}
    return values.get(kind, 20.0)
