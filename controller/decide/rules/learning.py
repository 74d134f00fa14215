"""What a rule learns of a room: how many seconds a kelvin takes. Pure.

Each start is one lesson. What is believed is the median of the last few, with what was assumed as the first
of them: two days that agree are believed, and a day on which a window stood open moves the rate no further
than to its neighbour. Where the outdoor temperature is known the lessons are kept apart by it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from controller.decide.rules.look import Look, Memory

LESSONS = 5
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
    for key in reversed(list(_keys(way, outdoor_c))):
        if key in look.memory:
            return Rate(_believed(_lessons(look.memory, key)), int(look.memory.get(f"{key}-n", 0)))
    return Rate(assumed_s, 0)


def learn(
    look: Look, way: str, outdoor_c: float | None, seconds: float, assumed_s: float, most_s: float
) -> None:
    """A lesson: it took so many seconds for a kelvin."""
    general = rate(look, way, None, assumed_s).seconds
    said = min(max(seconds, LEAST_S), most_s)
    for key in _keys(way, outdoor_c):
        lessons = [*(_lessons(look.memory, key) or [general]), said][-LESSONS:]
        look.keep(key, " ".join(f"{lesson:.1f}" for lesson in lessons))
        look.keep(f"{key}-n", int(look.memory.get(f"{key}-n", 0)) + 1)


def keep_learned(look: Look, *ways: str) -> None:
    """What is known stays known; before any `learn`."""
    for key, value in look.memory.items():
        if key.partition("@")[0].removesuffix("-n") in ways:
            look.keep(key, value)


def _believed(lessons: list[float]) -> float:
    """Of two, one of which was assumed, the mean; of an even number the one that begins later."""
    return sum(lessons) / len(lessons) if len(lessons) < 3 else sorted(lessons)[(len(lessons) - 1) // 2]


def _lessons(memory: Memory, key: str) -> list[float]:
    return [float(lesson) for lesson in str(memory.get(key, "")).split()]


def _keys(way: str, outdoor_c: float | None) -> Iterator[str]:
    """The general one, and that of the weather."""
    yield way
    if outdoor_c is not None:
        mild = min(max(math.floor(outdoor_c / _STEP_C) * _STEP_C, _COLDEST_C), _HOTTEST_C)
        yield f"{way}@{mild}"
