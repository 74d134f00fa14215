"""What `bench.growth` measures, each in a process of its own.

    python -m bench.growth_parts step PLAN CHANGE CYCLES | poll DEVICES SECONDS | month DIR | open DIR

Prints one number: CPU of this process alone.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from bench.log_filling import ZONE, fill, meters
from bench.log_grown import LENGTH_MS, grow
from bench.loops import runner
from bench.step import steps_s
from config.plan.clock import Pace
from config.plan.codec import load
from config.plan.lines import Line
from config.plan.points import Register
from config.plan.site import Plan
from controller.clock import SiteClock
from controller.store import history, sums
from controller.store.logdb import FILE, LogStore
from controller.store.migrations.log import LOG
from drivers.api import Inbox, Sample
from drivers.modbus import open_line
from tests.plans import PlanMaker

START_MS = 1_772_676_000_000
"""2026-03-05 10:00 in Shuangliu: also where the logs end."""
SETTLING = 120
"""Cycles before those that count."""
POINTS_EACH = 20
MONTH_MS = 30 * 86_400_000


def step_us(plan: Plan, change: float, cycles: int) -> float:
    """Of one cycle of the daemon's second, without reading and log."""
    took_s = steps_s(plan, change, cycles, start_ms=START_MS, settling=SETTLING)
    return sum(took_s) / cycles * 1e6


def poll_ms(devices: int, seconds: float) -> float:
    """Of a second in which each of so many Modbus TCP devices is polled once, a block of points each."""
    command = [sys.executable, "-m", "bench.floors.modbus_server"]
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        plan = _polled(devices, int(server.stdout.readline()))
        with runner() as running:
            took_s = running.run(_poll(plan, seconds))
    finally:
        server.terminate()
        server.wait()
    return took_s / seconds * 1000


async def _poll(plan: Plan, seconds: float) -> float:
    inbox, clock = Inbox(), SiteClock()
    drivers = [open_line(plan, line, inbox, clock, Pace()) for line in plan.lines]
    for driver in drivers:
        await driver.start()
    heard = set[int]()
    while len(heard) < len(plan.points):
        await asyncio.sleep(0.2)
        heard.update(event.point for event in inbox.take() if isinstance(event, Sample))
    began_s, until_s = time.process_time(), time.monotonic() + seconds
    while time.monotonic() < until_s:
        await asyncio.sleep(1.0)
        inbox.take()
    took_s = time.process_time() - began_s
    await asyncio.gather(*(driver.stop() for driver in drivers))
    return took_s


def _polled(devices: int, port: int) -> Plan:
    """A line for each device."""
    maker = PlanMaker()
    for number in range(devices):
        device = maker.add_device(f"device-{number}")
        for point in range(POINTS_EACH):
            maker.add_point(device, f"value-{point}", poll_s=1.0, max_age_s=5.0)
    plan = maker.build()
    return replace(
        plan,
        lines=tuple(
            Line(number, f"T{number}", "", "modbus-tcp", host="127.0.0.1", port=port)
            for number in range(devices)
        ),
        devices=tuple(replace(device, line=device.id, unit=1) for device in plan.devices),
        points=tuple(
            replace(point, source=Register("holding", point.id % POINTS_EACH * 2, "float32", 2))
            for point in plan.points
        ),
    )


def grown_log(folder: Path, count: int, years: float) -> Path:
    """A log of so many meters and years, where a daemon would have it."""
    folder.mkdir()
    store = LogStore.open(folder, START_MS)
    fill(store, meters(count), START_MS, 96)
    assert store.close(60.0) == 0
    grow(folder, count, round(years * 365 * 86_400_000 / LENGTH_MS), START_MS)
    return folder


def month_ms(folder: Path) -> float:
    """To add up the last 30 days of every meter, from its days."""
    with closing(history.open_file(folder / FILE, LOG)) as connection:
        began_s = time.process_time()
        for meter in history.meters(connection):
            found = sums.items(connection, meter, START_MS - MONTH_MS, START_MS, by_day=True)
            assert sum(item.consumption or 0 for item in found) > 0
        return (time.process_time() - began_s) * 1000


def open_ms(folder: Path) -> float:
    """To open the log as a start of the daemon does, its meters registered."""
    began_s = time.process_time()
    store = LogStore.open(folder, START_MS)
    store.register(meters(len(store.ask(history.meters))), START_MS, ZONE)
    took_s = time.process_time() - began_s
    assert store.close(60.0) == 0
    return took_s * 1000


def main() -> None:
    part, *words = sys.argv[1:]
    match part:
        case "step":
            plan = load(Path(words[0]).read_text(encoding="utf-8"))
            found = step_us(plan, float(words[1]), int(words[2]))
        case "poll":
            found = poll_ms(int(words[0]), float(words[1]))
        case "month":
            found = month_ms(Path(words[0]))
        case _:
            found = open_ms(Path(words[0]))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
