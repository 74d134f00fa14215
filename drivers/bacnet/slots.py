"""Watching the priority arrays of one device: what we hold there, what others hold, and whether ours is still
there."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from config.plan.points import BacnetObject, Point
from config.plan.reading import Value
from config.plan.slots import WRITABLE
from drivers.api import Fate, SlotState, Write
from drivers.bacnet.commanding import Commander, Done
from drivers.bacnet.line import Shared

_FASTEST_LOOK_S = 5.0


class SlotWatch:
    """Reads priority arrays slowly and hands over SlotStates. Raises NoAnswer from its looks."""

    def __init__(self, points: Sequence[Point], commander: Commander, shared: Shared) -> None:
        self._commandable = [
            point
            for point in points
            if point.command is not None
            and isinstance(point.source, BacnetObject)
            and point.source.commandable
        ]
        self._commander = commander
        self._shared = shared
        self._held: dict[int, int] = {}
        """Point id → the slot in which our value was last read back."""
        self._due: dict[int, float] = {}
        """When the array of a point commanded by us is looked at next."""
        self._seen: list[SlotState] = []

    @property
    def holding(self) -> bool:
        """Whether a value of ours stands in any slot of this device."""
        return bool(self._held)

    def next(self) -> float:
        return min(self._due.values()) if self._due else float("inf")

    def written(self, point: Point, write: Write, done: Done) -> None:
        """A write has ended: what stands in the array now, and what is to be watched from here on."""
        if done.slots is not None:
            self._shared.put(SlotState(point.id, done.slots))
        if done.fate is Fate.READ_BACK and write.value is not None:
            self._held[point.id] = write.slot
        elif done.fate is not Fate.REJECTED:
            self._held.pop(point.id, None)
        self._due[point.id] = self._now() + self._period(point)

    async def look_all(self) -> bool:
        """Read every array (the device was just found). Says whether a slot of ours is empty: it has
        restarted."""
        self._seen = []
        emptied = False
        for point in self._commandable:
            slots = await self._commander.look(point)
            if slots is not None:
                self._seen.append(SlotState(point.id, slots))
                if any(slot in WRITABLE for slot, _ in slots):  # perhaps ours, from before our own restart
                    self._due.setdefault(point.id, self._now() + self._period(point))
                emptied = self._emptied(point, slots) or emptied
        return emptied

    def tell(self) -> None:
        """Hand over what `look_all` saw: after the DeviceState it belongs to."""
        for state in self._seen:
            self._shared.put(state)
        self._seen = []

    async def look_next(self) -> Point | None:
        """Read the array that is due first. Returns its point if our slot in it has become empty."""
        point_id = min(self._due, key=lambda each: self._due[each])
        point = next(each for each in self._commandable if each.id == point_id)
        slots = await self._commander.look(point)
        self._due[point_id] = self._now() + self._period(point)
        if slots is None:
            return None
        self._shared.put(SlotState(point_id, slots))
        return point if self._emptied(point, slots) else None

    def _emptied(self, point: Point, slots: tuple[tuple[int, Value], ...]) -> bool:
        ours = self._held.get(point.id)
        if ours is None or ours in dict(slots):
            return False
        del self._held[point.id]  # said once; the next write that is read back begins anew
        return True

    def _period(self, point: Point) -> float:
        assert point.command is not None
        again = point.command.reassert_s
        slowest = self._shared.timing.slots_s
        wanted = slowest if again is None else min(slowest, self._shared.pace.poll_s(again))
        return max(wanted, min(slowest, _FASTEST_LOOK_S))

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
