"""A meter made of power beside a real counter of the same load, and what trends say of both, over real
Modbus."""

from __future__ import annotations

import shutil
from bisect import bisect_left
from contextlib import closing
from pathlib import Path

import pytest

from controller.consumption.records import Flag, Interval
from controller.store import history, trendread
from controller.store.audit import audit_log
from controller.store.migrations.log import LOG
from hil_tests.stand import HOUSE, Stand

pytestmark = pytest.mark.timeout(300)
SPEED = 60.0
SITE = """
meters:
  made: {integrate: meter.p_total, at_most: 60 kW}
trends:
  counter: {points: [meter.energy_import], deadband: 0.001 kWh, every: 1 s}
  power: {points: [meter.p_total], deadband: 0.01 kW, every: 1 s}
  switch: {points: [relay.ch1]}
"""
SLOT_S = 120
SLOTS = 6
Course = list[tuple[int, float | None]]


def site(folder: Path) -> Path:
    """The house with such a meter, and short intervals."""
    made = folder / "site"
    shutil.copytree(HOUSE, made)
    file = made / "site.yaml"
    said = file.read_text(encoding="utf-8")
    assert "interval: 5 min" in said
    file.write_text(said.replace("interval: 5 min", "interval: 2 min") + SITE, encoding="utf-8")
    return made


def whole(data: Path) -> list[Interval]:
    """The intervals that were integrated from end to end."""
    return [row for row in rows(data) if (row.flags, row.covered_s) == (Flag.ESTIMATED, SLOT_S)]


def rows(data: Path) -> list[Interval]:
    with closing(history.open_file(data / "log.db", LOG)) as connection:
        assert list(audit_log(connection)) == []
        entry = next(entry for entry in history.meters(connection) if entry.name == "made")
        return [item.row for item in history.newest(history.logged(connection, entry))]


def course(data: Path, key: str) -> Course:
    with closing(trendread.open_file(data / "trends.db")) as connection:
        number, _ = trendread.numbers(connection)[key]
        return list(trendread.samples(connection, number, 0, 2**62))


def shown(samples: Course, time_ms: int) -> float:
    """What the counter showed then, by its readings around it: what is kept at a boundary is the reading
    before."""
    known = [(when, value) for when, value in samples if value is not None and when % (SLOT_S * 1000)]
    at = bisect_left(known, (time_ms, 0.0))
    (first_ms, first), (last_ms, last) = known[at - 1], known[at]
    return first + (last - first) * (time_ms - first_ms) / (last_ms - first_ms)


async def test_a_made_meter_agrees_with_the_counter_beside_it(tmp_path: Path) -> None:
    async with Stand(site(tmp_path), tmp_path, speed=SPEED, tick_s=0.05) as stand:
        await stand.start()
        await stand.heard()

        async def enough() -> bool:
            return len(whole(stand.data)) >= SLOTS

        await stand.until(enough)
        # Frozen: nothing more is known of its power, and that is kept too.
        await stand.simulators(fault="freeze", device="meter")

        async def lost() -> bool:
            return bool((await stand.points())["meter.p_total"]["quality"] != "good")

        await stand.until(lost)
        code, _ = await stand.stop()
        assert code == 0

        found = whole(stand.data)[:SLOTS]
        counter, power = course(stand.data, "meter.energy_import"), course(stand.data, "meter.p_total")
        counted = shown(counter, found[-1].end_ms) - shown(counter, found[0].start_ms)
        made = sum(row.consumption or 0 for row in found) / 1000
        assert counted > 2.0
        assert made == pytest.approx(counted, rel=0.01)
        assert rows(stand.data)[-1].consumption is None

        # What the registers said: kitchen and hall, and a counter that only rises.
        assert power[-1][1] is None
        assert all(value is None or 10 < value < 20 for _, value in power)
        read = [value for _, value in counter if value is not None]
        assert read == sorted(read)
        assert read[-1] == pytest.approx((await stand.truth())["meter.energy_import"], abs=6.0)
        assert [value for _, value in course(stand.data, "relay.ch1") if value is not None][-1] == 1
