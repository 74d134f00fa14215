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
    is_poll: bool = False
    """One of the unit's own reads, for want of a better one; proof only while nothing open has its shape."""


def challenges(unit: int, blocks: Iterable[Block]) -> tuple[Challenge, ...]:
    """Reads of lengths that no poll of the unit has, best first.

    First parts of its own blocks, ending where a value ends; then any part of a block; then functions it is
    never asked for, where the refusal is as good as an answer. Its polls themselves come last.
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
    polls = {
        one.shape: one for one in (read(unit, block.space, block.address, block.size) for block in known)
    }
    return (*found.values(), *(Challenge(one, refusal_counts=False, is_poll=True) for one in polls.values()))


class Challenges(Mapping[int, tuple[Challenge, ...]]):
    """By unit. Reckoned when a unit first comes into doubt: for a line of twenty they cost as much as all
    else of its start."""

    def __init__(self) -> None:
        self._blocks: dict[int, tuple[Block, ...]] = {}
        self._known: dict[int, tuple[Challenge, ...]] = {}

    def serve(self, unit: int, blocks: Iterable[Block]) -> None:
        """A unit is polled in these blocks from now on."""
        self._blocks[unit] = tuple(blocks)
        self._known.pop(unit, None)

    def __getitem__(self, unit: int) -> tuple[Challenge, ...]:
        if unit not in self._known:
            self._known[unit] = challenges(unit, self._blocks[unit])
        return self._known[unit]

    def __iter__(self) -> Iterator[int]:
        return iter(self._blocks)

    def __len__(self) -> int:
        return len(self._blocks)


class Resting(NoAnswer):
    """Nothing was sent: the unit owes answers and no challenge would show that they are settled."""

    sent = False


class _Owed(NamedTuple):
    """Answers of one shape that may still come: when the first and the last request for one was sent."""

    first_s: float
    last_s: float


class Doubts:
    """What each unit of a line may still send, and what that leaves to be believed.

    An answer is believed if no open request has its shape; it then proves that all older ones are settled.
    Once a poll is open only challenges are asked. A challenge may be asked again: its answer, whichever of
    its requests it belongs to, proves what was sent before the first of them to be settled. Left over are
    then challenges only, whose shape no poll has, until the next believed answer settles them too.

    `rest_s`: a unit that has answered none of its challenges, each asked twice, and has then not been asked
    for so long is believed to owe nothing any more. Without this, one that knows no challenge would be lost
    for good.
    """

    def __init__(self, challenges_of: Mapping[int, tuple[Challenge, ...]], rest_s: float) -> None:
        self._challenges = challenges_of
        self._rest_s = rest_s
        self._owed: dict[int, dict[Shape, _Owed]] = {}
        self._tried: dict[int, int] = {}

    def add(self, request: Request, now_s: float) -> None:
        """The request, sent at `now_s`, was not answered and may still be."""
        owed = self._owed.setdefault(request.unit, {})
        known = owed.get(request.shape)
        owed[request.shape] = _Owed(known.first_s if known else now_s, now_s)

    def answered(self, request: Request, sent_s: float) -> None:
        """An answer of its shape came. If that may be an older request's, this one's is still owed."""
        owed = self._owed.get(request.unit)
        if not owed:
            return
        self._tried.pop(request.unit, None)
        if request.shape in owed:
            self.late(request.unit, request.shape)
            self.add(request, sent_s)
        else:
            del self._owed[request.unit]

    def late(self, unit: int, shape: Shape) -> None:
        """An owed answer came: what was sent before the first request for such a one is settled."""
        owed = self._owed[unit]
        first_s = owed[shape].first_s
        self._owed[unit] = {other: item for other, item in owed.items() if item.last_s >= first_s}

    def asked_at(self, unit: int, shape: Shape) -> float | None:
        """When the latest request was sent that such a late answer may belong to; None if none is open."""
        owed = self._owed.get(unit, {}).get(shape)
        return None if owed is None else owed.last_s

    def shapes(self, unit: int) -> Iterable[Shape]:
        """What may still come from the unit."""
        return self._owed.get(unit, {}).keys()

    def ambiguous(self, request: Request) -> bool:
        """Whether an exception to the request may belong to an older one: it has no length to tell."""
        return any(shape.function == request.function for shape in self.shapes(request.unit))

    def next(self, request: Request, now_s: float) -> Challenge | None:
        """What to ask before `request`; None when an answer to it can be believed.

        Raises Resting while the unit has to rest.
        """
        owed = self._owed.get(request.unit)
        if not owed:
            return None
        known = self._challenges.get(request.unit, ())
        own = [challenge for challenge in known if not challenge.is_poll]
        shapes = {challenge.request.shape for challenge in own}
        polls = [item.last_s for shape, item in owed.items() if shape not in shapes]
        if not polls and request.shape not in owed:
            return None
        tried = self._tried.get(request.unit, 0)
        if tried >= 2 * len(own) and now_s >= max(item.last_s for item in owed.values()) + self._rest_s:
            self._tried.pop(request.unit, None)
            del self._owed[request.unit]
            return None
        open_s = max(polls, default=owed.get(request.shape, _Owed(0, 0)).last_s)
        usable = [challenge for challenge in own if self._proves(challenge, owed, open_s)] or [
            challenge for challenge in known if challenge.is_poll and self._proves(challenge, owed, open_s)
        ]
        if not usable:
            raise Resting("silent; left alone until nothing late can come")
        self._tried[request.unit] = tried + 1
        return usable[tried % len(usable)]

    @staticmethod
    def _proves(challenge: Challenge, owed: Mapping[Shape, _Owed], open_s: float) -> bool:
        """Whether its answer would settle all that was sent up to `open_s`."""
        shape = challenge.request.shape
        if challenge.refusal_counts and any(
            other.function == shape.function and other != shape for other in owed
        ):
            return False
        known = owed.get(shape)
        return known is None or known.first_s > open_s


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
