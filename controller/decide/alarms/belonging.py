"""What each alarm is of: devices, lines and equipment. By it some are part of others. Pure."""

from __future__ import annotations

from config.plan.conditions import points_of
from config.plan.rules import Hazard, Watch
from config.plan.site import Plan
from controller.decide.alarms.alarm import Alarm
from controller.decide.alarms.classes import CLASSES, DECLARED, DEVICE, OTHER
from controller.decide.rules.aims import aims


class Belonging:
    """Of one Plan."""

    def __init__(self, plan: Plan) -> None:
        self.lines: dict[str, frozenset[str]] = {}
        """Line → its devices."""
        self.line_of: dict[str, str] = {}
        for device in plan.devices:
            line = plan.lines[device.line].name
            self.lines[line] = self.lines.get(line, frozenset()) | {device.name}
            self.line_of[device.name] = line
        self.watches = {rule.name: rule.spec for rule in plan.rules if isinstance(rule.spec, Watch)}
        """Alarms that the site declares."""
        self._device_of = {point.key: plan.devices[point.device].name for point in plan.points}
        self._watched = {
            name: frozenset(
                plan.devices[plan.points[point].device].name for point in points_of(spec.when, spec.only_if)
            )
            for name, spec in self.watches.items()
        }
        owners: dict[int, list[str]] = {}
        for equipment in plan.equipment:
            for _, point in equipment.roles:
                owners.setdefault(point, []).append(equipment.name)
        self._groups: dict[str, tuple[str, ...]] = {
            plan.points[point].key: tuple(names) for point, names in owners.items()
        }
        self._groups |= {equipment.name: (equipment.name,) for equipment in plan.equipment}
        for rule in plan.rules:
            if isinstance(rule.spec, Watch):
                self._groups[rule.name] = rule.spec.groups
            elif isinstance(rule.spec, Hazard):
                self._groups[rule.name] = rule.spec.yields
            else:
                found = {name for point in aims(rule.spec) for name in owners.get(point, ())}
                self._groups[rule.name] = tuple(sorted(found))

    def groups(self, kind: str, subject: str) -> tuple[str, ...]:
        """The equipment and groups that a notice is of. What is wrong with a device is no fault of one."""
        return () if kind == DEVICE else self._groups.get(subject, ())

    def devices(self, alarm: Alarm) -> frozenset[str]:
        """Devices without which there would be no such alarm."""
        if alarm.kind == DECLARED:
            return self._watched.get(alarm.subject, frozenset())
        device = self._device_of.get(alarm.subject)
        of_points = CLASSES.get(alarm.kind, OTHER).of_points
        return frozenset((device,)) if of_points and device is not None else frozenset()
