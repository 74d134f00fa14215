"""How many cases the properties of deciding are tried with: `make properties` has twenty times as many."""

from __future__ import annotations

import os

TIMES = int(os.environ.get("LOUGUAN_CASES", "1"))


def many(cases: int) -> int:
    """So many, times what was asked for."""
    return cases * TIMES
