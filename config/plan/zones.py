"""Time zones by name, where a name is not known to be one."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_LONGEST = 64
"""No name of the tz database comes near. Whoever looks for one goes a step deeper for each "/" in it."""


def known_zone(name: str) -> ZoneInfo:
    """Raises KeyError, ValueError and OSError (of a folder of zones) for what is none."""
    if len(name) > _LONGEST:
        raise ZoneInfoNotFoundError(name)
    return ZoneInfo(name)
