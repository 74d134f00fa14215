"""People as a source of requests: overrides with an end."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator, Mapping

from config.language import Text, text
from config.plan.clock import Now
from config.plan.points import BacnetObject
from config.plan.site import Plan
from config.plan.slots import Slot
from controller.decide.naming import Naming
from controller.decide.records import Changed, Ended, Override, Release
from controller.decide.requests import Op, Request
from controller.decide.step import Decision
from controller.decide.timekeeping import PutRight


class PeopleRequests:
    """Overrides in force. One of a point that this Plan lacks waits, and ends, without asking anything."""

    def __init__(self, points: Mapping[str, int], overrides: Iterable[Override]) -> None:
        """`points`: id by key."""
        self._points = points
        self._standing: dict[tuple[str, int], Override] = {}
        self._slots: dict[int, dict[int, Override]] = {}
        self._ends: list[tuple[int, str, int]] = []
        self._touched: set[int] = set()
        self._ended: list[Ended] = []
        for override in overrides:
            self._stand(override)

    def set(self, override: Override, changed: Changed) -> None:
        """The later replaces the earlier of the same slot."""
        self._stand(override)
        changed.overrides.append(override)

    def release(self, command: Release, changed: Changed) -> None:
        """Take an override back; nothing happens where there is none."""
        if self._end((command.point, command.slot)):
            changed.end(Ended(command.point, command.slot))

    def put_right(self, right: PutRight, now: Now, longest_ms: int, changed: Changed) -> list[Override]:
        """The clock was put right: what was to last for a time lasts as long as before, and nothing lasts
        longer than `longest_ms` from now. Returns what has another end now."""
        moved = []
        for override in self.standing():
            after = _moved(override, right, now, longest_ms)
            if after != override:
                self._stand(after)
                changed.overrides.append(after)
            if after.expires_ms != override.expires_ms:
                moved.append(after)
        return moved

    def update(self, now: Now) -> Collection[int]:
        while self._ends and self._ends[0][0] <= now.wall_ms:
            expires_ms, point, slot = heapq.heappop(self._ends)
            standing = self._standing.get((point, slot))
            if standing is not None and standing.expires_ms == expires_ms:
                self._end((point, slot))
                self._ended.append(Ended(point, slot, expires_ms))
        touched, self._touched = self._touched, set()
        return touched

    def take_ended(self) -> list[Ended]:
        """The overrides that expired in the last update."""
        ended, self._ended = self._ended, []
        return ended

    def requests(self, point: int) -> Iterator[Request]:
        for override in self._slots.get(point, {}).values():
            yield Request(
                Op.VALUE,
                override.value,
                override.slot,
                override.person,
                text("{reason}", reason=override.reason) if override.reason else text("set by hand"),
                override.set_ms,
                override.expires_ms,
                (-override.set_ms,),
                override.urgent,
            )

    def wake_ms(self) -> int | None:
        return self._ends[0][0] if self._ends else None

    def standing(self) -> tuple[Override, ...]:
        """All overrides in force, of points that the Plan lacks too."""
        return tuple(self._standing.values())

    def _stand(self, override: Override) -> None:
        self._standing[override.point, override.slot] = override
        heapq.heappush(self._ends, (override.expires_ms, override.point, override.slot))
        point = self._points.get(override.point)
        if point is not None:
            self._slots.setdefault(point, {})[override.slot] = override
            self._touched.add(point)

    def _end(self, key: tuple[str, int]) -> bool:
        if self._standing.pop(key, None) is None:
            return False
        point = self._points.get(key[0])
        if point is not None:
            del self._slots[point][key[1]]
            self._touched.add(point)
        return True


def left_alone(decisions: Iterable[Decision], plan: Plan, naming: Naming) -> Iterator[Text]:
    """What people are told of points that a person let go, or whose override ran out, and that nobody else
    commands."""
    for decision in decisions:
        before = decision.before.winner
        if decision.after.winner is None and before is not None and before.slot == Slot.PEOPLE:
            point = plan.points[decision.point]
            name = naming.point(point)
            if isinstance(point.source, BacnetObject):
                yield text(
                    "{name}: no longer set by hand; nothing commands it, the device goes by its own",
                    name=name,
                )
            else:
                yield text("{name}: no longer set by hand; nothing commands it, it stays as it is", name=name)


def _moved(override: Override, right: PutRight, now: Now, longest_ms: int) -> Override:
    expires_ms, set_ms = override.expires_ms, override.set_ms
    # What was reckoned by a clock that was right stays where it is when a guess from it is put right.
    if override.lasting_ms and not (right.of_a_guess and override.trusted):
        expires_ms += right.by_ms
        set_ms += right.by_ms
    left_ms = min(override.lasting_ms or longest_ms, longest_ms)
    return override._replace(
        set_ms=min(set_ms, now.wall_ms),
        expires_ms=min(expires_ms, now.wall_ms + left_ms),
        trusted=override.trusted or now.trusted,
    )
