"""What a site's meters are called."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Mapping, Sequence

from config.plan.points import Point


def meter_names(points: Sequence[Point], devices: Mapping[int, str]) -> dict[int, str]:
    """Point id of every counter -> the name its log is known by: the device's, or "device.point" where the
    device has several counters. `devices`: name by id."""
    counters = [point for point in points if point.counter is not None]
    owners = Tally(point.device for point in counters)
    return {point.id: devices[point.device] if owners[point.device] == 1 else point.key for point in counters}
