"""Small Plans by hand."""

from __future__ import annotations

from config.plan.clock import Now
from config.plan.devices import Device, Limits, Unheard
from config.plan.lines import Line
from config.plan.points import Command, Counter, Point, RawType, Register, Space
from config.plan.programmes import CalendarPlan
from config.plan.site import Plan, Site

START_MS = 1_774_922_400_000
"""2026-03-31, a Tuesday, 10:00 in Chengdu."""

SITE = Site("test", "test", "Asia/Shanghai", 30.574, 103.923, "en", False, 86400.0, 900)


class Clock:
    """Site time that is moved by hand; the speed is only told."""

    def __init__(self, wall_ms: int = START_MS) -> None:
        self.speed = 1.0
        self.wall_ms = wall_ms

    def now(self) -> Now:
        return Now(self.wall_ms, 0, True)


def register(space: Space, address: int, kind: RawType = "uint16", **more: object) -> Register:
    words = {"bool": 1, "int32": 2, "uint32": 2, "float32": 2, "int64": 4, "uint64": 4, "float64": 4}.get(
        kind, 1
    )
    return Register(space, address, kind, **{"count": words, **more})  # type: ignore[arg-type]


class Builder:
    """A Plan, device by device."""

    def __init__(self, *lines: Line) -> None:
        self.lines = lines
        self.devices: list[Device] = []
        self.points: list[Point] = []

    def device(
        self,
        name: str,
        *points: Point,
        line: int = 0,
        unit: int = 1,
        profile: str = "test",
        limits: Limits | None = None,
        unheard: Unheard | None = None,
    ) -> Builder:
        number, first = len(self.devices), len(self.points)
        for offset, point in enumerate(points):
            self.points.append(numbered(point, first + offset, f"{name}.{point.name}", number))
        self.devices.append(
            Device(
                number, name, name, profile, line, unit,
                points=tuple(range(first, len(self.points))),
                limits=limits or Limits(),
                unheard=unheard,
            )
        )  # fmt: skip
        return self

    def plan(self) -> Plan:
        return Plan(1, "", "test", (), SITE, CalendarPlan("none", (), ()), self.lines, tuple(self.devices),
                    tuple(self.points), (), ())  # fmt: skip


def numbered(point: Point, number: int, key: str, device: int) -> Point:
    from dataclasses import replace

    return replace(point, id=number, key=key, device=device)


def point(name: str, source: Register, **more: object) -> Point:
    kind = more.pop("kind", "bool" if source.type == "bool" or source.bit is not None else "number")
    return Point(0, name, name, name, 0, kind, str(more.pop("unit", "")), source, 5.0, 15.0, **more)  # type: ignore[arg-type]


def coil(name: str, address: int, **command: object) -> Point:
    return point(name, register("coil", address, "bool"), command=Command(function=5, **command))  # type: ignore[arg-type]


def setpoint(
    name: str, address: int, low: float, high: float, kind: RawType = "uint16", **more: object
) -> Point:
    function = 6 if register("holding", 0, kind).count == 1 else 16
    source = register("holding", address, kind, **more)
    return point(name, source, command=Command(low, high, function=function))  # type: ignore[arg-type]


TCP = Line(0, "T1", "T1", "modbus-tcp")
OVER_TCP = Line(0, "T1", "T1", "modbus-rtu-over-tcp", baud=115200)
SERIAL = Line(0, "T1", "T1", "modbus-rtu", path="/dev/null", baud=19200)

ENERGY = point(
    "energy_import",
    register("holding", 10, "uint32", scale=0.01),
    unit="kWh",
    counter=Counter("electricity", "0.01", 100_000_000, 1000.0),
)


def small(line: Line) -> Plan:
    """A relay (unit 1), a set of registers (unit 2) and a meter (unit 3) on one line."""
    return (
        Builder(line)
        .device("relay", coil("ch1", 0), coil("ch2", 1), coil("ch4", 3), profile="relay-8", unit=1)
        .device(
            "panel",
            setpoint("level", 0, 0, 100),
            setpoint("pressure", 2, 0, 1e6, "float32", order="CDAB"),
            point("mode", register("holding", 4, bit=4, bits=2), kind="enum",
                  states=((0, "off"), (1, "auto"), (2, "on")), command=Command(function=6, bit_in_word=True)),
            point("lamp", register("holding", 4, bit=0), command=Command(function=6, bit_in_word=True)),
            point("alarm", register("holding", 4, bit=15)),
            point("door", register("discrete", 7, "bool"), normally_closed=True),
            point("probe", register("input", 0, "int16", scale=0.1, not_available=(0x7FFF,)), unit="°C"),
            unit=2,
            limits=Limits(max_registers=4, max_gap=0),
        )
        .device("meter", ENERGY, point("p_total", register("holding", 0, "int32", scale=0.001), unit="kW"),
                profile="acrel-dtsd1352", unit=3, limits=Limits(max_gap=8))
        .plan()
    )  # fmt: skip
