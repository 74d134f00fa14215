"""One line of each transport, with a real server at its other end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any, Self, TypeVar

from config.plan.clock import Pace
from config.plan.points import Point
from config.plan.reading import Value
from config.plan.site import Plan
from drivers.api import DeviceState, Event, Fate, Inbox, Sample, Write, WriteReport
from drivers.backoff import Manners
from drivers.line import LineWorker
from drivers.modbus import open_line
from hil_tests.modbus_servers import PtyServer, TcpServer, Unit
from hil_tests.unfolding import Unfolding
from tests.drivers.build import MachineClock, line, plan

TRANSPORTS = ("modbus-tcp", "modbus-rtu", "modbus-rtu-over-tcp")

E = TypeVar("E", bound=Event)


class Bench:
    """A line, its driver and its server. Time-outs and back-off are short; polls are as the points say."""

    def __init__(self, transport: str, units: Mapping[int, Sequence[Point]], **more: Any) -> None:
        self.units = {unit: Unit(unit) for unit in units}
        self.server: TcpServer | PtyServer
        self.inbox = Inbox()
        self._unfolding = Unfolding(self.inbox)
        self.events: list[Event] = []
        self.timeout_s: float = more.pop("timeout_s", 0.1)
        self.manners = Manners(
            self.timeout_s, step_s=0.1, longest_s=0.3, least_patience_s=self.timeout_s / 2, reconnect_s=(0.1,)
        )
        self.driver: LineWorker
        self.plan: Plan
        self._transport = transport
        self._points = units
        self._device = more
        self._stack = AsyncExitStack()
        self._seq = 0
        self._cursor = 0

    async def __aenter__(self) -> Self:
        await self.serve()
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.driver.stop()
        await self._stack.aclose()

    async def serve(self) -> None:
        if self._transport == "modbus-rtu":
            self.server = await self._stack.enter_async_context(PtyServer(self.units))
        else:
            rtu = self._transport == "modbus-rtu-over-tcp"
            self.server = await self._stack.enter_async_context(TcpServer(self.units, rtu=rtu))

    async def open(self, **options: Any) -> None:
        where: dict[str, Any] = {"port": self.server.port} if isinstance(self.server, TcpServer) else {}
        if isinstance(self.server, PtyServer):
            where = {"path": self.server.path}
        own_line = line(
            self._transport, baud=115200, timeout_s=self.timeout_s, connect_timeout_s=0.5, **where
        )
        self.plan = plan(own_line, self._points, **self._device)
        driver = open_line(
            self.plan, own_line, self.inbox, MachineClock(), Pace(), manners=self.manners, **options
        )
        assert isinstance(driver, LineWorker)
        self.driver = driver
        await driver.start()

    def point(self, key: str) -> Point:
        found = self.plan.point_named(key)
        assert found is not None
        return found

    def take(self) -> list[Event]:
        """Move what is in the inbox to `events`, and give it."""
        fresh = self._unfolding.take()
        self.events += fresh
        return fresh

    async def until(
        self, kind: type[E], wanted: Callable[[E], bool] = lambda _: True, within_s: float = 20.0
    ) -> E:
        """The next such event after the one given last."""
        async with asyncio.timeout(within_s):
            while True:
                self.take()
                for index in range(self._cursor, len(self.events)):
                    event = self.events[index]
                    if isinstance(event, kind) and wanted(event):
                        self._cursor = index + 1
                        return event
                await asyncio.sleep(0.002)

    async def sample(self, key: str, within_s: float = 20.0) -> Sample:
        """The next Sample of a point, from this moment on."""
        ident = self.point(key).id
        self.take()
        self._cursor = len(self.events)
        return await self.until(Sample, lambda sample: sample.point == ident, within_s)

    async def online(self, *devices: int) -> None:
        """These have answered, or all that have points, in any order."""
        wanted = set(devices) or {device.id for device in self.plan.devices if device.points}
        last: dict[int, bool] = {}
        while not all(last.get(device) for device in wanted):
            state = await self.until(DeviceState)
            last[state.device] = state.online

    async def all_sampled(self) -> None:
        """Each point has been heard of, good or not."""
        wanted = {point.id for point in self.plan.points}
        async with asyncio.timeout(20):
            while not wanted <= {sample.point for sample in self.seen(Sample)}:  # noqa: ASYNC110
                await asyncio.sleep(0.002)

    def submit(self, key: str, value: Value | None) -> int:
        self._seq += 1
        self.driver.submit(Write(self._seq, self.point(key).id, value, 16))
        return self._seq

    async def write(self, key: str, value: Value | None, within_s: float = 20.0) -> WriteReport:
        seq = self.submit(key, value)
        return await self.until(WriteReport, lambda report: report.seq == seq, within_s)

    async def holds(self, unit: int, function: int, address: int, value: int, within_s: float = 20.0) -> None:
        """Until the unit's memory has this value."""
        async with asyncio.timeout(within_s):
            while self.units[unit].written.get((function, address)) != value:  # noqa: ASYNC110
                await asyncio.sleep(0.002)

    async def written(self, key: str, value: Value | None) -> None:
        """Write, and expect that it stands."""
        report = await self.write(key, value)
        assert report.fate is Fate.READ_BACK, report

    def seen(self, kind: type[E]) -> list[E]:
        self.take()
        return [event for event in self.events if isinstance(event, kind)]
