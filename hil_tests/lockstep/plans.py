"""A plan as its lines are given it in lock-step: what happens on the wire falls on the cycle. Pure."""

from __future__ import annotations

import math
from dataclasses import replace

from config.plan.lines import Line
from config.plan.points import BacnetObject, Point
from config.plan.site import Plan
from drivers.simulators.rounds import cycles_between

BAUD = 921_600
"""A sweep at a real line's speed would take longer than a cycle has for it."""
AFTER_POLLS_S = 0.002
"""A read-back comes that much after the poll of its cycle."""
GRID_S = 0.001
"""Polls, and the ends of pulses, stand that much after the plant's step."""
_WRITES_S = 0.25


def on_the_cycle(plan: Plan, cycle_s: float, lead_s: float) -> Plan:
    """For the drivers: polls at whole cycles, read-backs with the readings of the next cycle (`lead_s` before
    it), pulses that are over between commands and readings, no notifications."""
    lines = tuple(_counted(line) for line in plan.lines)
    return replace(
        plan, lines=lines, points=tuple(_on_the_cycle(point, cycle_s, lead_s) for point in plan.points)
    )


def over_sockets(plan: Plan) -> Plan:
    """For the simulators: serial lines behind converters."""
    return replace(plan, lines=tuple(_counted(line) for line in plan.lines))


def writes_s(cycle_s: float, lead_s: float) -> float:
    """Within it a cycle's commands are on the wire, and no pulse is over."""
    return min(_WRITES_S, (cycle_s - lead_s) / 2)


def on_wire_s(pulse_s: float, cycle_s: float, lead_s: float) -> float:
    """How long a momentary output is on. Its end stands in its cycle's window as in the cycle itself: after
    the commands, and so long before the readings that all that were switched on together are off by then."""
    whole = math.ceil(pulse_s / cycle_s) - 1
    first_s = writes_s(cycle_s, lead_s) + GRID_S
    return whole * cycle_s + first_s + (pulse_s / cycle_s - whole) * (cycle_s - lead_s - first_s) / 2


def _counted(line: Line) -> Line:
    """What a pseudo-terminal holds cannot be counted: the kernel hands it over when it likes."""
    if line.transport == "modbus-rtu":
        line = replace(line, transport="modbus-rtu-over-tcp", path="", host="127.0.0.1")
    return replace(line, baud=BAUD)


def _on_the_cycle(point: Point, cycle_s: float, lead_s: float) -> Point:
    poll_s = cycles_between(point.poll_s, cycle_s) * cycle_s if point.poll_s else 0.0
    source, command = point.source, point.command
    if isinstance(source, BacnetObject):
        # Between two polls a notification would bring what no rehearsal reads.
        source = replace(source, cov_increment=None)
    elif command is not None and command.verify != "none":
        cycles = max(1, math.ceil(((command.pulse_s or 0.0) + command.verify_after_s) / cycle_s))
        after_s = cycles * cycle_s - lead_s + AFTER_POLLS_S
        if command.pulse_s is not None:
            after_s -= on_wire_s(command.pulse_s, cycle_s, lead_s)
        command = replace(command, verify_after_s=after_s)
    if command is not None and command.pulse_s is not None:
        command = replace(command, pulse_s=on_wire_s(command.pulse_s, cycle_s, lead_s))
    return replace(point, poll_s=poll_s, source=source, command=command)
