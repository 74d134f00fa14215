"""Points as people name them where they are only read: "device.point", "equipment.role", by tag."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from config.language import Text, text
from config.plan.devices import Source
from config.plan.equipment import KINDS
from config.plan.points import Point
from config.written.gather import Written
from config.written.lower.devices import Made
from config.written.lower.equipment import Bound
from config.written.problems import Findings


class PointNames:
    """Finds points by their names; tells what is not there, unless what it belongs to is at fault already."""

    def __init__(self, written: Written, made: Mapping[str, Made], bound: Bound, findings: Findings) -> None:
        self._written = written
        self._made = made
        self._bound = bound
        self._findings = findings
        self._points = [point for device in made.values() for point in device.points.values()]

    def named(self, wanted: str, at: Source, units: Container[str] = ()) -> Point | None:
        """The point "device.point" or "equipment.role"; `units`: in which of them it would fit."""
        owner, _, part = wanted.partition(".")
        if owner in self._bound.equipment or owner in self._made:
            if not part:
                self._findings.problem(
                    at,
                    text('it is not said which point of "{name}"', name=owner),
                    text("something like {example}", example=self._example(owner, units)),
                )
                return None
            return (
                self._role(owner, part, at)
                if owner in self._bound.equipment
                else self._point(owner, part, at)
            )
        written = self._written
        if owner in written.devices or any(
            written.is_broken(section, owner) for section in ("devices", "equipment")
        ):
            return None
        if written.maybe_meant(owner, "devices", "equipment"):
            return None
        if owner in written.tags and not part:
            self._findings.problem(
                at,
                text('"{name}" is a tag', name=owner),
                hint=text("write {example}", example=f"{{tag: {owner}, point: …}}"),
            )
            return None
        self._findings.problem(
            at,
            text('no equipment or device named "{name}"', name=owner),
            hint=self._findings.guess(owner, [*self._bound.equipment, *written.devices]),
        )
        return None

    def _example(self, owner: str, units: Container[str]) -> str:
        if owner in self._bound.equipment:
            parts = {role: self._points[number] for role, number in self._bound.equipment[owner].roles}
        else:
            parts = dict(self._made[owner].points)
        fitting = [part for part, point in parts.items() if point.unit in units]
        return f"{owner}.{next(iter(fitting or parts), '…')}"

    def _point(self, owner: str, part: str, at: Source) -> Point | None:
        device = self._made[owner]
        if part in device.points:
            return device.points[part]
        if not device.profile.knows(part):
            self._findings.problem(
                at,
                text(
                    'device "{device}" ({profile}) has no point "{name}"',
                    device=owner,
                    profile=device.profile.name,
                    name=part,
                ),
                hint=self._findings.guess(part, device.points),
            )
        return None

    def _role(self, owner: str, part: str, at: Source) -> Point | None:
        equipment = self._bound.equipment[owner]
        bound = dict(equipment.roles)
        if part in bound:
            return self._points[bound[part]]
        if part in KINDS[equipment.kind]:
            named = self._written.equipment[owner]
            if getattr(named.written, part) is None and not named.entry.lacks(part):
                self._findings.problem(at, text('"{name}" binds no point to {role}', name=owner, role=part))
            return None
        self._findings.problem(
            at,
            text('{kind} "{name}" has no role "{role}"', kind=Text(equipment.kind), name=owner, role=part),
            hint=self._findings.guess(part, bound),
        )
        return None

    def tagged(self, tag: str, key: str, names: Sequence[str], at: Source) -> list[Point]:
        """Points called so ("point") of devices with a tag, or bound to such roles ("role") of equipment."""
        if tag not in self._written.tags:
            self._findings.problem(
                at,
                text('no equipment or device has the tag "{name}"', name=tag),
                hint=self._findings.guess(tag, sorted(self._written.tags)),
            )
            return []
        owners: list[Mapping[str, Point]]
        if key == "point":
            owners = [device.points for device in self._made.values() if tag in device.device.tags]
        else:
            owners = [
                {role: self._points[number] for role, number in equipment.roles}
                for equipment in self._bound.equipment.values()
                if tag in equipment.tags
            ]
        there = {part for owner in owners for part in owner}
        for part in names:
            if part not in there and not self._written.lost_points:
                self._findings.problem(
                    at,
                    text(
                        'no device with the tag "{tag}" has a point "{name}"'
                        if key == "point"
                        else 'no equipment with the tag "{tag}" binds the role "{name}"',
                        tag=tag,
                        name=part,
                    ),
                    hint=self._findings.guess(part, sorted(there)),
                )
        return [owner[part] for owner in owners for part in names if part in owner]
