"""A fume purifier alarms. What goes wrong with it never stops a fan."""

from __future__ import annotations

from collections.abc import Sequence

from config.language import text
from config.plan.points import Point
from config.plan.reading import Value
from config.plan.rules import Rule
from config.written.problems import Findings
from config.written.rules.asking import asked, looked_at
from config.written.rules.making import Site

_STARTING = ("run_cmd", "permit", "mode")
_OFF = ("off", "stop")


def check_purifiers(rules: Sequence[Rule], site: Site, findings: Findings) -> None:
    """No rule that looks at a fume purifier may stop a fan."""
    purifiers = {
        point for one in site.equipment.values() if one.kind == "fume-purifier" for _, point in one.roles
    }
    fans = {
        point: one.name
        for one in site.equipment.values()
        if one.kind == "fan"
        for role, point in one.roles
        if role in _STARTING
    }
    for rule in rules:
        if not looked_at(rule) & purifiers:
            continue
        for claim in asked(rule):
            point = claim.ask.point
            if point in fans and stops(site.points[point], claim.ask.value):
                findings.problem(
                    rule.source,
                    text("it may stop {name} for what a fume purifier says", name=fans[point]),
                    hint=text("a fume purifier that fails alarms and never stops the exhaust"),
                )
                break


def stops(point: Point, value: Value) -> bool:
    """Whether that value of a command stops what it commands."""
    return value is False or (point.kind == "enum" and point.state_name(value) in _OFF)
