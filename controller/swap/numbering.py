"""A line's driver, spoken to by the ids of the Plan in force.

Ids are of one Plan. A driver keeps those that it was opened with for as long as it serves a device, and what
is taken on later gets ids that it has never had: so nothing that is under way on the line is ever mistaken
for something else. Here they are turned into those of the Plan in force, and back.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace

from config.plan.devices import Device
from config.plan.lines import Line
from config.plan.points import Point
from config.plan.site import Plan
from controller.swap.same import Same
from drivers.api import (
    Clash,
    DeviceState,
    Driver,
    Event,
    Inbox,
    LineStatus,
    Sample,
    Served,
    SetUp,
    SlotState,
    Unchanged,
    Write,
    WriteReport,
)

Ask = Callable[[int], bool]


class _Numbers:
    """The ids of one line's driver, and those of the Plan in force."""

    def __init__(self, plan: Plan, line: int) -> None:
        """A driver that is opened now has the Plan's own."""
        devices = [device for device in plan.devices if device.line == line]
        self.line = line
        self.devices = {device.id: device.id for device in devices}
        self.points = {point: point for device in devices for point in device.points}
        self.answers = dict(self.points)
        """Also those of devices that went, whose points go on: what became of a write is still told."""
        self.own_devices = dict(self.devices)
        self.own_points = dict(self.points)
        """The Plan's → the driver's."""
        self.identical = True
        self._free_device = len(plan.devices)
        self._free_point = len(plan.points)

    def follow(self, following: Plan, same: Same) -> tuple[list[int], list[Served]]:
        """Another Plan is in force. What the driver serves no more, and what it serves from now on."""
        self.identical = False
        self.line = same.lines[self.line]
        gone = [own for own, number in self.devices.items() if number not in same.devices]
        self.answers = {own: same.points[n] for own, n in self.answers.items() if n in same.points}
        self.devices = {
            own: same.devices[number] for own, number in self.devices.items() if number in same.devices
        }
        self.points = {own: same.wired[number] for own, number in self.points.items() if number in same.wired}
        self._turn_round()
        served = set(self.devices.values())
        new = [device for device in following.devices if device.line == self.line and device.id not in served]
        for device in new:
            self._number(device)
        self._turn_round()
        return gone, [self._own(following, device) for device in new]

    def leave(self, same: Same) -> None:
        """Another Plan is in force, in which nothing of this is served here."""
        self.identical = False
        self.answers = {own: same.points[n] for own, n in self.answers.items() if n in same.points}
        self.devices, self.points = {}, {}
        self._turn_round()

    def _number(self, device: Device) -> None:
        self.devices[self._free_device] = device.id
        self._free_device += 1
        for point in device.points:
            self.points[self._free_point] = self.answers[self._free_point] = point
            self._free_point += 1

    def _turn_round(self) -> None:
        self.own_devices = {number: own for own, number in self.devices.items()}
        self.own_points = {number: own for own, number in self.points.items()}

    def _own(self, plan: Plan, device: Device) -> Served:
        """As the driver is to know it."""
        points = tuple(self._own_point(plan.points[number]) for number in device.points)
        unheard = device.unheard
        if unheard is not None:
            set_up = tuple((self.own_points[number], value) for number, value in unheard.set_up)
            unheard = replace(unheard, set_up=set_up)
        own = replace(
            device,
            id=self.own_devices[device.id],
            points=tuple(point.id for point in points),
            on_stop=(),
            unheard=unheard,
        )
        return Served(own, points)

    def _own_point(self, point: Point) -> Point:
        command = point.command
        if command is not None and command.verify_point is not None:
            command = replace(command, verify_point=self.own_points.get(command.verify_point))
        return replace(
            point, id=self.own_points[point.id], device=self.own_devices[point.device], command=command
        )


_REMEMBERED = 512
"""Of what comes again together so many are kept: where other points change each time, each is another one."""


class _LineInbox(Inbox):
    """Where a driver puts what it has to say."""

    __slots__ = ("_again", "_complete", "_numbers", "_to", "_unheard")

    def __init__(
        self, to: Inbox, numbers: _Numbers, unheard: dict[int, int], complete: Callable[[], None]
    ) -> None:
        """`unheard`: points of the line's devices → their device. `complete` is called once: when of each of
        them something was read, or it was given up."""
        super().__init__()
        self._to = to
        self._numbers = numbers
        self._unheard = unheard
        self._complete = complete
        self._again: dict[tuple[int, ...], tuple[int, ...]] = {}
        """Most of what comes, comes again and again for the same points."""

    def put(self, event: Event) -> None:
        if self._numbers.identical:
            self._to.put(event)
        elif (told := self._translated(event)) is not None:
            self._to.put(told)
        if self._unheard:
            self._hear(event)

    def _hear(self, event: Event) -> None:
        match event:
            case Sample(point=point) | Unchanged(points=(point, *_)):
                device = self._unheard.get(point)
            case DeviceState(device=lost, online=False):
                device = lost
            case _:
                return
        if device is None:
            return
        self._unheard = {point: of for point, of in self._unheard.items() if of != device}
        if not self._unheard:
            self._complete()

    def renumbered(self) -> None:
        self._again.clear()

    def _translated(self, event: Event) -> Event | None:
        """None for what is said of something that is not in the Plan any more."""
        numbers = self._numbers
        if isinstance(event, Unchanged):
            points = self._again.get(event.points)
            if points is None:
                if len(self._again) >= _REMEMBERED:
                    self._again.clear()
                known = (numbers.points.get(own) for own in event.points)
                points = self._again[event.points] = tuple(point for point in known if point is not None)
            return event._replace(points=points) if points else None
        if isinstance(event, DeviceState | Clash):
            device = numbers.devices.get(event.device)
            return None if device is None else event._replace(device=device)
        point = (numbers.answers if isinstance(event, WriteReport) else numbers.points).get(event.point)
        if point is None:
            return None
        if isinstance(event, SetUp):
            return event._replace(point=point, device=numbers.devices[event.device])
        return _of_point(event, point)


def _of_point(event: Sample | WriteReport | SlotState, point: int) -> Event:
    match event:
        case Sample():
            return event._replace(point=point)
        case WriteReport():
            return event._replace(point=point)
        case SlotState():
            return event._replace(point=point)


class NumberedLine:
    """See `drivers.api.Driver`; in the ids of the Plan in force."""

    def __init__(self, driver: Driver, inbox: _LineInbox, numbers: _Numbers) -> None:
        self._driver = driver
        self._inbox = inbox
        self._numbers = numbers

    @classmethod
    async def open(
        cls,
        plan: Plan,
        line: Line,
        inbox: Inbox,
        open_line: Callable[[Plan, Line, Inbox, Ask, Ask], Awaitable[Driver]],
        may_set_up: Ask,
        may_write: Ask,
        complete: Callable[[], None],
    ) -> NumberedLine:
        """`open_line(plan, line, inbox, may_set_up, may_write)` makes the driver, which asks by its own ids.
        `complete` is called when of each of its devices something was read, or it was given up. Raises what
        that raises."""
        numbers = _Numbers(plan, line.id)
        unheard = {point: plan.points[point].device for point in numbers.points}
        own_inbox = _LineInbox(inbox, numbers, unheard, complete)

        def set_up(own: int) -> bool:
            device = numbers.devices.get(own)
            return device is not None and may_set_up(device)

        def write(own: int) -> bool:
            point = numbers.points.get(own)
            return point is not None and may_write(point)

        return cls(await open_line(plan, line, own_inbox, set_up, write), own_inbox, numbers)

    async def start(self) -> None:
        await self._driver.start()

    async def stop(self) -> None:
        await self._driver.stop()

    def submit(self, write: Write) -> None:
        self._driver.submit(write._replace(point=self._numbers.own_points[write.point]))

    def read_now(self, point: int) -> None:
        self._driver.read_now(self._numbers.own_points[point])

    def take(self, gone: Collection[int], new: Sequence[Served]) -> None:
        self._driver.take(gone, new)

    def follow(self, following: Plan, same: Same) -> None:
        """Another Plan is in force, which has this line too."""
        gone, new = self._numbers.follow(following, same)
        self._inbox.renumbered()
        if gone or new:
            self._driver.take(gone, new)

    def leave(self, same: Same) -> None:
        """Another Plan is in force, which does not have this line: it is stopped soon."""
        self._numbers.leave(same)
        self._inbox.renumbered()

    def status(self) -> LineStatus:
        return self._driver.status()._replace(line=self._numbers.line)

    def late_s(self) -> float:
        return self._driver.late_s()
