"""All lines of a site, open: readings come in, turn by turn, and one write at a time goes out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self, TypeVar

from config.plan.clock import Clock, Now, Pace
from config.plan.lines import Line
from config.plan.points import Point
from config.plan.reading import Quality, Reading, Value
from config.plan.site import Plan
from config.plan.slots import Slot
from controller.accept.arrivals import Arrivals
from controller.accept.guard import Guard
from drivers.api import DeviceState, Driver, Heard, Inbox, SetUp, SlotState, Write, WriteReport

T = TypeVar("T")
TURN_S = 0.2
"""Machine seconds between two turns."""
_REPORT_S = 30.0
"""Machine seconds after which no word of a write will come."""


class Opener(Protocol):
    """Makes the driver of a line, as the composition root does."""

    async def __call__(
        self,
        clock: Clock,
        pace: Pace,
        plan: Plan,
        line: Line,
        inbox: Inbox,
        set_up: Callable[[int], bool],
        write: Callable[[int], bool],
        heard: Heard | None,
    ) -> Driver: ...


class Told(NamedTuple):
    """A device was told as lost or back."""

    device: int
    online: bool
    detail: str
    mono_ns: int


class Ground:
    """`async with Ground(…) as ground`. Nothing is written but by `send`, and to what `send` was told."""

    def __init__(
        self,
        plan: Plan,
        clock: Clock,
        look: Callable[[], Now],
        pace: Pace,
        guard: Guard,
        opener: Opener,
        may_set_up: Callable[[int], bool],
    ) -> None:
        """`plan` with the addresses to speak to. `look`: the time, once a turn."""
        self.plan = plan
        self.guard = guard
        self.pace = pace
        self.arrivals = Arrivals()
        self.arrays: dict[int, dict[int, Value]] = {}
        """BACnet: priority arrays by point."""
        self.raw: dict[int, tuple[int, ...]] = {}
        """Modbus: the registers or bits of each point's latest reading."""
        self.told: list[Told] = []
        self.set_ups: list[SetUp] = []
        self.now = clock.now()
        self._clock = clock
        self._look = look
        self._opener = opener
        self._may_set_up = may_set_up
        self._inbox = Inbox()
        self._drivers: dict[int, Driver] = {}
        self._reports: dict[int, WriteReport] = {}
        self._trying: int | None = None
        self._seq = 0

    async def __aenter__(self) -> Self:
        try:
            self.turn()
            for line in self.plan.lines:
                driver = await self._opener(
                    self._clock,
                    self.pace,
                    self.plan,
                    line,
                    self._inbox,
                    self._set_up_now,
                    self._may_write,
                    self._heard,
                )
                self._drivers[line.id] = driver
                await driver.start()
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    async def _stop(self) -> None:
        """All lines at once: each may take two seconds."""
        await asyncio.gather(*(driver.stop() for driver in self._drivers.values()))

    def reading(self, point: int) -> Reading:
        return self.guard.readings[point]

    def good(self, point: int) -> Value | None:
        """What it reads; None where that is not good."""
        reading = self.reading(point)
        return reading.value if reading.quality is Quality.GOOD else None

    def turn(self) -> None:
        """Take what has come, and let the guard see it."""
        self.now = self._look()
        events = self._inbox.take()
        self.arrivals.note(events)
        for event in events:
            match event:
                case WriteReport():
                    self._reports[event.seq] = event
                case SlotState():
                    self.arrays[event.point] = dict(event.slots)
                case DeviceState():
                    self.told.append(Told(event.device, event.online, event.detail, self.now.mono_ns))
                case SetUp():
                    self.set_ups.append(event)
        self.guard.step(self.now, events)

    async def until(self, condition: Callable[[], bool], within_s: float) -> bool:
        """Turn after turn until it is so, for so many machine seconds at the most; whether it is."""
        ends_ns = self.now.mono_ns + round(within_s * 1e9)
        while not condition():
            if self.now.mono_ns >= ends_ns:
                return False
            await asyncio.sleep(TURN_S)
            self.turn()
        return True

    async def meanwhile(self, question: Coroutine[Any, Any, T]) -> T:
        """Turn after turn while a person thinks: what is known stays as of now."""
        asked = asyncio.create_task(question)
        try:
            while not asked.done():
                await asyncio.wait({asked}, timeout=TURN_S)
                self.turn()
        finally:
            if not asked.done():
                asked.cancel()
                await asyncio.gather(asked, return_exceptions=True)
        return asked.result()

    async def send(self, point: Point, value: Value | None) -> WriteReport | None:
        """Write into our slot, or take ours out (None, on BACnet); what came back."""
        self._seq += 1
        seq, self._trying = self._seq, point.id
        try:
            self._driver_of(point).submit(Write(seq, point.id, value, Slot.PEOPLE))
            await self.until(lambda: seq in self._reports, _REPORT_S)
        finally:
            self._trying = None
        return self._reports.pop(seq, None)

    def read_now(self, point: Point) -> None:
        self._driver_of(point).read_now(point.id)

    def machine_s(self, site_s: float) -> float:
        """Machine seconds in which so many site seconds pass."""
        return site_s / self.pace.speed

    def free(self, device: int) -> bool:
        """Whether nothing forbids a write to any of a device's outputs, as the daemon has it for set-up
        registers."""
        points = [self.plan.points[point] for point in self.plan.devices[device].points]
        return all(self.guard.barred(point) is None for point in points if point.command is not None)

    def _set_up_now(self, device: int) -> bool:
        return self._may_set_up(device) and self.free(device)

    def _may_write(self, point: int) -> bool:
        """Asked by a driver when a write has its turn: the last fence that is ours."""
        return point == self._trying and self.guard.barred(self.plan.points[point]) is None

    def _heard(self, point: int, raw: Sequence[int], /) -> None:
        self.raw[point] = tuple(raw)

    def _driver_of(self, point: Point) -> Driver:
        return self._drivers[self.plan.devices[point.device].line]
