"""One BACnet device's worker: bind, poll, subscribe, command, lose it and find it again.

Each device has a task of its own with at most one request on the wire, so that a dead, slow or babbling one
costs the others nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from contextlib import aclosing

from config.plan.devices import Device
from config.plan.points import Point
from drivers.api import Clash, DeviceState, DriverError, Fate, NoAnswer, Write, WriteReport
from drivers.bacnet.binding import Binder
from drivers.bacnet.commanding import Commander
from drivers.bacnet.exchange import Exchange
from drivers.bacnet.line import Shared
from drivers.bacnet.places import Place, shown
from drivers.bacnet.polling import Poller
from drivers.bacnet.reader import Reader
from drivers.bacnet.rivals import Rivals
from drivers.bacnet.services import IAm, Notification
from drivers.bacnet.setting_up import SettingUp
from drivers.bacnet.slots import SlotWatch
from drivers.bacnet.subscriptions import Subscriptions
from drivers.bacnet.writing import Writing

_log = logging.getLogger(__name__)
_TICK_S = 0.001
"""uvloop counts in milliseconds and wakes up to half of one early: what is due within one is due, or its
worker would spin until then."""


class DeviceWorker:
    """The life of one device on the line. `run` is its task; the rest is called by the driver between its
    steps."""

    def __init__(self, device: Device, points: Sequence[Point], shared: Shared) -> None:
        self.device = device
        self._shared = shared
        self._points = {point.id: point for point in points}
        self._exchange = Exchange(shared)
        self._reader = Reader(self._exchange.ask, device.limits.max_properties)
        self._subscriptions = Subscriptions(points, self._exchange.ask, shared.timing)
        self._poller = Poller(points, self._reader, self._subscriptions, shared)
        self._commander = Commander(self._exchange.ask, self._reader)
        self._slots = SlotWatch(points, self._commander, shared)
        self._writing = Writing(
            self._points, self._exchange, self._commander, self._slots, self._poller, shared
        )
        self._setting_up = SettingUp(device, self._points, self._commander, shared)
        self._binder = Binder(device, shared)
        self._urgent_reads: deque[Point] = deque()
        self._wake = asyncio.Event()
        self._said: bool | None = None
        """What the last DeviceState said; None: nothing yet."""
        self._stopping = False
        self._failures = 0
        self._restarted = False
        self._announced = float("-inf")
        self._rivals = Rivals(device, self._exchange.ask_other, shared.timing)

    @property
    def queue(self) -> int:
        return len(self._writing)

    def late_s(self) -> float:
        """See `drivers.api.Driver`."""
        return self._exchange.moving.late_s(asyncio.get_running_loop().time())

    # What the driver tells

    def submit(self, write: Write) -> None:
        if not self._exchange.online or self._stopping or write.point not in self._points:
            detail = "device is not online"
            self._shared.put(WriteReport(write.seq, write.point, Fate.NOT_SENT, None, detail))
            return
        self._writing.add(write)
        self._wake.set()

    def read_now(self, point: Point) -> None:
        if self._exchange.online and point.id in self._points and point not in self._urgent_reads:
            self._urgent_reads.append(point)
            self._wake.set()

    def heard(self, source: Place, i_am: IAm) -> None:
        """An I-Am with this device's instance."""
        if self._exchange.online and source == self._exchange.address:
            if self._shared.unasked(self.device.instance):
                self._restarted = True
                self._wake.set()
            return
        news = self._rivals.announced(source, i_am)
        if not self._exchange.online:
            news = self._binder.heard(source, i_am)
        if news:
            self._wake.set()

    def notified(self, source: Place, notice: Notification) -> bool:
        """A change of value from this device's instance. Says whether we had asked for it."""
        if not self._exchange.online or source != self._exchange.address:
            return False
        point = self._subscriptions.notified(notice)
        if point is not None:
            self._poller.notified(point, notice)
        return point is not None

    def unreachable(self, detail: str) -> None:
        """The line has no socket: said once, like a loss."""
        self._say(False, detail)

    # The task

    async def run(self) -> None:
        """Until `finish`: bind, live with the device until it is lost, leave it alone for a while, again."""
        while not self._stopping:
            try:
                self._moves()
                await self._bind()
                await self._live()
                return
            except DriverError as error:
                detail = str(error)
            except Exception as error:  # noqa: BLE001  # this device only, and never for good
                _log.exception("bacnet device %s", self.device.name)
                detail = f"internal error: {error!r}"
            self._lose(detail)
            self._failures += 1
            await self._rest(self._shared.timing.backoff(self._failures))

    def finish(self) -> None:
        """End `run` after the request that is on the wire; what is queued is not sent."""
        self._stopping = True
        self._writing.drop("stopped")
        self._wake.set()

    async def farewell(self) -> None:
        """End what must be ended and unsubscribe; after `run` has ended."""
        await self._writing.farewell()
        if self._exchange.online:
            await self._subscriptions.cancel()

    async def _bind(self) -> None:
        self._exchange.misses = 0
        self._exchange.address = await self._binder.find()
        max_apdu = await self._binder.verify(self._exchange.ask)
        if max_apdu is not None:
            self._reader.fit(max_apdu)
        restarted = await self._slots.look_all()
        self._restarted = False
        self._exchange.online = True
        self._say(True, f"found at {self._at()}", restarted)
        self._rivals.leave(self._exchange.address)
        self._shared.put(Clash(self.device.id, self._rivals.at))
        self._slots.tell()
        self._poller.restart()
        self._subscriptions.start(asyncio.get_running_loop().time())
        self._setting_up.begin()

    async def _live(self) -> None:
        while not self._stopping:
            try:
                await self._step()
            except DriverError:
                if self._exchange.lost:
                    raise
                await self._rest(self._shared.timing.pause_after_miss_s)

    async def _step(self) -> None:
        """The most urgent thing there is to do, or a rest until there is one. Raises DriverError."""
        now = self._moves()
        soon = now + _TICK_S
        polls = self._poller.next()
        if self._pressing():
            await self._urgent()
        elif self._setting_up.next() <= soon:
            await self._setting_up.hold()
        elif self._rivals.next() <= soon:
            await self._meet_rival(now)
        elif self._restarted:
            await self._after_restart()
        elif polls <= soon and not self._waited_long(now):
            await self._turn(soon)
        elif self._subscriptions.next() <= soon:
            point = await self._subscriptions.renew_next(soon)
            if point is not None:
                self._poller.repace(point)
        elif self._slots.next() <= soon:
            self._noticed(await self._slots.look_next())
        else:
            due = min(polls, self._subscriptions.next(), self._slots.next())
            due = min(due, self._setting_up.next(), self._rivals.next())
            await self._rest(due - now)

    async def _turn(self, until: float) -> None:
        """Poll what is due by then; commands and urgent reads go in between."""
        async with aclosing(self._poller.turn(until)) as chunks:
            async for _ in chunks:
                while self._pressing() and not self._stopping:
                    await self._urgent()
                if self._stopping:
                    return
        self._failures = 0

    def _waited_long(self, now: float) -> bool:
        """A device that can hardly keep up with its polls still gets its subscriptions renewed in time."""
        return self._subscriptions.next() < now - self._shared.timing.lifetime_s / 10

    async def _rest(self, seconds: float) -> None:
        """Until something calls or a pulse must be ended, at most so long."""
        self._wake.clear()
        if self._stopping or self._pressing():
            return
        loop = asyncio.get_running_loop()
        now = loop.time()
        seconds = min(max(min(seconds, self._writing.next() - now), _TICK_S), 3600.0)
        self._exchange.moving.rest(now + seconds)
        alarm = loop.call_later(seconds, self._wake.set)
        try:
            await self._wake.wait()
        finally:
            alarm.cancel()

    def _moves(self) -> float:
        """It goes on; the event loop's time."""
        now = asyncio.get_running_loop().time()
        self._exchange.moving.on(now)
        return now

    def _pressing(self) -> bool:
        return self._writing.next() <= asyncio.get_running_loop().time() or bool(self._urgent_reads)

    async def _urgent(self) -> None:
        if self._writing.next() <= asyncio.get_running_loop().time():
            await self._writing.turn()
        else:
            await self._poller.read([self._urgent_reads.popleft()])

    async def _after_restart(self) -> None:
        """It has announced itself unasked. What we hold there shows whether it has really restarted."""
        self._restarted = False
        now = asyncio.get_running_loop().time()
        by_habit = now - self._announced < self._shared.timing.announced_s
        emptied, self._announced = await self._slots.look_all(), now
        if emptied or not (self._slots.holding or by_habit):
            self._say(True, "announced itself again", restarted=True)
        self._slots.tell()
        self._poller.restart()
        self._subscriptions.start(asyncio.get_running_loop().time())
        self._setting_up.begin()

    async def _meet_rival(self, now: float) -> None:
        """Our instance was announced from another address: has it moved, or are there two of it?"""
        taken = self._rivals.take(self._exchange.address, now)
        if taken is None:
            return
        rival, i_am = taken
        if i_am is not None:
            try:
                await self._binder.verify(self._exchange.ask)
            except DriverError as error:
                self._exchange.misses = self._shared.timing.lost_after
                self._binder.heard(rival, i_am)
                raise NoAnswer(f"no longer at {self._at()}, seen at {shown(rival)}") from error
        if await self._rivals.look(rival):
            self._shared.put(Clash(self.device.id, self._rivals.at))

    def _noticed(self, emptied: Point | None) -> None:
        if emptied is not None:
            self._announced = asyncio.get_running_loop().time()  # its I-Am may be still to come
            self._say(True, f"our slot of {emptied.name} is empty", restarted=True)
            self._setting_up.begin()
            self._subscriptions.start(asyncio.get_running_loop().time())

    # What is told

    def _at(self) -> str:
        place = self._exchange.address
        return "" if place is None else shown(place)

    def _lose(self, detail: str) -> None:
        self._exchange.online = False
        self._subscriptions.end()
        self._urgent_reads.clear()
        self._writing.lost(detail)
        self._say(False, detail)

    def _say(self, online: bool, detail: str, restarted: bool = False) -> None:
        if online is not self._said or restarted:
            self._said = online
            self._shared.put(DeviceState(self.device.id, online, detail, restarted))
