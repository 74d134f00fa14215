"""Some devices of the example site as a site of their own, which is quicker."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from config.plan.site import Plan
from tests.drivers.simulators import sites


@cache
def part(*names: str) -> tuple[Plan, dict[str, Any]]:
    """The plan with these devices alone, without rules, and the facts of them."""
    plan, facts = sites.example("shuangliu")
    keep = [device for device in plan.devices if device.name in names]
    numbers = {point: at for at, point in enumerate(point for device in keep for point in device.points)}
    new_ids = {device.id: at for at, device in enumerate(keep)}

    def moved(point: int | None) -> int | None:
        return None if point is None else numbers[point]

    points = []
    for old, new in numbers.items():
        point = plan.points[old]
        command, counter = point.command, point.counter
        if command is not None:
            command = replace(command, verify_point=moved(command.verify_point))
        if counter is not None:
            counter = replace(counter, power_point=moved(counter.power_point))
        points.append(replace(point, id=new, device=new_ids[point.device], command=command, counter=counter))
    devices = tuple(
        replace(
            device,
            id=new_ids[device.id],
            points=tuple(numbers[point] for point in device.points),
            on_stop=(),
            unheard=None,
        )
        for device in keep
    )
    equipment = [
        replace(
            item,
            roles=tuple((role, numbers[point]) for role, point in item.roles if point in numbers),
            primary=numbers.get(-1 if item.primary is None else item.primary),
        )
        for item in plan.equipment
        if any(point in numbers for _, point in item.roles)
    ]
    programmes = [
        replace(one, targets=tuple(numbers[point] for point in one.targets if point in numbers))
        for one in plan.programmes
        if any(point in numbers for point in one.targets)
    ]
    small = replace(
        plan,
        devices=devices,
        points=tuple(points),
        equipment=tuple(replace(item, id=at) for at, item in enumerate(equipment)),
        programmes=tuple(replace(one, id=at) for at, one in enumerate(programmes)),
        rules=(),
        restart=None,
        trends=(),
        metering=type(plan.metering)(),
    )
    own = {name: dict(of) for name, of in facts["devices"].items() if name in names}
    for of in own.values():
        of.pop("supplies", None)
    return small, {"devices": own}
