"""A daemon's shell whose Plan can be swapped: real stores, lines that do as a test says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from config.plan import codec
from config.plan.clock import Pace
from config.plan.devices import StopAction
from config.plan.lines import Line
from config.plan.points import Counter, Register
from config.plan.reading import Quality, Reading, Value
from config.plan.site import Plan
from controller.store.control import ControlStore
from controller.store.plans import Acceptance, Version
from controller.swap.applying import Applying
from controller.swap.lines import Lines
from controller.swap.numbering import Ask
from controller.swap.taking import Taking
from drivers.api import DeviceState, Driver, DriverError, Fate, Inbox, Sample
from tests.controller.rig import THURSDAY
from tests.controller.shell import Shell, StandInLine, shell
from tests.plans import LEVEL, SWITCH, PlanMaker, everyday


def sealed(plan: Plan) -> Plan:
    return replace(plan, hash=codec.seal(plan))


class Bench:
    """A daemon, its lines and what swaps its Plan."""

    def __init__(self, made: Shell) -> None:
        self.shell = made
        self.daemon = made.daemon
        self.daemon.drivers.clear()
        self.fate = Fate.READ_BACK
        """What becomes of every write on lines opened from now on."""
        self.opened: list[StandInLine] = []
        self.may_open = asyncio.Event()
        self.may_open.set()
        self.broken: set[str] = set()
        """Lines that cannot be opened."""
        self.followed: list[str] = []
        self.follow: Callable[[Plan], Awaitable[None]] | None = None
        """What else follows, where a test says so."""
        self.lines = Lines(
            self._open,
            self.daemon.drivers,
            self.daemon.inbox,
            self.daemon.board,
            self.daemon.now_ms,
            may_set_up=self.daemon.may_set_up,
            may_write=self.daemon.may_write,
        )
        self.taking = Taking(self.daemon, made.stores, self.lines, Pace(), lambda plan: plan, self._follow)
        self.applying = Applying(self.daemon, made.stores.control, self.taking)

    async def _open(self, plan: Plan, line: Line, inbox: Inbox, may_set_up: Ask, may_write: Ask) -> Driver:
        await self.may_open.wait()
        if line.name in self.broken:
            raise DriverError("no such address")
        made = StandInLine(line.id, inbox, self.shell.clock)
        made.fate = self.fate
        self.opened.append(made)
        return made

    async def _follow(self, former: Plan) -> None:
        self.followed.append(former.hash)
        if self.follow is not None:
            await self.follow(former)

    async def apply(self, plan: Plan, person: str = "Li", comment: str = "") -> int:
        async with self.cycling():
            version = await self.offer(codec.dump(plan), plan.hash, person, comment)
            await self.taking.settled()
        return version.number

    async def offer(self, content: str, plan_hash: str, person: str = "Li", comment: str = "") -> Version:
        return await self.applying.apply(await self.applying.prepare(content), plan_hash, person, comment)

    @asynccontextmanager
    async def cycling(self) -> AsyncIterator[None]:
        """Its cycles go on, without time going on."""

        async def cycle() -> None:
            while True:
                await asyncio.sleep(0.01)
                self.daemon.cycle()

        task = asyncio.create_task(cycle())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def read(self, key: str, value: Value) -> None:
        now, point = self.shell.clock.now(), self.daemon.plan.point_named(key)
        assert point is not None
        self.daemon.inbox.put(Sample(point.id, Reading(value, Quality.GOOD, "", now.wall_ms, now.mono_ns)))

    def answers(self, **says: Value) -> None:
        """Every device is online and shows this; "_" stands for the dot."""
        for device in self.daemon.plan.devices:
            self.daemon.inbox.put(DeviceState(device.id, True, "test"))
        for name, value in says.items():
            self.read(name.replace("_", ".", 1), value)


@asynccontextmanager
async def bench(data: Path, plan: Plan, wall_ms: int = THURSDAY) -> AsyncIterator[Bench]:
    """The daemon runs `plan`, accepted as version 1."""
    accept_first(data, plan, wall_ms)
    with shell(data, plan, wall_ms) as made:
        ready = Bench(made)
        ready.lines.open(plan)
        await ready.lines.settled()
        yield ready
        await ready.applying.give_up()


def accept_first(data: Path, plan: Plan, wall_ms: int) -> None:
    control = ControlStore.open(data, wall_ms)
    try:
        control.accept(codec.dump(plan), Acceptance(plan.hash, wall_ms, "Li")).result(10)
    finally:
        control.close()


def site(*names: str, default: float = 10.0, slower: bool = False) -> Plan:
    """A lamp with a meter in each device of that name, which has its own unit whatever comes before it."""
    maker = PlanMaker()
    levels = []
    for name in names:
        device = maker.add_device(name)
        level = maker.add_point(device, "level", LEVEL, poll_s=4.0 if slower else 5.0)
        power = maker.add_point(device, "power")
        maker.add_point(device, "energy", counter=Counter("electricity", "0.01", 10_000_000, 1000.0, power))
        maker.add_point(device, "switch", SWITCH, kind="bool")
        maker.stop(StopAction(level, "write", 0.0))
        levels.append(level)
    if levels:
        maker.add_programme(everyday("lamps", levels, default=default, untrusted=default))
    plan = maker.build()
    units = {"a": 11, "b": 12, "c": 13}
    # Where a point lies does not depend on what comes before its device.
    points = [
        replace(plan.points[number], source=Register("holding", 10 * place, "float32", 2))
        for device in plan.devices
        for place, number in enumerate(device.points)
    ]
    devices = tuple(replace(device, unit=units[device.name]) for device in plan.devices)
    return sealed(replace(plan, devices=devices, points=tuple(points)))


def heard(made: Bench) -> None:
    for device in made.daemon.plan.devices:
        made.answers(**{f"{device.name}_level": 0.0, f"{device.name}_energy": 100.0})
    made.shell.cycle()
    made.shell.cycle()


async def until(condition: object) -> None:
    assert callable(condition)
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("not in time")
