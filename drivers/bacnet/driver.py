"""The Driver of a BACnet/IP line: one station, one worker a device."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bacpypes3.pdu import Address

from config.plan.clock import Clock, Pace
from config.plan.lines import Line
from config.plan.points import BacnetObject, Point
from config.plan.site import Plan
from drivers.api import Fate, Inbox, LineStatus, Write, WriteReport
from drivers.bacnet.commanding import refusal
from drivers.bacnet.device import DeviceWorker
from drivers.bacnet.line import Shared, endpoint
from drivers.bacnet.services import IAm, Notification
from drivers.bacnet.station import Ears, Station
from drivers.bacnet.timing import Timing
from drivers.bacnet.values import identity
from drivers.handover import Found

_LAST_REQUEST_S = 0.9
_FAREWELL_S = 0.5


class BacnetDriver:
    """See `drivers.api.Driver`."""

    def __init__(
        self,
        plan: Plan,
        line: Line,
        inbox: Inbox,
        clock: Clock,
        pace: Pace,
        timing: Timing,
        *,
        may_set_up: Callable[[int], bool] | None = None,
        may_write: Callable[[int], bool] | None = None,
    ) -> None:
        self._line = line
        self._inbox = inbox
        broadcasts = [endpoint(text) for text in line.networks]
        ears = Ears(self._i_am, self._who_is, self._notification)
        station = Station(line.host, line.port, broadcasts, ears)
        self._shared = Shared(line, inbox, clock, pace, timing, station)
        self._shared.may_set_up = may_set_up or (
            lambda device: not (plan.site.observe or plan.devices[device].observe)
        )
        if may_write is not None:
            self._shared.may_write = may_write
        self._devices = [device for device in plan.devices if device.line == line.id]
        self._points = {
            point_id: plan.points[point_id] for device in self._devices for point_id in device.points
        }
        self._workers: dict[int, DeviceWorker] = {}
        self._by_instance: dict[int, DeviceWorker] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._connected = False

    @property
    def endpoint(self) -> tuple[str, int]:
        """Own address once the line is up (a port of 0 in the Plan picks a free one)."""
        return self._shared.station.endpoint

    async def start(self) -> None:
        for device in self._devices:
            points = [point for point_id in device.points if self._known(point := self._points[point_id])]
            worker = DeviceWorker(device, points, self._shared)
            self._workers[device.id] = self._by_instance[device.instance] = worker
        self._tasks = [asyncio.create_task(self._come_up(), name=f"bacnet line {self._line.name}")]

    def _known(self, point: Point) -> bool:
        """Whether it is an object type there is; a point of another one is BAD and costs its device
        nothing."""
        try:
            return isinstance(point.source, BacnetObject) and bool(identity(point.source))
        except ValueError as error:
            self._shared.read([Found(point.id, None, str(error))])
            return False

    async def _come_up(self) -> None:
        """Bind, however long that takes, then let the devices' workers run."""
        while not self._connected:
            try:
                await self._shared.station.open()
                self._connected = True
                self._shared.station.traffic.answered("")
            except OSError as error:
                self._shared.station.traffic.failed("", f"cannot bind: {error}")
                for worker in self._workers.values():
                    worker.unreachable(f"line {self._line.name} cannot bind {self._line.host}: {error}")
                await asyncio.sleep(self._shared.timing.rebind_s)
        for worker in self._workers.values():
            name = f"bacnet device {worker.device.name}"
            self._tasks.append(asyncio.create_task(worker.run(), name=name))

    async def stop(self) -> None:
        for worker in self._workers.values():
            worker.finish()
        if self._tasks:
            self._tasks[0].cancel()
            _, late = await asyncio.wait(self._tasks, timeout=_LAST_REQUEST_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._connected:
            await self._say_farewell()
        await self._shared.station.close()
        self._tasks = []
        self._connected = False

    async def _say_farewell(self) -> None:
        farewells = [asyncio.create_task(worker.farewell()) for worker in self._workers.values()]
        if farewells:
            _, late = await asyncio.wait(farewells, timeout=_FAREWELL_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*farewells, return_exceptions=True)

    def submit(self, write: Write) -> None:
        point = self._points.get(write.point)
        worker = self._workers.get(point.device) if point is not None else None
        wrong = "not a point of this line" if point is None else refusal(point, write)
        if wrong is not None:
            self._inbox.put(WriteReport(write.seq, write.point, Fate.REJECTED, None, wrong))
        elif worker is None:
            self._inbox.put(WriteReport(write.seq, write.point, Fate.NOT_SENT, None, "line is not started"))
        else:
            worker.submit(write)

    def read_now(self, point: int) -> None:
        found = self._points.get(point)
        if found is not None and found.device in self._workers:
            self._workers[found.device].read_now(found)

    def status(self) -> LineStatus:
        traffic = self._shared.station.traffic
        queue = sum(worker.queue for worker in self._workers.values())
        return LineStatus(
            self._line.id, self._connected, traffic.requests, traffic.timeouts, queue, traffic.last_error
        )

    def _i_am(self, source: Address, i_am: IAm) -> None:
        worker = self._by_instance.get(i_am.instance)
        if worker is not None:
            worker.heard(source, i_am)

    def _who_is(self, instances: range) -> None:
        self._shared.searched(instances)

    def _notification(self, source: Address, notice: Notification) -> bool:
        worker = self._by_instance.get(notice.device)
        return worker is not None and worker.notified(source, notice)
