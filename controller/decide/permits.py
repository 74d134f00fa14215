"""Permits of stoves: what was won reaches a permit, but it is not withdrawn over a burning flame. One for all
stoves of a Plan, after the gate of minimum times and shown in slot 6 like it.

A withdrawal waits until there has been no flame for ten minutes; a flame that cannot be read counts as one.
Protection at slot 5 withdraws at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from config.language import Text, text
from config.plan.equipment import Equipment
from config.plan.reading import Quality, Reading
from config.plan.site import Plan
from config.plan.slots import Slot
from controller.decide.arbiter import Result
from controller.decide.records import RuleMemory
from controller.decide.requests import Op, Request
from controller.decide.wakes import Wakes

QUIET_MS = 600_000
"""So long there must have been no flame."""
PREFIX = "permit "
"""Before the stove's name, in what is remembered: no rule has a name with a blank."""
_BURNS, _ENDED = "burns", "ended_ms"


class Permits:
    """When each stove last had a flame. Memory is kept by the equipment's name."""

    def __init__(self, plan: Plan, readings: Sequence[Reading], remembered: Iterable[RuleMemory]) -> None:
        """`readings`: the image itself; their times do not matter."""
        self._readings = readings
        self._stoves: dict[int, Equipment] = {}
        """By the point of their permit."""
        self._flames: dict[int, int] = {}
        """Permit → the point that says that something burns."""
        self._permits: dict[int, list[int]] = {}
        """The other way round."""
        self._ended: dict[int, int] = {}
        """When the last flame went out."""
        self._burns: set[int] = set()
        """Those that had a flame when that was last read."""
        self._wakes = Wakes()
        self._changed: dict[str, RuleMemory] = {}
        known = {item.rule: item.memory for item in remembered if item.rule.startswith(PREFIX)}
        for equipment in plan.equipment:
            roles = dict(equipment.roles)
            if equipment.kind != "stove" or not {"permit", "flame"} <= roles.keys():
                continue
            permit, flame = roles["permit"], roles["flame"]
            self._stoves[permit], self._flames[permit] = equipment, flame
            self._permits.setdefault(flame, []).append(permit)
            memory = known.pop(PREFIX + equipment.name, {})
            if memory.get(_BURNS):
                self._burns.add(permit)
            if _ENDED in memory:
                self._ended[permit] = int(memory[_ENDED])
        self._minded = self._stoves.keys() | self._permits.keys()
        """Points of which it is said when they change."""
        self._changed.update((gone, RuleMemory(gone, {})) for gone in known)

    def changed(self, points: Iterable[int], now_ms: int) -> set[int]:
        """These points read otherwise than before. Returns the permits to be decided anew."""
        touched: set[int] = set()
        for point in filter(self._minded.__contains__, points):
            for permit in self._permits.get(point, ()):
                self._look(permit, now_ms)
                touched.add(permit)
            if point in self._stoves:
                touched.add(point)
        return touched

    def due(self, now_ms: int) -> set[int]:
        """The permits whose time has come."""
        return self._wakes.take(now_ms)

    def passed(self, permit: int, result: Result, now_ms: int) -> Result:
        """What is let through of a decision on any point."""
        stove, winner = self._stoves.get(permit), result.winner
        if stove is None or winner is None or result.value is not False or winner.slot <= Slot.INTERLOCK:
            return result
        if self._value(permit) is False:
            return result  # it is withdrawn already
        until_ms = None
        if permit in self._burns or self._value(self._flames[permit]) is None:
            why: Text = text("there is a flame, or whether there is one cannot be read")
        else:
            until_ms = min(self._ended.get(permit, now_ms - QUIET_MS), now_ms) + QUIET_MS
            if now_ms >= until_ms:
                return result
            self._wakes.ask(permit, until_ms)
            why = text("there was a flame less than 10 min ago")
        said = text("{name}: {reason}", name=stove.label or stove.name, reason=why)
        held = Request(
            Op.VALUE, True, Slot.MINIMUM_TIMES, str(stove.source), said, winner.since_ms, until_ms, ()
        )
        return result._replace(value=True, held=held)

    def wake_ms(self) -> int | None:
        return self._wakes.next_ms()

    def put_right(self, by_ms: int) -> None:
        """Times that are remembered move with the clock."""
        self._wakes.put_right(by_ms)
        for permit in self._ended if by_ms else ():
            self._ended[permit] += by_ms
            self._note(permit)

    def standing(self) -> tuple[RuleMemory, ...]:
        """What is remembered of every stove."""
        return tuple(item for permit in self._stoves if (item := self._memory(permit)).memory)

    def take_changed(self) -> Collection[RuleMemory]:
        """What has changed of it since the last call."""
        taken, self._changed = self._changed, {}
        return taken.values()

    def _look(self, permit: int, now_ms: int) -> None:
        """A flame came or went. One that burned when the daemon ended, and does not any more, ends now."""
        burns = self._value(self._flames[permit])
        if burns is None or burns is (permit in self._burns):
            return
        if burns:
            self._burns.add(permit)
        else:
            self._burns.discard(permit)
            self._ended[permit] = now_ms
        self._note(permit)

    def _value(self, point: int) -> bool | None:
        reading = self._readings[point]
        return reading.value is True if reading.quality is Quality.GOOD else None

    def _note(self, permit: int) -> None:
        item = self._memory(permit)
        self._changed[item.rule] = item

    def _memory(self, permit: int) -> RuleMemory:
        kept: dict[str, bool | int | float | str] = {}
        if permit in self._burns:
            kept[_BURNS] = True
        if permit in self._ended:
            kept[_ENDED] = self._ended[permit]
        return RuleMemory(PREFIX + self._stoves[permit].name, kept)
