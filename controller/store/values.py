"""Values and texts as they are stored: exact, and whatever comes in, storable."""

from __future__ import annotations

import json
import math

from config.plan.reading import Value


def dump(value: Value | None) -> str:
    """`value` as JSON, exact both ways. What is no number (never made by a driver) is kept as its name."""
    if isinstance(value, float) and not math.isfinite(value):
        value = str(value)
    elif isinstance(value, str):
        value = storable(value)
    return json.dumps(value, ensure_ascii=False)


def load(stored: str) -> Value | None:
    """The value that `dump` stored: True, 1 and 1.0 stay apart."""
    value = json.loads(stored)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise ValueError(f"{stored!r} is not a value")


def storable(words: str) -> str:
    """`words` with what UTF-8 cannot carry (a lone surrogate out of somebody's JSON) replaced."""
    return words.encode("utf-8", "replace").decode()
