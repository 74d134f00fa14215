"""A day of the compound at speed 60, daemon and simulators as programs: each programme switches in time."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path

import pytest

from config.plan.clock import Pace
from controller.app import POLL_FLOOR_S
from controller.store.ledger import Kind
from hil_tests.stand import Stand
from hil_tests.switches import Course, Seen, SiteTime, bounded, judge, switches
from schedules.context import Context

SHUANGLIU = Path(__file__).parents[1] / "config" / "sites" / "shuangliu"
SPEED = 60.0
DAY = date(2026, 3, 5)
"""A Thursday."""
LOOK_S = 0.25
"""Machine seconds between two looks at the devices: what is seen is seen that much late."""


async def followed(stand: Stand, until_ms: int) -> Course:
    """Look at the devices until that site time."""
    course, clock = Course(), SiteTime(stand.overlay)
    while clock.now_ms() < until_ms:
        values = await stand.truth()
        course.look(clock.now_ms(), values)
        await asyncio.sleep(LOOK_S)
    return course


@pytest.mark.slow
@pytest.mark.timeout(1900)
async def test_every_switch_of_a_free_running_day_is_seen_within_two_polls(tmp_path: Path) -> None:
    async with Stand(SHUANGLIU, tmp_path, speed=SPEED, start="2026-03-04T23:20:00+08:00") as stand:
        await stand.start()
        await stand.heard()
        assert SiteTime(stand.overlay).now_ms() < Context.of(stand.plan).local.midnight(DAY)
        end_ms = Context.of(stand.plan).local.midnight(date(2026, 3, 6))
        course = await followed(stand, end_ms + 60_000)
        status = await stand.call("status")
        decided = [row for row in stand.ledger() if row.entry.kind == Kind.DECIDED]
    seen: list[Seen] = []
    for switch in switches(stand.plan, DAY, 1, Pace(SPEED, POLL_FLOOR_S)):
        of_it = [row for row in decided if row.entry.point == switch.key]
        seen.append(judge(switch, course, of_it, SPEED))
    ruled = [one for one in seen if one.instead is not None]
    nearest = sorted(seen, key=lambda one: one.late_s - one.switch.polls_s)[-6:]
    print(f"{len(seen)} switches of {len({one.switch.key for one in seen})} points, {len(ruled)} of them to "
          f"what a rule made of it, {status['cycles']} cycles; the latest after "
          f"{max(one.late_s for one in seen):.2f} s; nearest to two polls:", *nearest, sep="\n")  # fmt: skip
    assert not [str(one) for one in seen if not one.in_time]
    assert {one.switch.key for one in ruled} <= bounded(stand.plan)
    assert len(seen) - len(ruled) > 90
