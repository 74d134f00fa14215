"""What kinds of notices there are, as alarms: how much each matters. Pure."""

from __future__ import annotations

from typing import NamedTuple

from config.plan.alarms import WANT_ACK, Priority

DEVICE = "device-lost"
LINE = "line-lost"
CLASH = "instance-clash"
DECLARED = "declared"
"""What the site itself declares: its own priority holds."""
_DAY_S = 86_400.0


class Class(NamedTuple):
    """One kind."""

    priority: Priority
    settles_s: float = 180.0
    """After a start: what was so before and has not been said again by then is over. Site seconds."""
    life_safety: bool = False
    """Nobody may shelve it."""
    of_points: bool = False
    """Its subject is a point: it is part of the loss of that point's device."""

    @property
    def latch(self) -> bool:
        return self.priority in WANT_ACK


CLASSES: dict[str, Class] = {
    # life safety
    "fire": Class("critical", life_safety=True),
    "gas": Class("critical", life_safety=True),
    # machines and rules
    "trip": Class("high"),
    "stop-failed": Class("high"),
    "alarm": Class("high"),
    "command-failed": Class("medium", of_points=True),
    "left-behind": Class("medium"),
    "set-up-failed": Class("medium", of_points=True),
    "overridden": Class("low", of_points=True),
    "hand": Class("low"),
    "changed-by-hand": Class("low", of_points=True),
    "trip-gone": Class("medium"),
    # wires
    LINE: Class("high", settles_s=600.0),
    "line": Class("high"),
    DEVICE: Class("medium", settles_s=600.0),
    CLASH: Class("medium", settles_s=600.0),
    # the log and its meters
    "meters": Class("high"),
    "counter-reset": Class("medium"),
    "counter-stands": Class("medium"),
    "reading-set-aside": Class("low"),
    "unstored": Class("high"),
    "dropped": Class("high"),
    "waiting": Class("high"),
    "deleted": Class("medium"),
    "log-waits": Class("medium"),
    "retention": Class("low", settles_s=1.1 * _DAY_S),
    "upload": Class("medium", settles_s=900.0),
    "upload-refused": Class("medium", settles_s=900.0),
    "notify": Class("medium", settles_s=900.0),
    # this machine and its files
    "memory-lost": Class("high"),
    "damaged": Class("high"),
    "refused": Class("high"),
    "store": Class("high"),
    "disk": Class("high"),
    "same-site": Class("high"),
    "plan-lost": Class("high"),
    "backup": Class("high", settles_s=1.1 * _DAY_S),
    "sealing": Class("medium", settles_s=1.1 * _DAY_S),
    "deleting": Class("medium", settles_s=1.1 * _DAY_S),
    "restored": Class("medium"),
    "clock": Class("medium"),
    "clock-leap": Class("medium"),
    "centre-clock": Class("low", settles_s=_DAY_S),
    "calendar": Class("medium"),
    "files-wrong": Class("medium"),
    "files": Class("low"),
    "files-refused": Class("medium"),
    "rolled-back": Class("high"),
    "flash": Class("low"),
    # what people asked for
    "observe": Class("low"),
    "lock-waits": Class("medium"),
    "observe-waits": Class("medium"),
    "override-waits": Class("low"),
    "override-ended": Class("low"),
    DECLARED: Class("medium"),
}
OTHER = Class("medium")
