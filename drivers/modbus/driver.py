"""The Driver of a Modbus line: its worker, and what of each device it asks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from config.plan.clock import Clock, Pace
from config.plan.devices import Device
from config.plan.lines import Line
from config.plan.points import Point
from drivers.api import Heard, Inbox, Served
from drivers.backoff import Manners
from drivers.batching import blocks_of
from drivers.handover import Handover
from drivers.line import LineWorker
from drivers.modbus.asking import Asking
from drivers.modbus.fence import Challenges
from drivers.modbus.requests import Late, Link
from drivers.modbus.rtu import RtuLink
from drivers.modbus.sampling import Sampler
from drivers.modbus.setting_up import SettingUp
from drivers.modbus.speaker import ModbusSpeaker
from drivers.modbus.tcp import TcpLink
from drivers.modbus.wire import SerialWire, TcpWire, Wire
from drivers.modbus.writing import Writer
from drivers.turns import Agenda


class ModbusLine(LineWorker):
    """See `drivers.api.Driver`."""

    def __init__(
        self,
        line: Line,
        inbox: Inbox,
        clock: Clock,
        pace: Pace,
        *,
        may_set_up: Callable[[int], bool],
        may_write: Callable[[int], bool] | None,
        manners: Manners,
        heard: Heard | None = None,
    ) -> None:
        self._pace = pace
        self._points: dict[int, Point] = {}
        """Those that went are kept: what is under way still speaks of them."""
        self._devices: dict[int, Device] = {}
        self._by_unit: dict[int, int] = {}
        self._challenges = Challenges()
        asking = Asking(_link(line, self._challenges, self._late), line.timeout_s)
        points, devices = self._points, self._devices
        sampler = Sampler(points, Handover(inbox, clock), heard)
        writer = Writer(asking, points, devices, sampler, inbox, clock)
        self._setting_up = SettingUp(asking, points, devices, may_set_up, inbox, clock)
        speaker = ModbusSpeaker(asking, points, devices, sampler, writer, self._setting_up, inbox)
        agenda = Agenda({}, manners, clock.now().mono_ns / 1e9, line.id)
        super().__init__(line, speaker, agenda, inbox, clock, may_write)

    def take(self, gone: Collection[int], new: Sequence[Served]) -> None:
        for number in gone:
            self.part_with(number)
            del self._by_unit[self._devices[number].unit]
        for device, points in new:
            self._points.update((point.id, point) for point in points)
            self._devices[device.id] = device
            self._by_unit[device.unit] = device.id
            blocks = blocks_of(points, device.limits)
            self._challenges.serve(device.unit, blocks)
            self._setting_up.add(device)
            self.serve(device.id, [(block, self._pace.poll_s(block.period_s)) for block in blocks])

    def _late(self, unit: int, took_s: float) -> None:
        if unit in self._by_unit:
            self.answered_late(self._by_unit[unit], took_s)


def _link(line: Line, asked: Challenges, late: Late) -> Link:
    """`asked`: by unit, as it is at the time."""
    if line.transport == "modbus-tcp":
        return TcpLink(line, late)

    async def open_wire() -> Wire:
        return SerialWire(line) if line.transport == "modbus-rtu" else await TcpWire.dial(line)

    return RtuLink(line, open_wire, asked, late)
