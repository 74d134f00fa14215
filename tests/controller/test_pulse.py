"""The sign of life is honest: it ends within half of the watchdog's time once anything has stopped that the
control needs, and goes on while mere devices are missing. Real stores, real lines, a real socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from config.plan.clock import Pace
from config.plan.lines import Line
from config.plan.site import Plan
from controller import pulse
from controller.pulse import Pulse
from controller.service_manager import ServiceManager
from controller.swap.lines import Lines
from controller.swap.numbering import Ask
from controller.timer import CycleTimer
from drivers import moving
from drivers.api import Driver, Inbox
from drivers.bacnet.driver import BacnetDriver
from drivers.bacnet.timing import Timing
from drivers.modbus import open_line as open_line_modbus
from tests.controller.service_socket import ServiceSocket
from tests.controller.shell import Shell, shell
from tests.drivers.build import MachineClock, line, plan, word
from tests.ports import lasting_port

WATCHDOG_S = 1.6
HALF_S = WATCHDOG_S / 2
CYCLE_S = 0.05


def dead_site(*, bacnet: bool = False) -> Plan:
    """Two devices, behind a port at which nobody listens."""
    more = {"timeout_s": 0.05, "connect_timeout_s": 0.05}
    transport = "bacnet-ip" if bacnet else "modbus-tcp"
    own = line(transport, port=0 if bacnet else lasting_port(), **more)
    device = {"instance": 7, "address": f"127.0.0.1:{lasting_port()}"} if bacnet else {}
    units = {1: [word("a", 0)]} if bacnet else {1: [word("a", 0)], 2: [word("b", 0)]}
    return plan(own, units, **device)


class Watched:
    """A daemon that cycles, and what the service manager hears of it."""

    def __init__(self, made: Shell, lines: Lines, other: ServiceSocket) -> None:
        self.made = made
        self.lines = lines
        self.other = other
        self.planted_s = float("inf")

    @property
    def signs(self) -> list[float]:
        return self.other.times("WATCHDOG=1")

    async def until(self, condition: Callable[[], bool], within_s: float = 20.0) -> None:
        async with asyncio.timeout(within_s):
            while not condition():  # noqa: ASYNC110 - threads make it come true
                await asyncio.sleep(0.01)

    def plant(self) -> None:
        """The fault happens now."""
        self.planted_s = min(self.planted_s, time.monotonic())

    async def the_signs_end(self) -> None:
        await self.until(lambda: time.monotonic() > self.planted_s + WATCHDOG_S * 0.75)
        assert self.signs[-1] <= self.planted_s + HALF_S

    def worker(self, name: str) -> asyncio.Task[object]:
        return next(task for task in asyncio.all_tasks() if task.get_name() == name)


@asynccontextmanager
async def watched(folder: Path, site: Plan) -> AsyncIterator[Watched]:
    async def open_line(plan: Plan, line: Line, inbox: Inbox, set_up: Ask, write: Ask) -> Driver:
        clock, pace, timing = MachineClock(), Pace(), Timing(search_s=0.05)
        if line.transport == "bacnet-ip":
            return BacnetDriver(plan, line, inbox, clock, pace, timing, may_set_up=set_up, may_write=write)
        return open_line_modbus(plan, line, inbox, clock, pace, may_set_up=set_up, may_write=write)

    with ServiceSocket.in_folder(folder) as other, shell(folder / "data", site) as made:
        daemon = made.daemon
        daemon.timer = CycleTimer(time.time, CYCLE_S)
        daemon.drivers.clear()
        manager = ServiceManager(other.address, WATCHDOG_S)
        lines = Lines(
            open_line,
            daemon.drivers,
            made.inbox,
            made.board,
            daemon.now_ms,
            may_set_up=lambda _: True,
            may_write=lambda _: True,
        )
        daemon.beat = Pulse(manager, daemon, made.stores, lines, "zh_CN").beat
        lines.open(site)
        running = asyncio.create_task(daemon.run(), name="daemon")
        case = Watched(made, lines, other)
        try:
            await case.until(lambda: bool(case.other.times("READY=1")) and len(case.signs) > 2)
            yield case
        finally:
            daemon.stop()
            with contextlib.suppress(ZeroDivisionError):
                await running
            await daemon.wind_up()
            manager.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "SLACK_S", 0.05)


@pytest.mark.parametrize("bacnet", [False, True], ids=["modbus", "bacnet"])
async def test_dead_devices_do_not_end_it(tmp_path: Path, bacnet: bool) -> None:
    async with watched(tmp_path, dead_site(bacnet=bacnet)) as case:
        await asyncio.sleep(WATCHDOG_S * 0.75)
        assert case.made.daemon.counters.devices_online == 0
        heard = len(case.signs)
        await case.until(lambda: len(case.signs) > heard + 3)
        assert len(case.other.times("READY=1")) == 1
        total = len(case.made.plan.devices)
        assert case.other.said("STATUS")[0].startswith(f"test：{total} 台设备中 0 台应答，")


async def test_a_blocked_event_loop_ends_it(tmp_path: Path) -> None:
    async with watched(tmp_path, dead_site()) as case:
        case.plant()
        time.sleep(WATCHDOG_S * 0.75)  # noqa: ASYNC251 - this is the fault
        assert case.signs[-1] <= case.planted_s + HALF_S
        heard = len(case.signs)
        await case.until(lambda: len(case.signs) > heard)


@pytest.mark.parametrize(
    ("bacnet", "name"), [(False, "line L"), (True, "bacnet device u1")], ids=["modbus", "bacnet"]
)
async def test_a_worker_that_has_ended_ends_it(tmp_path: Path, bacnet: bool, name: str) -> None:
    async with watched(tmp_path, dead_site(bacnet=bacnet)) as case:
        case.plant()
        case.worker(name).cancel()
        await case.the_signs_end()
        assert case.other.said("STATUS")[-1] == "不再发送存活信号：线路 L 的工作任务已停止"


@pytest.mark.parametrize("bacnet", [False, True], ids=["modbus", "bacnet"])
async def test_a_worker_that_is_stuck_ends_it(
    tmp_path: Path, bacnet: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with watched(tmp_path, dead_site(bacnet=bacnet)) as case:

        async def never(*_: object) -> None:
            case.plant()
            await asyncio.Event().wait()

        where = "drivers.bacnet.device.DeviceWorker._bind" if bacnet else "drivers.line.LineWorker._turn"
        monkeypatch.setattr(where, never)
        await case.the_signs_end()


@pytest.mark.parametrize("store", ["control", "log"])
async def test_a_writer_that_is_stuck_ends_it_until_it_goes_on(tmp_path: Path, store: str) -> None:
    async with watched(tmp_path, dead_site()) as case:
        go_on = threading.Event()

        def stuck(_: sqlite3.Connection) -> None:
            case.plant()
            go_on.wait(30)

        writer = case.made.stores.control._writer if store == "control" else case.made.stores.log._writer
        writer.submit(stuck)
        try:
            await case.the_signs_end()
        finally:
            go_on.set()
        heard = len(case.signs)
        await case.until(lambda: len(case.signs) > heard)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_writer_that_has_ended_ends_it(tmp_path: Path) -> None:
    async with watched(tmp_path, dead_site()) as case:

        def end(_: sqlite3.Connection) -> None:
            case.plant()
            raise SystemExit

        case.made.stores.log._writer.submit(end)
        await case.the_signs_end()


async def test_a_cycle_that_fails_for_ever_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with watched(tmp_path, dead_site()) as case:
        monkeypatch.setattr(case.made.daemon.clock, "look", lambda: 1 // 0)
        case.plant()
        await case.the_signs_end()
        monkeypatch.undo()


async def test_lines_that_are_not_opened_by_a_mistake_of_ours_end_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with watched(tmp_path, dead_site()) as case:

        async def fails(_: object) -> None:
            case.plant()
            raise ZeroDivisionError

        monkeypatch.setattr("controller.swap.numbering.NumberedLine.start", fails)
        await case.made.daemon.drivers[0].stop()
        case.lines.open(case.made.plan)
        await case.the_signs_end()
        assert "不再发送存活信号：线路没有打开" in case.other.said("STATUS")


async def test_the_start_is_over_in_the_end(tmp_path: Path) -> None:
    """A line that is still being opened is waited for, but not for ever."""
    with ServiceSocket.in_folder(tmp_path) as other, shell(tmp_path / "data", dead_site()) as made:
        manager, now = ServiceManager(other.address, WATCHDOG_S), [0.0]
        lines = Lines(
            lambda *_: asyncio.Future(),
            made.daemon.drivers,
            made.inbox,
            made.board,
            made.daemon.now_ms,
            may_set_up=bool,
            may_write=bool,
        )
        made.daemon.beat = Pulse(manager, made.daemon, made.stores, lines, "en", lambda: now[0]).beat
        made.daemon.guarded_cycle()
        now[0] = pulse.READY_WITHIN_S - 0.1
        made.daemon.guarded_cycle()
        assert len(other.heard) <= 2
        now[0] = pulse.READY_WITHIN_S
        made.daemon.guarded_cycle()
        manager.close()
    assert [heard.lines[0] for heard in other.heard] == ["WATCHDOG=1", "WATCHDOG=1", "READY=1", "WATCHDOG=1"]
