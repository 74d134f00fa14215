"""Whatever the machine's clock does, each slot is logged once, and what was counted to the last quantum: the
real site clock, the log and a real log.db, at the daemon's cycle, second for second."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from controller.consumption.held import LONGEST_S
from controller.consumption.records import Flag, Interval
from tests.controller.consumption.clock_bench import QUARTER, TICK_S, ClockBench, at_true_times, judge
from tests.controller.machine import HOUR, MINUTE, YEARS_26

TEN = "2026-03-05T10:00+08:00"
WHOLE = QUARTER // TICK_S
"""Quanta of a whole slot."""

Script = Callable[[ClockBench], object]


def bench(folder: Path, zone: str = "Asia/Shanghai", start: str = TEN) -> ClockBench:
    return ClockBench(folder, zone, round(datetime.fromisoformat(start).timestamp()))


def flagged(made: ClockBench, rows: list[Interval], flag: Flag) -> list[int]:
    """Minutes since the beginning at which slots with that flag begin."""
    return [(row.start_ms // 1000 - made.start_s) // MINUTE for row in rows if flag in row.flags]


class Case(NamedTuple):
    """What happens, and which slots say what of it: minutes since the beginning at which they begin."""

    script: Script
    clock: list[int]
    """Flagged: their time was not known, or was put right, when they were open."""
    partial: list[int]
    recovered: list[int]


KNOWN = {
    "ntp within the first quarter": Case(
        lambda made: made.boots_at(0).starts().passes(13 * MINUTE).hears_the_time().passes(HOUR).ends(),
        clock=[0], partial=[0], recovered=[],
    ),
    "boot in 1970, the time 40 min later": Case(
        lambda made: made.boots_at(0).starts().passes(40 * MINUTE).hears_the_time().passes(HOUR).ends(),
        clock=[0, 15, 30], partial=[0], recovered=[],
    ),
    "boot in 1970 at an odd time of the hour": Case(
        lambda made: made.boots_at(777).passes(407).starts().passes(1999)
        .hears_the_time().passes(HOUR).ends(),
        clock=[0, 15, 30], partial=[0], recovered=[],
    ),
    "a night without power, boot in 1970, the time 40 min later": Case(
        lambda made: made.starts().passes(50 * MINUTE).ends()
        .boots_at(0).passes(2 * HOUR).starts().passes(40 * MINUTE).hears_the_time().passes(HOUR).ends(),
        clock=[165, 180, 195], partial=[0, *range(45, 180, 15)], recovered=[165],
    ),
    "a clock chip that lost its battery over a night": Case(
        lambda made: made.starts().passes(50 * MINUTE).ends()
        .loses_its_battery().passes(2 * HOUR).starts().passes(40 * MINUTE)
        .hears_the_time().passes(HOUR).ends(),
        clock=[165, 180, 195], partial=[0, *range(45, 180, 15)], recovered=[165],
    ),
    "killed before the time was known, then started with it": Case(
        lambda made: made.starts().passes(50 * MINUTE).ends().boots_at(0).starts().passes(30 * MINUTE).ends()
        .starts().passes(5 * MINUTE).hears_the_time().passes(HOUR).ends(),
        clock=[75], partial=[0, 45, 60, 75], recovered=[75],
    ),
    "back by half an hour while nobody looked": Case(
        lambda made: made.starts().passes(50 * MINUTE).ends()
        .leaps(-HOUR // 2).passes(5 * MINUTE).starts().passes(20 * MINUTE)
        .hears_the_time().passes(HOUR).ends(),
        clock=[45, 60], partial=[0], recovered=[],
    ),
    "26 years ahead for nine minutes": Case(
        lambda made: made.starts().passes(20 * MINUTE)
        .leaps(YEARS_26).passes(9 * MINUTE).leaps(-YEARS_26).passes(HOUR).ends(),
        clock=[], partial=[0], recovered=[],
    ),
    "in 1970 for nine minutes, over a boundary": Case(
        lambda made: made.starts().passes(25 * MINUTE)
        .boots_at(0).passes(9 * MINUTE).hears_the_time().passes(HOUR).ends(),
        clock=[], partial=[0], recovered=[],
    ),
    "26 years ahead, killed, back at the next start": Case(
        lambda made: made.starts().passes(20 * MINUTE).leaps(YEARS_26).passes(MINUTE).ends()
        .leaps(-YEARS_26).passes(40).starts().passes(HOUR).ends(),
        clock=[], partial=[0], recovered=[],
    ),
}  # fmt: skip
"""Where the time is known in the end, all is logged at its true time."""


@pytest.mark.parametrize("name", KNOWN)
def test_what_was_read_before_the_time_was_known_is_put_where_it_belongs(tmp_path: Path, name: str) -> None:
    case, made = KNOWN[name], bench(tmp_path)
    case.script(made)
    rows = judge(made)
    at_true_times(made, rows)
    assert flagged(made, rows, Flag.CLOCK) == case.clock
    assert flagged(made, rows, Flag.PARTIAL) == case.partial
    assert flagged(made, rows, Flag.RECOVERED) == case.recovered
    assert flagged(made, rows, Flag.SPAN) == flagged(made, rows, Flag.SUSPECT) == []
    assert {row.consumption for row in rows if not row.flags} == {WHOLE}


FOLLOWED = {
    "back by an hour": Case(
        lambda made: made.starts().passes(50 * MINUTE).leaps(-HOUR).passes(3 * HOUR).ends(),
        clock=[45], partial=[0], recovered=[],
    ),
    "back by an hour, and right again after half an hour": Case(
        lambda made: made.starts().passes(50 * MINUTE)
        .leaps(-HOUR).passes(30 * MINUTE).leaps(HOUR).passes(2 * HOUR).ends(),
        clock=[45], partial=[0, 45, 60, 75], recovered=[75],
    ),
    "back by an hour over a restart": Case(
        lambda made: made.starts().passes(50 * MINUTE).leaps(-HOUR).passes(5 * MINUTE).ends()
        .passes(MINUTE).starts().passes(3 * HOUR).ends(),
        clock=[45], partial=[0], recovered=[],
    ),
    "ahead by an hour": Case(
        lambda made: made.starts().passes(50 * MINUTE).leaps(HOUR).passes(2 * HOUR).ends(),
        clock=[], partial=[0, 45, 60, 75, 90, 105], recovered=[105],
    ),
    "ahead by two hours, for good": Case(
        lambda made: made.starts().passes(20 * MINUTE).leaps(2 * HOUR).passes(2 * HOUR).ends(),
        clock=[30], partial=[0, *range(30, 151, 15)], recovered=[150],
    ),
    "ahead by two hours while nobody looked": Case(
        lambda made: made.starts().passes(20 * MINUTE).ends()
        .leaps(2 * HOUR).passes(MINUTE).starts().passes(2 * HOUR).ends(),
        clock=[], partial=[0, *range(15, 136, 15)], recovered=[135],
    ),
}  # fmt: skip
"""Where site time goes with a machine's clock that is wrong, or was."""


@pytest.mark.parametrize("name", FOLLOWED)
def test_what_is_followed_is_flagged_or_recovered(tmp_path: Path, name: str) -> None:
    case, made = FOLLOWED[name], bench(tmp_path)
    case.script(made)
    rows = judge(made)
    assert flagged(made, rows, Flag.CLOCK) == case.clock
    assert flagged(made, rows, Flag.PARTIAL) == case.partial
    assert flagged(made, rows, Flag.RECOVERED) == case.recovered
    assert {row.consumption for row in rows if not row.flags} == {WHOLE}


@pytest.mark.parametrize("seconds", [67, -67])
@pytest.mark.parametrize("before_s", [70, 66, 30, 5, 1, 0, -1, -30])
def test_a_correction_by_ntp_at_a_boundary(tmp_path: Path, seconds: int, before_s: int) -> None:
    """By 67 s, so many seconds before the end of an interval."""
    made = bench(tmp_path).starts().passes(30 * MINUTE - before_s).leaps(seconds).passes(HOUR).ends()
    rows = judge(made)
    assert flagged(made, rows, Flag.SPAN) == []
    # What was used is as much, the interval is longer or shorter by that.
    assert all(abs((row.consumption or 0) - WHOLE) <= 7 for row in rows[1:] if Flag.PARTIAL not in row.flags)
    unlike = [row for row in rows[1:] if row.flags or row.consumption != WHOLE]
    assert len(unlike) <= 2
    assert (seconds < 0) == any(Flag.CLOCK in row.flags for row in rows)


NIGHTS = [
    ("Europe/Berlin", "2026-03-29T00:00+01:00", 23),
    ("Europe/Berlin", "2026-10-25T00:00+02:00", 25),
    ("Australia/Lord_Howe", "2026-10-04T00:00+10:30", 23.5),
    ("Australia/Lord_Howe", "2026-04-05T00:00+11:00", 24.5),
]
"""Days on which clocks change, and how many hours they have."""


@pytest.mark.parametrize(("zone", "midnight", "hours"), NIGHTS)
def test_a_day_on_which_clocks_change_has_all_its_slots(
    tmp_path: Path, zone: str, midnight: str, hours: float
) -> None:
    made = bench(tmp_path, zone, midnight).starts().passes(5 * HOUR).ends().passes((hours - 6) * HOUR)
    made.starts().passes(HOUR + 1).ends()
    rows = judge(made)
    at_true_times(made, rows)
    assert len(rows) == hours * 4
    assert flagged(made, rows, Flag.CLOCK) == []
    assert {row.consumption for row in rows if not row.flags} == {WHOLE}


@pytest.mark.parametrize(("zone", "midnight", "hours"), NIGHTS)
@pytest.mark.parametrize("heard_min", [29, 95, 200])
def test_a_boot_in_1970_on_a_night_on_which_clocks_change(
    tmp_path: Path, zone: str, midnight: str, hours: float, heard_min: int
) -> None:
    made = bench(tmp_path, zone, midnight).starts().passes(25 * MINUTE).ends()
    made.boots_at(0).passes(HOUR).starts().passes(heard_min * MINUTE).hears_the_time()
    made.passes(5 * HOUR - heard_min * MINUTE).ends()
    rows = judge(made)
    at_true_times(made, rows)
    assert flagged(made, rows, Flag.CLOCK) == list(range(75, 85 + heard_min, 15))
    assert flagged(made, rows, Flag.RECOVERED) == [75]
    assert {row.consumption for row in rows if not row.flags} == {WHOLE}


@pytest.mark.parametrize(("zone", "midnight", "hours"), NIGHTS)
def test_back_by_an_hour_on_a_night_on_which_clocks_change(
    tmp_path: Path, zone: str, midnight: str, hours: float
) -> None:
    """As a machine does it whose clock is kept in local time."""
    made = bench(tmp_path, zone, midnight).starts().passes(3 * HOUR + 7).leaps(-HOUR).passes(2 * HOUR).ends()
    rows = judge(made)
    assert flagged(made, rows, Flag.CLOCK) == [180]
    assert sum(row.consumption or 0 for row in rows) >= 4 * HOUR // TICK_S


def test_who_hears_no_time_for_hours_logs_from_the_last_known_one(tmp_path: Path) -> None:
    """No longer than six hours: then the rows say that their time is not to be believed."""
    made = bench(tmp_path).starts().passes(50 * MINUTE).ends().boots_at(0).passes(2 * HOUR).starts()
    made.passes(LONGEST_S + 2 * HOUR).hears_the_time().passes(HOUR).ends()
    rows = judge(made)
    clock = flagged(made, rows, Flag.CLOCK)
    # From the slot that was open, as if nothing had been between.
    assert clock == list(range(45, 50 + 8 * 60, 15))
    assert flagged(made, rows, Flag.RECOVERED) == [645]
    assert {row.consumption for row in rows if not row.flags} == {WHOLE}


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("passes"), st.sampled_from([10, 50, 70, 290, 610, 900, 3000])),
        st.tuples(
            st.just("leaps"), st.sampled_from([67, -67, 1800, -1800, HOUR, -HOUR, 3 * HOUR, -3 * HOUR])
        ),
        st.tuples(st.just("leaps"), st.sampled_from([YEARS_26, -YEARS_26])),
        st.tuples(st.sampled_from(["restarts", "boots_at", "hears_the_time", "off"]), st.just(0)),
    ),
    max_size=14,
)


@settings(max_examples=40)
@given(STEPS, st.sampled_from(NIGHTS), st.booleans())
@example([("hears_the_time", 0), *[("leaps", -YEARS_26)] * 3], NIGHTS[0], False)
def test_whatever_the_clock_does_no_slot_is_doubled_and_nothing_invented_or_lost(
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[str, int]],
    night: tuple[str, str, float],
    chip: bool,
) -> None:
    made = ClockBench(
        tmp_path_factory.mktemp("clocks"), night[0], round(datetime.fromisoformat(night[1]).timestamp()), 10
    )
    made.machine.has_chip = chip
    made.starts()
    for what, number in steps:
        match what:
            case "passes":
                made.passes(number)
            case "leaps":
                made.leaps(number)
            case "hears_the_time":
                made.hears_the_time()
            case "boots_at":
                made.ends().boots_at(number).starts()
            case _:
                made.ends().passes(2 * HOUR if what == "off" else 10).starts()
    made.passes(2 * HOUR).hears_the_time().passes(HOUR).ends()
    judge(made, waits=True)


def test_26_years_ahead_for_longer_than_ten_minutes(tmp_path: Path) -> None:
    """The one that leaves something behind: rows up to there, and a log that waits. It loses nothing."""
    made = bench(tmp_path).starts().passes(20 * MINUTE).leaps(YEARS_26).passes(2 * HOUR)
    made.leaps(-YEARS_26).passes(2 * HOUR).ends()
    rows = judge(made, waits=True)
    ahead = [row for row in rows if row.end_ms // 1000 > made.true_s]
    assert all(Flag.CLOCK in row.flags for row in ahead[:1])
    assert flagged(made, rows, Flag.SPAN) == [30]
    # When that time comes, or the clock goes there again, what was counted meanwhile is there.
    made.starts().leaps(YEARS_26).passes(HOUR).ends()
    waited = judge(made, waits=True)
    assert waited[: len(rows)] == rows
    assert sum(row.consumption or 0 for row in waited) >= (5 * HOUR - 2 * QUARTER) // TICK_S
