"""The fence: what a unit must answer after a time-out before any of its answers is believed again. No I/O.

An RTU answer carries unit, function and length, and nothing that ties it to its request. So after a
time-out the answer to the next read of equal shape may be the late answer to the last one, and all later
ones be off by one. A unit that timed out is therefore in doubt, and is asked only challenges: reads whose
answer has a shape that no request still open has. A unit answers in the order it was asked; when a
challenge is answered rightly, nothing older can still come.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from drivers.api import NoAnswer
from drivers.batching import Block
from drivers.modbus.requests import READS, Request, Shape, data_length, read

_MOST = 12
"""Challenges kept for a unit; each is used once in a doubt."""


class Challenge(NamedTuple):
    """One read that proves that a unit is in step."""

    request: Request
    refusal_counts: bool
    """An exception is proof too: no poll of this unit uses the function."""


def challenges(unit: int, blocks: Iterable[Block]) -> tuple[Challenge, ...]:
    """Reads of lengths that no poll of the unit has, best first.

    First parts of its own blocks, ending where a value ends; then any part of a block; last, functions it
    is never asked for, where the refusal is as good as an answer.
    """
    known = sorted(blocks, key=lambda block: -block.size)
    taken = {read(unit, block.space, block.address, block.size).shape for block in known}
    found: dict[Shape, Challenge] = {}
    for request in (*_whole_values(unit, known), *_any_part(unit, known)):
        if request.shape not in taken and len(found) < _MOST - 2:
            found.setdefault(request.shape, Challenge(request, refusal_counts=False))
    functions = {READS[block.space] for block in known}
    address = known[0].address if known else 0
    for function in (3, 4, 1, 2):
        if function not in functions and len(found) < _MOST:
            request = Request(unit, function, address, 1)
            found[request.shape] = Challenge(request, refusal_counts=True)
    return tuple(found.values())


class Doubts:
    """Which units of a line are in doubt, and what they may still send.

    `rest_s`: a unit that has answered none of its challenges and has then not been asked for so long is
    believed to owe nothing any more. Without this, a unit that knows no challenge would be lost for good.
    """

    def __init__(self, challenges_of: Mapping[int, tuple[Challenge, ...]], rest_s: float) -> None:
        self._challenges = challenges_of
        self._rest_s = rest_s
        self._open: dict[int, dict[Shape, float]] = {}

    def add(self, request: Request, now_s: float) -> None:
        """The request may still be answered."""
        self._open.setdefault(request.unit, {})[request.shape] = now_s

    def clear(self, unit: int) -> None:
        """The unit answered a challenge: it owes nothing."""
        self._open.pop(unit, None)

    def asked_at(self, unit: int, shape: Shape) -> float | None:
        """When the request was sent that such a late answer would belong to; None if none is open."""
        return self._open.get(unit, {}).get(shape)

    def shapes(self, unit: int) -> Iterable[Shape]:
        """What may still come from the unit."""
        return self._open.get(unit, {}).keys()

    def next(self, unit: int, now_s: float) -> Challenge | None:
        """What to ask the unit before anything else; None when it is believed.

        Raises NoAnswer while it rests.
        """
        owed = self._open.get(unit)
        if not owed:
            return None
        for challenge in self._challenges.get(unit, ()):
            if challenge.request.shape not in owed and not (
                challenge.refusal_counts
                and any(shape.function == challenge.request.function for shape in owed)
            ):
                return challenge
        if now_s < max(owed.values()) + self._rest_s:
            raise NoAnswer("silent; left alone until nothing late can come")
        self.clear(unit)
        return None


def _whole_values(unit: int, blocks: Iterable[Block]) -> Iterator[Request]:
    for block in blocks:
        for first in block.parts:
            for last in block.parts:
                size = last.address + last.size - first.address
                if size >= first.size:
                    yield read(unit, block.space, first.address, size)


def _any_part(unit: int, blocks: Iterable[Block]) -> Iterator[Request]:
    for block in blocks:
        for size in range(block.size - 1, 0, -1):
            if data_length(READS[block.space], size) < data_length(READS[block.space], block.size):
                yield read(unit, block.space, block.address, size)
