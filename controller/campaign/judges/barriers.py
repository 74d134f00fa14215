"""Where a lock, observe mode, a selector, fire or gas stands before equipment nothing at all is written to
it, and where nothing of it stands, nothing keeps the daemon from it."""

from __future__ import annotations

from collections.abc import Iterator

from config.language import Text, text
from config.plan.equipment import AUTO, Equipment
from config.plan.reading import NEVER, Quality
from config.plan.rules import Hazard, Rule
from config.plan.site import Plan
from controller.campaign.seen import Breach, Seen
from controller.decide.records import Lock, Observe, Reset, Unlock
from drivers.api import Write

NAME = "barriers"
FIRST_READING_S = 60.0
EVERY = 30
"""Cycles between two looks at what should be free."""


class Barred:
    """Keeps its own account of locks, observe mode and alarms, by names."""

    def __init__(self) -> None:
        self._locks: set[str] = set()
        self._observe: dict[str, bool] = {}
        self._alarms: set[str] = set()
        """Rules of fire and gas that stand."""
        self._perhaps: set[str] = set()
        """And those that may: their contacts have not been read, and it is about time."""
        self._plan: Plan | None = None
        self._covers: dict[str, frozenset[int]] = {}
        self._owners: dict[int, list[Equipment]] = {}
        self._hazards: list[Rule] = []
        self._cycle = 0

    def look(self, seen: Seen) -> Iterator[Breach]:
        if seen.plan is not self._plan:
            self._learn(seen.plan)
        self._take(seen)
        self._cycle += 1
        for write in seen.step.writes:
            why = self._forbids(seen, write.point, write)
            if why is not None:
                yield Breach(NAME, seen.plan.points[write.point].key, why)
        if self._cycle % EVERY == 0 and not seen.last:
            for point in seen.decisions:
                if seen.engine.barrier(point) is not None and self._forbids(seen, point, None) is None:
                    words = text("nothing stands before it, yet nothing is written to it")
                    yield Breach(NAME, seen.plan.points[point].key, words)

    def _learn(self, plan: Plan) -> None:
        self._plan = plan
        self._hazards = [rule for rule in plan.rules if isinstance(rule.spec, Hazard)]
        self._alarms &= {rule.name for rule in self._hazards}
        commanded = {point.id for point in plan.points if point.command is not None}
        bound = {point for item in plan.equipment for _, point in item.roles}
        served: dict[int, set[str]] = {}
        for item in plan.equipment:
            for _, point in item.roles:
                if point in commanded:
                    served.setdefault(plan.points[point].device, set()).add(item.name)
        self._covers = {device.name: commanded & set(device.points) for device in plan.devices}  # type: ignore[misc]
        self._owners = {}
        for item in plan.equipment:
            own = {point for _, point in item.roles if point in commanded}
            for device in {plan.points[point].device for point in own}:
                if served[device] == {item.name}:
                    own |= (commanded & set(plan.devices[device].points)) - bound
            self._covers[item.name] = frozenset(own)
            for point in own:
                self._owners.setdefault(point, []).append(item)

    def _take(self, seen: Seen) -> None:
        for command in seen.commands:
            match command:
                case Lock():
                    self._locks.add(command.target)
                case Unlock():
                    self._locks.discard(command.target)
                case Observe():
                    self._observe[command.target] = command.observing
                case Reset():
                    self._alarms.discard(command.rule)
                    self._perhaps.discard(command.rule)
        for rule in self._hazards:
            assert isinstance(rule.spec, Hazard)
            for contact in rule.spec.contacts:
                reading = seen.readings[contact]
                if reading is NEVER and seen.run_s >= FIRST_READING_S:
                    self._perhaps.add(rule.name)
                known = reading is not NEVER or seen.run_s > FIRST_READING_S + 2 * seen.cycle_s
                if known and not (reading.quality is Quality.GOOD and reading.value is False):
                    self._alarms.add(rule.name)

    def _forbids(self, seen: Seen, point: int, write: Write | None) -> Text | None:
        """Why nothing may be written to it. `write`: what is."""
        plan = seen.plan
        device = plan.devices[plan.points[point].device]
        owners = self._owners.get(point, [])
        names = [device.name, *(item.name for item in owners)]
        for rule in self._hazards:
            assert isinstance(rule.spec, Hazard)
            if point in set().union(*(self._covers.get(name, ()) for name in rule.spec.yields)):
                unread = any(seen.readings[contact] is NEVER for contact in rule.spec.contacts)
                stands = rule.name in self._alarms or (write is None and rule.name in self._perhaps)
                if (stands or unread) and not _withdraws(rule.spec, seen, write):
                    return text("it yields to {rule}", rule=rule.name)
        for name in names:
            if name in self._locks:
                return text("{name} is locked", name=name)
        for item in owners:
            selector = dict(item.roles).get(AUTO)
            if selector is not None and not _in_auto(seen, selector):
                return text("the selector of {name} is not in auto", name=item.name)
        declared = [("", plan.site.observe), (device.name, device.observe)]
        declared += [(item.name, item.observe) for item in owners]
        for name, says in declared:
            if self._observe.get(name, says):
                return text("{name} is in observe mode", name=name or plan.site.name)
        return None


def _withdraws(spec: Hazard, seen: Seen, write: Write | None) -> bool:
    """The one write that is allowed: off, to a motor that fire has stopped already."""
    return write is not None and any(
        write.point == item.command and write.value is False and seen.readings[item.feedback].value is False
        for item in spec.withdrawals
    )


def _in_auto(seen: Seen, selector: int) -> bool:
    point, reading = seen.plan.points[selector], seen.readings[selector]
    if reading.quality is not Quality.GOOD or reading.value is None:
        return False
    if point.kind == "enum":
        return dict(point.states).get(int(reading.value)) == AUTO
    return reading.value is True
