"""SIGKILL at random moments of a day: afterwards every point is what it is to be, and no interval is lost.

What a point is to be is worked out here anew, from the plan, the site time and what control.db remembers, by
neither the cycle nor the arbiter. What it is, is asked of the daemon and of the simulated device itself.
"""

from __future__ import annotations

import asyncio
import random
import time
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from config.plan.reading import Value
from config.plan.site import Plan
from controller.consumption.meters import Meter, meters_of
from controller.consumption.records import Flag, Interval
from controller.decide.records import Lock, Remembered
from controller.store import people
from controller.store.ledger import Kind, broken_at
from controller.store.logread import LogReader
from hil_tests.stand import HOUSE, Stand
from schedules.context import Context
from schedules.programme import evaluate

pytestmark = pytest.mark.timeout(300)

SHUANGLIU = Path(__file__).parents[1] / "config" / "sites" / "shuangliu"
SPEED = 60.0
SETTLED_WITHIN_S = 60.0
"""Machine seconds."""


def asked_for(plan: Plan, context: Context, remembered: Remembered, wall_ms: int) -> dict[str, Value]:
    """What every point is to be at that time; a point nobody asks anything of is not there."""
    wanted: dict[str, tuple[tuple[int, ...], Value | None]] = {}
    for programme in plan.programmes:
        verdict = evaluate(programme, context, wall_ms)
        rank = (programme.slot, int(verdict.rank), programme.priority, programme.id)
        for point in programme.targets if verdict.asks else ():
            key = plan.points[point].key
            if key not in wanted or rank < wanted[key][0]:
                wanted[key] = (rank, verdict.value)
    for override in remembered.overrides:
        if override.expires_ms > wall_ms:
            rank = (override.slot, 0, 0, 0)
            if override.point not in wanted or rank < wanted[override.point][0]:
                wanted[override.point] = (rank, override.value)
    return {key: value for key, (_, value) in wanted.items() if value is not None}


def locked(plan: Plan, locks: tuple[Lock, ...]) -> set[str]:
    """Points to which nothing may be written."""
    targets = {lock.target for lock in locks}
    points = {point for device in plan.devices if device.name in targets for point in device.points}
    points |= {point for item in plan.equipment if item.name in targets for _, point in item.roles}
    return {plan.points[point].key for point in points}


class Judge:
    """Compares what is with what is to be."""

    def __init__(self, stand: Stand) -> None:
        self.stand = stand
        self.context = Context.of(stand.plan)
        self.frozen: dict[str, object] = {}
        """What locked points had when they were locked."""
        self._targets: tuple[str, ...] = ()

    def _due(self, wall_ms: int) -> dict[str, Value]:
        with self.stand.control() as connection:
            remembered = people.remembered(connection)
        assert {item.target for item in remembered.locks} == set(self._targets)
        due = asked_for(self.stand.plan, self.context, remembered, wall_ms)
        behind = locked(self.stand.plan, remembered.locks)
        return {key: value for key, value in due.items() if key not in behind}

    async def lock(self, target: str) -> None:
        """Put a maintenance lock on; the points' values are to stay from now on."""
        await self.stand.call("lock", target=target, reason="检修")
        self._targets = (*self._targets, target)
        truth = await self.stand.truth()
        with self.stand.control() as connection:
            behind = locked(self.stand.plan, people.remembered(connection).locks)
        commanded = {point.key for point in self.stand.plan.points if point.command is not None}
        self.frozen = {key: truth[key] for key in behind & commanded}

    async def differences(self) -> list[str]:
        """What is not as it is to be, in words. What changes in the very moment of asking is left aside."""
        before = await self._site_ms()
        truth = await self.stand.truth()
        seen = await self.stand.points()
        due, still = self._due(before), self._due(await self._site_ms())
        found = []
        for key, value in sorted(due.items()):
            if still.get(key) != value:
                continue
            point = self.stand.plan.point_named(key)
            assert point is not None
            assert point.command is not None
            row = seen[key]
            is_now = {"device": truth[key], "daemon": row["value"]}
            for who, has in is_now.items():
                if not _same(has, value, point.command.tolerance):
                    found.append(f"{key} is to be {value}, the {who} has {has} ({row['quality']})")
            if not _same(row.get("command", {}).get("value"), value, 0.0):
                found.append(f"{key} is to be {value}, decided is {row.get('command')}")
        found += [
            f"{key} is locked, was {was} and is {truth[key]}"
            for key, was in self.frozen.items()
            if truth[key] != was
        ]
        return found

    async def settled(self) -> float:
        """Until nothing differs; how long that took, machine seconds."""
        began = time.monotonic()
        found: list[str] = []
        while time.monotonic() < began + SETTLED_WITHIN_S:
            found = await self.differences()
            if not found:
                return time.monotonic() - began
            await asyncio.sleep(0.3)
        raise AssertionError(f"not settled:\n{chr(10).join(found)}\nthe daemon said:\n{self.stand.said()}")

    async def _site_ms(self) -> int:
        said = (await self.stand.call("status"))["site_time"]
        return round(datetime.fromisoformat(said).timestamp() * 1000)


def _same(found: object, wanted: Value, tolerance: float) -> bool:
    if isinstance(found, bool) or isinstance(wanted, bool | str) or not isinstance(found, int | float):
        return found == wanted
    return abs(found - wanted) <= max(tolerance, 1e-6)


def judge_log(stand: Stand, ends_ms: int) -> dict[str, int]:
    """Every meter's intervals follow each other without a gap and add up to its counter. Rows by meter."""
    rows: dict[str, int] = {}
    with LogReader(stand.data / "log.db") as log:
        for meter in meters_of(stand.plan):
            intervals = log.intervals(meter.name)
            rows[meter.name] = len(intervals)
            judge_meter(stand.plan, meter, intervals)
            length_ms = stand.plan.site.interval_s * 1000
            assert intervals[-1].end_ms > ends_ms - 2 * length_ms, f"{meter.name} fell behind"
    return rows


def judge_meter(plan: Plan, meter: Meter, intervals: list[Interval]) -> None:
    assert intervals, f"{meter.name} has no interval"
    length_ms = plan.site.interval_s * 1000
    assert all(one.end_ms - one.start_ms == length_ms for one in intervals), meter.name
    assert all(one.end_ms == two.start_ms for one, two in pairwise(intervals)), meter.name
    assert not any(one.flags & (Flag.SUSPECT | Flag.CLOCK | Flag.SPAN) for one in intervals), meter.name
    counted = [one for one in intervals if one.consumption is not None]
    assert counted, f"{meter.name} never counted"
    booked = sum(one.consumption or 0 for one in counted)
    first, last = counted[0].count_start, counted[-1].count_end
    assert first is not None
    assert last is not None
    # Each booking goes on from the count, and the time, where the one before ended.
    assert all(one.count_end == two.count_start for one, two in pairwise(counted)), meter.name
    assert all(one.end_ms == two.from_ms for one, two in pairwise(counted)), meter.name
    rolled = sum(1 for one in counted if one.flags & Flag.ROLLOVER)
    assert booked == last - first + rolled * (meter.modulus or 0), meter.name


class Kill(NamedTuple):
    """When the daemon is killed, and for how long it is gone; machine seconds."""

    after_s: float
    """Since things have settled."""
    gone_s: float


async def campaign(
    stand: Stand, kills: list[Kill], overrides: dict[str, str], lock: str, behind: tuple[str, str]
) -> None:
    """Kill, start again, judge, and go on.

    `lock`: a device that is locked. `behind`: a point of it and what is asked of it in vain after that.
    """
    judge = Judge(stand)
    await stand.start()
    print(f"settled after {await judge.settled():.1f} s")
    for point, value in overrides.items():
        await stand.call("set", person="王工", point=point, value=value, for_s=23 * 3600)
    await judge.lock(lock)
    await stand.call("set", point=behind[0], value=behind[1], for_s=23 * 3600)
    locked_at = stand.ledger()[-1].seq
    await judge.settled()
    for number, kill in enumerate(kills, 1):
        await asyncio.sleep(kill.after_s)
        killed_at = (await stand.call("status"))["site_time"]
        await stand.kill()
        await asyncio.sleep(kill.gone_s)
        began = time.monotonic()
        await stand.start()
        up_s = time.monotonic() - began
        settled_s = await judge.settled()
        took = f"up in {up_s:.1f} s, settled {settled_s:.1f} s after"
        print(f"kill {number} at {killed_at}, gone for {kill.gone_s:.0f} s: {took}")
        status = await stand.call("status")
        named = map(stand.plan.point_named, (*overrides, behind[0]))
        assert sorted(item["point"] for item in status["overrides"]) == sorted(
            point.key for point in named if point is not None
        )
        assert [item["target"] for item in status["locks"]] == [lock]
    # Long enough for the interval of the last kill to end.
    await asyncio.sleep(1.3 * stand.plan.site.interval_s / SPEED)
    await judge.settled()
    ends = datetime.fromisoformat((await stand.call("status"))["site_time"])
    code, _ = await stand.stop()
    assert code == 0
    rows = judge_log(stand, round(ends.timestamp() * 1000))
    if any(kill.gone_s > stand.plan.site.interval_s / SPEED * 2 for kill in kills):
        with LogReader(stand.data / "log.db") as log:
            assert any(one.flags & Flag.RECOVERED for name in rows for one in log.intervals(name))
    print(f"{sum(rows.values())} intervals of {len(rows)} meters")
    with stand.control() as connection:
        assert broken_at(connection) is None
        kept = locked(stand.plan, people.remembered(connection).locks)
    gaps = [row for row in stand.ledger() if row.entry.kind == Kind.GAP]
    assert len(gaps) == len(kills)
    touched = {row.entry.point for row in stand.ledger(after=locked_at) if row.entry.kind == Kind.SENT}
    assert not touched & kept
    # What was counted behind the lock would end later than it began.
    (lock_ms,) = (row.entry.time_ms for row in stand.ledger(after=locked_at - 1)[:1])
    counted = [row.entry for row in stand.ledger(after=locked_at) if row.entry.kind == Kind.REASSERTED]
    late = {
        entry.point
        for entry in counted
        if datetime.fromisoformat(entry.detail.partition(" to ")[2][:20]).timestamp() * 1000 > lock_ms + 1000
    }
    assert not late & kept


async def test_three_kills_in_an_hour(tmp_path: Path) -> None:
    chance = random.Random(seed := 20260305)
    # The last time long enough for an interval to begin and end unseen.
    kills = [Kill(chance.uniform(0.2, 4.0), gone_s) for gone_s in (0.0, 0.0, 11.0)]
    print(f"seed {seed}: {kills}")
    async with Stand(HOUSE, tmp_path, speed=SPEED) as stand:
        overrides = {"store": "on", "node.fan_mode": "on", "hall.zone2_level": "42 %"}
        await campaign(stand, kills, overrides, "socket", ("socket.switch", "off"))


@pytest.mark.slow
@pytest.mark.timeout(2400)
@pytest.mark.parametrize("seed", [510116])
async def test_ten_kills_in_a_day(tmp_path: Path, seed: int) -> None:
    """Twenty-four hours of the compound in as many minutes."""
    chance = random.Random(seed)
    day_s = 86_400 / SPEED
    moments = sorted(chance.uniform(30.0, day_s - 60.0) for _ in range(10))
    gone = [chance.choice((0.0, 0.0, 5.0, 25.0)) for _ in moments]
    kills = [
        Kill(max(0.2, moment - before - gone_s - 10.0), gone_s)
        for (before, moment), gone_s in zip(pairwise([0.0, *moments]), gone, strict=True)
    ]
    print(f"seed {seed}: {kills}")
    async with Stand(SHUANGLIU, tmp_path, speed=SPEED, start="2026-03-05T06:00:00+08:00") as stand:
        overrides = {"corridor-2.zone1_level": "33 %", "grey-plant.booster1_mode": "off"}
        await campaign(stand, kills, overrides, "restroom-3", ("restroom-3.fan_mode", "on"))
