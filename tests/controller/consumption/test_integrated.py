"""Power added up over time: what a slow, exact sum says, whatever gaps, restarts and clock steps come."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from config.plan.reading import Value
from controller.consumption.audit import Fitting, Logged, audit_meter
from controller.consumption.gaps import Lack, gaps
from controller.consumption.integrated import IntegratedLog, Power, micro
from controller.consumption.records import Flag, Interval, Mark, Terms
from controller.consumption.slots import Slots

SLOTS = Slots("Asia/Shanghai", 900)
START = 1_772_676_000_000
"""10:00, the start of a slot."""
AGE_MS = 60_000
QUANTUM = "0.01"
MOST = 50_000_000
"""Millionths of a kW: 50 kW."""
TERMS = Terms("oven", None, 50.0 / float(QUANTUM), AGE_MS)
UNIT = Fraction(QUANTUM) * 10**6 * 3_600_000
"""A quantum in millionths times milliseconds."""
FITTING = Fitting(1, "", "kWh", QUANTUM, None, 0, 0, None)


@dataclass
class Oven:
    """A daemon that reads an oven's power, forgets and is restarted. Keeps every pair of readings between
    which something is to be counted."""

    site_ms: int = 0
    wall_ms: int = START
    last: Power | None = None
    linked: list[tuple[Power, Power]] = field(default_factory=list)
    rows: list[Interval] = field(default_factory=list)
    committed: tuple[list[Interval], Mark | None, int] = ([], None, 0)
    log: IntegratedLog = field(default_factory=lambda: IntegratedLog(TERMS, QUANTUM, SLOTS, None))

    def run(self, ms: int) -> None:
        self.site_ms += ms
        self.wall_ms += ms

    def read(self, millionths: int) -> None:
        item = Power(self.wall_ms, self.site_ms, millionths)
        if millionths <= MOST:
            if self.last is not None and item.site_ms - self.last.site_ms <= AGE_MS:
                self.linked.append((self.last, item))
            self.last = item
        self.rows += self.log.good(item)

    def cycle(self) -> None:
        self.rows += self.log.advance(self.wall_ms)

    def commit(self) -> None:
        self.committed = (list(self.rows), self.log.mark, len(self.linked))

    def kill(self) -> None:
        rows, mark, linked = self.committed
        self.rows, self.last = list(rows), None
        del self.linked[linked:]
        self.log = IntegratedLog(TERMS, QUANTUM, SLOTS, mark)

    def clock(self, seconds: int) -> None:
        self.wall_ms += seconds * 1000
        if seconds < -60:
            self.log.clock_set_back()
            self.last = None

    def used(self) -> Fraction:
        """In quanta, by the slow sum."""
        return sum((_used(first, last, last.site_ms) for first, last in self.linked), Fraction(0))

    def used_in(self, row: Interval) -> tuple[Fraction, int]:
        """Quanta, and milliseconds covered, in the time of a row; where no clock was set."""
        used, covered_ms = Fraction(0), 0
        for first, last in self.linked:
            begins = min(max(row.start_ms, first.wall_ms), last.wall_ms) - first.wall_ms + first.site_ms
            ends = min(max(row.end_ms, first.wall_ms), last.wall_ms) - first.wall_ms + first.site_ms
            used += _used(first, last, ends) - _used(first, last, begins)
            covered_ms += ends - begins
        return used, covered_ms


def _used(first: Power, last: Power, until_ms: int) -> Fraction:
    """Quanta under the straight line from the first reading up to then."""
    lasting = last.site_ms - first.site_ms
    if lasting == 0:
        return Fraction(0)
    part = until_ms - first.site_ms
    there = first.micro + Fraction((last.micro - first.micro) * part, lasting)
    return (first.micro + there) / 2 * part / UNIT


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("read"), st.sampled_from([1, 999, 10_000, 59_999, 60_000, 60_001, 600_000])),
        st.tuples(st.just("run"), st.sampled_from([1, 30_000, 61_000, 900_000, 1_000_000, 5_000_000])),
        st.tuples(st.just("clock"), st.sampled_from([-7200, -900, -61, -5, 5, 67, 900, 7200, 4_000_000])),
        st.tuples(st.sampled_from(["cycle", "commit", "kill"]), st.just(0)),
    ),
    max_size=50,
)
POWERS = st.lists(st.sampled_from([0, 1, 999_983, 7_000_000, MOST, MOST + 1]), min_size=60, max_size=60)


def play(steps: list[tuple[str, int]], powers: list[int], *, clock: bool = True) -> Oven:
    oven, power = Oven(), iter(powers)
    for what, number in steps:
        if what == "read":
            oven.run(number)
            oven.read(next(power))
            oven.cycle()
        elif what == "run":
            oven.run(number)
        elif what != "clock":
            getattr(oven, what)()
        elif clock:
            oven.clock(number)
    return oven


@settings(max_examples=400)
@given(STEPS, POWERS)
@example([("read", 1), ("run", 840_000), *[("read", 30_000)] * 3], [MOST] * 60)
def test_the_running_count_is_the_exact_sum(steps: list[tuple[str, int]], powers: list[int]) -> None:
    oven = play(steps, powers)
    mark = oven.log.mark
    if mark is None or mark.last_count is None:
        assert not oven.linked
        return
    assert mark.last_count + Fraction(mark.remainder) / (2 * UNIT) == oven.used()
    assert mark.anchor_count is not None
    assert sum(row.consumption or 0 for row in oven.rows) == mark.anchor_count
    assert mark.anchor_count <= mark.last_count


@settings(max_examples=300)
@given(STEPS, POWERS)
def test_rows_hold_together_as_a_counters_do(steps: list[tuple[str, int]], powers: list[int]) -> None:
    oven = play(steps, powers)
    rows = [Logged(0, 1, row) for row in oven.rows]
    assert list(audit_meter("oven", [FITTING], rows, oven.log.mark)) == []
    for before, after in pairwise(oven.rows):
        assert after.start_ms == before.end_ms
    for row in oven.rows:
        assert Flag.SPAN in row.flags or row.end_ms == SLOTS.next(row.start_ms)
        assert (row.consumption is None) == (Flag.ESTIMATED not in row.flags)
        assert row.consumption is None or row.consumption >= 0
        assert Flag.RECOVERED not in row.flags


@settings(max_examples=300)
@given(STEPS, POWERS)
def test_each_slot_has_what_was_used_in_it(steps: list[tuple[str, int]], powers: list[int]) -> None:
    oven = play(steps, powers, clock=False)
    for row in oven.rows:
        used, covered_ms = oven.used_in(row)
        assert row.covered_s == min(covered_ms + 500, row.end_ms - row.start_ms) // 1000
        assert (row.consumption is None) == (covered_ms == 0)
        assert row.consumption is None or abs(row.consumption - used) <= 1


def steady(kw: float, minutes: int, oven: Oven | None = None) -> Oven:
    """Read every 10 s, with a cycle a reading."""
    oven = oven or Oven()
    for _ in range(minutes * 6):
        oven.run(10_000)
        oven.read(round(kw * 1e6))
        oven.cycle()
    return oven


def test_a_slot_waits_for_the_reading_after_its_end() -> None:
    oven = Oven()
    oven.run(5_000)
    oven = steady(4.0, 15, oven)
    last_ms = oven.wall_ms
    assert last_ms == START + 905_000
    assert [(row.consumption, row.covered_s, row.flags) for row in oven.rows] == [
        (98, 885, Flag.ESTIMATED | Flag.PARTIAL)
    ]
    steady(4.0, 14, oven)
    oven.run(57_000)  # two seconds after its end
    oven.cycle()
    assert len(oven.rows) == 1
    assert oven.log.next_ms == START + 2_700_000
    oven.run(4_000)
    oven.cycle()
    assert not oven.log.waiting
    assert [row.covered_s for row in oven.rows] == [885, 845]


def test_a_slot_without_readings_has_no_consumption_and_is_not_recovered_later() -> None:
    oven = steady(4.0, 15)
    oven.run(1_800_000)
    steady(4.0, 16, oven)
    assert [row.consumption for row in oven.rows] == [98, None, None, 99]
    empty = oven.rows[1]
    assert (empty.count_start, empty.count_end, empty.flags) == (98, 98, Flag.SUSPECT)
    assert [(gap.lack, gap.start_ms) for gap in gaps("oven", oven.rows[1:])] == [
        (Lack.UNREAD, START + 900_000)
    ]


def test_what_was_covered_in_part_is_partial() -> None:
    oven = steady(4.0, 20)
    oven.run(300_000)
    steady(4.0, 20, oven)
    found = gaps("oven", oven.rows[1:], integrated=True)
    assert [(gap.lack, gap.start_ms) for gap in found] == [(Lack.PARTIAL, START + 900_000)]
    assert list(gaps("oven", oven.rows[1:])) == []


def test_a_restart_loses_what_was_not_committed_and_nothing_else() -> None:
    oven = steady(3.6, 5)
    oven.commit()
    steady(3.6, 1, oven)
    oven.kill()
    steady(3.6, 10, oven)
    (row,) = oven.rows
    # 6 min of 1 quantum each 10 s, less the first reading and the minute that was not committed.
    assert (row.consumption, row.covered_s, row.peak) == (29 + 53, 820, 3600)


@pytest.mark.parametrize(
    ("value", "millionths"),
    [
        (1.5, 1_500_000),
        (0.1 + 0.2, 300_000),
        (-2.0, 0),
        (3, 3_000_000),
        (None, None),
        (True, None),
        ("1.5", None),
        (math.nan, None),
        (math.inf, None),
        (1e300, None),
        (10**400, None),
    ],
)
def test_a_reading_in_millionths(value: Value | None, millionths: int | None) -> None:
    assert micro(value) == millionths


@pytest.mark.parametrize("quantum", ["0.1", "0.01", "0.001", "0.025", "1", "10", "0.0000000001"])
def test_any_quantum_is_exact(quantum: str) -> None:
    log = IntegratedLog(Terms("oven", None, 1e15, AGE_MS), quantum, SLOTS, None)
    for second in range(0, 3601, 50):
        log.good(Power(START + second * 1000, second * 1000, 1_234_567))
    mark = log.mark
    assert mark is not None
    assert mark.last_count == Fraction("1.234567") // Fraction(quantum)


def test_another_quantum_goes_on_from_the_same_slot_with_a_new_count() -> None:
    log = IntegratedLog(TERMS, QUANTUM, SLOTS, Mark(START, None, None, None, None))
    oven = Oven(log=log)
    steady(4.0, 16, oven)
    (row,) = oven.rows
    assert (row.from_ms, row.count_start, row.consumption) == (START + 10_000, 0, 98)
    fittings = [FITTING._replace(number=0, quantum="0.1"), FITTING]
    assert list(audit_meter("oven", fittings, [Logged(0, 1, row)], log.mark)) == []
