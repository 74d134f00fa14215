"""Make-up: it fills, and closes for good when nothing comes of it."""

from __future__ import annotations

from config.language import text
from config.plan.rules import MakeUp
from controller.decide.rules.look import Look
from controller.decide.rules.switched import may_start, settled, side_of, switch, was_on

ALARM = "alarm_ms"
_SIDE, _LEVEL, _ROSE = "side", "level", "rose_ms"


def decide(spec: MakeUp, look: Look) -> None:
    """Open below one threshold until above the other, while the level rises."""
    side = side_of(look, _SIDE, spec.band, spec.level)
    filling = settled(look, side, spec.on_bad_input, (spec.level,), before=was_on(look), trip=False)
    alarm_ms = look.memory.get(ALARM)
    if alarm_ms is None and filling and _in_vain(spec, look):
        alarm_ms = look.now_ms
    if alarm_ms is not None:
        look.keep(ALARM, alarm_ms)
        words = text("the level does not rise: closed")
        look.tell("alarm", text("{words}; it stands until somebody resets it", words=words))
        filling = False
    elif side is None:
        words = text("what it looks at cannot be read")
    else:
        words = text("by the level")
    if filling is not None:
        inputs = (spec.level,)
        then = [item for item in spec.then if not filling or may_start(look, item, spec.on_bad_input, inputs)]
        switch(look, then, filling, words)


def may_be_reset(_spec: MakeUp, _look: Look) -> bool:
    """A person who has looked at it may: whether it rises now is seen by trying."""
    return True


def _in_vain(spec: MakeUp, look: Look) -> bool:
    """Whether it has been open for too long since the level last rose."""
    number = look.number(spec.level)
    level, rose_ms = look.memory.get(_LEVEL), look.memory.get(_ROSE)
    if level is None or rose_ms is None or (number is not None and number >= float(level) + spec.rise):
        level, rose_ms = number, look.now_ms
    if level is None:
        return False
    if look.passed(min(int(rose_ms), look.now_ms), spec.within_s):
        return True
    look.keep(_LEVEL, level)
    look.keep(_ROSE, rose_ms)
    return False
