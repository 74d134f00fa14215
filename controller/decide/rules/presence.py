"""Presence: something is asked for while somebody is there, and for a while after."""

from __future__ import annotations

from config.plan.rules import Presence
from controller.decide.rules.look import Look
from controller.decide.rules.occupancy import occupied, somebody, was_there


def decide(spec: Presence, look: Look) -> None:
    """Ask while somebody is there or was a moment ago."""
    before = was_there(look)
    there = somebody(look, spec.contacts)
    if there is None and look.unread(spec.contacts):
        there = before
    there = look.decided(there, spec.on_bad_input, standing=before)
    if there is None:
        return
    found = occupied(look, there, spec.run_on_s)
    if found is not None:
        for ask in spec.then:
            look.ask(ask, found.words, found.since_ms, until_ms=found.until_ms)
