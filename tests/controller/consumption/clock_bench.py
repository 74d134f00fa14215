"""A meter that counts steadily, and a daemon's log of it on a machine whose clock nobody vouches for."""

from __future__ import annotations

from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, Self

from config.plan.clock import Pace
from config.plan.reading import Quality, Reading
from controller.clock import SiteClock
from controller.consumption.audit import Problem
from controller.consumption.log import ConsumptionLog
from controller.consumption.meters import Meter
from controller.consumption.records import Flag, Interval, Mark
from controller.consumption.slots import Slots
from controller.daemon import BOUNDARY_LEAD_S
from controller.store import history
from controller.store.audit import audit_log
from controller.store.logdb import LogStore
from controller.store.migrations.log import LOG
from tests.controller.machine import Machine

MODULUS = 1_000_000
FIRST = 999_800
"""What the meter shows at first: it rolls over within the hour."""
TICK_S = 10
"""Seconds of true time a quantum."""
POLL_S = 10
METER = Meter("main", 0, "main.energy", "electricity", "kWh", "0.01", MODULUS, 36.0, None, POLL_S)
QUARTER = 900


class Rows(NamedTuple):
    """What log.db has in the end."""

    rows: list[Interval]
    mark: Mark
    problems: list[Problem]


class ClockBench:
    """All seconds are true ones, of UTC; `machine.wall_ns` is what the machine takes for the time."""

    def __init__(self, folder: Path, zone: str, start_s: int, cycle_s: int = 1) -> None:
        self.folder = folder
        self.machine = Machine(start_s)
        self.cycle_s = cycle_s
        self.slots = Slots(zone, QUARTER)
        self.true_s = self.start_s = start_s
        self.seen_s = 0
        """What control.db would have noted."""
        self.read_s: list[int] = []
        """When the meter was read by what is in the log."""
        self._clock: SiteClock | None = None
        self._store: LogStore | None = None
        self._log: ConsumptionLog
        self._asked_ms: int | None = None

    def total(self, true_s: float) -> int:
        """All that was counted until then, and `FIRST`."""
        return FIRST + int(true_s - self.start_s) // TICK_S

    # What happens

    def starts(self) -> Self:
        """The daemon, on what is in log.db."""
        self._clock = self.machine.clock(self.seen_s)
        wall_ms = self._clock.now().wall_ms
        self._store = LogStore.open(self.folder, wall_ms)
        marks = self._store.register([METER], wall_ms)
        if not marks:
            self.read_s = []
        self._log = ConsumptionLog([METER], self.slots, Pace(), marks)
        return self

    def ends(self) -> Self:
        """All that was handed out is committed, no more."""
        assert self._store is not None
        assert self._store.close(30.0) == 0
        self._store = self._clock = None
        return self

    def passes(self, seconds: float) -> Self:
        """The daemon runs, or does not."""
        if self._clock is None:
            self._goes_on(seconds)
            return self
        for _ in range(round(seconds) // self.cycle_s):
            self._goes_on(self.cycle_s)
            self._cycle()
        return self

    def leaps(self, seconds: int) -> Self:
        self.machine.leaps(seconds)
        return self

    def boots_at(self, wall_s: int) -> Self:
        """Without a clock chip: time begins there."""
        self.machine.has_chip = False
        self.machine.synchronised = False
        self.machine.is_set(wall_s)
        return self

    def loses_its_battery(self) -> Self:
        """The clock chip begins anew."""
        self.machine.synchronised = False
        self.machine.is_set(0)
        return self

    def hears_the_time(self) -> Self:
        """NTP sets the clock and says so."""
        self.machine.is_set(self.true_s)
        self.machine.synchronised = True
        return self

    def _goes_on(self, seconds: float) -> None:
        self.machine.passes(seconds)
        self.true_s += round(seconds)

    def _cycle(self) -> None:
        """As the daemon's, a poll each ten seconds, and one out of turn before a slot ends."""
        assert self._clock is not None
        assert self._store is not None
        now = self._clock.look()
        ends_ms = self._log.next_ms
        due = ends_ms is not None and ends_ms - now.wall_ms <= BOUNDARY_LEAD_S * 1000
        asked = due and ends_ms != self._asked_ms
        if asked:
            self._asked_ms = ends_ms
        samples = []
        if asked or self.true_s % POLL_S == 0:
            value = self.total(self.true_s) % MODULUS / 100
            samples.append((0, Reading(value, Quality.GOOD, "", now.wall_ms, now.mono_ns)))
            self.read_s.append(self.true_s)
        closed = self._log.step(now, samples)
        if closed.intervals or closed.marks:
            self._store.write(closed)
        if not 0 <= now.wall_ms // 1000 - self.seen_s < 60:
            self.seen_s = now.wall_ms // 1000

    # What is left

    def found(self) -> Rows:
        """After the daemon's end."""
        with closing(history.open_file(self.folder / "log.db", LOG)) as connection:
            (meter,) = history.meters(connection)
            rows = [item.row for item in history.logged(connection, meter)]
            problems = list(audit_log(connection))
        with closing(LogStore.open(self.folder, 0)) as store:
            mark = store.register([METER], 0)["main"]
        return Rows(rows, mark, problems)


def judge(bench: ClockBench, *, waits: bool = False) -> list[Interval]:
    """No slot twice, none missing, none that overlaps; nothing lost, nothing invented, to the last quantum;
    the audit finds nothing. `waits`: the log may stand at a time that is still to come."""
    rows, mark, problems = bench.found()
    assert problems == []
    for before, after in pairwise(rows):
        assert before.end_ms == after.start_ms
    for row in rows:
        assert bench.slots.floor(row.start_ms) == row.start_ms
        assert Flag.SPAN in row.flags or row.end_ms == bench.slots.next(row.start_ms)
    booked = sum(row.consumption or 0 for row in rows)
    first = bench.total(bench.read_s[0])
    assert mark.anchor_count is not None
    if Flag.SUSPECT in mark.flags or any(Flag.SUSPECT in row.flags for row in rows):
        assert first + booked <= bench.total(bench.true_s), "energy was invented"
        return rows
    assert (first + booked) % MODULUS == mark.anchor_count, "all up to the last boundary that is known"
    left = bench.total(bench.true_s) - first - booked
    assert left >= 0, "energy was invented"
    if not waits:
        assert left <= 2 * QUARTER // TICK_S, "energy is missing"
        assert 0 <= bench.machine.wall_ns // 10**9 - mark.slot_ms // 1000 <= QUARTER
    return rows


def at_true_times(bench: ClockBench, rows: list[Interval]) -> None:
    """Each count at an end is what the meter showed then, or at most a minute before; where the clock was
    never doubted, what it showed just before."""
    for row in rows:
        late = (60 if Flag.CLOCK in row.flags else 10) // TICK_S
        for at_ms, count in ((row.from_ms, row.count_start), (row.end_ms, row.count_end)):
            if at_ms is not None and count is not None:
                assert (bench.total(at_ms / 1000) - count) % MODULUS <= late, row
