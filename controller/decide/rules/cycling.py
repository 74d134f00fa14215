"""On for a time and off for a time."""

from __future__ import annotations

from config.language import text
from config.plan.rules import Cycling
from controller.decide.rules.look import Look
from controller.decide.rules.switched import ON, SINCE, may_start, put, settled, was_on


def decide(spec: Cycling, look: Look) -> None:
    """Begin with the time on whenever its condition comes true. The phase follows from when that was, so
    that what is missed is not made up for."""
    found = True if spec.when is None else look.judge(spec.when)
    before = was_on(look)
    cycling = settled(look, found, spec.on_bad_input, (spec.when,), before=before, trip=False)
    if cycling is None:
        return
    began_ms = int(look.memory.get(SINCE, look.now_ms)) if before is cycling else look.now_ms
    began_ms = min(began_ms, look.now_ms)
    look.keep(ON, cycling)
    look.keep(SINCE, began_ms)
    if not cycling:
        put(look, spec.then, False, text("not {condition}", condition=spec.when_said), began_ms)
        return
    run_ms, rest_ms = round(spec.run_s * 1000), round(spec.rest_s * 1000)
    start_ms = look.now_ms - (look.now_ms - began_ms) % (run_ms + rest_ms)
    running = look.now_ms < start_ms + run_ms
    since_ms = start_ms if running else start_ms + run_ms
    look.wake_at(start_ms + run_ms if running else start_ms + run_ms + rest_ms)
    words = text("its time on") if running else text("its time off")
    inputs = (spec.when,)
    then = [item for item in spec.then if not running or may_start(look, item, spec.on_bad_input, inputs)]
    put(look, then, running, words, since_ms)
