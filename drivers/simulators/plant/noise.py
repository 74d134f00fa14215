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
    """A random number in [0, 1) that is drawn anew every `period_s` of site time, whole seconds."""

    __slots__ = ("_begins_s", "_ends_s", "_name", "_period_s", "_seed", "_value")

    def __init__(self, seed: int, name: str, period_s: float) -> None:
        self._seed = seed
        self._name = name
        self._period_s = float(period_s)
        self._begins_s = self._ends_s = math.inf
        """From when on, and before when, the value holds."""
        self._value = 0.0

    def at(self, time_s: float) -> float:
        if not self._begins_s <= time_s < self._ends_s:
            turn = int(time_s // self._period_s)
            self._begins_s, self._ends_s = turn * self._period_s, (turn + 1) * self._period_s
            self._value = chance(self._seed, self._name, turn)
        return self._value


class Noise:
    """A smooth wander in [-1, 1] that turns about every `period_s` of site time."""

    __slots__ = ("_at", "_from", "_name", "_period_s", "_rise", "_seed", "_to")

    def __init__(self, seed: int, name: str, period_s: float) -> None:
        self._seed = seed
        self._name = name
        self._period_s = float(period_s)
        self._at = -math.inf
        self._from = self._to = self._rise = 0.0

    def at(self, time_s: float) -> float:
        turns = time_s / self._period_s
        share = turns - self._at
        if not 0.0 <= share < 1.0:
            share = turns - self._turn(math.floor(turns))
        return self._from + self._rise * share * share * (3.0 - 2.0 * share)

    def _turn(self, whole: int) -> int:
        # Most often it has come to the next turn: that one begins where the last one led to.
        follows = whole == self._at + 1
        self._from = self._to if follows else 2 * chance(self._seed, self._name, whole) - 1
        self._at = float(whole)
        self._to = 2 * chance(self._seed, self._name, whole + 1) - 1
        self._rise = self._to - self._from
        return whole
