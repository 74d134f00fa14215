"""An accepted plan that is lost with its copy: what runs then are the site's files as they are.

Where they may hold edits that nobody has accepted, nothing is sent until a person has looked and ends observe
mode: kept like any other observe mode, over restarts.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from config.language import Text, text
from controller.decide.records import Notice, Observe

_BY = "louguan (plan)"
"""Who put the site into observe mode."""


class Loss(Enum):
    """What had become of the accepted Plan."""

    NONE = "none"
    COPY_USED = "copy used"
    """Its file was gone or damaged, its second copy was good."""
    MADE_ANEW = "made anew"
    """Both were lost; the site's files are still those that were accepted."""
    EDITED = "edited"
    """Both were lost, and the site's files are not those that were accepted, as far as anybody can tell."""


def hold_back(now_ms: int) -> Observe:
    """Observe mode for the whole site."""
    return Observe("", True, _BY, "accepted plan lost", now_ms)


def is_held_back(observe: Iterable[Observe]) -> bool:
    """Whether the observe mode that `hold_back` made stands."""
    return any(item.observing and not item.target and item.person == _BY for item in observe)


def notice(*, on: bool) -> Notice:
    """What people are told until one of them ends it."""
    words = text(
        "the accepted plan is lost, and its second copy too: the site's files as they are now are in force, "
        "and they are not those that were accepted: nobody has accepted their edits; nothing is sent until a "
        "person has checked them and says: louguan observe off"
    )
    return Notice("plan-lost", "", words, on)


TOLD: dict[Loss, Text] = {
    Loss.COPY_USED: text(
        "the accepted plan's file was missing or damaged; its second copy is in force, and kept twice again"
    ),
    Loss.MADE_ANEW: text(
        "the accepted plan was lost, and its second copy too; it was made anew from the site's files, which "
        "have not changed since they were accepted"
    ),
}
"""What is told once at the start, where there is nothing to be done."""
