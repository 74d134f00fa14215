"""What forbids every write to a point, whoever asks: fire or gas, maintenance lock, selector not in auto,
observe mode.

In this order; the first found is the one told. A selector (手动/停/自动) whose reading is not good counts as
not in auto: somebody may be working there by hand. What a barrier of an equipment covers: cover.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import Enum
from typing import NamedTuple

from config.language import Text, text
from config.plan.equipment import AUTO, Equipment
from config.plan.points import Point
from config.plan.reading import Quality, Reading
from config.plan.site import Plan
from controller.decide.cover import Cover, covers
from controller.decide.naming import equipment_named
from controller.decide.records import Changed, Lock, Notice, Observe, Unlock
from controller.decide.rules.look import Yielding


class BarrierKind(Enum):
    HAZARD = "fire or gas"
    LOCK = "lock"
    SELECTOR = "selector"
    UNREADABLE = "unreadable"
    """A selector or a contact of fire or gas that cannot be read, or not yet."""
    OBSERVE = "observe"


class Barrier(NamedTuple):
    """Why nothing is written to a point."""

    kind: BarrierKind
    text: Text


_NOTHING = Cover(frozenset())


class _Selector(Enum):
    AUTO = "auto"
    HAND = "hand"
    UNREADABLE = "unreadable"


class Barriers:
    """What forbids writes, by point. Asked for single points; told what changes."""

    def __init__(self, plan: Plan, locks: Iterable[Lock], observe: Iterable[Observe]) -> None:
        self._plan = plan
        self._locks = {lock.target: lock for lock in locks}
        self._observe = {item.target: item for item in observe}
        self._covers = covers(plan)
        self._hazards: dict[str, tuple[frozenset[int], Yielding]] = {}
        """By rule: the points that yield to it."""
        self._found: dict[int, Barrier | None] = {}
        """What was found of points since anything changed here."""
        self._owners: dict[int, list[Equipment]] = {point: [] for point in self._covers[""].points}
        """By point: the equipment whose barriers bear on it."""
        self._selected: dict[int, list[Equipment]] = {}
        self._selectors: dict[str, _Selector] = {}
        for equipment in plan.equipment:
            for point in self._covers[equipment.name].points:
                self._owners[point].append(equipment)
            selector = dict(equipment.roles).get(AUTO)
            if selector is not None:
                self._selected.setdefault(selector, []).append(equipment)
                self._selectors[equipment.name] = _Selector.UNREADABLE

    def give_way(self, yielding: Mapping[str, Yielding]) -> set[int]:
        """What yields to fire and gas now, by rule. Returns the points it bears on, or did."""
        touched = {point for points, _ in self._hazards.values() for point in points}
        self._found.clear()
        self._hazards = {
            rule: (frozenset().union(*(self.cover(name).points for name in item.equipment)), item)
            # An alarm is told before what has only not been read yet.
            for rule, item in sorted(yielding.items(), key=lambda each: each[1].unread)
        }
        return touched.union(*(points for points, _ in self._hazards.values()))

    def lock(self, lock: Lock, changed: Changed) -> set[int]:
        """Returns the points it bears on, as the others do."""
        self._locks[lock.target] = lock
        changed.locks.append(lock)
        return self._changed(lock.target)

    def unlock(self, command: Unlock, changed: Changed) -> set[int]:
        if self._locks.pop(command.target, None) is None:
            return set()
        changed.unlock(command.target)
        return self._changed(command.target)

    def observe(self, command: Observe, changed: Changed) -> set[int]:
        self._observe[command.target] = command
        changed.observe.append(command)
        return self._changed(command.target)

    @property
    def selectors(self) -> Collection[int]:
        """Points of selectors."""
        return self._selected.keys()

    def selector(self, point: Point, reading: Reading, notices: list[Notice]) -> set[int]:
        """A selector's reading changed."""
        touched: set[int] = set()
        state = _selector_state(point, reading)
        for equipment in self._selected.get(point.id, ()):
            before = self._selectors[equipment.name]
            if state is before:
                continue
            self._selectors[equipment.name] = state
            self._found.clear()
            touched |= self._covers[equipment.name].points
            if _Selector.HAND in (before, state):
                words = text("{name}: selector not in auto", name=equipment_named(equipment))
                notices.append(Notice("hand", equipment.name, words, state is _Selector.HAND))
        return touched

    def on(self, point: Point) -> Barrier | None:
        """What forbids writing `point`; None if nothing does."""
        try:
            return self._found[point.id]
        except KeyError:
            found = self._found[point.id] = self._look(point)
            return found

    def on_any(self, target: str) -> Barrier | None:
        """What forbids writing any of the points of `target`; None if nothing does."""
        found = (self.on(self._plan.points[point]) for point in sorted(self._points(target)))
        return next((barrier for barrier in found if barrier is not None), None)

    def cover(self, target: str) -> Cover:
        """What barriers of `target` bear on; nothing where the Plan has no such target."""
        return self._covers.get(target, _NOTHING)

    def locks(self) -> tuple[Lock, ...]:
        return tuple(self._locks.values())

    def observed(self) -> tuple[Observe, ...]:
        """What people said of observe mode, overruling the site files."""
        return tuple(self._observe.values())

    @property
    def site_observed(self) -> bool:
        """Observe mode of the whole site."""
        return self._observing("", self._plan.site.observe)

    def parts_observed(self) -> list[str]:
        """Devices and equipment in observe mode, by name."""
        plan = self._plan
        parts = [(device.name, device.observe) for device in plan.devices]
        parts += [(equipment.name, equipment.observe) for equipment in plan.equipment]
        return [name for name, declared in parts if self._observing(name, declared)]

    def _look(self, point: Point) -> Barrier | None:
        for points, yielding in self._hazards.values():
            if point.id in points and point.id not in yielding.free:
                kind = BarrierKind.UNREADABLE if yielding.unread else BarrierKind.HAZARD
                return Barrier(kind, yielding.words)
        owners = self._owners.get(point.id, ())
        device = self._plan.devices[point.device]
        for name in (device.name, *(equipment.name for equipment in owners)):
            lock = self._locks.get(name)
            if lock is not None:
                words = text("locked by {person}: {reason}", person=lock.person, reason=lock.reason)
                return Barrier(BarrierKind.LOCK, words)
        for equipment in owners:
            owner = equipment_named(equipment)
            match self._selectors.get(equipment.name):
                case _Selector.HAND:
                    return Barrier(BarrierKind.SELECTOR, text("{name}: selector not in auto", name=owner))
                case _Selector.UNREADABLE:
                    return Barrier(
                        BarrierKind.UNREADABLE, text("{name}: selector cannot be read", name=owner)
                    )
        if self.site_observed or self._observing(device.name, device.observe) or self._any_observing(owners):
            return Barrier(BarrierKind.OBSERVE, text("observe mode: nothing is sent"))
        return None

    def _changed(self, target: str) -> set[int]:
        """What people said of `target` is other than before. Returns the points it bears on."""
        self._found.clear()
        return self._points(target)

    def _points(self, target: str) -> set[int]:
        return set(self.cover(target).points)

    def _any_observing(self, owners: Sequence[Equipment]) -> bool:
        return any(self._observing(equipment.name, equipment.observe) for equipment in owners)

    def _observing(self, target: str, declared: bool) -> bool:
        said = self._observe.get(target)
        return declared if said is None else said.observing


def _selector_state(point: Point, reading: Reading) -> _Selector:
    if reading.quality is not Quality.GOOD or reading.value is None:
        return _Selector.UNREADABLE
    auto = point.state_name(reading.value) == AUTO if point.kind == "enum" else reading.value is True
    return _Selector.AUTO if auto else _Selector.HAND
