"""Set-up values of a BACnet device: what it must hold to know what to do when nobody talks to it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from config.plan.devices import Device
from config.plan.points import BacnetObject, Point
from config.plan.reading import Value
from drivers.api import BadFrame, Fate, NoAnswer, Refused, SetUp
from drivers.bacnet.commanding import Commander
from drivers.bacnet.line import Shared
from drivers.bacnet.values import same
from drivers.permit import wrong_value


class SettingUp:
    """Looks at the values whenever the device was found or has restarted, and now and then; writes those that
    differ, unless the device is locked or observed, and tells it."""

    def __init__(
        self, device: Device, points: Mapping[int, Point], commander: Commander, shared: Shared
    ) -> None:
        self._device = device
        wanted = () if device.unheard is None else device.unheard.set_up
        self._wanted = [(points[point], value) for point, value in wanted if point in points]
        self._commander = commander
        self._shared = shared
        self._due_s = float("inf")
        self._held_back = False
        """Something was found wrong while nothing might be written."""

    def begin(self) -> None:
        """The device may have lost its values: they are looked at now."""
        self._due_s = float("-inf")

    def next(self) -> float:
        """When they are looked at; infinity where there are none."""
        return self._due_s if self._wanted else float("inf")

    async def hold(self) -> None:
        """See to all of them. Raises NoAnswer, BadFrame after its report."""
        loop = asyncio.get_running_loop()
        self._due_s = loop.time() + self._shared.timing.set_up_retry_s
        self._held_back = False
        for point, value in self._wanted:
            if isinstance(point.source, BacnetObject):
                await self._hold(point, value)
        if not self._held_back:
            self._due_s = loop.time() + self._shared.timing.set_up_s

    async def _hold(self, point: Point, value: Value) -> None:
        found = await self._commander.present(point)
        if self._fits(point, value, found):
            return
        if not self._shared.may_set_up(self._device.id):
            self._held_back = True
            return
        if why := wrong_value(point, value):
            self._say(point, value, Fate.REJECTED, why)
            return
        try:
            await self._commander.set_up(point, value)
            found = await self._commander.present(point)
        except Refused as error:
            self._say(point, value, Fate.REJECTED, str(error.code))
        except ValueError as error:
            self._say(point, value, Fate.REJECTED, str(error))
        except (NoAnswer, BadFrame) as error:
            self._say(point, value, Fate.NO_ANSWER if error.sent else Fate.NOT_SENT, str(error))
            raise
        else:
            held = self._fits(point, value, found)
            detail = "" if held else f"reads back {found} instead of {value}"
            self._say(point, value, Fate.READ_BACK if held else Fate.MISMATCH, detail)

    def _fits(self, point: Point, value: Value, found: Value | None) -> bool:
        assert point.command is not None
        return found is not None and same(point, value, found, point.command.tolerance)

    def _say(self, point: Point, value: Value, fate: Fate, detail: str) -> None:
        self._shared.put(SetUp(self._device.id, point.id, value, fate, detail))
