"""The panels of the benches: their site is what it says, and they answer as their profile has them."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from bench.figures import Figure
from bench.floors.writes import write
from bench.panel_site import ANALOGUES, OUTPUTS, OUTPUTS_AT, POINTS, office_programmes, write_site
from bench.panels import Arrival, Connection, Panel
from bench.writes import _every_minute, _p99
from config.plan.clock import Pace
from config.plan.reading import Quality
from config.plan.site import Plan
from controller.accepted import compiled
from drivers.api import Fate, Inbox, Sample, Write, WriteReport
from drivers.modbus import open_line
from hil_tests.unfolding import Unfolding
from schedules.context import Context
from schedules.programme import evaluate
from tests.drivers.build import MachineClock


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    site = tmp_path_factory.mktemp("panels") / "site"
    write_site(site, [5000, 5001], programmes=office_programmes(2, 8), rules=8)
    return compiled(site, "en")[1]


def test_the_site_has_what_it_says(plan: Plan) -> None:
    assert [len(device.points) for device in plan.devices] == [POINTS, POINTS]
    assert len(plan.programmes) == len(plan.rules) == 8
    assert len({point for programme in plan.programmes for point in programme.targets}) == 2 * OUTPUTS
    assert sum(point.counter is not None for point in plan.points) == 8


def test_programmes_that_flash_change_with_each_minute(tmp_path: Path) -> None:
    begin = dt.datetime(2026, 3, 5, 15, 58, tzinfo=dt.UTC)  # two minutes before midnight there
    begin_ms = round(begin.timestamp() * 1000)
    write_site(tmp_path / "site", [5000], programmes=_every_minute(1, begin_ms))
    plan = compiled(tmp_path / "site", "en")[1]
    said = [
        evaluate(plan.programmes[0], Context.of(plan), begin_ms + minute * 60_000).value
        for minute in range(15)
    ]
    assert said == [minute % 2 == 0 for minute in range(15)]


async def test_a_panel_is_read_and_commanded(plan: Plan) -> None:
    arrivals: list[Arrival] = []
    panel = Panel(7, ANALOGUES, arrivals)
    server = await asyncio.get_running_loop().create_server(partial(Connection, panel), "127.0.0.1", 0)
    inbox, line = Inbox(), replace(plan.lines[0], port=server.sockets[0].getsockname()[1])
    driver = open_line(plan, line, inbox, MachineClock(), Pace())
    await driver.start()
    seen: dict[int, set[object]] = {}
    unfolding = Unfolding(inbox)
    first = plan.point_named("p0.out1")
    assert first is not None
    reports: list[Fate] = []
    async with asyncio.timeout(20):
        while len(reports) < OUTPUTS or any(len(seen[point]) < 2 for point in seen):
            for event in unfolding.take():
                if isinstance(event, WriteReport):
                    reports.append(event.fate)
                elif isinstance(event, Sample):
                    assert event.reading.quality is Quality.GOOD
                    if plan.points[event.point].command is None:
                        seen.setdefault(event.point, set()).add(event.reading.value)
                    elif event.point == first.id and not event.reading.value:
                        for number in range(OUTPUTS):
                            driver.submit(Write(number, first.id + number, True, 16))
            await asyncio.sleep(0.01)
    await driver.stop()
    server.close()
    assert reports == [Fate.READ_BACK] * OUTPUTS
    assert len(seen) == POINTS - OUTPUTS, "all but the outputs change with each poll"
    assert [one[:3] for one in arrivals] == [(7, 12, OUTPUTS)]


async def test_whoever_else_comes_each_connection_has_its_own_answers() -> None:
    arrivals: list[Arrival] = []
    panel = Panel(7, 0, arrivals)
    server = await asyncio.get_running_loop().create_server(partial(Connection, panel), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    first, second = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
    async with asyncio.timeout(20):
        await write(*first, 2, 1)
        await write(*second, 1, 0)
        second[1].close()
        await second[1].wait_closed()
        await write(*first, 1, 1)
    first[1].close()
    await first[1].wait_closed()
    server.close()
    assert [one.address for one in arrivals] == [OUTPUTS_AT, OUTPUTS_AT + 1, OUTPUTS_AT, OUTPUTS_AT]


def test_the_99th_of_a_hundred() -> None:
    assert _p99([float(number) for number in range(100)]) == 98.0
    assert _p99([3.0, 1.0]) == 3.0
    assert Figure("late", 98.0, 1.0, 99.0, "ms", 100.0).met
