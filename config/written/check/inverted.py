"""Safety that is written the wrong way round, where the roles leave no doubt about the right one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from config.language import Text, text
from config.plan.asks import Ask
from config.plan.conditions import All, AnyOf, Booked, Compare, Condition, Has, Lasting, Not, points_of
from config.plan.equipment import FEEDBACK, Equipment
from config.plan.rules import Interlock, Link, Rule
from config.plan.slots import Slot
from config.written.check.purifiers import stops
from config.written.problems import listing
from config.written.rules.making import Site


class Follows(NamedTuple):
    """Equipment of `kind` is to run while something with that role of an `other` kind is active."""

    kind: str
    other: str
    role: str
    said: Text
    """Of the equipment, called `name`."""


_FOLLOWS = (
    Follows(
        "fan",
        "stove",
        "flame",
        text("{name} runs while no stove burns and not while one does: is that the wrong way round?"),
    ),
    Follows(
        "fume-purifier",
        "fan",
        FEEDBACK,
        text("{name} runs while the fan stands and not while it runs: is that the wrong way round?"),
    ),
    Follows(
        "stove",
        "fan",
        FEEDBACK,
        text("{name} may burn while the fan stands and not while it runs: is that the wrong way round?"),
    ),
)
_FAULT = text("{name} runs with its own fault and not without: is that the wrong way round?")


def note_inverted(rules: Sequence[Rule], site: Site) -> None:
    """Note rules for protection and process safety whose condition is the opposite of what the roles say."""
    owners = {point: one for one in site.equipment.values() for _, point in one.roles}
    for rule in rules:
        if not isinstance(rule.spec, (Link, Interlock)) or rule.slot > Slot.PROCESS_SAFETY:
            continue
        found: dict[str, list[str]] = {}
        for ask in _asks(rule.spec):
            owner = owners.get(ask.point)
            for said in () if owner is None else _said(rule.spec.when, owner, ask, site):
                assert owner is not None
                names = found.setdefault(said.message, [])
                if owner.name not in names:
                    names.append(owner.name)
        for message, names in found.items():
            site.findings.note(rule.source, Text(message, (("name", listing(names)),)))


def _asks(spec: Link | Interlock) -> Iterable[Ask]:
    return spec.then if isinstance(spec, Interlock) else (item.on for item in spec.then)


def _said(when: Condition, owner: Equipment, ask: Ask, site: Site) -> Iterator[Text]:
    runs = not stops(site.points[ask.point], ask.value)
    for one in _FOLLOWS:
        if one.kind == owner.kind and _opposite(when, _active(one.other, one.role, site), runs=runs):
            yield one.said
    fault = frozenset(point for role, point in owner.roles if role == "fault")
    if _opposite(when, fault, runs=not runs):
        yield _FAULT


def _active(kind: str, role: str, site: Site) -> frozenset[int]:
    """The points of that role."""
    roles = (pair for one in site.equipment.values() if one.kind == kind for pair in one.roles)
    return frozenset(point for key, point in roles if key == role)


def _opposite(when: Condition, triggers: Collection[int], *, runs: bool) -> bool:
    """Whether what is asked comes surely without the triggers and surely not with them, or for what stops
    something the other way; other points may be as they like."""
    looked = points_of(when).intersection(triggers)
    if not looked:
        return False
    there, gone = (_truth(when, looked, active=active) for active in (True, False))
    return (there is False and gone is not False) if runs else (there is True and gone is False)


def _truth(condition: Condition, points: Collection[int], *, active: bool) -> bool | None:
    """What it is with all of `points` active, or none; None: that depends on others."""
    match condition:
        case Has():
            known = condition.point in points and isinstance(condition.value, bool)
            return condition.value is active if known else None
        case Compare() | Booked():
            return None
        case Not():
            item = _truth(condition.item, points, active=active)
            return None if item is None else not item
        case Lasting():
            return _truth(condition.item, points, active=active)
        case All():
            each = [_truth(item, points, active=active) for item in condition.items]
            return False if False in each else None if None in each else True
        case AnyOf():
            each = [_truth(item, points, active=active) for item in condition.items]
            return True if True in each else None if None in each else False
