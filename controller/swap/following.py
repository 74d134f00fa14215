"""What else follows another Plan: sinks, channels of alarms, trends, and what the site says of the disk."""

from __future__ import annotations

import asyncio
from pathlib import Path

from config.plan.clock import Pace
from config.plan.sinks import MqttSink
from config.plan.site import Plan
from controller.consumption.meters import meters_of
from controller.daemon import Daemon
from controller.flash import Flash
from controller.room import Room
from controller.stores import Stores
from controller.trending import Trending, trending_of
from controller.uploading import follow
from controller.uploads import Uploads


class Following:
    """Called from the event loop, with the Plan before, when the daemon has another one."""

    def __init__(
        self,
        daemon: Daemon,
        stores: Stores,
        data: Path,
        pace: Pace,
        boot: int,
        *,
        simulated: bool,
        uploads: Uploads,
        room: Room,
        flash: Flash,
    ) -> None:
        self._daemon = daemon
        self._stores = stores
        self._data = data
        self._pace = pace
        self._boot = boot
        self._simulated = simulated
        self._uploads = uploads
        self._room = room
        self._flash = flash
        self._trending = daemon.trending

    async def __call__(self, former: Plan) -> None:
        site = self._daemon.plan.site
        self._room.full_disk = site.full_disk
        self._flash.budget_mb = site.flash_budget_mb
        await self._trends()
        await follow(self._uploads, self._daemon, self._stores, self._boot, simulated=self._simulated)
        if _meter_names(former) != _meter_names(self._daemon.plan):
            # These announce all meters when they connect.
            sinks = [sink for sink in self._daemon.plan.sinks if isinstance(sink, MqttSink)]
            await self._uploads.begin_anew([sink.common.name for sink in sinks if not sink.common.meters])
        if self._daemon.notifier is not None:
            await self._daemon.notifier.take(self._daemon.channels)

    async def _trends(self) -> None:
        """The file is opened with the points of a Plan: with others it is opened anew."""
        daemon, former = self._daemon, self._trending
        if daemon.trending is None:
            if former is not None:
                await asyncio.to_thread(former.close)
            self._trending = await asyncio.to_thread(self._opened)
            daemon.trending = self._trending

    def _opened(self) -> Trending | None:
        """In a thread."""
        daemon = self._daemon
        return trending_of(daemon.plan, self._data, self._pace, daemon.board, expected=False)


def _meter_names(plan: Plan) -> list[str]:
    return [meter.name for meter in meters_of(plan)]
