"""One simulated BACnet device: points in engineering values on one side, a BACnet/IP server on the other."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from typing import Any

from bacpypes3.basetypes import PriorityValue
from bacpypes3.errors import PropertyError
from bacpypes3.local.cmd import PriorityArray
from bacpypes3.local.device import DeviceObject
from bacpypes3.pdu import IPv4Address

from config.plan.devices import Device
from config.plan.points import BacnetObject, Point
from config.plan.reading import Value
from drivers.simulators.bacnet import objects
from drivers.simulators.bacnet.application import DeviceApplication
from drivers.simulators.bacnet.faults import Faults

_LOCAL_SLOT = 16

OnCommand = Callable[[str, Value | None], None]
"""(point name, what slots 1 to 15 command now; None: nothing, local logic has it)."""


class BacnetSimulator:
    """A device of the Plan. The plant sets values and hears of commands; faults are switched by name.

    For a commandable point `set_value` is the device's own local logic: it stands at slot 16, behind every
    command.
    """

    def __init__(
        self, device: Device, points: Iterable[Point], host: str = "127.0.0.1", port: int = 0
    ) -> None:
        """`host` may carry a prefix length ("10.99.0.11/24"): the device then hears broadcasts too."""
        self.device = device
        self._points = {point.name: point for point in points if isinstance(point.source, BacnetObject)}
        self._host, self._port = host, port
        self._faults = Faults()
        self._objects: dict[str, Any] = {}
        self._commanded: dict[str, Value | None] = {}
        self._callbacks: list[OnCommand] = []
        self._without_value: set[str] = set()
        self._application: DeviceApplication | None = None
        self.address = ""
        """Where it listens, "host:port", once started."""

    async def start(self) -> None:
        """Build the objects and listen. Raises OSError when the address cannot be had."""
        own: socket.socket | None = None
        if "/" not in self._host:
            own = _alone_at(self._host, self._port)
            self._port = own.getsockname()[1]
        self.address = f"{self._host.partition('/')[0]}:{self._port}"
        server = DeviceObject(
            objectIdentifier=("device", self.device.instance),
            objectName=self.device.name,
            description=self.device.label,
            modelName=self.device.profile,
            maxApduLengthAccepted=1476,
            segmentationSupported="noSegmentation",
            vendorIdentifier=999,
        )
        address = IPv4Address(f"{self._host}:{self._port}")
        self._application = DeviceApplication(server, address, own, self._faults)
        for name, point in self._points.items():
            self._objects[name] = objects.build(point, self._guard(point), self._watch(name))
            self._application.add_object(self._objects[name])
            self._commanded[name] = None
        await self._application.ready()

    async def stop(self) -> None:
        if self._application is not None:
            await self._application.shut()
            self._application = None

    def set_value(self, name: str, value: Value | None) -> None:
        """What the plant measures, or local logic wants.

        None: local logic wants nothing (a commandable point), or the sensor has no value to give (any other).
        """
        point, target = self._points[name], self._objects[name]
        if _commandable(point):
            entry = PriorityValue(null=()) if value is None else _entry(target, objects.raw(point, value))
            target.priorityArray[_LOCAL_SLOT - 1] = entry
        elif value is None:
            self._without_value.add(name)
            self._reliability(name, "unreliableOther")
        else:
            target.presentValue = objects.raw(point, value)
            if name in self._without_value:
                self._without_value.discard(name)
                self._reliability(name, "noFaultDetected")

    def value(self, name: str) -> Value:
        """What is in force now."""
        return objects.engineering(self._points[name], self._objects[name].presentValue)

    def slots(self, name: str) -> dict[int, Value]:
        """What stands in a commandable point's priority array."""
        found = {}
        for slot, entry in enumerate(self._objects[name].priorityArray, 1):
            if entry.null is None:
                found[slot] = objects.engineering(self._points[name], objects.chosen(entry))
        return found

    def command(self, name: str, value: Value | None, slot: int) -> None:
        """Another BACnet client's write, as seen by the device."""
        point, target = self._points[name], self._objects[name]
        entry = PriorityValue(null=()) if value is None else _entry(target, objects.raw(point, value))
        target.priorityArray[slot - 1] = entry
        self._watch(name)()

    def on_command(self, callback: OnCommand) -> None:
        """Call this whenever what slots 1 to 15 command has changed."""
        self._callbacks.append(callback)

    @property
    def subscriptions(self) -> int:
        """COV subscriptions that are alive."""
        return self._application.subscriptions() if self._application is not None else 0

    @property
    def requests(self) -> int:
        """Datagrams heard so far."""
        return self._application.datagrams.heard if self._application is not None else 0

    @property
    def writes(self) -> int:
        """Requests to write heard so far; its own start is none."""
        return self._application.writes if self._application is not None else 0

    def fault(self, name: str, on: bool, *, point: str | None = None, **numbers: float) -> None:
        """Switch a fault of `faults.NAMES`. Raises ValueError for what it does not know, KeyError for no
        such point."""
        if name in ("reliability", "out-of-service"):
            if point is None:
                raise ValueError(f"{name} needs a point")
            if name == "reliability":
                self._reliability(point, "noSensor" if on else "noFaultDetected")
            else:
                self._objects[point].outOfService = on
                self._flags_changed(point)
        elif name == "restart":
            if on:
                self._restart()
        else:
            self._faults.switch(name, on, numbers)

    def _reliability(self, name: str, what: str) -> None:
        self._objects[name].reliability = what
        self._flags_changed(name)

    def _flags_changed(self, name: str) -> None:
        if self._application is not None:
            self._application.notify(self._objects[name])

    def _restart(self) -> None:
        """Power came back: commands and subscriptions are gone, and it announces itself to those it knows."""
        assert self._application is not None
        self._application.forget_subscriptions()
        for name, point in self._points.items():
            if _commandable(point):
                empty = [PriorityValue(null=()) for _ in range(16)]
                self._objects[name].priorityArray = PriorityArray(empty, obj=self._objects[name])
                self._objects[name].recalculating()
                self._watch(name)()
        self.announce(self.peers)

    @property
    def peers(self) -> frozenset[Any]:
        """Whom it has heard."""
        return frozenset() if self._application is None else frozenset(self._application.datagrams.peers)

    def announce(self, peers: Iterable[Any]) -> None:
        """Say where it is: by a broadcast where it has a network, else to each of them."""
        assert self._application is not None
        if "/" in self._host:
            self._application.i_am()
        else:
            for peer in peers:
                self._application.i_am(peer)

    def _guard(self, point: Point) -> Callable[[Any], bool]:
        def guard(value: Any) -> bool:
            if self._faults.has("refuse-writes") or not _commandable(point):
                raise PropertyError("writeAccessDenied")
            objects.check_range(point, value)
            return not self._faults.has("lying-write")

        return guard

    def _watch(self, name: str) -> Callable[[], None]:
        def watch() -> None:
            point = self._points[name]
            above = {slot: value for slot, value in self.slots(name).items() if slot < _LOCAL_SLOT}
            now = above[min(above)] if above else None
            if _commandable(point) and now != self._commanded[name]:
                self._commanded[name] = now
                for callback in self._callbacks:
                    callback(name, now)

        return watch


def _commandable(point: Point) -> bool:
    return isinstance(point.source, BacnetObject) and point.source.commandable


def _alone_at(host: str, port: int) -> socket.socket:
    """bacpypes3 would share the port with whoever has it; a simulated device wants it alone. Raises
    OSError."""
    own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        own.setblocking(False)
        own.bind((host, port))
    except OSError:
        own.close()
        raise
    return own


def _entry(target: Any, value: Any) -> PriorityValue:
    kind = target.get_property_type("presentValue")
    return PriorityValue(kind(kind.cast(value)))
