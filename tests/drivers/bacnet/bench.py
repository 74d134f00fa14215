"""A BACnet line on loopback: simulated devices, the real driver, and what came through the inbox."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from config.plan.clock import Now, Pace
from config.plan.devices import Device, Limits
from config.plan.lines import Line
from config.plan.points import BacnetObject, Command, Kind, Point
from config.plan.programmes import CalendarPlan
from config.plan.reading import Quality, Value
from config.plan.site import Plan, Site
from drivers.api import Clash, DeviceState, Event, Inbox, Sample, SlotState, Write, WriteReport
from drivers.bacnet.driver import BacnetDriver
from drivers.bacnet.timing import Timing
from drivers.simulators.bacnet import BacnetSimulator
from hil_tests.unfolding import Unfolding

QUICK = Timing(
    pause_after_miss_s=0.05,
    backoff_s=0.1,
    backoff_max_s=1.0,
    search_s=0.3,
    unasked_s=0.2,
    lifetime_s=1,
    slots_s=0.2,
    rivals_s=0.2,
    apart_s=0.2,
    rebind_s=0.1,
)
NUMBER = Command(low=0.0, high=100.0, reassert_s=None)

Found = TypeVar("Found", bound=Event)


class MachineClock:
    speed = 1.0

    def now(self) -> Now:
        return Now(time.time_ns() // 1_000_000, time.monotonic_ns(), True)


@dataclass(frozen=True)
class Spec:
    """A point to be."""

    name: str
    at: str
    kind: Kind = "number"
    cov: float | None = None
    scale: float = 1.0
    command: Command | None = None
    poll_s: float = 0.2
    rest: dict[str, Any] = field(default_factory=dict)


LUX = Spec("lux", "analog-input 1")
LEVEL = Spec("level", "analog-output 1", command=NUMBER)
LAMP = Spec("lamp", "binary-value 1", kind="bool", command=Command(reassert_s=None))
SCENE = Spec(
    "scene",
    "multi-state-value 1",
    kind="enum",
    command=Command(reassert_s=None),
    rest={"states": ((1, "none"), (2, "work"), (3, "meeting"))},
)
SPEED = Spec("speed", "analog-value 1", scale=100.0, command=NUMBER)
DOOR = Spec("door", "binary-input 1", kind="bool", rest={"normally_closed": True})
FIRMWARE = Spec("firmware", "characterstring-value 1", kind="text")
ALL = (LUX, LEVEL, LAMP, SCENE, SPEED, DOOR, FIRMWARE)


def plan(
    devices: Mapping[str, Sequence[Spec]],
    *,
    limits: Limits | None = None,
    networks: tuple[str, ...] = (),
    timeout_s: float = 0.15,
    host: str = "127.0.0.1",
    port: int = 0,
) -> Plan:
    """A Plan of one BACnet line. Instances count from 1001, addresses are empty."""
    made_points: list[Point] = []
    made_devices: list[Device] = []
    for number, (name, specs) in enumerate(devices.items()):
        ids = []
        for spec in specs:
            object_type, _, instance = spec.at.partition(" ")
            source = BacnetObject(object_type, int(instance), spec.cov, spec.scale, spec.command is not None)
            ids.append(len(made_points))
            point = Point(
                id=ids[-1],
                key=f"{name}.{spec.name}",
                name=spec.name,
                label=spec.name,
                device=number,
                kind=spec.kind,
                unit="",
                source=source,
                poll_s=spec.poll_s,
                max_age_s=max(3 * spec.poll_s, 5.0),
                command=spec.command,
            )
            made_points.append(replace(point, **spec.rest))
        made_devices.append(
            Device(
                id=number,
                name=name,
                label=name,
                profile="test",
                line=0,
                instance=1001 + number,
                points=tuple(ids),
                limits=limits or Limits(),
            )
        )
    line = Line(0, "B1", "B1", "bacnet-ip", host=host, port=port, timeout_s=timeout_s, networks=networks)
    site = Site("test", "test", "Asia/Shanghai", 30.5, 103.9, "en", False, 86400.0, 900)
    calendar = CalendarPlan("none", (), ())
    return Plan(1, "", "test", (), site, calendar, (line,), tuple(made_devices), tuple(made_points), (), ())


class Bench:
    """Simulators by device name, the driver, and all events so far."""

    def __init__(self, made: Plan, pace: Pace, timing: Timing) -> None:
        self.plan = made
        self.pace = pace
        self.timing = timing
        self.inbox = Inbox()
        self._unfolding = Unfolding(self.inbox)
        self.events: list[Event] = []
        self.devices: dict[str, BacnetSimulator] = {}
        self._driver: BacnetDriver | None = None
        self._seq = 0

    @property
    def driver(self) -> BacnetDriver:
        assert self._driver is not None
        return self._driver

    def open(self) -> None:
        """Make the driver, with the simulators' addresses where the Plan has none."""
        addressed = tuple(
            replace(device, address=device.address or self.devices[device.name].address)
            if device.name in self.devices
            else device
            for device in self.plan.devices
        )
        self.plan = replace(self.plan, devices=addressed)
        line = self.plan.lines[0]
        self._driver = BacnetDriver(self.plan, line, self.inbox, MachineClock(), self.pace, self.timing)

    def point(self, key: str) -> Point:
        return next(point for point in self.plan.points if point.key == key)

    def gather(self) -> list[Event]:
        self.events += self._unfolding.take()
        return self.events

    def samples(self, key: str) -> list[Sample]:
        wanted = self.point(key).id
        return [event for event in self.gather() if isinstance(event, Sample) and event.point == wanted]

    def latest(self, key: str) -> tuple[Value | None, str] | None:
        found = self.samples(key)
        return (found[-1].reading.value, found[-1].reading.reason) if found else None

    def states(self, name: str) -> list[DeviceState]:
        wanted = next(device.id for device in self.plan.devices if device.name == name)
        return [event for event in self.gather() if isinstance(event, DeviceState) and event.device == wanted]

    def clashes(self, name: str) -> list[tuple[str, ...]]:
        wanted = next(device.id for device in self.plan.devices if device.name == name)
        return [event.at for event in self.gather() if isinstance(event, Clash) and event.device == wanted]

    def slots(self, key: str) -> list[dict[int, Value]]:
        wanted = self.point(key).id
        return [
            dict(event.slots)
            for event in self.gather()
            if isinstance(event, SlotState) and event.point == wanted
        ]

    async def until(self, wanted: Callable[[], object], within_s: float = 20.0) -> None:
        """Wait until `wanted` holds; fail with what was seen instead."""
        end = time.monotonic() + within_s
        while not wanted():
            if time.monotonic() > end:
                raise AssertionError(f"not within {within_s} s; last events: {self.gather()[-8:]}")
            await asyncio.sleep(0.01)

    async def all_good(self) -> None:
        """Wait for a good reading of every point."""

        def heard() -> bool:
            good = {
                event.point
                for event in self.gather()
                if isinstance(event, Sample) and event.reading.quality is Quality.GOOD
            }
            return good >= {point.id for point in self.plan.points}

        await self.until(heard)

    async def write(
        self,
        key: str,
        value: Value | None,
        slot: int,
        null_slots: tuple[int, ...] = (),
        within_s: float = 20.0,
    ) -> WriteReport:
        """Submit a write and wait for its one report."""
        self._seq += 1
        seq = self._seq
        self.driver.submit(Write(seq, self.point(key).id, value, slot, null_slots))
        await self.until(lambda: self.reports(seq), within_s)
        (report,) = self.reports(seq)
        return report

    def reports(self, seq: int) -> list[WriteReport]:
        return [event for event in self.gather() if isinstance(event, WriteReport) and event.seq == seq]


@asynccontextmanager
async def bench(
    devices: Mapping[str, Sequence[Spec]],
    *,
    limits: Limits | None = None,
    timing: Timing = QUICK,
    pace: Pace = Pace(),
    timeout_s: float = 0.15,
    faults: dict[str, dict[str, float]] | None = None,
    before: Callable[[Bench], None] | None = None,
) -> AsyncIterator[Bench]:
    """Simulators started (with `faults` on all of them), `before` called, then the driver started."""
    made = Bench(plan(devices, limits=limits, timeout_s=timeout_s), pace, timing)
    try:
        for device in made.plan.devices:
            simulator = BacnetSimulator(device, [made.plan.points[point] for point in device.points])
            await simulator.start()
            made.devices[device.name] = simulator
            for name, numbers in (faults or {}).items():
                simulator.fault(name, True, **numbers)  # type: ignore[arg-type]  # numbers, no point
        if before is not None:
            before(made)
        made.open()
        await made.driver.start()
        yield made
    finally:
        if made._driver is not None:
            await made._driver.stop()
        for simulator in made.devices.values():
            await simulator.stop()
