"""Links: what follows something else, and runs on after it."""

from __future__ import annotations

from config.language import text
from config.plan.rules import Link
from controller.decide.rules.look import Look
from controller.decide.rules.switched import settled, switch, was_on

ENDED = "ended_ms"


def decide(spec: Link, look: Look) -> None:
    """On while its condition is true and for its run-on; where that is open, as it says."""
    found = look.judge(spec.when)
    until = None if spec.until is None else look.judge(spec.until)
    on = settled(
        look,
        _wanted(spec, look, found, until),
        spec.on_bad_input,
        (spec.when, spec.until),
        before=was_on(look),
        trip=True,
    )
    if on is None:
        return
    if found is False and on:
        words = text("runs on after {condition}", condition=spec.when_said)
    elif found is False:
        words = text("not {condition}", condition=spec.when_said)
    elif found:
        words = text("because {condition}", condition=spec.when_said)
    else:
        words = text("it cannot be read whether {condition}", condition=spec.when_said)
    switch(look, spec.then, on, words, off_last=True)


def _wanted(spec: Link, look: Look, found: bool | None, until: bool | None) -> bool | None:
    """Whether it is to run; None: open."""
    if found:
        return True
    if found is None:
        if ENDED in look.memory:
            look.keep(ENDED, look.memory[ENDED])
        return None
    if not was_on(look):
        return False
    ended_ms = min(int(look.memory.get(ENDED, look.now_ms)), look.now_ms)
    ran_on = look.passed(ended_ms, spec.run_on_s)
    if ran_on and (spec.until is None or until):
        return False
    look.keep(ENDED, ended_ms)
    return None if ran_on and until is None else True
