"""The Driver of a BACnet/IP line: one station, one worker a device."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress

from config.plan.clock import Clock, Pace
from config.plan.lines import Line
from config.plan.points import BacnetObject, Point
from config.plan.site import Plan
from drivers.api import Fate, Inbox, LineStatus, Served, Write, WriteReport
from drivers.bacnet.commanding import refusal
from drivers.bacnet.device import DeviceWorker
from drivers.bacnet.line import Shared
from drivers.bacnet.places import Place, endpoint
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
        self._served = [
            Served(device, tuple(plan.points[point] for point in device.points))
            for device in plan.devices
            if device.line == line.id
        ]
        """What `start` makes workers of."""
        self._points = {point.id: point for served in self._served for point in served.points}
        self._workers: dict[int, DeviceWorker] = {}
        self._by_instance: dict[int, DeviceWorker] = {}
        self._coming_up: asyncio.Task[None] | None = None
        self._tasks: dict[DeviceWorker, asyncio.Task[None]] = {}
        """The lives of the workers."""
        self._leaving: dict[int, asyncio.Task[None]] = {}
        """By instance: workers of devices that went, until they have taken their leave."""
        self._connected = False

    @property
    def endpoint(self) -> tuple[str, int]:
        """Own address once the line is up (a port of 0 in the Plan picks a free one)."""
        return self._shared.station.endpoint

    async def start(self) -> None:
        for served in self._served:
            self._serve(served)
        self._coming_up = asyncio.create_task(self._come_up(), name=f"bacnet line {self._line.name}")

    def take(self, gone: Collection[int], new: Sequence[Served]) -> None:
        for number in gone:
            worker = self._workers.pop(number)
            del self._by_instance[worker.device.instance]
            worker.finish()
            leaving = asyncio.create_task(self._take_leave(worker), name=f"bacnet leave {worker.device.name}")
            self._leaving[worker.device.instance] = leaving
        for served in new:
            worker = self._serve(served)
            if self._connected:
                self._live(worker)

    def _serve(self, served: Served) -> DeviceWorker:
        device = served.device
        self._points.update((point.id, point) for point in served.points)
        worker = DeviceWorker(device, [point for point in served.points if self._known(point)], self._shared)
        self._workers[device.id] = self._by_instance[device.instance] = worker
        return worker

    def _live(self, worker: DeviceWorker) -> None:
        name = f"bacnet device {worker.device.name}"
        self._tasks[worker] = asyncio.create_task(self._run(worker), name=name)

    async def _run(self, worker: DeviceWorker) -> None:
        before = self._leaving.get(worker.device.instance)
        if before is not None:
            await asyncio.wait({before})
        await worker.run()

    async def _take_leave(self, worker: DeviceWorker) -> None:
        """Of one device, while the line goes on: after the request that is on the wire, as at the end."""
        task = self._tasks.pop(worker, None)
        if task is not None:
            _, late = await asyncio.wait({task}, timeout=_LAST_REQUEST_S)
            for one in late:
                one.cancel()
            await asyncio.gather(task, return_exceptions=True)
        if self._connected:
            with suppress(TimeoutError):
                async with asyncio.timeout(_FAREWELL_S):
                    await worker.farewell()

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
            self._live(worker)

    async def stop(self) -> None:
        for worker in self._workers.values():
            worker.finish()
        if self._coming_up is not None:
            self._coming_up.cancel()
            tasks = {self._coming_up, *self._tasks.values(), *self._leaving.values()}
            _, late = await asyncio.wait(tasks, timeout=_LAST_REQUEST_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if self._connected:
            await self._say_farewell()
        await self._shared.station.close()
        self._coming_up = None
        self._tasks, self._leaving = {}, {}
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

    def late_s(self) -> float:
        ended = [self._coming_up] if self._coming_up is not None and not self._connected else []
        ended += self._tasks.values()
        if any(task.done() for task in ended):
            return float("inf")
        return max((worker.late_s() for worker in self._tasks), default=0.0)

    def _i_am(self, source: Place, i_am: IAm) -> None:
        worker = self._by_instance.get(i_am.instance)
        if worker is not None:
            worker.heard(source, i_am)

    def _who_is(self, instances: range) -> None:
        self._shared.searched(instances)

    def _notification(self, source: Place, notice: Notification) -> bool:
        worker = self._by_instance.get(notice.device)
        return worker is not None and worker.notified(source, notice)
