"""Fire and gas: the daemon yields. What acts then is hard-wired and none of ours."""

from __future__ import annotations

from config.language import Text, text
from config.plan.asks import Ask
from config.plan.rules import Hazard
from controller.decide.rules.look import Look, Yielding

ALARM, LOST = "alarm_ms", "lost"
"""`LOST`: no contact has been seen open, one could not be read."""
_WORDS = {"fire": text("fire"), "gas": text("gas")}


def decide(spec: Hazard, look: Look) -> None:
    """Hold everything back from the first cycle on, until a person resets it."""
    alarm = look.memory.get(ALARM)
    if alarm is None and _active(spec, look):
        alarm = look.now_ms
    if alarm is None:
        if any(look.never_read(contact) for contact in spec.contacts):
            words = text("{hazard}: its contacts have not been read yet", hazard=_WORDS[spec.hazard])
            look.give_way(Yielding(spec.yields, words, unread=True))
            # Only later it counts as an alarm that a person must reset.
            look.wake_at(look.first_read_ms)
        return
    look.keep(ALARM, alarm)
    opened = True in [look.value(contact) for contact in spec.contacts]
    lost = not opened and bool(look.memory.get(LOST, ALARM not in look.memory))
    words = text("{hazard} alarm; it stands until somebody resets it", hazard=_WORDS[spec.hazard])
    if lost:
        look.keep(LOST, lost)
        words = text(
            "{hazard} alarm, for a contact that could not be read; it stands until somebody resets it",
            hazard=_WORDS[spec.hazard],
        )
    look.tell(spec.hazard, words)
    look.give_way(Yielding(spec.yields, words, _withdrawn(spec, look, words)))


def may_be_reset(spec: Hazard, look: Look) -> bool:
    """Whether a person may reset it: every contact is read, and closed."""
    return all(look.value(contact) is False for contact in spec.contacts)


def _active(spec: Hazard, look: Look) -> bool:
    """Whether a contact is open, or cannot be read any more."""
    waited = look.now_ms >= look.first_read_ms
    return any(
        waited if look.never_read(contact) else look.value(contact) is not False for contact in spec.contacts
    )


def _withdrawn(spec: Hazard, look: Look, words: Text) -> frozenset[int]:
    """The run commands that stand though their motor has been stopped: resetting the panel must not start it
    by itself. The one write that is allowed then."""
    free = set()
    for item in spec.withdrawals:
        if look.value(item.feedback) is False and look.value(item.command) is True:
            free.add(item.command)
            look.ask(Ask(item.command, False, safe=True), words, look.now_ms)
    return frozenset(free)
