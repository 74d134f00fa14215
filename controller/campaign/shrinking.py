"""A failing story made short: deeds that it does not need are dropped, and its end is drawn near."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from controller.campaign.life import Lived
from controller.campaign.seen import Breach
from controller.campaign.story import Deed, Story

AFTER_S = 60
"""So long after the breach a shortened story goes on."""


def shrunk(
    story: Story, breach: Breach, live: Callable[[Story], Lived], may_go_on: Callable[[], bool] = lambda: True
) -> Story:
    """The shortest story found that breaks the same promise of the same thing. `live` lives one; `may_go_on`
    says whether there is still time for another."""

    def fails(deeds: Sequence[Deed]) -> bool:
        return may_go_on() and _same(live(replace(shorter, deeds=tuple(deeds))), breach)

    shorter = story.without_deeds_after(breach.at_s + AFTER_S)
    if not _same(live(shorter), breach):
        shorter = story
    kept = _fewest(shorter.deeds, fails)
    made = replace(shorter, deeds=tuple(kept))
    found = live(made).breaches
    if found:
        again = made.without_deeds_after(found[0].at_s + AFTER_S)
        if _same(live(again), breach):
            return again
    return made


def _same(lived: Lived, breach: Breach) -> bool:
    return any((one.judge, one.subject) == (breach.judge, breach.subject) for one in lived.breaches)


def _fewest(deeds: Sequence[Deed], fails: Callable[[Sequence[Deed]], bool]) -> list[Deed]:
    """Delta debugging (Zeller and Hildebrandt 2002): ever smaller parts are left out as long as it still
    fails without them."""
    left = list(deeds)
    if left and fails([]):
        return []
    parts = 2
    while len(left) >= 2:
        size = -(-len(left) // parts)
        chunks = [left[at : at + size] for at in range(0, len(left), size)]
        for number in range(len(chunks)):
            without = [deed for other, chunk in enumerate(chunks) if other != number for deed in chunk]
            if fails(without):
                left, parts = without, max(parts - 1, 2)
                break
        else:
            if parts >= len(left):
                return left
            parts = min(len(left), parts * 2)
    return left
