"""What another Plan changes: for people, and for judging how it goes. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, NamedTuple

from config.plan.devices import Device, Source
from config.plan.site import Plan
from controller.decide.rules.aims import aims
from controller.swap.same import Same

RESTART = ("name", "time_zone", "interval_s")
"""Of the site: these are taken by a start alone."""


class Part(NamedTuple):
    """Names of one sort."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def changed_parts(former: Plan, following: Plan) -> dict[str, Part]:
    """What is other, by sort; sorts in which nothing is are left out. Where something is written does not
    count."""
    return {sort: part for sort in SORTS if (part := _part(SORTS[sort](former), SORTS[sort](following)))}


def touched_devices(former: Plan, following: Plan, same: Same) -> frozenset[str]:
    """Devices that an edit concerns: other on the wire, or commanded by what is other."""
    kept = set(same.devices.values())
    names = {device.name for device in following.devices if device.id not in kept}
    points: set[int] = set()
    programmes = _part(SORTS["programmes"](former), SORTS["programmes"](following))
    changed = {*programmes.added, *programmes.changed}
    for programme in following.programmes:
        if programme.name in changed:
            points.update(programme.targets)
    for name in programmes.removed:
        gone = next(item for item in former.programmes if item.name == name)
        points.update(same.points[point] for point in gone.targets if point in same.points)
    rules = _part(SORTS["rules"](former), SORTS["rules"](following))
    for rule in following.rules:
        if rule.name in {*rules.added, *rules.changed}:
            points.update(aims(rule.spec))
    names |= {following.devices[following.points[point].device].name for point in points}
    return frozenset(names)


def needs_restart(former: Plan, following: Plan) -> str:
    """What of the site cannot be taken without a restart; "" when all can."""
    for name in RESTART:
        if getattr(former.site, name) != getattr(following.site, name):
            return name
    return ""


def _part(before: Mapping[str, object], after: Mapping[str, object]) -> Part:
    return Part(
        tuple(name for name in after if name not in before),
        tuple(name for name in after if name in before and after[name] != before[name]),
        tuple(name for name in before if name not in after),
    )


_POINT_IDS = frozenset(
    {
        "targets", "point", "points", "contacts", "command", "feedback", "level", "fault", "hours", "lux",
        "presence", "primary", "verify_point", "power_point", "temperature", "outdoor",
        "meter", "meters", "order",
    }
)  # fmt: skip
"""Fields that hold ids of points where they hold whole numbers."""
_NUMBERS = frozenset({"id", "device"})
"""Fields that say nothing by themselves where they hold whole numbers: those of one Plan."""


def _told(plan: Plan, value: Any, field: str = "") -> Any:
    """`value` as it can be compared over Plans: points by their names."""
    if field == "roles":
        return tuple((role, plan.points[point].key) for role, point in value)
    if isinstance(value, tuple):
        return tuple(_told(plan, item, field) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        parts = [(item.name, getattr(value, item.name)) for item in fields(value)]
        told = tuple(_told(plan, part, name) for name, part in parts if not _says_nothing(name, part))
        return type(value).__name__, told
    if field in _POINT_IDS and isinstance(value, int) and not isinstance(value, bool):
        return plan.points[value].key if 0 <= value < len(plan.points) else value
    return value


def _says_nothing(field: str, value: object) -> bool:
    return isinstance(value, Source) or (field in _NUMBERS and isinstance(value, int))


def _device(plan: Plan, device: Device) -> Any:
    unheard = device.unheard
    set_up = (
        () if unheard is None else tuple((plan.points[point].key, value) for point, value in unheard.set_up)
    )
    bare = replace(
        device, line=0, points=(), unheard=None if unheard is None else replace(unheard, set_up=())
    )
    return plan.lines[device.line].name, set_up, _told(plan, bare)


def _by_name(items: Callable[[Plan], Iterable[Any]]) -> Callable[[Plan], dict[str, Any]]:
    return lambda plan: {item.name: _told(plan, item) for item in items(plan)}


_made = _by_name(lambda plan: (*plan.metering.integrated, *plan.metering.virtual))
"""Meters that no device has."""

SORTS: dict[str, Callable[[Plan], Mapping[str, Any]]] = {
    "site": lambda plan: {plan.site.name: plan.site},
    "lines": _by_name(lambda plan: plan.lines),
    "devices": lambda plan: {device.name: _device(plan, device) for device in plan.devices},
    "points": lambda plan: {point.key: _told(plan, point) for point in plan.points},
    "equipment": _by_name(lambda plan: plan.equipment),
    "programmes": _by_name(lambda plan: plan.programmes),
    "rules": _by_name(lambda plan: plan.rules),
    "calendar": lambda plan: {"calendar": _told(plan, plan.calendar)},
    "tariff": lambda plan: {} if plan.tariff is None else {"tariff": _told(plan, plan.tariff)},
    "places": _by_name(lambda plan: plan.places),
    "meters": lambda plan: {**dict(plan.metering.labels), **_made(plan)},
    "submeters": lambda plan: {item.meter: item.of for item in plan.metering.submeters},
    "trends": lambda plan: {plan.points[item.point].key: _told(plan, item) for item in plan.trends},
    "sinks": lambda plan: {item.common.name: _told(plan, item) for item in plan.sinks},
    "channels": _by_name(lambda plan: plan.channels),
    "restart": lambda plan: {} if plan.restart is None else {"restart": _told(plan, plan.restart)},
}
"""What is compared, and the order in which it is shown."""
