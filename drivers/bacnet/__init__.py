"""BACnet/IP: the daemon's only importer of bacpypes3, and only once a line meets a frame that is not plain
(it takes a third of a second)."""

from __future__ import annotations

from collections.abc import Callable

from config.plan.clock import Clock, Pace
from config.plan.lines import Line
from config.plan.site import Plan
from drivers.api import Driver, Inbox


def open_line(
    plan: Plan,
    line: Line,
    inbox: Inbox,
    clock: Clock,
    pace: Pace,
    *,
    may_set_up: Callable[[int], bool] | None = None,
    may_write: Callable[[int], bool] | None = None,
) -> Driver:
    """The driver of a BACnet/IP line and all its devices; nothing is bound before its `start`.

    `may_set_up` and `may_write` as for Modbus lines.

    Raises DriverError when the line's networks are not addresses.
    """
    from drivers.bacnet.driver import BacnetDriver
    from drivers.bacnet.timing import Timing

    return BacnetDriver(plan, line, inbox, clock, pace, Timing(), may_set_up=may_set_up, may_write=may_write)
