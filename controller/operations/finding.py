"""What a name on a command line means: names, and labels where they are unambiguous. Raises RequestError.

Case, full-width forms and spaces make no difference.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from config.language import Text, text
from config.plan.points import Point
from config.plan.site import Plan
from controller.decide.naming import Naming, device_named, equipment_named, listed, named, plain
from controller.socket.protocol import Code, RequestError

GUESSES = 4
"""So many names at most are offered for one that means several things."""


class Meaning(NamedTuple):
    """One thing that a name may mean."""

    kind: str
    """equipment, device, point or rule."""
    name: str
    """By which commands take it."""
    label: str
    point: int | None
    """What `set` and `read` aim at; None for a device and for an equipment without a main command."""


def folded(written: str) -> str:
    """Without what makes no difference to people."""
    return "".join(unicodedata.normalize("NFKC", written).casefold().split())


async def meant_point(plan: Plan, name: object) -> Point:
    """As `find_point`, without keeping the cycle waiting: a label or a slip is sought among thousands."""
    if isinstance(name, str) and (direct := plan.point_named(name)) is not None:
        return direct
    return await asyncio.to_thread(find_point, plan, name)


async def meant_target(plan: Plan, name: str) -> str:
    """As `find_target`, without keeping the cycle waiting."""
    return await asyncio.to_thread(find_target, plan, name)


def find_point(plan: Plan, name: object) -> Point:
    """The point meant by `name`: device.point, equipment.role, a bare equipment, or a label of one."""
    if not isinstance(name, str) or not name.strip():
        raise RequestError(Code.BAD_REQUEST, text("say which point"), "point")
    direct = plan.point_named(name)
    if direct is not None:
        return direct
    known = _known(plan)
    meant = known.get(folded(name), [])
    points = {meaning.point for meaning in meant if meaning.point is not None}
    if len(points) == 1:
        return plan.points[points.pop()]
    if points:
        raise _unknown(_several(name, [item for item in meant if item.point is not None]), "point")
    for meaning in meant:
        raise _unknown(_no_point(plan, meaning), "point")
    near = _near(name, known)
    if near is None:
        raise _unknown(text("no point named {name}", name=name), "point")
    raise _unknown(text('no point named {name}; did you mean "{near}"?', name=name, near=near), "point")


def find_target(plan: Plan, name: str) -> str:
    """The equipment or device meant by `name`, for a lock or observe mode."""
    if any(item.name == name for items in (plan.equipment, plan.devices) for item in items):
        return name
    known = {
        key: parts
        for key, meant in _known(plan).items()
        if (parts := [item for item in meant if item.kind != "point"])
    }
    meant = known.get(folded(name), [])
    names = {item.name for item in meant}
    if len(names) == 1:
        return names.pop()
    if names:
        raise _unknown(_several(name, meant), "target")
    near = _near(name, known)
    if near is None:
        raise _unknown(text("no equipment or device named {name}", name=name), "target")
    words = text('no equipment or device named {name}; did you mean "{near}"?', name=name, near=near)
    raise _unknown(words, "target")


def find_rule(plan: Plan, name: str) -> str:
    """The rule meant by `name`, or by its label, for a reset; `name` itself where there is none."""
    if any(rule.name == name for rule in plan.rules):
        return name
    written = folded(name)
    meant = [
        Meaning("rule", rule.name, rule.label, None)
        for rule in plan.rules
        if written and written in (folded(rule.name), folded(rule.label))
    ]
    if len(meant) > 1:
        raise _unknown(_several(name, meant), "rule")
    return meant[0].name if meant else name


def target_named(plan: Plan, name: str) -> Text:
    """How people are told an equipment or device; one that the Plan lacks by its name."""
    for equipment in plan.equipment:
        if equipment.name == name:
            return equipment_named(equipment)
    for device in plan.devices:
        if device.name == name:
            return device_named(device)
    return plain(name)


def _known(plan: Plan) -> dict[str, list[Meaning]]:
    """What each folded name and label may mean, equipment first."""
    known: dict[str, list[Meaning]] = {}
    for written, meaning in _meanings(plan):
        meant = known.setdefault(folded(written), [])
        if written and meaning not in meant:
            meant.append(meaning)
    known.pop("", None)
    return known


def _meanings(plan: Plan) -> Iterator[tuple[str, Meaning]]:
    for equipment in plan.equipment:
        label = equipment.label or equipment.name
        meaning = Meaning("equipment", equipment.name, label, equipment.primary)
        yield equipment.name, meaning
        yield label, meaning
        for role, point in equipment.roles:
            name = f"{equipment.name}.{role}"
            at_role = Meaning("point", name, plan.points[point].label, point)
            yield name, at_role
            yield f"{label}.{role}", at_role
    naming = Naming(plan)
    equipment_labels = {item.label or item.name for item in plan.equipment}
    for device in plan.devices:
        label = device.label or device.name
        yield device.name, Meaning("device", device.name, label, None)
        yield label, Meaning("device", device.name, label, None)
        for number in device.points:
            bound = plan.points[number]
            said = Meaning("point", bound.key, naming.label(bound) or bound.label, number)
            for written in (bound.key, bound.label, f"{label}.{bound.name}", f"{label}{bound.label}"):
                yield written, said
            if naming.label(bound) not in equipment_labels:
                yield naming.label(bound), said


def _no_point(plan: Plan, meaning: Meaning) -> Text:
    """Why a name that is known is no point, and what to write."""
    name = named(meaning.label, meaning.name)
    if meaning.kind == "device":
        return text("{name} is a device; its points: louguan points {device}", name=name, device=meaning.name)
    roles = next(item.roles for item in plan.equipment if item.name == meaning.name)
    known = ", ".join(f"{meaning.name}.{role}" for role, _ in roles)
    return text("{name} has no main command; name one of its roles: {roles}", name=name, roles=known)


def _several(name: str, meant: list[Meaning]) -> Text:
    """Where an equipment is among them, it is told from its device."""
    mixed = {item.kind for item in meant} >= {"equipment", "device"}
    names = list(dict.fromkeys(_of_its_kind(item) if mixed else plain(item.name) for item in meant[:GUESSES]))
    some = listed(names)
    if len(meant) > GUESSES:
        some = text("{names} …", names=some)
    return text("{name} may mean several: {names}; write one of these", name=name, names=some)


def _of_its_kind(meaning: Meaning) -> Text:
    match meaning.kind:
        case "equipment":
            return text("{name} (equipment)", name=meaning.name)
        case "device":
            return text("{name} (device)", name=meaning.name)
    return plain(meaning.name)


def _near(name: str, known: dict[str, list[Meaning]]) -> Text | None:
    """What was probably meant: the nearest name or label, or the first that holds what was written."""
    import difflib  # most names are right

    written = folded(name)
    found = difflib.get_close_matches(written, known, n=2, cutoff=0.6)
    found.sort(key=lambda key: known[key][0].kind != "equipment")
    found = found or sorted((key for key in known if written in key), key=len)
    if not found:
        return None
    meaning = known[found[0]][0]
    return named(meaning.label, meaning.name) if found[0] != folded(meaning.name) else plain(meaning.name)


def _unknown(words: Text, where: str) -> RequestError:
    return RequestError(Code.UNKNOWN_NAME, words, where)
