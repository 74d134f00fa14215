"""What a person sets stands in its slot until its time is over or it is released, over restarts and edits;
then nothing of it is left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from config.language import text
from config.plan.equipment import RUN
from config.plan.reading import Value
from config.plan.site import Plan
from controller.campaign.judges.fence import forbidden
from controller.campaign.seen import Breach, Seen
from controller.decide.records import Override, Release
from controller.decide.requests import Op

NAME = "people"


@dataclass(slots=True)
class _Set:
    value: Value
    person: str
    end_ms: int
    """Site time."""
    site_ahead_ms: float
    """Site time less true time when it was set."""
    trusted: bool
    loose: bool = False
    """The clock was another since: its end is no longer known here."""


class Overridden:
    """Keeps its own account, by points' keys."""

    def __init__(self) -> None:
        self._set: dict[tuple[str, int], _Set] = {}
        self._plan: Plan | None = None
        self._ids: dict[str, int] = {}

    def look(self, seen: Seen) -> Iterator[Breach]:
        if seen.last:
            return
        if seen.plan is not self._plan:
            self._plan = seen.plan
            self._ids = {point.key: point.id for point in seen.plan.points}
        ahead_ms = seen.now.wall_ms - seen.gone_s * 1000
        released: dict[tuple[str, int], str] = {}
        for command in seen.commands:
            if isinstance(command, Override):
                # Where the clock was put right with this very step, its end has moved with it.
                moved = abs(seen.now.wall_ms - command.set_ms) > 1000
                self._set[command.point, int(command.slot)] = _Set(
                    command.value, command.person, command.expires_ms, ahead_ms, seen.now.trusted, moved
                )
            elif isinstance(command, Release):
                self._set.pop((command.point, int(command.slot)), None)
                released[command.point, int(command.slot)] = command.person
        for (key, slot), person in released.items():
            if (key, slot) not in self._set and self._stands(seen, key, slot, person, None):
                yield Breach(NAME, key, text("it was released, and still asks"))
        for (key, slot), item in list(self._set.items()):
            if item.trusted is not seen.now.trusted or abs(ahead_ms - item.site_ahead_ms) > 1000:
                item.loose = True
            yield from self._judge(seen, key, slot, item)

    def _judge(self, seen: Seen, key: str, slot: int, item: _Set) -> Iterator[Breach]:
        point = self._ids.get(key)
        stands = self._stands(seen, key, slot, item.person, item.value)
        over = seen.now.wall_ms >= item.end_ms
        if item.loose or point is None:
            if (key, slot) in {(ended.point, int(ended.slot)) for ended in seen.step.memory.ended}:
                del self._set[key, slot]
            return
        if over:
            del self._set[key, slot]
            if stands:
                yield Breach(
                    NAME, key, text("its time is over, and it still asks for {value}", value=str(item.value))
                )
            return
        if stands:
            return
        del self._set[key, slot]
        unfit = any(ended.override.point == key for ended in seen.step.unfit)
        if not unfit:
            yield Breach(
                NAME, key, text("a person set {value}, and nothing asks for it", value=str(item.value))
            )
        elif forbidden(seen.plan.points[point], item.value) is None and not self._is_motor(seen, point):
            yield Breach(NAME, key, text("{value} is said not to fit, and does", value=str(item.value)))

    def _stands(self, seen: Seen, key: str, slot: int, person: str, value: Value | None) -> bool:
        """Whether something of that person stands there; with `value`, that."""
        point = self._ids.get(key)
        decision = None if point is None else seen.decisions.get(point)
        if decision is None:
            return False
        return any(
            one.op is Op.VALUE and one.source == person and value in (None, one.value)
            for one in decision.slots[slot - 1]
        )

    @staticmethod
    def _is_motor(seen: Seen, point: int) -> bool:
        """Whether people may command it depends on the rules there are."""
        return any(
            role == RUN and bound == point for item in seen.plan.equipment for role, bound in item.roles
        )
