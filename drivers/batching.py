"""Points to read blocks: which registers are fetched together. Pure.

Points of one space and one poll period are merged into one read as far as the device's limits allow. A value
is never split over two reads, since its halves would be of different moments.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from config.plan.devices import Limits
from config.plan.points import Point, Register, Space
from drivers.codec import width

WIRE_REGISTERS = 125
WIRE_BITS = 2000
"""The most one request may ask for (Modbus application protocol 1.1b3, 6.1 to 6.4)."""


class Part(NamedTuple):
    """One point's place."""

    point: int
    address: int
    size: int


class Block(NamedTuple):
    """One read. Covers all its parts; parts are in order of address and may overlap (bits of one word)."""

    space: Space
    address: int
    size: int
    period_s: float
    """Declared poll period, site seconds."""
    parts: tuple[Part, ...]


def blocks_of(points: Iterable[Point], limits: Limits) -> tuple[Block, ...]:
    """The reads that fetch `points` of one device; those without a register or a poll period are left out.

    Every point is in exactly one block. A block stays within the limits and holds no unwanted run longer than
    `limits.max_gap`; only a single value that is longer than the limit by itself makes a longer block.
    """
    groups: dict[tuple[Space, float], list[Part]] = {}
    for point in points:
        if isinstance(point.source, Register) and point.poll_s > 0:
            part = Part(point.id, point.source.address, width(point.source))
            groups.setdefault((point.source.space, point.poll_s), []).append(part)
    return tuple(
        block
        for (space, period_s), parts in sorted(groups.items())
        for block in _merge(
            space, period_s, sorted(parts, key=lambda part: (part.address, part.size)), limits
        )
    )


def single(point: Point) -> Block:
    """The read of one point alone. The point has a Register."""
    assert isinstance(point.source, Register)
    part = Part(point.id, point.source.address, width(point.source))
    return _block(point.source.space, point.poll_s, [part])


def halves(block: Block) -> tuple[Block, Block] | None:
    """The block cut at its widest gap, or else in the middle; None when no cut leaves every value whole."""
    cuts: list[tuple[int, int, int]] = []
    end = 0
    for index, (before, after) in enumerate(pairwise(block.parts), start=1):
        end = max(end, before.address + before.size)
        if after.address >= end:
            cuts.append((after.address - end, -abs(2 * index - len(block.parts)), index))
    if not cuts:
        return None
    at = max(cuts)[2]
    return (
        _block(block.space, block.period_s, block.parts[:at]),
        _block(block.space, block.period_s, block.parts[at:]),
    )


def _merge(space: Space, period_s: float, parts: Sequence[Part], limits: Limits) -> list[Block]:
    registers = space in ("holding", "input")
    most = min(limits.max_registers, WIRE_REGISTERS) if registers else min(limits.max_bits, WIRE_BITS)
    blocks: list[Block] = []
    run: list[Part] = []
    start = end = 0
    for part in parts:
        new_end = max(end, part.address + part.size)
        if run and (part.address - end > limits.max_gap or new_end - start > most):
            blocks.append(_block(space, period_s, run))
            run = []
        if not run:
            start, new_end = part.address, part.address + part.size
        run.append(part)
        end = new_end
    if run:
        blocks.append(_block(space, period_s, run))
    return blocks


def _block(space: Space, period_s: float, parts: Sequence[Part]) -> Block:
    start = parts[0].address
    end = max(part.address + part.size for part in parts)
    return Block(space, start, end - start, period_s, tuple(parts))
