"""Randomness that depends on nothing but the seed, a name and the site time: the same run however it is
stepped."""

from __future__ import annotations

import math
import zlib


def chance(seed: int, name: str, number: int = 0) -> float:
    """A fixed random number in [0, 1) for a name and a number."""
    text = f"{seed}/{name}/{number}".encode()
    return zlib.crc32(text, zlib.adler32(text)) / 2**32


class Lot:
    """A random number in [0, 1) that is drawn anew every `period_s` of site time."""

    __slots__ = ("_name", "_period_s", "_seed", "_turn", "_value")

    def __init__(self, seed: int, name: str, period_s: float) -> None:
        self._seed = seed
        self._name = name
        self._period_s = period_s
        self._turn: int | None = None
        self._value = 0.0

    def at(self, time_s: float) -> float:
        turn = int(time_s // self._period_s)
        if turn != self._turn:
            self._turn, self._value = turn, chance(self._seed, self._name, turn)
        return self._value


class Noise:
    """A smooth wander in [-1, 1] that turns about every `period_s` of site time."""

    __slots__ = ("_at", "_from", "_name", "_period_s", "_seed", "_to")

    def __init__(self, seed: int, name: str, period_s: float) -> None:
        self._seed = seed
        self._name = name
        self._period_s = period_s
        self._at: int | None = None
        self._from = self._to = 0.0

    def at(self, time_s: float) -> float:
        turns = time_s / self._period_s
        whole = math.floor(turns)
        if whole != self._at:
            # Most often it has come to the next turn: that one begins where the last one led to.
            follows = self._at is not None and whole == self._at + 1
            self._from = self._to if follows else 2 * chance(self._seed, self._name, whole) - 1
            self._at = whole
            self._to = 2 * chance(self._seed, self._name, whole + 1) - 1
        share = turns - whole
        return self._from + (self._to - self._from) * share * share * (3 - 2 * share)
