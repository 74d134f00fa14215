"""What is the same in two Plans. Pure.

A line is known by its transport address and settings, a device by its line and unit or instance, a point by
its device and where it lies in it. Names and labels are what people call them: by names goes what is
remembered, not what is on the wire.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from config.plan.devices import Device
from config.plan.lines import Line
from config.plan.points import Point
from config.plan.site import Plan

_Form: TypeAlias = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Same:
    """Ids in the former Plan -> ids in the next one."""

    lines: Mapping[int, int]
    """The same wire, spoken to in the same way: it stays open."""
    devices: Mapping[int, int]
    """On such a line, and read and written in the same way throughout."""
    wired: Mapping[int, int]
    """Points of such devices."""
    known: Mapping[int, int]
    """Devices that are the same to people, though their points or their line's settings may be others."""
    points: Mapping[int, int]
    """Points that mean the same: a reading of the one is a reading of the other."""
    outputs: Mapping[int, int]
    """Points of these that are commanded in the same way: what was sent to the one was sent to the other."""


def same_parts(former: Plan, following: Plan) -> Same:
    """What of `former` is in `following` too."""
    lines = _matched(
        {_line_form(line): line.id for line in former.lines},
        {_line_form(line): line.id for line in following.lines},
    )
    known = _matched(dict(_places(former)), dict(_places(following)))
    devices = _unchanged(former, following, lines, known)
    points: dict[int, int] = {}
    outputs: dict[int, int] = {}
    wired: dict[int, int] = {}
    for old, new in known.items():
        following_points = [following.points[number] for number in following.devices[new].points]
        found = {_meaning(point): point for point in following_points}
        for number in former.devices[old].points:
            point = former.points[number]
            other = found.get(_meaning(point))
            if other is None:
                continue
            points[number] = other.id
            if _commanded(former, point) == _commanded(following, other) and _is_output(point):
                outputs[number] = other.id
        if old in devices:
            wired.update(zip(former.devices[old].points, following.devices[new].points, strict=True))
    return Same(lines, devices, wired, known, points, outputs)


def _matched(before: Mapping[_Form, int], after: Mapping[_Form, int]) -> dict[int, int]:
    return {number: after[form] for form, number in before.items() if form in after}


def _line_form(line: Line) -> _Form:
    return (replace(line, id=0, name="", label=""),)


def _places(plan: Plan) -> Iterator[tuple[_Form, int]]:
    for device in plan.devices:
        line = plan.lines[device.line]
        wire = (line.transport, line.path) if line.path else (line.transport, line.host, line.port)
        yield (*wire, device.unit, device.instance), device.id


def _unchanged(
    former: Plan, following: Plan, lines: Mapping[int, int], known: Mapping[int, int]
) -> dict[int, int]:
    """Devices that a driver need not hear of. One whose read-back is on a device that changes does so too."""
    kept = {
        old: new
        for old, new in known.items()
        if lines.get(former.devices[old].line) == following.devices[new].line
        and _device_form(former, former.devices[old]) == _device_form(following, following.devices[new])
    }
    while lost := [old for old in kept if not _leans_on(former, former.devices[old]) <= kept.keys()]:
        for old in lost:
            del kept[old]
    return kept


def _leans_on(plan: Plan, device: Device) -> set[int]:
    commands = (plan.points[number].command for number in device.points)
    return {
        plan.points[command.verify_point].device
        for command in commands
        if command is not None and command.verify_point is not None
    }


def _device_form(plan: Plan, device: Device) -> _Form:
    set_up = () if device.unheard is None else device.unheard.set_up
    return (
        device.unit,
        device.instance,
        device.address,
        device.limits,
        device.turnaround_s,
        device.quirks,
        tuple((_place_of(plan, point), value) for point, value in set_up),
        tuple(_point_form(plan, plan.points[number]) for number in device.points),
    )


def _point_form(plan: Plan, point: Point) -> _Form:
    bare = replace(point, id=0, key="", label="", device=0, counter=None, command=None)
    return bare, _commanded(plan, point)


def _commanded(plan: Plan, point: Point) -> _Form:
    command = point.command
    if command is None or command.verify_point is None:
        return (command,)
    return replace(command, verify_point=None), _place_of(plan, command.verify_point)


def _place_of(plan: Plan, number: int) -> _Form:
    """Where a point is, whatever its device is called."""
    point = plan.points[number]
    device = plan.devices[point.device]
    line = plan.lines[device.line]
    return line.transport, line.host, line.port, line.path, device.unit, device.instance, point.name


def _meaning(point: Point) -> _Form:
    return (
        point.name,
        point.kind,
        point.unit,
        point.source,
        point.normally_closed,
        point.states,
        point.valid_low,
        point.valid_high,
    )


def _is_output(point: Point) -> bool:
    return point.command is not None and point.command.targetable
