"""Writes without a wire: carried out at once, read back when that is due, momentary outputs ended in time."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from itertools import count
from typing import NamedTuple

from config.plan.points import Point
from config.plan.reading import Value
from config.plan.site import Plan
from drivers.api import Fate, Write
from drivers.simulators.as_read import Missing
from drivers.simulators.unwired import Refusal, UnwiredDevice

_ACKNOWLEDGED, _READ_BACK = Fate.ACKNOWLEDGED, Fate.READ_BACK
"""Looked up once: they come with most writes."""


class Due(NamedTuple):
    """A read-back."""

    at_ms: int
    number: int
    """In the order in which they were asked for."""
    write: Write
    target: int
    """Point that is read."""
    expected: Value | None
    reads: bool
    """False: the profile has no read-back for it."""


class _ReadBack(NamedTuple):
    """How a point's commands are looked at afterwards."""

    reads: bool
    target: int
    after_ms: int


class End(NamedTuple):
    """A momentary output goes off again."""

    at_ms: int
    number: int
    write: Write
    expected: Value | None


class Answering:
    """Of all devices of a plan; `units` by device id. Times are site time."""

    def __init__(self, plan: Plan, units: Sequence[UnwiredDevice]) -> None:
        self._plan = plan
        self._units = units
        self._due: list[Due] = []
        self._ends: list[End] = []
        self._numbers = count()
        self._read_backs: dict[int, _ReadBack] = {}
        """By commanded point, and of momentary outputs that go off again."""
        self._latest: dict[int, int] = {}
        self._unasked: set[int] = set()
        """Numbers of momentary outputs whose end nobody waits for any more."""

    def take(self, write: Write, wall_ms: int) -> Refusal | None:
        """Carry it out, or say why not."""
        point = self._plan.points[write.point]
        unit = self._units[point.device]
        taken = unit.carry_out(point, write)
        if isinstance(taken, Refusal):
            return taken
        assert point.command is not None
        self._latest[point.id] = write.seq
        if point.command.pulse_s is not None and write.value is True:
            at_ms = wall_ms + round(point.command.pulse_s * 1000)
            heapq.heappush(self._ends, End(at_ms, next(self._numbers), write, taken))
        else:
            self._ask(point, write, taken, wall_ms)
        return None

    def next_end(self, wall_ms: int) -> End | None:
        """The first momentary output that is to go off by then; it is given once."""
        return heapq.heappop(self._ends) if self._ends and self._ends[0].at_ms <= wall_ms else None

    def end(self, end: End) -> None:
        """It goes off."""
        point = self._plan.points[end.write.point]
        unit = self._units[point.device]
        unit.end_pulse(point, end.write.slot)
        if end.number in self._unasked:
            self._unasked.discard(end.number)
        else:
            self._ask(point, end.write, end.expected, end.at_ms)

    def forget(self) -> None:
        """Whoever commanded is gone. What is momentary still ends."""
        self._due.clear()
        self._unasked |= {end.number for end in self._ends}

    def due(self, wall_ms: int) -> list[Due]:
        """Read-backs that are due; each is given once."""
        found: list[Due] = []
        waiting = self._due
        while waiting and waiting[0].at_ms <= wall_ms:
            found.append(heapq.heappop(waiting))
        return found

    def judge(self, due: Due) -> tuple[Fate, Value | None, str]:
        """What became of the write: fate, what was read back, detail."""
        _, _, write, target, expected, reads = due
        if not reads:
            return _ACKNOWLEDGED, None, ""
        point = self._plan.points[write.point]
        unit = self._units[point.device]
        if unit.bacnet:
            return self._judge_slots(point, unit, due)
        if self._latest[point.id] != write.seq:
            return _ACKNOWLEDGED, None, "a newer command was sent before the read-back"
        return self._judge_value(point, target, expected, 1e-9)

    def _ask(self, point: Point, write: Write, expected: Value | None, wall_ms: int) -> None:
        assert point.command is not None
        momentary = point.command.pulse_s is not None and write.value is True
        key = -1 - point.id if momentary else point.id
        found = self._read_backs.get(key)
        if found is None:
            found = self._read_backs[key] = self._read_back(point, momentary=momentary)
        reads, target, after_ms = found
        due = tuple.__new__(Due, (wall_ms + after_ms, next(self._numbers), write, target, expected, reads))
        heapq.heappush(self._due, due)

    def _read_back(self, point: Point, *, momentary: bool) -> _ReadBack:
        command = point.command
        assert command is not None
        reads = command.verify != "none" and not (momentary and self._units[point.device].bacnet)
        target = point.id
        if command.verify == "point" and command.verify_point is not None:
            target = command.verify_point
        return _ReadBack(reads, target, round(command.verify_after_s * 1000) if reads else 0)

    def _judge_value(
        self, point: Point, read: int, expected: Value | None, relative: float
    ) -> tuple[Fate, Value | None, str]:
        """By the point that is read."""
        assert point.command is not None
        target = self._plan.points[read]
        found = self._units[target.device].says(read)
        if isinstance(found, Missing):
            return Fate.MISMATCH, None, f"reads back as {found.reason}"
        if _same(target, expected, found, point.command.tolerance, relative):
            return _READ_BACK, found, ""
        return Fate.MISMATCH, found, f"read back {found} instead of {expected}"

    def _judge_slots(self, point: Point, unit: UnwiredDevice, due: Due) -> tuple[Fate, Value | None, str]:
        assert point.command is not None
        write = due.write
        ours = dict(unit.slots(point.id) or ()).get(write.slot)
        if write.value is None:
            if ours is not None:
                return Fate.MISMATCH, ours, f"slot {write.slot} still holds {ours}"
            return Fate.READ_BACK, None, ""
        if ours is None or not _same(point, write.value, ours, point.command.tolerance, 1e-6):
            found = "nothing" if ours is None else ours
            return Fate.MISMATCH, ours, f"slot {write.slot} holds {found} instead of {write.value}"
        if due.target != point.id:
            fate, value, detail = self._judge_value(point, due.target, due.expected, 1e-6)
            if fate is Fate.MISMATCH:
                return fate, value, detail
        return Fate.READ_BACK, ours, ""


def _same(target: Point, expected: Value | None, found: Value, tolerance: float, relative: float) -> bool:
    if target.kind != "number" or isinstance(expected, str) or isinstance(found, str) or expected is None:
        return found == expected
    return math.isclose(found, expected, rel_tol=relative, abs_tol=tolerance + relative)
