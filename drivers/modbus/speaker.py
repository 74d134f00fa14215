"""What a line's worker says in Modbus."""

from __future__ import annotations

from collections.abc import Sequence

from config.plan.devices import Device
from config.plan.points import Point, Register
from drivers.api import ById, Fate, Inbox, Refused, Write, WriteReport
from drivers.batching import Block, halves, single
from drivers.codec import decode_point, items_of
from drivers.modbus.asking import Asking
from drivers.modbus.sampling import Sampler
from drivers.modbus.setting_up import SettingUp
from drivers.modbus.together import Together
from drivers.modbus.writing import Writer
from drivers.speaking import Errand, Polled

_BAD_ADDRESS = frozenset({2, 3})
"""Exceptions by which a device says that it has no such register, or not so many at once."""


class ModbusSpeaker:
    """The Speaker of one Modbus line."""

    def __init__(
        self,
        asking: Asking,
        points: ById[Point],
        devices: ById[Device],
        sampler: Sampler,
        writer: Writer,
        setting_up: SettingUp,
        inbox: Inbox,
    ) -> None:
        self._asking = asking
        self._points = points
        self._devices = devices
        self._sampler = sampler
        self._writer = writer
        self._together = Together(writer)
        self._setting_up = setting_up
        self._inbox = inbox

    @property
    def requests(self) -> int:
        return self._asking.requests

    @property
    def timeouts(self) -> int:
        return self._asking.timeouts

    @property
    def connected(self) -> bool:
        return self._asking.link.connected

    async def connect(self) -> None:
        await self._asking.link.connect()

    def close(self) -> None:
        self._asking.link.close()

    async def poll(self, device: int, block: Block, patience_s: float) -> Polled:
        """Read a block.

        A refused block is cut in two, so that one register the device does not have hides no other; what is
        refused alone is BAD.
        """
        try:
            data = await self._asking.block(self._devices[device].unit, block, patience_s)
        except Refused as error:
            parts = halves(block) if error.code in _BAD_ADDRESS else None
            if parts is None:
                self._sampler.bad(block, str(error))
            return Polled(split=parts or ())
        self._sampler.good(block, data)
        return Polled(set_up=self._set_up_lost(device, block, data))

    def goes_with(self, writes: Sequence[Write], write: Write) -> bool:
        return self._together.goes_with(writes, write)

    def write(self, writes: Sequence[Write]) -> Errand | None:
        return self._writer.errand(writes[0]) if len(writes) == 1 else self._together.errand(writes)

    def set_up(self, device: int) -> Errand | None:
        return self._setting_up.errand(device)

    def device_of(self, point: int) -> int:
        return self._points[point].device

    def alone(self, point: int) -> Block:
        return single(self._points[point])

    def unsent(self, write: Write, why: str) -> None:
        self._inbox.put(WriteReport(write.seq, write.point, Fate.NOT_SENT, None, why))

    def _set_up_lost(self, device: int, block: Block, data: bytes) -> bool:
        wanted = self._setting_up.wanted(device)
        if not wanted:
            return False
        if self._setting_up.let_go(device):
            return True
        raw = items_of(block.space, data, block.size)
        for part in block.parts:
            if part.point in wanted:
                point = self._points[part.point]
                assert isinstance(point.source, Register)
                start = part.address - block.address
                found = decode_point(point, point.source, raw[start : start + part.size])
                if found != wanted[part.point] and self._setting_up.due_again(device):
                    return True
        return False
