"""Modbus TCP, RTU on a serial line, and RTU over TCP."""

from __future__ import annotations

from collections.abc import Callable

from config.plan.clock import Clock, Pace
from config.plan.lines import Line
from config.plan.site import Plan
from drivers.api import Driver, Heard, Inbox, Served
from drivers.backoff import Manners
from drivers.modbus.driver import ModbusLine


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
    heard: Heard | None = None,
) -> Driver:
    """The driver of one Modbus line; nothing is opened before its `start`.

    `may_set_up(device id)` is asked before a set-up register is written: no for a device that is locked or
    observed. Without it the Plan's own observe marks decide. `may_write(point id)` is asked when a write that
    waited has its turn. `manners` replaces the usual patience and
    back-off. `heard` is told the registers of each reading that says something new.
    """

    def unobserved(device: int) -> bool:
        return not (plan.site.observe or plan.devices[device].observe)

    made = ModbusLine(
        line,
        inbox,
        clock,
        pace,
        may_set_up=may_set_up or unobserved,
        may_write=may_write,
        manners=manners or Manners(line.timeout_s),
        heard=heard,
    )
    devices = [device for device in plan.devices if device.line == line.id]
    made.take(
        (), [Served(device, tuple(plan.points[point] for point in device.points)) for device in devices]
    )
    return made
