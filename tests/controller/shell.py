"""The daemon's shell around the small house: real stores, a virtual clock, lines that do as a test says."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from config.plan.clock import Pace
from config.plan.points import Counter
from config.plan.reading import Quality, Reading, Value
from config.plan.site import Plan
from controller.board import Board
from controller.clock import VirtualClock
from controller.consumption.log import ConsumptionLog
from controller.consumption.meters import meters_of
from controller.consumption.slots import Slots
from controller.cycle import Engine
from controller.daemon import Daemon
from controller.decide.records import Remembered
from controller.store.control import ControlStore
from controller.store.ledger import Row, read
from controller.store.logdb import LogStore
from controller.store.reserve import Reserve
from controller.stores import Stores
from controller.timer import CycleTimer
from drivers.api import DeviceState, Event, Fate, Inbox, LineStatus, Sample, Served, Write, WriteReport
from schedules.context import Context
from tests.controller.house import READINGS
from tests.controller.rig import THURSDAY
from tests.plans import LEVEL, PlanMaker, everyday


class StandInLine:
    """A Driver that does at once what a good device would do, or answers every write with `fate`."""

    def __init__(self, line: int, inbox: Inbox, clock: VirtualClock) -> None:
        self.line = line
        self.fate: Fate | None = Fate.READ_BACK
        """None: no answer comes at all."""
        self.written: list[Write] = []
        self.asked: list[int] = []
        self.stopped = False
        self.taken: list[tuple[list[int], list[str]]] = []
        self._inbox = inbox
        self._clock = clock

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        self.stopped = True

    def submit(self, write: Write) -> None:
        self.written.append(write)
        if self.fate is not None:
            found = write.value if self.fate is Fate.READ_BACK else None
            self._inbox.put(WriteReport(write.seq, write.point, self.fate, found, self.fate.value))

    def read_now(self, point: int) -> None:
        self.asked.append(point)

    def take(self, gone: Collection[int], new: Sequence[Served]) -> None:
        self.taken.append((list(gone), [served.device.name for served in new]))

    def status(self) -> LineStatus:
        return LineStatus(self.line, not self.stopped, len(self.written), 0, 0, "")

    def late_s(self) -> float:
        return 0.0


class Shell:
    """A daemon and what it is put together from."""

    def __init__(self, plan: Plan, stores: Stores, remembered: Remembered, wall_ms: int) -> None:
        self.plan = plan
        self.stores = stores
        self.clock = VirtualClock(wall_ms)
        self.inbox = Inbox()
        context = Context.of(plan)
        meters = meters_of(plan)
        marks = stores.log.register(meters, wall_ms)
        slots = Slots(plan.site.time_zone, plan.site.interval_s)
        self.board = Board("en")
        self.daemon = Daemon(
            plan=plan,
            context=context,
            engine=Engine(plan, context, Pace(), remembered),
            consumption=ConsumptionLog(meters, slots, Pace(), marks),
            meters=meters,
            stores=stores,
            inbox=self.inbox,
            clock=self.clock,
            timer=CycleTimer(time.time),
            board=self.board,
        )
        self.lines = {line.id: StandInLine(line.id, self.inbox, self.clock) for line in plan.lines}
        self.daemon.drivers.update(self.lines)

    @property
    def written(self) -> list[str]:
        """ "lamp.level=80@15", over all lines."""
        writes = [write for line in self.lines.values() for write in line.written]
        return sorted(f"{self.plan.points[write.point].key}={write.value}@{write.slot}" for write in writes)

    def read(self, key: str, value: Value, quality: Quality = Quality.GOOD) -> None:
        now = self.clock.now()
        point = self.plan.point_named(key)
        assert point is not None
        self.inbox.put(Sample(point.id, Reading(value, quality, "", now.wall_ms, now.mono_ns)))

    def put(self, event: Event) -> None:
        self.inbox.put(event)

    def house_answers(self) -> None:
        """Every device of the house is online and shows what it has."""
        for device in self.plan.devices:
            self.put(DeviceState(device.id, True, "test"))
        for key, value in READINGS.items():
            if self.plan.point_named(key) is not None:
                self.read(key, value)

    def cycle(self, after_s: float = 1.0) -> None:
        self.clock.advance(after_s)
        self.daemon.cycle()

    def ledger(self, point: str | None = None) -> list[Row]:
        """All rows, once everything is committed."""
        deadline = time.monotonic() + 60
        while self.stores.control.status().waiting and time.monotonic() < deadline:
            time.sleep(0.005)
        connection = self.stores.control.reader()
        try:
            return read(connection, point=point)
        finally:
            connection.close()

    def told(self, point: str) -> list[tuple[str, int, Value | None]]:
        """(kind, slot, value) of a point's rows."""
        return [(row.entry.kind, row.entry.slot, row.entry.value) for row in self.ledger(point)]


@contextmanager
def shell(
    data: Path, plan: Plan, wall_ms: int = THURSDAY, reserve: Reserve | None = None, machine: str = ""
) -> Iterator[Shell]:
    """A daemon with its stores in `data`; a second one on the same data goes on from the first."""
    make_room = (lambda: False) if reserve is None else reserve.release
    control = ControlStore.open(data, wall_ms, make_room)
    log = LogStore.open(data, wall_ms, make_room)
    try:
        began = control.begin(wall_ms, trusted=True, version="test", plan=plan.hash, machine=machine)
        yield Shell(plan, Stores(control, log, reserve), began.remembered, wall_ms)
    finally:
        control.close()
        log.close()


def metered() -> Plan:
    """A lamp with a meter; 15 min intervals."""
    maker = PlanMaker()
    device = maker.add_device("lamp")
    level = maker.add_point(device, "level", LEVEL)
    power = maker.add_point(device, "power")
    maker.add_point(device, "energy", counter=Counter("electricity", "0.01", 10_000, 100.0, power))
    maker.add_equipment("lamps", "lamp-group", level=level)
    maker.add_programme(everyday("lamp", [level], (8, 12, 80.0), default=10.0, untrusted=50.0))
    return maker.build()
