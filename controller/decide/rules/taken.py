"""What one evaluation of a rule took of the readings, so that the rule is not evaluated for a change that
would make nothing else of it. Pure.

A rule decides by what it takes, its memory, and the time with its wakes. So while nothing that it took has
changed it would decide the same again: a level that falls from 62 to 61 % is nothing to who asks whether it
is below 25.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal, TypeAlias

from config.plan.reading import NEVER, Quality, Reading

Limits: TypeAlias = tuple[float, ...] | None
"""Of a reading that was only compared with numbers, these; None: of the reading itself."""
Taken: TypeAlias = Mapping[int, Limits]
"""By point. Of those that are not here nothing was taken."""
_GOOD = Quality.GOOD
NOTHING: Taken = MappingProxyType({})
Sight: TypeAlias = tuple[float, float] | Literal["never", "bad", "good"] | None
"""Between which of the limits a number lies, or on which; of another reading whether it is one. None: as of
`Limits`."""
Seen: TypeAlias = Mapping[int, Sight]
"""How each looked of which something was taken."""


def seen(taken: Taken, readings: Sequence[Reading]) -> Seen:
    """What was taken of these."""
    return {
        point: None if limits is None else _sight(readings[point], limits) for point, limits in taken.items()
    }


def matters(seen: Seen, point: int, reading: Reading) -> bool:
    """Whether something may be decided otherwise now that `point` has changed, and reads this."""
    if point not in seen:
        return False
    before = seen[point]
    if before is None:
        return True
    if isinstance(before, str):
        return _sight(reading, ()) != before
    value, (low, high) = reading[0], before
    if reading[1] is not _GOOD:
        return True
    if isinstance(value, float) or not (value is None or isinstance(value, (bool, str))):
        return not (low < value < high or low == value == high)
    return True


def _sight(reading: Reading, limits: tuple[float, ...]) -> Sight:
    value = _number(reading) if limits else None
    if value is None:
        if reading.quality is Quality.GOOD:
            return "good"
        return "never" if reading is NEVER else "bad"
    low, high = -math.inf, math.inf
    for limit in limits:
        if limit == value:
            return value, value
        if limit < value:
            low = max(low, limit)
        else:
            high = min(high, limit)
    return low, high


def _number(reading: Reading) -> float | None:
    value = reading[0]
    if reading[1] is not _GOOD:
        return None
    return value if isinstance(value, float) or not isinstance(value, (str, bool)) else None
