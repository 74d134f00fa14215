"""A public series of water flow goes through a simulated pulse counter, the wire, our driver, the log and
log.db, hour by hour over the change of clocks and the hours that are missing: the log has the series."""

from __future__ import annotations

import asyncio
import csv
import hashlib
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from config.plan.clock import Pace
from config.plan.reading import Reading
from config.plan.site import Plan
from controller.clock import VirtualClock
from controller.consumption.log import ConsumptionLog
from controller.consumption.meters import meters_of
from controller.consumption.records import Flag, Interval
from controller.consumption.slots import Slots
from controller.store import history
from controller.store.audit import audit_log
from controller.store.logdb import FILE, LogStore
from controller.store.migrations.log import LOG
from drivers import modbus
from drivers.api import Inbox, Sample
from drivers.overlay import apply
from hil_tests.unfolding import Unfolding
from tests.peers.programs import FOLDER
from tests.peers.simulated import Simulated, compiled, simulated

pytestmark = pytest.mark.peers

SHA256 = "6c84efeb8b148dd2ace656f11f5bd90de22dad014b094e3baafd8dbca69c83dc"
"""Of datasets/water-flow.csv in river 0.26.1: litres a second, hourly, in Italy in the spring of 2022."""
TOTAL_L = 456_706_404
"""All of it: the sum of its values times 3600."""
PULSE_L = 100
HOUR_MS = 3_600_000
SITE = """\
site: {name: pipeline, label: pipeline, language: en, calendar: none, log: {interval: 60 min},
  place: {time_zone: Europe/Rome, latitude: 43.9, longitude: 11.1}}
lines:
  T1: {transport: modbus-tcp, host: 10.0.0.11, port: 502, timeout: 2 s}
devices:
  water: {label: water, profile: pulse-water, line: T1, unit: 1, params: {pulse: 100 L}}
"""


class Hour(NamedTuple):
    """What ran through in the hour from `start_ms` on."""

    start_ms: int
    litres: int


def series() -> list[Hour]:
    """The series, from the package where it is installed, or from what `make peers` has fetched."""
    spec = find_spec("river")
    places = [FOLDER / "build" / "river"]
    if spec is not None and spec.submodule_search_locations:
        places[:0] = [Path(place) for place in spec.submodule_search_locations]
    found = [path for place in places if (path := place / "datasets" / "water-flow.csv").exists()]
    if not found:
        pytest.skip("river's water-flow.csv is not here: `make peers` fetches it")
    content = found[0].read_bytes()
    assert hashlib.sha256(content).hexdigest() == SHA256, "another version of the series"
    rows = list(csv.DictReader(content.decode().splitlines()))
    return [
        Hour(
            round(datetime.fromisoformat(row["Time"]).timestamp() * 1000),
            int(Decimal(row["Water flow [l/s]"]) * 3600),
        )
        for row in rows
    ]


class Replay:
    """The way from a counter's register to log.db, at times that are told."""

    def __init__(self, plan: Plan, where: Simulated, folder: Path, start_ms: int) -> None:
        self.clock = VirtualClock(start_ms)
        self._where = where
        (line,) = plan.lines
        (self.meter,) = meters_of(plan)
        inbox = Inbox()
        self._unfolding = Unfolding(inbox)
        self.driver = modbus.open_line(plan, line, inbox, self.clock, Pace())
        self.store = LogStore.open(folder, start_ms)
        slots = Slots(plan.site.time_zone, plan.site.interval_s)
        marks = self.store.register([self.meter], start_ms)
        self._log = ConsumptionLog([self.meter], slots, Pace(), marks)

    async def read_at(self, wall_ms: int, litres: int) -> None:
        """The counter has come so far at that time, and is read over the wire."""
        now = self.clock.advance((wall_ms - self.clock.now().wall_ms) / 1000)
        shown = litres // PULSE_L * PULSE_L / 1000
        self._where.ask(force="water.volume", value=shown)
        self.driver.read_now(self.meter.point)
        samples: list[tuple[int, Reading]] = []
        async with asyncio.timeout(10):
            while not any(
                reading.value == shown and reading.mono_ns == now.mono_ns for _, reading in samples
            ):
                await asyncio.sleep(0.0005)
                samples += [
                    (event.point, event.reading)
                    for event in self._unfolding.take()
                    if isinstance(event, Sample) and event.point == self.meter.point
                ]
        self._step(samples)

    def passes(self, seconds: float) -> None:
        """Nothing is read meanwhile."""
        self.clock.advance(seconds)
        self._step([])

    def _step(self, samples: list[tuple[int, Reading]]) -> None:
        closed = self._log.step(self.clock.now(), samples)
        if closed.intervals or closed.marks:
            self.store.write(closed)


async def replay(folder: Path, hours: list[Hour], gap_litres: int) -> tuple[list[Interval], int]:
    """All of it; in each missing hour `gap_litres` run through unread. The rows, and what the meter showed
    last."""
    site = folder / "site"
    site.mkdir()
    (site / "site.yaml").write_text(SITE, encoding="utf-8")
    plan = compiled(site)
    with simulated(site) as where:
        plan = apply(plan, {"lines": where.ready["overlay"]["lines"]})
        begins_ms = hours[0].start_ms
        made = Replay(plan, where, folder, begins_ms - 2000)
        await made.driver.start()
        litres = 0
        await made.read_at(begins_ms - 1000, litres)
        until_ms = begins_ms
        for hour in hours:
            if hour.start_ms != until_ms:
                litres += gap_litres * ((hour.start_ms - until_ms) // HOUR_MS)
            litres += hour.litres
            until_ms = hour.start_ms + HOUR_MS
            await made.read_at(until_ms - 1000, litres)
            made.passes(2)
        await made.driver.stop()
        assert made.store.close(30.0) == 0
    with closing(history.open_file(folder / FILE, LOG)) as connection:
        (entry,) = history.meters(connection)
        rows = [item.row for item in history.newest(history.logged(connection, entry))]
        assert list(audit_log(connection)) == []
        fitted = entry.fittings[-1]
        assert (fitted.exact(1), fitted.unit) == (Decimal(PULSE_L) / 1000, "m³"), "a quantum is a pulse"
    return rows, litres


def missing(hours: list[Hour]) -> list[tuple[int, int]]:
    """(start, end) of the gaps."""
    ends = [(hour.start_ms + HOUR_MS, following.start_ms) for hour, following in pairwise(hours)]
    return [(end, start) for end, start in ends if end != start]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("gap_litres", [0, 123_456])
async def test_what_is_logged_is_the_series(tmp_path: Path, gap_litres: int) -> None:
    hours = series()
    gaps = missing(hours)
    assert (len(hours), len(gaps), sum(hour.litres for hour in hours)) == (1268, 10, TOTAL_L)
    rows, litres = await replay(tmp_path, hours, gap_litres)
    # The whole time once, by hours of which none is longer or shorter, over the night of 27 March 2022.
    assert [row.start_ms for row in rows[1:]] == list(
        range(hours[0].start_ms, hours[-1].start_ms + HOUR_MS, HOUR_MS)
    )
    by_start = {row.start_ms: row for row in rows}
    shown, after = 0, {end: end - start for start, end in gaps}
    for hour in hours:
        row = by_start[hour.start_ms]
        lost_ms = after.get(hour.start_ms, 0)
        before, shown = shown, shown + hour.litres + gap_litres * (lost_ms // HOUR_MS)
        assert row.consumption == shown // PULSE_L - before // PULSE_L, row
        assert (row.from_ms, Flag.RECOVERED in row.flags) == (row.start_ms - lost_ms, lost_ms > 0)
        assert bool(row.flags) == (lost_ms > 0)
    silent = [row for row in rows if row.consumption is None]
    assert [row.start_ms for row in silent] == [
        start for begin, end in gaps for start in range(begin, end, HOUR_MS)
    ]
    assert all(row.flags == Flag.PARTIAL for row in silent)
    booked = sum(row.consumption or 0 for row in rows)
    lost_hours = sum(end - begin for begin, end in gaps) // HOUR_MS
    assert booked == litres // PULSE_L == (TOTAL_L + gap_litres * lost_hours) // PULSE_L
    print(
        f"{len(rows)} hours, {lost_hours} of them missing in {len(gaps)} gaps, {booked} pulses of {PULSE_L} L"
    )
