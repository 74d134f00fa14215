"""What a demand cap must leave alone, and caps that would bind nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from config.language import Text, text
from config.plan.equipment import Equipment
from config.plan.programmes import Programme
from config.plan.rules import DemandCap, Hazard, Lighting, Link, Rule
from config.plan.slots import Slot
from config.written.check.purifiers import stops
from config.written.doubts import Asking
from config.written.gather import Written
from config.written.rules.asking import asked, looked_at
from config.written.rules.making import Site

_KINDS = {"stove": text("stoves are for the cooks"), "fume-purifier": text("it runs with the exhaust")}
_TAGS = ("exhaust", "smoke", "aeration")
"""Tags that say so of equipment whose own panel links it."""


def check_shedding(
    rules: Sequence[Rule], programmes: Sequence[Programme], written: Written, doubts: Asking, site: Site
) -> None:
    """Tell targets of demand caps that are never shed: exhaust, aeration, fume purifiers, stoves, whatever
    tells that they are; and targets of which nobody asks anything that the cap could bind."""
    owners = {point: one for one in site.equipment.values() for _, point in one.roles}
    for rule in rules:
        if not isinstance(rule.spec, DemandCap):
            continue
        _check_dark(rule, rules, written, site)
        for step, command in sorted({(item.step, item.command) for item in rule.spec.sheds}):
            at = written.rules[rule.name].entry.place(["shed", step, "targets"])
            name = site.points[command].key
            owner = owners.get(command)
            why = None if owner is None else _never(owner, rules, site)
            if owner is not None and why is not None:
                site.findings.member(
                    at, owner.name, text("{name} is never shed: {why}", name=owner.name, why=why)
                )
            elif not doubts.of(command) and not _bound(rule, command, rules, programmes):
                site.findings.member(
                    at,
                    name,
                    text("{name}: nobody above slot {slot} asks anything of it", name=name, slot=rule.slot),
                    hint=text("a cap binds programmes and rules; people and what protects come before it"),
                )


def _check_dark(cap: Rule, rules: Sequence[Rule], written: Written, site: Site) -> None:
    """A cap comes before a lighting rule: it must not go below what that keeps for safety."""
    assert isinstance(cap.spec, DemandCap)
    for rule in rules:
        if not isinstance(rule.spec, Lighting):
            continue
        least, lamps = rule.spec.levels.at_least, {lamp.command for lamp in rule.spec.lamps}
        if least is None or isinstance(least, str):
            continue
        for item in cap.spec.sheds:
            if item.command in lamps and not item.floor and float(item.bound) < float(least):
                name = site.points[item.command].key
                site.findings.member(
                    written.rules[cap.name].entry.place(["shed", item.step, "at_most"]),
                    name,
                    text(
                        '{name}: rule "{rule}", in {place}, keeps more than that for safety',
                        name=name,
                        rule=rule.name,
                        place=rule.source,
                    ),
                )


def _bound(cap: Rule, command: int, rules: Sequence[Rule], programmes: Sequence[Programme]) -> bool:
    """Whether anybody asks something of it that the cap could bind."""
    return any(item.slot > cap.slot and command in item.targets for item in programmes) or any(
        claim.slot > cap.slot and claim.ask.point == command for rule in rules for claim in asked(rule)
    )


def _never(owner: Equipment, rules: Sequence[Rule], site: Site) -> Text | None:
    """Why it is never shed; None: it may be."""
    return _KINDS.get(owner.kind) or next(_reasons(owner, rules, site), None)


def _reasons(owner: Equipment, rules: Sequence[Rule], site: Site) -> Iterator[Text]:
    for tag in _TAGS:
        if tag in owner.tags:
            yield text('it has the tag "{tag}"', tag=tag)
    if owner.max_off_s is not None:
        yield text("it must not rest for long (max_off)")
    own = {point for _, point in owner.roles}
    for rule in rules:
        if isinstance(rule.spec, Hazard):
            if rule.spec.hazard == "gas" and owner.kind == "fan" and owner.name in rule.spec.yields:
                yield text('rule "{name}", in {place}, has it clear gas', name=rule.name, place=rule.source)
            continue
        if any(
            claim.slot <= Slot.PROCESS_SAFETY
            and claim.ask.point in own
            and not stops(site.points[claim.ask.point], claim.ask.value)
            for claim in asked(rule)
        ):
            yield text('rule "{name}", in {place}, needs it for safety', name=rule.name, place=rule.source)
        follows = isinstance(rule.spec, Link) and rule.slot <= Slot.PROCESS_SAFETY
        if follows and owner.kind == "fan" and own & looked_at(rule):
            yield text('rule "{name}", in {place}, follows it', name=rule.name, place=rule.source)
