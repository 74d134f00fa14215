"""What watches motors: made for each that a rule may start, written by nobody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from config.plan.equipment import FEEDBACK, RUN
from config.plan.rules import Hazard, Rule, Supervision
from config.plan.slots import Slot
from config.written.gather import Written
from config.written.rules.asking import asked
from config.written.rules.machines import selector_of, switch_of
from config.written.rules.making import Site

FAULT = "fault"


def supervisions(rules: Sequence[Rule], written: Written, site: Site) -> list[Rule]:
    """One for each motor with a feedback that some rule may start, by the name of its equipment."""
    started = {claim.ask.point for rule in rules for claim in asked(rule) if claim.ask.value is True}
    hazards = [(rule.name, rule.spec.yields) for rule in rules if isinstance(rule.spec, Hazard)]
    return list(_made(started, hazards, written, site))


def _made(
    started: set[int], hazards: Sequence[tuple[str, Sequence[str]]], written: Written, site: Site
) -> Iterator[Rule]:
    for equipment in site.equipment.values():
        command, feedback = (switch_of(equipment, role, site) for role in (RUN, FEEDBACK))
        if command is None or feedback is None or command not in started:
            continue
        declared = site.points[command].command
        if declared is not None and declared.pulse_s is not None:
            continue  # what a pulse asked for cannot be read
        said = written.equipment[equipment.name].written
        # What is read seldom says so late.
        slow_s = 2 * max(site.points[point].poll_s for point in (command, feedback))
        spec = Supervision(
            command,
            feedback,
            switch_of(equipment, FAULT, site),
            selector_of(equipment, site),
            max(said.start_fail, slow_s),
            max(said.stop_fail, slow_s),
            tuple(name for name, yields in hazards if equipment.name in yields),
        )
        yield Rule(0, equipment.name, equipment.label, Slot.INTERLOCK, equipment.source, spec)
