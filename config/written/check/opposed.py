"""What rules must not do to each other, and what they must not leave behind."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import combinations

from config.language import text
from config.plan.asks import Ask
from config.plan.rules import Rule
from config.written.doubts import Asking
from config.written.problems import Findings
from config.written.rules.asking import Claim, asked
from config.written.rules.making import Site


def check_opposed(rules: Sequence[Rule], site: Site, findings: Findings) -> None:
    """Two of one slot that may ask for different values of one point need a safe one among them, for nothing
    else says which is heard."""
    unsafe = {
        point
        for one in site.equipment.values()
        if site.lost.lost_part(one.name, "safe")
        for _, point in one.roles
    }
    places: dict[tuple[int, int], list[tuple[int, Ask]]] = {}
    for number, rule in enumerate(rules):
        for claim in asked(rule):
            if not claim.floor and claim.ask.point not in unsafe:
                places.setdefault((claim.slot, claim.ask.point), []).append((number, claim.ask))
    told: set[tuple[int, int]] = set()
    for claims in places.values():
        for (one, ask), (other, opposed) in combinations(claims, 2):
            if one != other and (one, other) not in told and _oppose(ask, opposed):
                told.add((one, other))
                findings.problem(
                    rules[other].source,
                    text(
                        'it may oppose rule "{name}", in {place}',
                        name=rules[one].name,
                        place=rules[one].source,
                    ),
                    hint=text("give the equipment a safe value, or one of the two another slot"),
                )


def check_left(
    rules: Sequence[Rule], programmed: Collection[int], doubts: Asking, site: Site, findings: Findings
) -> None:
    """A value that is asked for a time, and a floor, need somebody else who asks: programmes, or rules."""
    asking: dict[int, set[int]] = {}
    claims = [(number, claim) for number, rule in enumerate(rules) for claim in asked(rule)]
    for number, claim in claims:
        if not claim.floor:
            asking.setdefault(claim.ask.point, set()).add(number)
    for number, claim in claims:
        alone = claim.ask.point not in programmed and asking.get(claim.ask.point, set()) <= {number}
        if alone and (claim.floor or claim.leaves) and not doubts.of(claim.ask.point):
            _tell_alone(rules[number], claim, site, findings)


def _tell_alone(rule: Rule, claim: Claim, site: Site, findings: Findings) -> None:
    name = site.points[claim.ask.point].key
    if claim.floor:
        findings.member(
            rule.source,
            name,
            text("{name}: at_least is the least of what others ask for, and nobody does", name=name),
            hint=text("write value, or give it a programme"),
        )
    else:
        findings.member(
            rule.source,
            name,
            text("{name} would stay as it is afterwards: nobody else commands it", name=name),
            hint=text("write otherwise, or give it a programme"),
        )


def _oppose(one: Ask, other: Ask) -> bool:
    return one.value != other.value and one.safe is other.safe
