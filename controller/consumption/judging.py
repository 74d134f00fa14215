"""Telling rollovers, resets and impossible jumps from ordinary counting. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

from controller.consumption.records import Count, Terms

MOST_ROLLED = 2**62
"""More than that in rollovers is no consumption, and fits no column."""
WALL_SLACK_MS = 60_000
"""By so much a wall clock may have been put right while nobody looked."""


def may_have_risen(terms: Terms, rise: int, since_ms: float | None) -> bool:
    """Whether a meter can have counted `rise` quanta in `since_ms`, the time since its count last changed;
    with room for a maker's rate that is exceeded now and then. What cannot be judged is believed."""
    if since_ms is None or not terms.max_rate:
        return True
    # A part of a quantum that may be about to tick only adds to it.
    return rise - 1 <= 2 * terms.max_rate * since_ms / 3_600_000 or rise <= 2 * most(terms, since_ms) + 1


def rolled(terms: Terms, last: int, new: int, elapsed_ms: float | None) -> int:
    """The quanta that a decrease from `last` to `new` stands for, if it is a rollover: then the counter went
    through its modulus, no faster than it can. 0 for what cannot be one, or cannot be judged."""
    if terms.modulus is None or elapsed_ms is None or not terms.max_rate:
        return 0
    return terms.modulus if 0 < terms.modulus - last + new <= most(terms, elapsed_ms) else 0


def most(terms: Terms, elapsed_ms: float) -> int:
    """Most quanta that can be counted in that time; a whole one may always be about to tick."""
    return max(1, math.ceil(terms.max_rate * elapsed_ms / 3_600_000))


@dataclass(slots=True)
class Aside:
    """Readings set aside, since their meter cannot have counted so: either wrong ones, or it was reset or
    replaced. Which of the two, the readings after them tell."""

    since_site_ms: float
    """When the first of them was read."""
    begin: Count | None
    """The first of them in the open slot; None = none yet."""
    last: Count

    def goes_on(self, terms: Terms, item: Count) -> bool:
        """Whether `item` can be of the same counter as these."""
        rise = item.quanta - self.last.quanta
        return rise >= 0 and may_have_risen(terms, rise, item.site_ms - self.last.site_ms)
