"""What one evaluation of a rule took of the readings, so that the rule is not evaluated for a change that
would make nothing else of it. Pure.

A rule decides by what it takes, its memory, and the time with its wakes. So while nothing that it took has
changed it would decide the same again: a level that falls from 62 to 61 % is nothing to who asks whether it
is below 25.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from config.plan.reading import NEVER, Quality, Reading

Limits: TypeAlias = tuple[float, ...] | None
"""Of a reading that was only compared with numbers, these; None: of the reading itself."""
Taken: TypeAlias = Mapping[int, Limits]
"""By point. Of those that are not here nothing was taken."""
NOTHING: Taken = MappingProxyType({})
Sight: TypeAlias = tuple[tuple[bool, bool], ...] | str
Seen: TypeAlias = Mapping[int, tuple[Limits, Sight]]
"""The same, with how each looked."""


def seen(taken: Taken, readings: Sequence[Reading]) -> Seen:
    """What was taken of these."""
    return {point: (limits, _sight(readings[point], limits)) for point, limits in taken.items()}


def matters(seen: Seen, point: int, reading: Reading) -> bool:
    """Whether something may be decided otherwise now that `point` has changed, and reads this."""
    if (before := seen.get(point)) is None:
        return False
    limits, sight = before
    return limits is None or _sight(reading, limits) != sight


def _sight(reading: Reading, limits: Limits) -> Sight:
    """All that can be told of a reading by asking whether it is there, and below or above these."""
    if reading.quality is not Quality.GOOD:
        return "never" if reading is NEVER else "bad"
    value = reading.value
    if limits is None or value is None or isinstance(value, str | bool):
        return "good"
    return tuple((value < limit, value > limit) for limit in limits)
