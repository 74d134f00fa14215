"""A damaged control.db: overrides, locks and the state of outputs are lost with it, or as old as the backup
that took its place.

So nothing is sent until a person has looked at the plant and ends observe mode: kept like any other observe
mode, over restarts.
"""

from __future__ import annotations

from collections.abc import Iterable

from config.language import text
from controller.decide.records import Notice, Observe

_BY = "louguan"
"""Who put the site into observe mode."""


EXIT_DAMAGED = 74
"""The exit code of a daemon whose control.db was damaged while it ran: started anew it recovers."""


def hold_back(lost: str, now_ms: int) -> Observe:
    """Observe mode for the whole site, because the file that is named `lost` now was lost."""
    return Observe("", True, _BY, lost, now_ms)


def held_back(observe: Iterable[Observe]) -> Observe | None:
    """The observe mode that `hold_back` made, if it stands."""
    return next((item for item in observe if item.observing and not item.target and item.person == _BY), None)


def lost_notice(damage: str, *, restarts: bool) -> Notice:
    """What people are told when it is found damaged while the daemon runs."""
    if restarts:
        words = text(
            "control.db was found damaged ({damage}): louguan ends, so that the next start puts the newest "
            "backup in its place; nothing is sent until then",
            damage=damage,
        )
    else:
        words = text(
            "control.db was found damaged again ({damage}): nothing is sent and no command taken; look at "
            "the disk, then start louguan anew",
            damage=damage,
        )
    return Notice("memory-lost", "control.db", words, on=True)


def notice(set_aside: str, restored: str = "", *, on: bool) -> Notice:
    """What people are told, until one of them ends it. `restored`: the backup that took the file's place at
    this start."""
    if restored:
        words = text(
            "control.db was damaged and set aside as {name}, and the backup {backup} put in its place: what "
            "was asked and done since then is missing; nothing is sent until a person has looked at the "
            "plant and says: louguan observe off",
            name=set_aside,
            backup=restored,
        )
    else:
        words = text(
            "control.db was damaged and set aside as {name}: overrides and locks are lost; nothing is sent "
            "until a person has looked at the plant and says: louguan observe off",
            name=set_aside,
        )
    return Notice("memory-lost", "control.db", words, on)
