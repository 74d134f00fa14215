"""The site's devices as a campaign needs them, and the ids of a Plan in force put over those they have."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple, Protocol

from config.plan.reading import Value
from config.plan.site import Plan
from controller.rehearsal.loop import Field
from drivers.api import Clash, DeviceState, Event, Sample, SetUp, SlotState, Unchanged, Write, WriteReport

_MOST_BLOCKS = 500
"""What is held up by silent devices makes a new block each time."""


class NotHere(Exception):
    """No such thing can happen to this device."""


class Had(Protocol):
    """What the device of a commanded point has."""

    @property
    def value(self) -> Value | None:
        """The value in force."""

    @property
    def slots(self) -> tuple[tuple[int, Value], ...]:
        """Its priority array, where it has one."""


class Ground(Field, Protocol):
    """All devices of a Plan, by that Plan's ids, whatever Plan is in force."""

    def fault(self, name: str, on: bool, *, device: str, line: str, **numbers: Value) -> None:
        """Begin or end one. Raises NotHere."""

    def machines(self, device: str) -> Collection[str]:
        """Its motors by name."""

    def force(self, point: int, value: Value | None) -> None:
        """Let a point that nobody commands say this; None: its own again. Raises NotHere."""

    def by_hand(self, point: int, value: Value, slot: int) -> None:
        """A person changes a commanded point at the device; `slot`: where on BACnet."""

    def reopen(self, devices: Collection[int] | None = None) -> None:
        """These devices are met for the first time; None: whoever spoke to all of them is gone, and is
        answered nothing more."""

    def had(self, point: int) -> Had: ...


class _Ids(NamedTuple):
    points: dict[int, int]
    devices: dict[int, int]


class Numbered:
    """What the ground says and is told, by the ids of the Plan in force. What that does not have is said to
    nobody."""

    def __init__(self, ground: Ground, base: Plan) -> None:
        """`base`: whose ids the ground has."""
        self._ground = ground
        self._base = base
        self._points = {point.key: point.id for point in base.points}
        self._devices = {device.name: device.id for device in base.devices}
        self._there: Sequence[int] = ()
        """Point in force -> point of the ground."""
        self._here: _Ids | None = None
        """The other way; None: both are the same."""
        self._blocks: dict[int, tuple[tuple[int, ...], tuple[int, ...]]] = {}
        self.follow(base)

    def follow(self, plan: Plan) -> None:
        """This Plan is in force."""
        self._there = [self._points[point.key] for point in plan.points]
        devices = [self._devices[device.name] for device in plan.devices]
        alike = self._there == list(range(len(self._base.points))) and len(devices) == len(self._devices)
        points = {there: here for here, there in enumerate(self._there)}
        self._here = None if alike else _Ids(points, {there: here for here, there in enumerate(devices)})
        self._blocks = {}

    def point(self, here: int) -> int:
        """The ground's id."""
        return self._there[here]

    def submit(self, write: Write) -> None:
        self._ground.submit(write if self._here is None else write._replace(point=self._there[write.point]))

    def read_now(self, point: int) -> None:
        self._ground.read_now(self._there[point])

    def advance(self) -> list[Event]:
        """Called once a cycle."""
        events = self._ground.advance()
        return events if self._here is None else list(self._renumbered(events, self._here))

    def reopen(self, plan: Plan, devices: Iterable[int]) -> None:
        """These, of the Plan in force, are met anew."""
        self._ground.reopen({self._devices[plan.devices[device].name] for device in devices})

    def _renumbered(self, events: Iterable[Event], ids: _Ids) -> Iterable[Event]:
        for event in events:
            match event:
                case Unchanged():
                    points = self._block(event.points, ids)
                    if points:
                        yield event._replace(points=points)
                case DeviceState() | Clash():
                    if (device := ids.devices.get(event.device)) is not None:
                        yield event._replace(device=device)
                case SetUp():
                    point = ids.points.get(event.point)
                    if point is not None:
                        yield event._replace(device=ids.devices[event.device], point=point)
                case Sample() | SlotState() | WriteReport():
                    if (point := ids.points.get(event.point)) is not None:
                        yield event._replace(point=point)

    def _block(self, points: tuple[int, ...], ids: _Ids) -> tuple[int, ...]:
        """The same tuple for the same block, by which the image knows it."""
        if len(self._blocks) > _MOST_BLOCKS:
            self._blocks.clear()
        known = self._blocks.get(id(points))
        if known is None or known[0] is not points:
            found = tuple(ids.points[point] for point in points if point in ids.points)
            known = self._blocks[id(points)] = points, found
        return known[1]
