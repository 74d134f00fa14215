"""An edit that asks for nothing else changes nothing: nothing is decided, written or told anew by it."""

from __future__ import annotations

from collections.abc import Iterator

from config.language import text
from controller.campaign.seen import Breach, Seen

NAME = "swaps"


class Unmoved:
    """Looks at the first step of each such Plan."""

    def look(self, seen: Seen) -> Iterator[Breach]:
        if not (seen.swapped and seen.plain):
            return
        for decision in seen.step.decisions:
            before, after = decision.before, decision.after
            if before.held is not None and after.held is not None and before.value == after.value:
                continue  # what holds it is said in the other words
            yield Breach(NAME, decision.key, text("other words in the files, and it is decided anew"))
        for write in seen.step.writes:
            key = seen.plan.points[write.point].key
            yield Breach(NAME, key, text("other words in the files, and it is written anew"))
        for telling in seen.step.tellings:
            if telling.transition.value == "returned":
                continue  # what was told of the beginning of the plan before is over with it
            yield Breach(NAME, telling.alarm.subject, text("other words in the files, and it is told anew"))
