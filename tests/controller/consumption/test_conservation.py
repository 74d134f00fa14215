"""Whatever readings, gaps, rollovers, restarts and clock steps come: rows add up, each slot comes once."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from controller.consumption.intervals import MeterLog
from controller.consumption.records import Count, Flag, Interval, Mark, Terms
from controller.consumption.slots import Slots

SLOTS = Slots("Asia/Shanghai", 900)
START = 1_772_676_000_000
MODULUS = 1_000_000
"""More than is ever counted here: a counter that goes round twice unread cannot be understood by anybody."""
RATE = 3600.0
TERMS = Terms("main", MODULUS, RATE, 60_000)


@dataclass
class Meter:
    """A true meter, and a daemon that reads it, forgets and is restarted. Knows the answer independently."""

    total: int = 998_500
    """All that was ever counted; the meter shows it modulo its modulus."""
    site_ms: int = 0
    wall_ms: int = START
    rows: list[Interval] = field(default_factory=list)
    committed: tuple[list[Interval], Mark | None] = field(default_factory=lambda: ([], None))
    shown_at: dict[int, int] = field(default_factory=dict)
    """Wall time of each reading → the true total then (the latest reading of that time)."""
    first_total: int | None = None
    log: MeterLog = field(default_factory=lambda: MeterLog(TERMS, SLOTS, None))

    def run(self, seconds: int, counted: int) -> None:
        """Time passes and the meter counts, no faster than it can."""
        self.site_ms += seconds * 1000
        self.wall_ms += seconds * 1000
        self.total += min(counted, seconds * int(RATE) // 3600)

    def read(self) -> None:
        if self.first_total is None:
            self.first_total = self.total
        self.shown_at[self.wall_ms] = self.total
        self.rows += self.log.good(Count(self.wall_ms, self.site_ms, self.total % MODULUS))

    def cycle(self) -> None:
        self.rows += self.log.advance(self.wall_ms)

    def commit(self) -> None:
        self.committed = (list(self.rows), self.log.mark)

    def kill(self) -> None:
        """A restart knows what was committed: rows and mark of one moment."""
        rows, mark = self.committed
        self.rows = list(rows)
        self.log = MeterLog(TERMS, SLOTS, mark)
        if mark is None:
            self.first_total = None

    def clock(self, seconds: int) -> None:
        self.wall_ms += seconds * 1000
        if seconds < 0:
            self.log.clock_set_back()

    def close_with(self) -> None:
        """Two boundaries with good readings right before them: everything recoverable is recovered."""
        for _ in range(2):
            end = SLOTS.next(self.log.mark.slot_ms if self.log.mark else SLOTS.floor(self.wall_ms))
            self.run(max(0, (end - self.wall_ms) // 1000 - 5), 40)
            self.wall_ms = max(self.wall_ms, end - 5000)
            self.read()
            self.run(6, 1)
            self.cycle()


STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("run"), st.sampled_from([1, 10, 59, 61, 300, 899, 900, 901, 3000]), st.integers(0, 3000)
        ),
        st.tuples(st.just("read"), st.just(0), st.just(0)),
        st.tuples(st.just("cycle"), st.just(0), st.just(0)),
        st.tuples(st.just("commit"), st.just(0), st.just(0)),
        st.tuples(st.just("kill"), st.just(0), st.just(0)),
        st.tuples(st.just("clock"), st.sampled_from([-7200, -900, -61, -5, 5, 67, 900, 7200]), st.just(0)),
    ),
    max_size=60,
)


def play(steps: list[tuple[str, int, int]], *, clock: bool) -> Meter:
    meter = Meter()
    for what, number, counted in steps:
        if what == "run":
            meter.run(number, counted)
        elif what != "clock":
            getattr(meter, what)()
        elif clock:
            meter.clock(number)
    meter.close_with()
    return meter


def assert_each_slot_once(rows: list[Interval]) -> None:
    for before, after in pairwise(rows):
        assert after.start_ms == before.end_ms
    for row in rows:
        assert row.start_ms < row.end_ms
        assert Flag.SPAN in row.flags or row.end_ms == SLOTS.next(row.start_ms)
        assert 0 <= row.covered_s <= (row.end_ms - row.start_ms) // 1000


@settings(max_examples=600)
@given(STEPS)
@example([("read", 0, 0), ("commit", 0, 0), ("run", 3000, 2900), ("read", 0, 0), ("kill", 0, 0)])
def test_the_intervals_of_a_meter_add_up_to_its_counter(steps: list[tuple[str, int, int]]) -> None:
    meter = play(steps, clock=False)
    assert_each_slot_once(meter.rows)
    mark = meter.log.mark
    assert mark is not None
    assert mark.anchor_ms == mark.slot_ms, "the last boundary is known"
    assert meter.first_total is not None
    assert not any(Flag.SUSPECT in row.flags for row in meter.rows)
    booked = sum(row.consumption or 0 for row in meter.rows)
    at_the_end = max(when for when in meter.shown_at if when <= mark.slot_ms)
    assert booked == meter.shown_at[at_the_end] - meter.first_total
    assert mark.anchor_count == meter.shown_at[at_the_end] % MODULUS


@settings(max_examples=400)
@given(STEPS)
def test_clock_steps_lose_and_double_no_slot_and_invent_nothing(steps: list[tuple[str, int, int]]) -> None:
    meter = play(steps, clock=True)
    assert_each_slot_once(meter.rows)
    assert meter.first_total is not None
    booked = [row.consumption for row in meter.rows if row.consumption is not None]
    assert all(consumption >= 0 for consumption in booked)
    assert sum(booked) <= meter.total - meter.first_total


@settings(max_examples=400)
@given(STEPS)
def test_a_row_is_its_own_proof(steps: list[tuple[str, int, int]]) -> None:
    """Consumption is what its two counts say; unknown exactly where a count is missing."""
    for row in play(steps, clock=True).rows:
        if row.consumption is not None:
            assert row.count_start is not None
            assert row.count_end is not None
            assert (row.count_end - row.count_start - row.consumption) % MODULUS == 0
            assert row.from_ms is not None
            assert (Flag.RECOVERED in row.flags) == (row.from_ms < row.start_ms)
        else:
            assert row.flags & (Flag.PARTIAL | Flag.SUSPECT)
        if not row.flags & (Flag.PARTIAL | Flag.CLOCK):
            assert row.from_ms == row.start_ms


@settings(max_examples=400)
@given(STEPS, st.lists(st.sampled_from([0, MODULUS - 1]), min_size=60, max_size=60))
def test_a_meter_that_lies_first_after_each_restart_invents_nothing(
    steps: list[tuple[str, int, int]], lies: list[int]
) -> None:
    meter = Meter(total=400_000)
    for (what, number, counted), lie in zip(steps, lies, strict=False):
        if what == "run":
            meter.run(number, counted)
        elif what != "clock":
            getattr(meter, what)()
        if what == "kill" and meter.log.mark is not None:
            meter.rows += meter.log.good(Count(meter.wall_ms, meter.site_ms, lie))
    meter.close_with()
    assert_each_slot_once(meter.rows)
    booked = [row.consumption for row in meter.rows if row.consumption is not None]
    assert all(consumption >= 0 for consumption in booked)
    first = meter.total if meter.first_total is None else meter.first_total
    assert sum(booked) <= meter.total - first


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(1, 2000), st.integers(0, MODULUS - 1)), min_size=1, max_size=40))
def test_any_counts_at_all_give_no_negative_and_no_lost_slot(readings: list[tuple[int, int]]) -> None:
    log, rows, second = MeterLog(TERMS, SLOTS, None), [], 0
    for pause, quanta in readings:
        second += pause
        rows += log.good(Count(START + second * 1000, second * 1000, quanta))
    rows += log.advance(START + second * 1000 + 5_000_000)
    assert_each_slot_once(rows)
    assert all(row.consumption is None or row.consumption >= 0 for row in rows)


@settings(max_examples=200)
@given(st.lists(st.sampled_from([None, None, None, 0, 5, 700_000, MODULUS - 1]), min_size=20, max_size=400))
def test_wrong_readings_between_right_ones_cost_nothing(said: list[int | None]) -> None:
    """Every ten seconds the meter is read, and now and then says what it has not counted."""
    meter = Meter(total=400_000)
    meter.read()
    wrong = 0
    for lie in said:
        meter.run(10, 10)
        wrong = 0 if lie is None else wrong + 1
        if lie is None or wrong > 5:
            wrong = 0
            meter.read()
        else:
            meter.rows += meter.log.good(Count(meter.wall_ms, meter.site_ms, lie))
    meter.close_with()
    assert_each_slot_once(meter.rows)
    assert meter.log.mark is not None
    assert meter.first_total is not None
    assert not any(row.flags & (Flag.SUSPECT | Flag.PARTIAL) for row in meter.rows)
    at_the_end = max(when for when in meter.shown_at if when <= meter.log.mark.slot_ms)
    assert sum(row.consumption or 0 for row in meter.rows) == meter.shown_at[at_the_end] - meter.first_total
