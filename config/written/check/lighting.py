"""Lighting rules: what they bound is asked for by a programme, and each lamp has one rule alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from config.language import text
from config.plan.points import Point
from config.plan.programmes import Period, Programme
from config.plan.rules import Lighting, Presence, Rule
from config.written.doubts import Doubts
from config.written.problems import Findings


def check_lighting(
    rules: Sequence[Rule],
    programmes: Sequence[Programme],
    points: Mapping[int, Point],
    doubts: Doubts,
    findings: Findings,
) -> None:
    """Tell lamps that nobody asks anything of at some time: there the rule would bound nothing, and not even
    the least for safety would be kept. And lamps of two rules, one of which would pass the other by.
    `doubts`: of programmes."""
    owners: dict[int, Rule] = {}
    asking = [
        (rule, item.on.point) for rule in rules if isinstance(rule.spec, Presence) for item in rule.spec.then
    ]
    for rule in rules:
        if not isinstance(rule.spec, Lighting):
            continue
        for lamp in rule.spec.lamps:
            name = points[lamp.command].key
            before = owners.setdefault(lamp.command, rule)
            if before is not rule:
                findings.member(
                    rule.source,
                    name,
                    text(
                        '{name} is under the lighting rule "{rule}" already, in {place}',
                        name=name,
                        rule=before.name,
                        place=before.source,
                    ),
                )
            for other, point in asking:
                if point == lamp.command and other.slot <= rule.slot:
                    findings.member(
                        other.source,
                        name,
                        text(
                            'it asks for {name} past the bounds of rule "{rule}"', name=name, rule=rule.name
                        ),
                        hint=text("leave lamps to one rule of kind lighting"),
                    )
            always = any(_always(item, lamp.command, rule.slot) for item in programmes)
            if not always and not doubts.of(lamp.command):
                findings.member(
                    rule.source,
                    name,
                    text("no programme asks for a value of {name} at all times", name=name),
                    text("one with a default, above slot {slot}", slot=rule.slot),
                    text("the rule bounds what programmes ask; where none asks, it does nothing"),
                )


def _always(programme: Programme, point: int, slot: int) -> bool:
    return (
        point in programme.targets
        and programme.slot > slot
        and programme.has_default
        and programme.default is not None
        and programme.has_untrusted
        and programme.untrusted is not None
        and not programme.effective
        and all(period.value is not None for period in _periods(programme))
    )


def _periods(programme: Programme) -> Iterator[Period]:
    for day in programme.week:
        yield from day.periods
    for exception in programme.exceptions:
        yield from exception.periods
