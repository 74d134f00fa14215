"""Presence: something is asked for while somebody is there, and for a while after."""

from __future__ import annotations

from config.language import text
from config.plan.rules import Presence
from controller.decide.rules.look import Look
from controller.decide.rules.occupancy import occupied, somebody, was_there
from controller.decide.rules.switched import put

AWAY = "away_ms"


def decide(spec: Presence, look: Look) -> None:
    """Ask while somebody is there or was a moment ago; else for what it is otherwise, if that is named."""
    before = was_there(look)
    there = somebody(look, spec.contacts)
    waits = there is None and look.unread(spec.contacts)
    there = look.decided(before if waits else there, spec.on_bad_input, standing=before)
    if there is None:
        return
    found = occupied(look, there, spec.run_on_s)
    if found is not None:
        put(look, spec.then, True, found.words, found.since_ms, until_ms=found.until_ms)
    elif not waits or AWAY in look.memory:
        since_ms = min(int(look.memory.get(AWAY, look.now_ms)), look.now_ms)
        look.keep(AWAY, since_ms)
        put(look, spec.then, False, text("nobody is there"), since_ms, off_last=True)
