"""What a programme or a rule is aimed at: names, roles and tags to points it may command."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import takewhile

from config.language import Text, text
from config.plan.devices import Source
from config.plan.equipment import KINDS, PRIMARY, RUN, Equipment
from config.plan.points import Point
from config.written.gather import Written
from config.written.lower.devices import Made
from config.written.lower.equipment import Bound
from config.written.lower.target import Target
from config.written.model.programmes import ProgrammeWritten
from config.written.named import Named
from config.written.nodes import Entry, Items
from config.written.problems import Findings, listing


class Targets:
    """Resolves targets against one site; everything that is wrong is told."""

    def __init__(self, written: Written, made: Mapping[str, Made], bound: Bound, findings: Findings) -> None:
        self._written = written
        self._made = made
        self._bound = bound
        self._findings = findings
        self._motors = False
        """Raw run commands may be commanded by what is being resolved."""
        self._points = [
            (point, device.profile.points[name], device)
            for device in made.values()
            for name, point in device.points.items()
        ]

    def of(self, programme: Named[ProgrammeWritten]) -> tuple[list[Target], bool]:
        """Every point the programme aims at, each once, in the order written; and whether it aims at others
        that were not found."""
        found: dict[int, Target] = {}
        owner = text('programme "{name}"', name=programme.name)
        if programme.entry.lacks("targets"):
            return [], True
        astray = not programme.entry.whole("targets")
        single = not isinstance(programme.entry.at_path(["targets"]), Items)
        for index, item in enumerate(programme.written.targets):
            path: list[object] = ["targets"] if single else ["targets", index]
            picked = self.pick(programme.entry, path, item, owner)
            astray = astray or not picked
            for target in picked:
                found.setdefault(target.point.id, target)
        return list(found.values()), astray

    def pick(
        self, entry: Entry, path: list[object], item: Mapping[str, str], owner: Text, *, motors: bool = False
    ) -> list[Target]:
        """The points of one written target, {"name": …} or {"tag": …, "role": …}. `motors`: raw run commands
        may be among them, and are what a bare equipment means that has one."""
        self._motors = motors
        if "tag" in item:
            return self._by_tag(owner, item, entry.place([*path, "tag"]))
        return self._by_name(item["name"], entry.place(path))

    def _by_tag(self, owner: Text, item: Mapping[str, str], at: Source) -> list[Target]:
        tag, role = item["tag"], item.get("role")
        if tag not in self._written.tags:
            self._findings.problem(
                at, text('no equipment or device has the tag "{name}"', name=tag), hint=self._guess(tag)
            )
            return []
        targets: list[Target] = []
        for equipment in self._bound.equipment.values():
            if tag in equipment.tags:
                targets += self._equipment(equipment, role, at)
        for device in self._made.values():
            if tag in device.device.tags:
                targets += self._device(device, at)
        if targets:
            self._findings.expansion(
                at,
                text(
                    'tag "{tag}" of {owner} stands for {targets}',
                    tag=tag,
                    owner=owner,
                    targets=listing(target.shown for target in targets),
                ),
            )
        return targets

    def _by_name(self, name: str, at: Source) -> list[Target]:
        owner, _, part = name.partition(".")
        if owner in self._bound.equipment:
            return self._equipment(self._bound.equipment[owner], part or None, at)
        if owner in self._made:
            return self._point(self._made[owner], part, at) if part else self._device(self._made[owner], at)
        written = self._written
        if owner in written.devices or any(
            written.is_broken(section, owner) for section in ("devices", "equipment")
        ):
            return []
        if owner not in written.tags and written.maybe_meant(owner, "devices", "equipment"):
            return []
        if owner in written.tags and not part:
            self._findings.problem(
                at,
                text('"{name}" is a tag', name=owner),
                hint=text("write {example}", example=f"{{tag: {owner}}}"),
            )
            return []
        self._findings.problem(
            at, text('no equipment, device or tag named "{name}"', name=owner), hint=self._guess(owner)
        )
        return []

    def _guess(self, word: str) -> Text | None:
        return self._findings.guess(
            word, [*self._bound.equipment, *self._written.devices, *sorted(self._written.tags)]
        )

    def _equipment(self, equipment: Equipment, role: str | None, at: Source) -> list[Target]:
        roles = KINDS[equipment.kind]
        bound = dict(equipment.roles)
        commands = [name for name in bound if roles[name].command and (self._motors or not roles[name].gated)]
        name = equipment.name
        if role is None and self._motors and RUN in bound:
            role = RUN
        elif role is None and self._motors and self._written.lost_part(name, RUN):
            return []
        if role is None:
            named = self._written.equipment[name]
            before = takewhile(lambda key: bound.get(key) != equipment.primary, PRIMARY[equipment.kind])
            if equipment.primary is not None and any(named.entry.lacks(key) for key in before):
                return []  # another one is its main command
            if equipment.primary is None:
                if any(
                    getattr(named.written, key) is not None or named.entry.lacks(key)
                    for key in PRIMARY[equipment.kind]
                ):
                    return []  # what is bound there is at fault, and that is told
                self._findings.problem(
                    at,
                    text('"{name}" has nothing that a programme may command', name=name),
                    text("{name}.{role}, one of {words}", name=name, role="…", words=listing(commands))
                    if commands
                    else None,
                )
                return []
            role = next(key for key, point in bound.items() if point == equipment.primary)
        if role not in roles:
            self._findings.problem(
                at,
                text('{kind} "{name}" has no role "{role}"', kind=Text(equipment.kind), name=name, role=role),
                hint=self._findings.guess(role, roles),
            )
            return []
        if roles[role].gated and not self._motors:
            self._findings.problem(
                at,
                text("{name}.{role} is a raw motor command: no programme may reach it", name=name, role=role),
                hint=text("aim at mode or permit; minimum run and rest times are kept there"),
            )
            return []
        if not roles[role].command:
            self._findings.problem(at, text("{name}.{role} is only read", name=name, role=role))
            return []
        if role not in bound:
            self._unbound(equipment, role, at)
            return []
        point, written, _ = self._points[bound[role]]
        return [Target(point, written, f"{name}.{role}", equipment.kind, at)]

    def _unbound(self, equipment: Equipment, role: str, at: Source) -> None:
        named = self._written.equipment[equipment.name]
        if getattr(named.written, role) is None and not named.entry.lacks(role):
            self._findings.problem(
                at, text('"{name}" binds no point to {role}', name=equipment.name, role=role)
            )

    def _device(self, device: Made, at: Source) -> list[Target]:
        commanded = device.profile.commanded()
        if len(commanded) == 1:
            return self._point(device, commanded[0], at)
        self._findings.problem(
            at,
            text('device "{name}" has {count} command points', name=device.name, count=len(commanded))
            if commanded
            else text('"{name}" has nothing that a programme may command', name=device.name),
            text("{name}.{role}, one of {words}", name=device.name, role="…", words=listing(commanded[:20]))
            if commanded
            else None,
        )
        return []

    def _point(self, device: Made, name: str, at: Source) -> list[Target]:
        profile = device.profile
        if name not in device.points:
            if not profile.knows(name):
                self._findings.problem(
                    at,
                    text(
                        'device "{device}" ({profile}) has no point "{name}"',
                        device=device.name,
                        profile=profile.name,
                        name=name,
                    ),
                    hint=self._findings.guess(name, device.points),
                )
            return []
        point = device.points[name]
        if why := self._forbidden(device, name, point):
            self._findings.problem(at, why)
            return []
        if point.id in self._bound.claims:
            owner, role = self._bound.claims[point.id]
            self._findings.problem(
                at,
                text("{point} belongs to the equipment {name}", point=point.key, name=owner),
                hint=text('aim at "{name}.{role}"', name=owner, role=role),
            )
            return []
        return [Target(point, profile.points[name], point.key, "", at)]

    def _forbidden(self, device: Made, name: str, point: Point) -> Text | None:
        if point.life_safety:
            return text("{point} is a life-safety point: no programme may reach it", point=point.key)
        if point.command is None:
            return text("{point} is only read", point=point.key)
        if not point.command.targetable:
            return text("{point} is a set-up register: no programme may reach it", point=point.key)
        if name == "run_cmd" or (device.profile.head.kind == "drive" and point.kind != "number"):
            return text("{point} is a raw motor command: no programme may reach it", point=point.key)
        return None
