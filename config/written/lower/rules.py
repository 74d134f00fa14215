"""Rules to the records of the Plan, and those that nobody writes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from config.language import text
from config.plan.rules import Rule
from config.written.check.opposed import check_left, check_opposed
from config.written.check.purifiers import check_purifiers
from config.written.gather import Written
from config.written.problems import Findings
from config.written.rules.making import Making, Site
from config.written.rules.registry import KINDS
from config.written.rules.supervision import supervisions


def lower_rules(
    written: Written, site: Site, programmed: Collection[int], findings: Findings
) -> tuple[Rule, ...]:
    """Every rule in the order written, behind those that watch the motors which rules start; tells
    everything wrong with each. `programmed`: the points that programmes aim at."""
    made = []
    for named in written.rules.values():
        if named.name in site.equipment:
            findings.problem(
                named.entry.at,
                text(
                    '"{name}" is an equipment already, in {place}',
                    name=named.name,
                    place=site.equipment[named.name].source,
                ),
                hint=text("a trip is reset by its name: give the rule another"),
            )
        kind = KINDS[named.written.kind]
        spec = kind.lower(named.written, Making(named, site, text('rule "{name}"', name=named.name)))
        if spec is not None:
            slot = kind.slot if named.written.slot is None else named.written.slot
            made.append(Rule(0, named.name, named.written.label, slot, named.entry.at, spec))
    check_opposed(made, findings)
    check_left(made, written, programmed, site, findings)
    check_purifiers(made, site, findings)
    watched = supervisions(made, written, site)
    return tuple(replace(rule, id=number) for number, rule in enumerate((*watched, *made)))
