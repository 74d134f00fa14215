"""Plans made by hand for tests and benches: small ones point by point, and a compound of any size."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from config.plan.codec import FORMAT, seal
from config.plan.devices import Device, Source, StopAction
from config.plan.equipment import Equipment
from config.plan.lines import Line
from config.plan.metering import IntegratedMeter, Metering, Trend
from config.plan.points import BacnetObject, Command, Counter, Point, Register
from config.plan.programmes import CalendarPlan, DayList, Period, Programme, TimeMark
from config.plan.reading import Value
from config.plan.site import Plan, Site

SHUANGLIU = Site(
    name="shuangliu",
    label="双流",
    time_zone="Asia/Shanghai",
    latitude=30.574,
    longitude=103.923,
    language="zh_CN",
    observe=False,
    override_max_s=86_400.0,
    interval_s=900,
)
SWITCH = Command()
LEVEL = Command(low=0.0, high=100.0, tolerance=0.5)


class PlanMaker:
    """Grows a Plan. Line 0 is Modbus TCP, line 1 BACnet/IP; every `add…` returns the new id."""

    def __init__(self, site: Site = SHUANGLIU, calendar: CalendarPlan | None = None) -> None:
        self._site = site
        self._calendar = calendar or CalendarPlan("CN", (), ())
        self._devices: list[Device] = []
        self._points: list[Point] = []
        self._equipment: list[Equipment] = []
        self._programmes: list[Programme] = []
        self._integrated: list[IntegratedMeter] = []
        self._trends: list[Trend] = []

    def add_device(
        self, name: str, *, bacnet: bool = False, observe: bool = False, hand_s: float = 0.0
    ) -> int:
        number = len(self._devices)
        unit, instance = (0, 1000 + number) if bacnet else (1 + number, -1)
        device = Device(
            number, name, name, "bench", int(bacnet), unit, instance, observe=observe, hand_s=hand_s
        )
        self._devices.append(device)
        return number

    def add_point(
        self,
        device: int,
        name: str,
        command: Command | None = None,
        *,
        kind: str | None = None,
        states: tuple[tuple[int, str], ...] = (),
        poll_s: float = 5.0,
        max_age_s: float = 15.0,
        counter: Counter | None = None,
        life_safety: bool = False,
    ) -> int:
        """A number with a range, an enum with states, else a switch."""
        number = len(self._points)
        owner = self._devices[device]
        found = kind or (
            "enum" if states else "number" if command is None or command.high is not None else "bool"
        )
        source = (
            BacnetObject("analog-output", number, commandable=command is not None)
            if owner.line
            else Register("holding", number, "float32", 2)
        )
        key = f"{owner.name}.{name}"
        point = Point(
            number, key, name, key, device, found, "", source, poll_s, max_age_s,  # type: ignore[arg-type]
            states=states, command=command, counter=counter, life_safety=life_safety,
        )  # fmt: skip
        self._points.append(point)
        self._devices[device] = replace(owner, points=(*owner.points, number))
        return number

    def stop(self, *actions: StopAction) -> None:
        """Declare what is done with points when the daemon stops."""
        for action in actions:
            number = self._points[action.point].device
            device = self._devices[number]
            self._devices[number] = replace(device, on_stop=(*device.on_stop, action))

    def add_equipment(
        self, name: str, kind: str, observe: bool = False, hand_s: float | None = None, **roles: int
    ) -> int:
        number = len(self._equipment)
        self._equipment.append(
            Equipment(number, name, name, kind, tuple(roles.items()), observe=observe, hand_s=hand_s)
        )
        return number

    def add_programme(self, programme: Programme) -> int:
        number = len(self._programmes)
        self._programmes.append(replace(programme, id=number))
        return number

    def integrate(
        self, name: str, point: int, *, quantum: str = "0.001", max_rate: float = 100.0, label: str = ""
    ) -> None:
        """A meter of electricity made of the power at `point`, in kW."""
        source = Source("site.yaml", 1, 1)
        self._integrated.append(
            IntegratedMeter(name, label or name, point, "electricity", "kWh", quantum, max_rate, source)
        )

    def keep_trend(self, point: int, *, deadband: float = 0.0, every_s: float = 1.0) -> None:
        """Keep the course of a point."""
        self._trends.append(Trend(point, deadband, every_s))

    def build(self) -> Plan:
        lines = (
            Line(0, "T1", "", "modbus-tcp", host="127.0.0.1", port=502),
            Line(1, "B1", "", "bacnet-ip", host="127.0.0.1", port=47808),
        )
        plan = Plan(
            format=FORMAT,
            hash="",
            compiler="0.1.0",
            files=(),
            site=self._site,
            calendar=self._calendar,
            lines=lines,
            devices=tuple(self._devices),
            points=tuple(self._points),
            equipment=tuple(self._equipment),
            programmes=tuple(self._programmes),
            metering=Metering(integrated=tuple(self._integrated)),
            trends=tuple(self._trends),
        )
        return replace(plan, hash=seal(plan))


def clock_periods(*periods: tuple[float, float, Value | None]) -> tuple[Period, ...]:
    """(from, to, value) with hours of the day."""
    return tuple(
        Period(_clock(start), _clock(end), value, Source("site.yaml", 10 + number, 9))
        for number, (start, end, value) in enumerate(periods)
    )


def everyday(
    name: str,
    targets: Iterable[int],
    *periods: tuple[float, float, Value | None],
    default: Value | None = None,
    untrusted: Value | None = None,
    kind: str = "everyday",
    line: int = 1,
) -> Programme:
    """A programme of one list (of hours), for tests that are not about days."""
    return Programme(
        0, name, name, tuple(targets), 15, 10, default, default is not None, untrusted, untrusted is not None,
        (DayList(kind, clock_periods(*periods)),), (), (), Source("site.yaml", line, 3),
    )  # fmt: skip


def compound(devices: int = 64, points: int = 600, programmes: int = 60) -> Plan:
    """A compound in the proportions of a real one: a tenth of the devices on BACnet, a command in seven
    points, polls of 2 s (switches), 5 s, 10 s (meters) and 5 min (lamps), a meter in every third device."""
    maker = PlanMaker()
    for number in range(devices):
        maker.add_device(f"device-{number}", bacnet=number % 10 == 9)
    commanded = []
    for number in range(points):
        device, row = number % devices, number // devices
        match row:
            case 0:
                commanded.append(maker.add_point(device, "level", LEVEL, poll_s=300.0, max_age_s=900.0))
            case 1 if device % 3 == 0:
                counter = Counter("electricity", "0.01", 100_000_000, 500.0)
                maker.add_point(device, "energy", counter=counter, poll_s=10.0, max_age_s=30.0)
            case 1:
                commanded.append(maker.add_point(device, "switch", SWITCH, poll_s=2.0, max_age_s=6.0))
            case 2 | 3:
                maker.add_point(device, f"contact{row}", kind="bool", poll_s=2.0, max_age_s=6.0)
            case 4 | 5 | 6:
                maker.add_point(device, f"electric{row}", poll_s=10.0, max_age_s=30.0)
            case _:
                maker.add_point(device, f"measure{row}", poll_s=5.0, max_age_s=15.0)
    for number in range(programmes):
        point = commanded[number]
        level = point < devices
        sun = TimeMark("sunset", 600 + number), TimeMark("clock", 23 * 3600)
        night = Period(*sun, 100.0 if level else True, Source("street.yaml", 9, 9))
        day = clock_periods((8, 12, 80.0 if level else True), (14, 18.5, 70.0 if level else True))
        programme = everyday(
            f"programme-{number}", [point], default=10.0 if level else False, line=number + 1
        )
        lists = (DayList("workday", day), DayList("everyday", (night,)))
        maker.add_programme(replace(programme, week=lists))
    return maker.build()


def _clock(hours: float) -> TimeMark:
    return TimeMark("clock", round(hours * 3600))
