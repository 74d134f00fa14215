"""What the devices of one BACnet line share: the station, its limits, and who was heard of and asked for."""

from __future__ import annotations

import asyncio
import ipaddress
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from bacpypes3.pdu import Address, IPv4Address

from config.plan.clock import Clock, Pace
from config.plan.lines import Line
from config.plan.reading import Quality, Reading, Value
from drivers.api import DriverError, Event, Inbox, Sample
from drivers.bacnet.station import Station
from drivers.bacnet.timing import Timing
from drivers.bacnet.wire import Endpoint

PORT = 47808
"""BACnet/IP's own port (0xBAC0)."""

_AT_ONCE = 32
_PROBES_AT_ONCE = 64


class Unaddressed(DriverError):
    """A device that has no usable address and cannot be searched for."""


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
    _searches: deque[tuple[float, range]] = field(default_factory=lambda: deque(maxlen=1000))

    def put(self, event: Event) -> None:
        self.inbox.put(event)

    def sample(self, point: int, value: Value | None, reason: str) -> None:
        """Hand over a reading of this moment."""
        now = self.clock.now()
        quality = Quality.BAD if value is None else Quality.GOOD
        self.inbox.put(Sample(point, Reading(value, quality, reason, now.wall_ms, now.mono_ns)))

    def searched(self, instances: range) -> None:
        """Somebody, perhaps we, has sent a Who-Is."""
        self._searches.append((asyncio.get_running_loop().time(), instances))

    def unasked(self, instance: int) -> bool:
        """Whether nobody has lately asked for this device, so that its I-Am comes of its own accord."""
        since = asyncio.get_running_loop().time() - self.timing.unasked_s
        return not any(at >= since and instance in instances for at, instances in self._searches)


def endpoint(text: str) -> Endpoint:
    """An endpoint written as "host" or "host:port", an IPv4 address. Raises Unaddressed."""
    host, _, port = text.partition(":")
    try:
        return str(ipaddress.IPv4Address(host)), int(port) if port else PORT
    except ValueError:
        raise Unaddressed(f"{text!r} is no address") from None


def address(text: str) -> Address:
    """A device's static address. Raises Unaddressed."""
    return IPv4Address(endpoint(text))
