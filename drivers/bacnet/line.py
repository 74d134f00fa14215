"""What the devices of one BACnet line share: the station, its limits, and who was heard of and asked for."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from config.plan.clock import Clock, Pace
from config.plan.lines import Line
from drivers.api import Event, Inbox
from drivers.bacnet.station import Station
from drivers.bacnet.timing import Timing
from drivers.handover import Found, Handover

_AT_ONCE = 32
_PROBES_AT_ONCE = 64


@dataclass
class Shared:
    """Everything a device's worker needs of its line; made by the driver."""

    line: Line
    inbox: Inbox
    clock: Clock
    pace: Pace
    timing: Timing
    station: Station
    may_write: Callable[[int], bool] = lambda _: True
    """Asked with a point's id when a write that waited has its turn."""
    may_set_up: Callable[[int], bool] = lambda _: True
    """Asked with the device's id before its set-up is written."""
    answering: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))
    """Requests on the wire to devices that answer."""
    probing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_PROBES_AT_ONCE))
    """Requests to devices that have not answered lately: they wait for each other, never do the rest for
    them."""
    _handover: Handover = field(init=False)
    _searches: deque[tuple[float, range]] = field(default_factory=lambda: deque(maxlen=1000))

    def __post_init__(self) -> None:
        self._handover = Handover(self.inbox, self.clock)

    def put(self, event: Event) -> None:
        self.inbox.put(event)

    def read(self, found: Iterable[Found], whole: tuple[int, ...] = ()) -> None:
        """Hand over readings of this moment; `whole`: all points that were read, the others of which say what
        they said last."""
        self._handover.give(found, whole)

    def repeat(self, points: tuple[int, ...]) -> None:
        """All of these were read and say what they said last."""
        self._handover.repeat(points)

    def searched(self, instances: range) -> None:
        """Somebody, perhaps we, has sent a Who-Is."""
        self._searches.append((asyncio.get_running_loop().time(), instances))

    def unasked(self, instance: int) -> bool:
        """Whether nobody has lately asked for this device, so that its I-Am comes of its own accord."""
        since = asyncio.get_running_loop().time() - self.timing.unasked_s
        return not any(at >= since and instance in instances for at, instances in self._searches)
