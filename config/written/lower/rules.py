"""Rules to the records of the Plan, and what two of them must not do to each other."""

from __future__ import annotations

from itertools import combinations

from config.language import text
from config.plan.rules import Ask, Interlock, Presence, Rule
from config.written.gather import Written
from config.written.problems import Findings
from config.written.rules.making import Making, Site
from config.written.rules.registry import KINDS


def lower_rules(written: Written, site: Site, findings: Findings) -> tuple[Rule, ...]:
    """Every rule in the order written; tells everything wrong with each."""
    made = []
    for number, named in enumerate(written.rules.values()):
        kind = KINDS[named.written.kind]
        making = Making(named, site)
        spec = kind.lower(named.written, making)
        if spec is not None:
            slot = kind.slot if named.written.slot is None else named.written.slot
            made.append(Rule(number, named.name, named.written.label, slot, named.entry.at, spec))
    _check_opposed(made, findings)
    return tuple(made)


def _check_opposed(rules: list[Rule], findings: Findings) -> None:
    """Two of one slot that may ask for different values of one point need a safe one among them, for nothing
    else says which is heard."""
    asking = [(rule, rule.spec.then) for rule in rules if isinstance(rule.spec, Interlock | Presence)]
    for (one, asks), (other, others) in combinations(asking, 2):
        if one.slot != other.slot:
            continue
        theirs = {ask.point: ask for ask in others}
        for ask in asks:
            opposed = theirs.get(ask.point)
            if opposed is not None and _oppose(ask, opposed):
                findings.problem(
                    other.source,
                    text('it may oppose rule "{name}", in {place}', name=one.name, place=one.source),
                    hint=text("give the equipment a safe value, or one of the two another slot"),
                )
                break


def _oppose(one: Ask, other: Ask) -> bool:
    return one.value != other.value and one.safe is other.safe
