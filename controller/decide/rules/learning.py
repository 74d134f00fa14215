"""What a rule learns of a room: how many seconds a kelvin takes. Pure.

Each start is one lesson. It counts the less the more there were, yet never less than a fraction, so that the
rate follows the seasons; and no single day says more than twice or less than half of what was known, so that
a window left open teaches little. Where the outdoor temperature is known the lessons are kept apart by it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from controller.decide.rules.look import Look

LEAST_WEIGHT = 0.3
LEAST_S = 6.0
"""Seconds for a kelvin: no machine is faster."""
_STEP_C = 5
_COLDEST_C, _HOTTEST_C = -30, 45


class Rate(NamedTuple):
    """Seconds for a kelvin."""

    seconds: float
    lessons: int
    """Of how many it was learned; 0: assumed."""


def rate(look: Look, way: str, outdoor_c: float | None, assumed_s: float) -> Rate:
    """As it is known for a way ("heat", "cool", "drift") at such weather, or at any."""
    for key in (*_keys(way, outdoor_c)[::-1],):
        if key in look.memory:
            return Rate(float(look.memory[key]), int(look.memory.get(f"{key}-n", 0)))
    return Rate(assumed_s, 0)


def learn(
    look: Look, way: str, outdoor_c: float | None, seconds: float, assumed_s: float, most_s: float
) -> None:
    """A lesson: it took so many seconds for a kelvin."""
    general = rate(look, way, None, assumed_s)
    for key in _keys(way, outdoor_c):
        before = float(look.memory.get(key, general.seconds))
        lessons = int(look.memory.get(f"{key}-n", 0))
        said = min(max(seconds, before / 2), before * 2)
        after = before + max(LEAST_WEIGHT, 1 / (lessons + 1)) * (said - before)
        look.keep(key, min(max(after, LEAST_S), most_s))
        look.keep(f"{key}-n", lessons + 1)


def keep_learned(look: Look, *ways: str) -> None:
    """What is known stays known; before any `learn`."""
    for key, value in look.memory.items():
        if key.partition("@")[0].removesuffix("-n") in ways:
            look.keep(key, value)


def _keys(way: str, outdoor_c: float | None) -> tuple[str, ...]:
    """The general one, and that of the weather."""
    if outdoor_c is None:
        return (way,)
    mild = min(max(math.floor(outdoor_c / _STEP_C) * _STEP_C, _COLDEST_C), _HOTTEST_C)
    return way, f"{way}@{mild}"
