"""One of our lines, driven by our driver; what came through its inbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from config.plan.clock import Pace
from config.plan.points import Point
from config.plan.reading import Reading, Value
from config.plan.site import Plan
from drivers import bacnet, modbus
from drivers.api import DeviceState, Driver, Event, Inbox, Sample, SlotState, Write, WriteReport
from hil_tests.unfolding import Unfolding
from tests.drivers.build import MachineClock

E = TypeVar("E", bound=Event)


class Driving:
    """The driver of the only line of a Plan, and everything it has said so far."""

    def __init__(self, plan: Plan) -> None:
        (line,) = plan.lines
        open_line = bacnet.open_line if line.transport == "bacnet-ip" else modbus.open_line
        self.plan = plan
        self.inbox = Inbox()
        self._unfolding = Unfolding(self.inbox)
        self.events: list[Event] = []
        self.driver: Driver = open_line(plan, line, self.inbox, MachineClock(), Pace())
        self._writes = 0
        self._seen = 0
        """Of the events, what was waited for already and what came before it."""

    def point(self, key: str) -> Point:
        found = self.plan.point_named(key)
        assert found is not None, key
        return found

    async def until(self, kind: type[E], wanted: Callable[[E], bool], within_s: float = 10.0) -> E:
        """The first such event after the one that was waited for last."""
        try:
            async with asyncio.timeout(within_s):
                while True:
                    self.events += self._unfolding.take()
                    for number in range(self._seen, len(self.events)):
                        event = self.events[number]
                        if isinstance(event, kind) and wanted(event):
                            self._seen = number + 1
                            return event
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError(f"no such {kind.__name__}; the last events: {self.events[-8:]}") from None

    async def reading(self, key: str, value: Value | None = None) -> Reading:
        """The next reading of a point; with `value`, the next that has it."""
        ident = self.point(key).id

        def fits(sample: Sample) -> bool:
            return sample.point == ident and (value is None or sample.reading.value == value)

        return (await self.until(Sample, fits)).reading

    async def readings(self, *names: str) -> dict[str, Reading]:
        """The first reading of each of these points of the only device, in whatever order they come."""
        (device,) = self.plan.devices
        wanted = {self.point(f"{device.name}.{name}").id: name for name in names}
        found: dict[str, Reading] = {}
        self._seen = 0

        def completes(sample: Sample) -> bool:
            if sample.point in wanted:
                found.setdefault(wanted[sample.point], sample.reading)
            return len(found) == len(names)

        await self.until(Sample, completes)
        return found

    async def online(self, *, now: bool, within_s: float = 20.0) -> DeviceState:
        """The device's next change of state, to what is given."""
        return await self.until(DeviceState, lambda state: state.online is now, within_s)

    async def write(self, key: str, value: Value | None, slot: int = 12) -> WriteReport:
        """Command a point, and what became of it."""
        self._writes += 1
        number = self._writes
        self.driver.submit(Write(number, self.point(key).id, value, slot))
        return await self.until(WriteReport, lambda report: report.seq == number)

    def slots(self, key: str) -> dict[int, Value]:
        """The point's priority array as the driver saw it last."""
        ident = self.point(key).id
        seen = [event for event in self.events if isinstance(event, SlotState) and event.point == ident]
        return dict(seen[-1].slots)


@asynccontextmanager
async def driving(plan: Plan) -> AsyncIterator[Driving]:
    """The driver, running."""
    made = Driving(plan)
    await made.driver.start()
    try:
        yield made
    finally:
        await made.driver.stop()
