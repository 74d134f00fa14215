"""How people are told where something is: by the label they know and the name that commands take, and what
values are called. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from config.language import Text, text
from config.plan.amounts import amount
from config.plan.devices import Device
from config.plan.equipment import Equipment
from config.plan.points import Point
from config.plan.reading import Value
from config.plan.site import Plan


def named(label: str, name: str) -> Text:
    """ "一层走廊灯（relay-1.ch1）"; the name alone where there is no other label."""
    return text("{label} ({name})", label=label, name=name) if label not in ("", name) else plain(name)


def plain(name: str) -> Text:
    """A name as it is, in any language."""
    return text("{name}", name=name)


def listed(said: Sequence[Text]) -> Text:
    """One after the other."""
    return reduce(lambda first, rest: text("{first}, {rest}", first=first, rest=rest), said)


def valued(point: Point, value: Value) -> Text | str:
    """A value with its unit or state."""
    state = point.state_name(value)
    if state is not None:
        return Text(state)
    if isinstance(value, bool):
        return text("on") if value else text("off")
    return value if isinstance(value, str) else amount(value, point.unit, 3)


class Naming:
    """Labels of a Plan's points."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._owners: dict[int, Equipment] = {}
        for equipment in plan.equipment:
            for _, point in equipment.roles:
                self._owners.setdefault(point, equipment)
            if equipment.primary is not None:
                self._owners[equipment.primary] = equipment

    def label(self, point: Point) -> str:
        """What people call a point: its equipment, alone if it is that one's main command; "" if nothing."""
        own = "" if point.label == point.key else point.label
        owner = self._owners.get(point.id)
        if owner is not None:
            of = owner.label or owner.name
            return of if owner.primary == point.id else " ".join(filter(None, (of, own)))
        device = self._plan.devices[point.device]
        return " ".join(filter(None, ("" if device.label == device.name else device.label, own)))

    def point(self, point: Point) -> Text:
        return named(self.label(point), point.key)


def device_named(device: Device) -> Text:
    return named(device.label, device.name)


def equipment_named(equipment: Equipment) -> Text:
    return named(equipment.label, equipment.name)
