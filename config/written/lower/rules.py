"""Rules to the records of the Plan, and those that nobody writes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from config.language import text
from config.plan.rules import Rule
from config.written.check.inverted import note_inverted
from config.written.check.opposed import check_left, check_opposed
from config.written.check.purifiers import check_purifiers
from config.written.doubts import Asking
from config.written.gather import Written
from config.written.problems import Findings
from config.written.rules.making import Making, Site
from config.written.rules.registry import KINDS
from config.written.rules.supervision import supervisions

_AIMS = ("then", "machines", "boilers", "valves", "lamps", "shed")
"""Keys that hold what a rule aims at."""


def lower_rules(
    written: Written, site: Site, programmed: Collection[int], asking: Asking, findings: Findings
) -> tuple[Rule, ...]:
    """Every rule in the order written, behind those that watch the motors which rules start; tells
    everything wrong with each. `programmed`: the points that programmes aim at."""
    made = []
    asking.rules.add((), astray=bool(written.broken.get("rules")))
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
        making = Making(named, site, text('rule "{name}"', name=named.name))
        spec = kind.lower(named.written, making)
        if spec is None or not named.sound:
            lost = not all(named.entry.whole(key) for key in _AIMS)
            asking.rules.add(making.aimed, astray=lost or making.astray)
        else:
            slot = kind.slot if named.written.slot is None else named.written.slot
            made.append(Rule(0, named.name, named.written.label, slot, named.entry.at, spec))
    check_opposed(made, site, findings)
    check_left(made, programmed, asking, site, findings)
    check_purifiers(made, site, findings)
    note_inverted(made, site)
    watched = supervisions(made, written, site)
    return tuple(replace(rule, id=number) for number, rule in enumerate((*watched, *made)))
