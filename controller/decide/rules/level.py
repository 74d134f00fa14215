"""Two-position control with hysteresis."""

from __future__ import annotations

from config.language import text
from config.plan.rules import Level
from controller.decide.rules.look import Look, every
from controller.decide.rules.switched import may_start, settled, side_of, switch, was_on

SIDE = "side"


def decide(spec: Level, look: Look) -> None:
    """On beyond one threshold until beyond the other. It knows its side even while it may not act."""
    side = side_of(look, SIDE, spec.band, spec.level)
    allowed = True if spec.only_if is None else look.judge(spec.only_if)
    inputs = (spec.level, spec.only_if)
    on = settled(
        look,
        every([side, allowed]),
        spec.on_bad_input,
        inputs,
        before=was_on(look),
        trip=False,
    )
    if on is None:
        return
    if side is None or allowed is None:
        words = text("what it looks at cannot be read")
    elif allowed:
        words = text("by the level")
    else:
        words = text("not allowed now")
    then = [item for item in spec.then if not on or may_start(look, item, spec.on_bad_input, inputs)]
    switch(look, then, on, words)
