"""Memory that is freed is given back to the system, and threads share what they have.

glibc keeps large blocks for itself once it has seen one freed: the text of a Plan, read once, would stay two
mebibytes for good. With its threshold fixed, whatever is larger is the system's own before and after. It also
gives each thread a heap of its own, against waiting for one another; those of the stores hold little and
rarely meet, and a heap that is kept apart for each is a quarter of a mebibyte.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
"""Of <malloc.h>."""
_LARGE = 1 << 17
"""Bytes; what glibc begins with."""


def give_back() -> None:
    """From now on. Nothing where the system's library is another."""
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        for which in (_M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD):
            library.mallopt(which, _LARGE)
        library.mallopt(_M_ARENA_MAX, 1)
