"""Lengths of time as people type them on a command line."""

from __future__ import annotations

import re

from config.language import text
from controller.cli.speech import Failure

_PART = re.compile(
    r"(\d+(?:\.\d+)?)\s*(days?|d|天|hours?|hr|h|小时|时|minutes?|min|m|分钟|分|seconds?|sec|s|秒)",
    re.IGNORECASE,
)
_SECONDS = {"d": 86400, "天": 86400, "h": 3600, "小": 3600, "时": 3600, "m": 60, "分": 60, "s": 1, "秒": 1}


def parse_duration(written: str) -> float | None:
    """Seconds of "2h", "90 min", "1h30m", "45s", "2小时"; None if it is not a positive length of time."""
    cleaned = written.strip()
    total = 0.0
    at = 0
    for part in _PART.finditer(cleaned):
        if cleaned[at : part.start()].strip():
            return None
        total += float(part[1]) * _SECONDS[part[2][0].lower()]
        at = part.end()
    return total if total > 0 and not cleaned[at:].strip() else None


def seconds_of(written: str) -> float:
    """The same of what stands on a command line. Raises Failure."""
    seconds = parse_duration(written)
    if seconds is None:
        raise Failure(
            text("{given} is not a length of time; write 2h, 90min or 1h30m", given=written), code=2
        )
    return seconds
