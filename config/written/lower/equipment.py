"""Equipment to the records of the Plan: roles bound to points, each command point claimed once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from config.language import Text, text
from config.plan.equipment import AUTO, KINDS, PRIMARY, RUN, Equipment, Role
from config.plan.points import Point
from config.plan.reading import Value
from config.written.check.values import check_value, shown
from config.written.gather import Written
from config.written.lower.devices import Made
from config.written.model.equipment import EquipmentWritten
from config.written.named import Named
from config.written.problems import Findings, Wrong
from config.written.quantities import amount, exact, inside, known_unit

_WORDS = {"bool": text("switch"), "number": text("number"), "enum": text("state"), "text": text("text")}


@dataclass(slots=True)
class Bound:
    """All equipment by name, and who claims which command point."""

    equipment: dict[str, Equipment] = field(default_factory=dict)
    claims: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Point id → (equipment, role)."""


def lower_equipment(written: Written, made: Mapping[str, Made], findings: Findings) -> Bound:
    """Bind every role; tells what does not fit."""
    bound = Bound()
    for named in written.equipment.values():
        if named.name in written.devices:
            findings.problem(
                named.entry.at,
                text(
                    '"{name}" is a device already, in {place}',
                    name=named.name,
                    place=written.devices[named.name].entry.at,
                ),
                hint=text("devices and equipment share one set of names"),
            )
        roles: list[tuple[str, int]] = []
        for role, takes in KINDS[named.written.kind].items():
            point = _bind(named, role, takes, written, made, bound, findings)
            if point is not None:
                roles.append((role, point.id))
            elif getattr(named.written, role) is not None:
                written.misfits.add((named.name, role))
        primary = next(
            (dict(roles)[role] for role in PRIMARY[named.written.kind] if role in dict(roles)), None
        )
        record = _record(named, len(bound.equipment), roles, primary, made, findings)
        bound.equipment[named.name] = record
        for key, value in (("safe", record.safe), ("rated", record.rated_kw)):
            if value is None and getattr(named.written, key) is not None:
                written.misfits.add((named.name, key))
    return bound


def _bind(
    named: Named[EquipmentWritten],
    role: str,
    takes: Role,
    written: Written,
    made: Mapping[str, Made],
    bound: Bound,
    findings: Findings,
) -> Point | None:
    """The point bound to `role`, or None when there is none or it does not fit."""
    wanted: str | None = getattr(named.written, role)
    if wanted is None:
        return None
    point = find_point(named, [role], wanted, written, made, findings)
    if point is None:
        return None
    at = named.entry.place([role])
    if point.kind not in takes.kinds:
        findings.problem(
            at,
            text("{point} is a {kind}", point=wanted, kind=_WORDS[point.kind]),
            text("a {kind} for {role}", kind=_kinds(takes), role=role),
        )
        return None
    if role == AUTO and point.kind == "enum" and AUTO not in dict(point.states).values():
        findings.problem(
            at,
            text("{point} has no state that hands over to us: nothing would ever be written", point=wanted),
            hint=text('name it "auto" in the profile'),
        )
        return None
    if not takes.command:
        return point
    if point.command is None or not point.command.targetable:
        findings.problem(
            at,
            text("{point} is a life-safety point", point=wanted)
            if point.life_safety
            else text("{point} cannot be commanded", point=wanted),
            text("a point with a command for {role}", role=role),
        )
        return None
    if point.id in bound.claims:
        other, other_role = bound.claims[point.id]
        findings.problem(
            at,
            text(
                "{point} is commanded by {other}.{role} already", point=wanted, other=other, role=other_role
            ),
        )
        return None
    bound.claims[point.id] = (named.name, role)
    return point


def _kinds(takes: Role) -> Text:
    first, *others = (_WORDS[kind] for kind in takes.kinds)
    return text("{first} or {second}", first=first, second=others[0]) if others else first


def find_point(
    named: Named[EquipmentWritten],
    path: list[object],
    wanted: str,
    written: Written,
    made: Mapping[str, Made],
    findings: Findings,
) -> Point | None:
    """The point "device.point"; tells when there is none, unless its device is at fault already."""
    device, _, name = wanted.partition(".")
    if device not in made:
        lost = written.is_broken("devices", device) or written.maybe_meant(device, "devices")
        if device not in written.devices and not lost:
            findings.problem(
                named.entry.place(path),
                text('no device named "{name}"', name=device),
                hint=findings.guess(device, written.devices),
            )
        return None
    point = made[device].points.get(name)
    if point is None and not made[device].profile.knows(name):
        findings.problem(
            named.entry.place(path),
            text(
                'device "{device}" ({profile}) has no point "{name}"',
                device=device,
                profile=made[device].profile.name,
                name=name,
            ),
            hint=findings.guess(name, made[device].points),
        )
    return point


def _record(
    named: Named[EquipmentWritten],
    number: int,
    roles: list[tuple[str, int]],
    primary: int | None,
    made: Mapping[str, Made],
    findings: Findings,
) -> Equipment:
    equipment = named.written
    return Equipment(
        id=number,
        name=named.name,
        label=equipment.label,
        kind=equipment.kind,
        roles=tuple(roles),
        primary=primary,
        tags=tuple(equipment.tags),
        place=equipment.place,
        rated_kw=_rated(named, findings),
        min_on_s=equipment.min_on,
        min_off_s=equipment.min_off,
        starts_per_hour=equipment.starts_per_hour,
        max_off_s=equipment.max_off,
        safe=_safe(named, primary, made, findings),
        observe=equipment.observe,
        hand_s=equipment.hand,
        facts=_facts(named, findings),
        source=named.entry.at,
    )


def _rated(named: Named[EquipmentWritten], findings: Findings) -> float | None:
    rated = named.written.rated
    if rated is None:
        return None
    at = named.entry.place(["rated"])
    try:
        power = inside(rated, "kW")
    except Wrong as error:
        findings.wrong(at, error)
        return None
    if amount(rated).unit != "kW":
        findings.note(at, text("{written} is taken as {inside}", written=rated, inside=shown(power, "kW")))
    return float(power)


def _safe(
    named: Named[EquipmentWritten], primary: int | None, made: Mapping[str, Made], findings: Findings
) -> Value | None:
    """What is safe for the command: of the gated run command where there is one, else of the primary role."""
    if named.written.safe is None:
        return None
    at = named.entry.place(["safe"])
    owner = named.written
    role = getattr(owner, RUN, None)
    for device in made.values():
        for name, point in device.points.items():
            if point.key == role or (role is None and point.id == primary):
                try:
                    return check_value(device.profile.points[name], point.kind, named.written.safe)
                except Wrong as error:
                    findings.wrong(at, error)
                    return None
    if role is None and primary is None and not _lost_command(named):
        findings.problem(
            at, text('"{key}" does not belong here: {why}', key="safe", why=text("nothing is commanded"))
        )
    return None


def _lost_command(named: Named[EquipmentWritten]) -> bool:
    """Whether something was bound to a command that cannot be used."""
    return any(takes.command and named.entry.lacks(role) for role, takes in KINDS[named.written.kind].items())


def _facts(named: Named[EquipmentWritten], findings: Findings) -> tuple[tuple[str, float], ...]:
    facts = []
    for name, value in named.written.facts.items():
        at = named.entry.place(["facts", name])
        number, unit = amount(value)
        if unit:
            try:
                record = known_unit(unit)
            except Wrong as error:
                findings.wrong(at, error)
                continue
            number *= exact(record.factor)
            if record.inside != unit:
                findings.note(
                    at,
                    text(
                        "{written} is taken as {inside}", written=value, inside=shown(number, record.inside)
                    ),
                )
        facts.append((name, float(number)))
    return tuple(facts)
