"""Motors do what they are told, or trip. What a motor is told is what its command reads, whoever wrote it."""

from __future__ import annotations

from config.language import Text, text
from config.plan.asks import Ask
from config.plan.rules import Supervision
from controller.decide.rules.look import Look

TRIPPED = "tripped_ms"
_WHY: dict[str, Text] = {
    "fault": text("fault"),
    "start": text("told to run, and it does not"),
}


def decide(spec: Supervision, look: Look) -> None:
    """Trip on a fault and on a start that does not come about; tell of a stop that does not."""
    command, running = look.value(spec.command), look.value(spec.feedback)
    if any(rule in look.trips for rule in spec.yields_to) or look.by_hand(spec.selector):
        command = running = False
    both = (spec.command, spec.feedback)
    idle_ms = look.since("idle_ms", _both(command, True, running, False), both)
    was_on = command is True or (look.memory.get("was_on") is True and (command, running) != (False, False))
    if was_on:
        look.keep("was_on", True)
    going_ms = look.since("going_ms", _both(command, False, running, True) if was_on else False, both)
    if going_ms is not None and look.passed(going_ms, look.wire_s(spec.stop_s)):
        look.tell("stop-failed", text("told to stop, and it runs on"))
    why, tripped_ms = look.memory.get("why"), int(look.memory.get(TRIPPED, look.now_ms))
    if why is None:
        if spec.fault is not None and look.value(spec.fault) is True:
            why = "fault"
        elif idle_ms is not None and look.passed(idle_ms, look.wire_s(spec.start_s)):
            why = "start"
    if why is None:
        return
    look.keep("why", why)
    look.keep(TRIPPED, tripped_ms)
    words = text("tripped, because {condition}", condition=_WHY[str(why)])
    look.ask(Ask(spec.command, False, safe=True), words, tripped_ms)
    look.tell("trip", text("{words}; it stands until somebody resets it", words=words))


def may_be_reset(spec: Supervision, look: Look) -> bool:
    """Whether a person may reset it: not while its fault is reported."""
    return spec.fault is None or look.value(spec.fault) is not True


def _both(one: object, this: bool, other: object, that: bool) -> bool | None:
    """Whether each is as said; None where a reading leaves it open."""
    if (one is not None and one is not this) or (other is not None and other is not that):
        return False
    return None if one is None or other is None else True
