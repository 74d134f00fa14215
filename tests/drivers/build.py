"""Plans of one line, and a clock, for the drivers' tests."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from config.plan.clock import Now
from config.plan.devices import Device, Limits
from config.plan.lines import Line
from config.plan.points import Point, Register
from config.plan.programmes import CalendarPlan
from config.plan.site import Plan, Site


class MachineClock:
    """The machine's clock, for tests that use real sockets."""

    speed = 1.0

    def now(self) -> Now:
        return Now(time.time_ns() // 1_000_000, time.monotonic_ns(), True)


def point(name: str, source: Register, **more: Any) -> Point:
    """A point; id, device and key are set by `plan`. `poll_s` is 1 s unless given."""
    base: dict[str, Any] = {
        "id": 0,
        "key": name,
        "name": name,
        "label": name,
        "device": 0,
        "kind": "bool" if source.type == "bool" else "number",
        "unit": "",
        "source": source,
        "poll_s": 1.0,
        "max_age_s": 5.0,
    }
    return Point(**(base | more))


def word(name: str, address: int, **more: Any) -> Point:
    """An unscaled holding register."""
    return point(name, Register("holding", address, "uint16"), **more)


def plan(line: Line, units: Mapping[int, Sequence[Point]], **device: Any) -> Plan:
    """One line with a device for each unit; `device` is given to all of them."""
    points: list[Point] = []
    devices: list[Device] = []
    for unit, own in units.items():
        number = len(devices)
        ids = range(len(points), len(points) + len(own))
        for one, ident in zip(own, ids, strict=True):
            points.append(replace(one, id=ident, device=number, key=f"u{unit}.{one.name}"))
        base: dict[str, Any] = {"limits": Limits(max_gap=0), "points": tuple(ids)}
        devices.append(Device(number, f"u{unit}", f"u{unit}", "test", line.id, unit=unit, **(base | device)))
    site = Site("test", "test", "Asia/Shanghai", 30.6, 103.9, "en", False, 86400.0, 900)
    return Plan(
        1, "", "", (), site, CalendarPlan("none", (), ()), (line,), tuple(devices), tuple(points), (), ()
    )


def line(transport: str, **more: Any) -> Line:
    base: dict[str, Any] = {"id": 0, "name": "L", "label": "L", "transport": transport, "host": "127.0.0.1"}
    return Line(**(base | more))
