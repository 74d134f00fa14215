"""Modbus TCP, RTU on a serial line, and RTU over TCP."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from config.plan.clock import Clock, Pace
from config.plan.lines import Line
from config.plan.site import Plan
from drivers.api import Driver, Inbox
from drivers.backoff import Manners
from drivers.batching import Block, blocks_of
from drivers.handover import Handover
from drivers.line import LineWorker
from drivers.modbus.asking import Asking
from drivers.modbus.fence import challenges
from drivers.modbus.requests import Late, Link
from drivers.modbus.rtu import RtuLink
from drivers.modbus.sampling import Sampler
from drivers.modbus.setting_up import SettingUp
from drivers.modbus.speaker import ModbusSpeaker
from drivers.modbus.tcp import TcpLink
from drivers.modbus.wire import SerialWire, TcpWire, Wire
from drivers.modbus.writing import Writer
from drivers.turns import Agenda


def open_line(
    plan: Plan,
    line: Line,
    inbox: Inbox,
    clock: Clock,
    pace: Pace,
    *,
    may_set_up: Callable[[int], bool] | None = None,
    may_write: Callable[[int], bool] | None = None,
    manners: Manners | None = None,
) -> Driver:
    """The driver of one Modbus line; nothing is opened before its `start`.

    `may_set_up(device id)` is asked before a set-up register is written: no for a device that is locked or
    observed. Without it the Plan's own observe marks decide. `may_write(point id)` is asked when a write that
    waited has its turn. `manners` replaces the usual patience and
    back-off.
    """
    devices = [device for device in plan.devices if device.line == line.id]
    reads = {
        device.id: blocks_of((plan.points[point] for point in device.points), device.limits)
        for device in devices
    }
    by_unit = {device.unit: device.id for device in devices}

    def observed(device: int) -> bool:
        return plan.site.observe or plan.devices[device].observe

    def late(unit: int, took_s: float) -> None:
        if unit in by_unit:
            worker.answered_late(by_unit[unit], took_s)

    link = _link(line, {device.unit: reads[device.id] for device in devices}, late)
    asking = Asking(link, line.timeout_s)
    sampler = Sampler(plan.points, Handover(inbox, clock))
    writer = Writer(asking, plan.points, plan.devices, sampler, inbox, clock)
    setting_up = SettingUp(
        asking, plan.points, plan.devices, may_set_up or (lambda device: not observed(device)), inbox, clock
    )
    speaker = ModbusSpeaker(asking, plan.points, plan.devices, sampler, writer, setting_up, inbox)
    agenda = Agenda(
        {
            device: [(block, pace.poll_s(block.period_s)) for block in blocks]
            for device, blocks in reads.items()
        },
        manners or Manners(line.timeout_s),
        clock.now().mono_ns / 1e9,
    )
    worker = LineWorker(line, speaker, agenda, inbox, clock, may_write)
    return worker


def _link(line: Line, reads: Mapping[int, Sequence[Block]], late: Late) -> Link:
    if line.transport == "modbus-tcp":
        return TcpLink(line, late)

    async def open_wire() -> Wire:
        return SerialWire(line) if line.transport == "modbus-rtu" else await TcpWire.dial(line)

    return RtuLink(line, open_wire, {unit: challenges(unit, blocks) for unit, blocks in reads.items()}, late)
