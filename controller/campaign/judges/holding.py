"""What was decided comes to be: a device that answers, that nobody changes by hand and before which nothing
stands has what was decided, and of a slot that was given up nothing is left."""

from __future__ import annotations

from collections.abc import Iterator

from config.language import Text, text
from config.plan.points import BacnetObject, Point
from config.plan.reading import Value
from config.plan.site import Plan
from controller.campaign.seen import Breach, Seen

NAME = "holding"
CALM_S = 2000.0
"""Longer than the longest pause between repeats, and than two re-asserts."""
EVERY_S = 900.0
OURS = range(5, 16)


class Holding:
    """Looks at the devices themselves."""

    def __init__(self) -> None:
        self._plan: Plan | None = None
        self._plan_since_s = 0.0
        self._stands: dict[int, tuple[object, float]] = {}
        """By point: what is decided and since when."""
        self._looked_s = 0.0

    def look(self, seen: Seen) -> Iterator[Breach]:
        if seen.last:
            return
        if seen.plan is not self._plan:
            self._plan, self._plan_since_s, self._stands = seen.plan, seen.gone_s, {}
        for decision in seen.step.decisions:
            self._stands[decision.point] = decision.after, seen.gone_s
        for command in seen.commands:
            self._looked_s = max(self._looked_s, seen.gone_s)  # a lock that is lifted has its own pauses
            del command
        quiet_s = min(seen.run_s, seen.gone_s - self._plan_since_s)
        if quiet_s < CALM_S or seen.gone_s - self._looked_s < EVERY_S:
            return
        self._looked_s = seen.gone_s
        for point in seen.decisions:
            wrong = self._wrong(seen, seen.plan.points[point])
            if wrong is not None:
                yield Breach(NAME, seen.plan.points[point].key, wrong)

    def _wrong(self, seen: Seen, point: Point) -> Text | None:
        command = point.command
        device = seen.plan.devices[point.device].name
        if command is None or command.pulse_s is not None or command.reassert_s is None:
            return None
        since_s = self._stands.get(point.id, (None, 0.0))[1]
        if seen.troubles.calm_s(device, seen.gone_s) < CALM_S or seen.gone_s - since_s < CALM_S:
            return None
        if seen.engine.barrier(point.id) is not None or seen.engine.left(point.id):
            return None
        decision = seen.decisions[point.id]
        has = seen.had(point.id)
        wanted = None if decision.winner is None else decision.value
        if not isinstance(point.source, BacnetObject):
            if wanted is None or _alike(point, has.value, wanted):
                return None
            return text("decided is {wanted}, it has {value}", wanted=str(wanted), value=str(has.value))
        foreign = seen.troubles.foreign.get(point.key, set())
        ours = {slot: value for slot, value in has.slots if slot in OURS and slot not in foreign}
        slot = None if decision.winner is None or wanted is None else int(decision.winner.slot)
        if slot in foreign:
            return None
        if slot is None:
            return text("given up, and slot {slot} is left", slot=min(ours)) if ours else None
        if ours.keys() == {slot} and _alike(point, ours[slot], wanted):
            return None
        return text(
            "decided is {wanted} at {slot}, it has {slots}", wanted=str(wanted), slot=slot, slots=str(ours)
        )


def _alike(point: Point, found: Value | None, wanted: Value | None) -> bool:
    numbers = (int, float)
    if isinstance(found, numbers) and isinstance(wanted, numbers) and point.kind == "number":
        tolerance = 0.0 if point.command is None else point.command.tolerance
        step = 0.0 if isinstance(point.source, BacnetObject) else abs(point.source.scale)
        return abs(found - wanted) <= tolerance + step + 1e-6 * abs(wanted)
    return found == wanted
