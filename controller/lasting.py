"""What lasts is kept out of the rounds of the collector of garbage.

A plan of 20,000 points, its engine and its lines are some half a million records that stay. Whenever enough
new ones have come (readings do) the collector would look through all of them, for a third of a second in
which no poll is sent. They are set apart once the start is over, and anew after another plan is taken.
"""

from __future__ import annotations

import gc
from collections.abc import Callable

_FRESH = 10_000
"""New records after which the young ones are looked through: some milliseconds."""


class Lasting:
    """Sets apart what the plan in force has brought."""

    def __init__(self, plan: Callable[[], object]) -> None:
        self._plan = plan
        self._settled: object = None

    async def look(self) -> None:
        plan = self._plan()
        if plan is not self._settled:
            self._settled = plan
            settle()


def settle() -> None:
    """Set apart all that there is, once what nobody needs any more is gone."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_FRESH, *gc.get_threshold()[1:])
