"""How long a write that did not take waits for its next repeat."""

from __future__ import annotations

from config.plan.slots import Slot

RETRY_S = (2.0, 5.0, 15.0)
"""Machine seconds before the first, second and third repeat."""
QUICKLY = len(RETRY_S)
"""How many repeats are quick; people are told after them."""
RETRY_LATER_S = 300.0
"""And between further ones, for the first hour."""
LATER = 12
"""How many those are. What does not take by then is told no more often than what does: as it is re-asserted.
For protection and process safety it stays at five minutes."""
RETRY_RARELY_S = 3600.0
"""Between those of a point that is never re-asserted, perhaps because it wears its device's memory out."""


def pause_s(tries: int, slot: int, reassert_s: float | None) -> float:
    """Machine seconds until the next repeat of what was tried `tries` times (from 1) for `slot`.
    `reassert_s`: between its re-asserts, None = never."""
    if tries <= QUICKLY:
        return RETRY_S[tries - 1]
    if tries <= QUICKLY + LATER or slot <= Slot.PROCESS_SAFETY:
        return RETRY_LATER_S
    return max(RETRY_LATER_S, RETRY_RARELY_S if reassert_s is None else reassert_s)
