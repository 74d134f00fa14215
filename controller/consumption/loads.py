"""What something draws while it is commanded one value or another, learned from what was logged. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from config.plan.reading import Value

LEAST_H = 2.0
"""Hours for which a value must have been in force before its mean is believed."""
_HOUR_MS = 3_600_000


class Commanded(NamedTuple):
    """[start, end) in which one value was commanded, and nothing spoke against its being in force."""

    start_ms: int
    end_ms: int
    value: Value


class Used(NamedTuple):
    """What was used in [start, end)."""

    start_ms: int
    end_ms: int
    kwh: float


def mean_loads(commanded: Sequence[Commanded], used: Iterable[Used]) -> dict[Value, float]:
    """The mean kW by value, both in the order of time; of what was used across two values nobody knows the
    shares."""
    sums: dict[Value, tuple[float, int]] = {}
    place = 0
    for item in used:
        while place < len(commanded) and commanded[place].end_ms < item.end_ms:
            place += 1
        if place < len(commanded) and commanded[place].start_ms <= item.start_ms:
            kwh, length_ms = sums.get(commanded[place].value, (0.0, 0))
            sums[commanded[place].value] = kwh + item.kwh, length_ms + item.end_ms - item.start_ms
    return {
        value: kwh / (length_ms / _HOUR_MS)
        for value, (kwh, length_ms) in sums.items()
        if length_ms >= LEAST_H * _HOUR_MS
    }


def used_at(samples: Iterable[tuple[int, int | float | None]], longest_ms: int) -> Iterable[Used]:
    """Of a power's (time, kW): each holds until the next, if that is not farther than `longest_ms`."""
    last_ms, last_kw = 0, None
    for time_ms, kw in samples:
        if last_kw is not None and 0 < time_ms - last_ms <= longest_ms:
            yield Used(last_ms, time_ms, last_kw * (time_ms - last_ms) / _HOUR_MS)
        last_ms, last_kw = time_ms, kw
