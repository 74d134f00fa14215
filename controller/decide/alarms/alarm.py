"""One alarm: what is kept of it, and the state that makes. Pure."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from config.language import Text
from config.plan.alarms import Priority

WINDOW_MS = 600_000
"""What comes again within this, since it last came or went, is the same alarm, come again."""
MOST_RAISED = 5
"""What comes more often than this within the window chatters: people are told once, and then that it is
over."""
HELD = "hold"
"""Not told yet: it may be part of something larger."""
CONDITION = "condition"
"""Suppressed by what the alarm itself declares."""


class State(Enum):
    """Words of ISA-18.2; those of BACnet follow from `active` and whether it is acknowledged."""

    NORMAL = "normal"
    ACTIVE_UNACKED = "active-unacked"
    ACTIVE_ACKED = "active-acked"
    RETURNED_UNACKED = "returned-unacked"
    SHELVED = "shelved"
    """By a person, for a time."""
    SUPPRESSED = "suppressed"
    """By design: by its own condition, or as part of another alarm."""


class Transition(Enum):
    """What channels are told of."""

    RAISED = "raised"
    RETURNED = "returned"
    ACKED = "acked"
    SHELVED = "shelved"
    UNSHELVED = "unshelved"


class Alarm(NamedTuple):
    """One alarm, from its coming until nobody need know of it any more. Times are site milliseconds."""

    id: int
    """Counts on for ever; people name it by this."""
    kind: str
    subject: str
    priority: Priority
    latch: bool
    """It stands until it is acknowledged, though it may be over."""
    words: Text
    groups: tuple[str, ...] = ()
    """Equipment it is of, or what the site declares: among these the first is the cause of the others."""
    active: bool = False
    raised_ms: int = 0
    """When it came last."""
    returned_ms: int | None = None
    acked_ms: int | None = None
    acked_by: str = ""
    comment: str = ""
    shelved_until_ms: int | None = None
    shelved_by: str = ""
    shelved_why: str = ""
    suppressed: str = ""
    """By what: "hold", "condition", or "line NAME", "device NAME"; "" = it is not."""
    cause: int = 0
    """Id of the alarm that came first in its groups, or that it is part of; its own if that is itself."""
    order: int = 0
    """1 for the first, 2 for the one after it …; 0 outside groups."""
    times: int = 0
    """How often it came."""
    recent: tuple[int, ...] = ()
    """When it came, within the window."""
    chattering: bool = False
    damped: bool = False
    """It chatters, people were told, and are told no more until it is calm."""
    said: bool = False
    """As far as people were told, it is active."""
    anew: bool = False
    """People know that it is active, and are to be told again."""
    told: int = 0
    """How often anything of it was told."""
    over: bool = False
    """Nothing can be done about it any more: only its history."""

    @property
    def key(self) -> tuple[str, str]:
        return self.kind, self.subject

    @property
    def acked(self) -> bool:
        return self.acked_ms is not None

    @property
    def showing(self) -> bool:
        """Active, and not suppressed."""
        return self.active and not self.suppressed

    @property
    def state(self) -> State:
        if self.shelved_until_ms is not None:
            return State.SHELVED
        if self.active and self.suppressed:
            return State.SUPPRESSED
        if self.active:
            return State.ACTIVE_ACKED if self.acked else State.ACTIVE_UNACKED
        if self.latch and self.told and not self.acked:
            return State.RETURNED_UNACKED
        return State.NORMAL


class Telling(NamedTuple):
    """What everybody who listens is to be told, once."""

    alarm: Alarm
    """As it is after it."""
    transition: Transition
    at_ms: int

    @property
    def number(self) -> int:
        """Which telling of this alarm it is, from 1 on."""
        return self.alarm.told
