"""What a point or a device was when it was tried, as a short hash; another one: try it again. Pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from typing import Any

from config.plan.devices import Device
from config.plan.points import Point
from config.plan.site import Plan


def of_point(plan: Plan, point: Point) -> str:
    """Its wire address and meaning, its command, and the roles it has. Labels make no difference."""
    command = point.command
    verify = None
    if command is not None and command.verify_point is not None:
        verify = plan.points[command.verify_point].key
        command = replace(command, verify_point=None)
    plain = replace(point, id=0, device=0, label="", command=command, counter=None)
    roles = [
        (equipment.name, role)
        for equipment in plan.equipment
        for role, bound in equipment.roles
        if bound == point.id
    ]
    return _hash([_wire(plan, plan.devices[point.device]), asdict(plain), verify, roles])


def of_device(plan: Plan, device: Device) -> str:
    """Where it is and how its line is set."""
    return _hash(_wire(plan, device))


def _wire(plan: Plan, device: Device) -> list[Any]:
    line = asdict(replace(plan.lines[device.line], id=0, name="", label=""))
    return [line, device.profile, device.unit, device.instance, device.address]


def _hash(content: list[Any]) -> str:
    written = json.dumps(content, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(written.encode()).hexdigest()[:16]
