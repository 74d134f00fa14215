"""All meters together: names, quanta, what a cycle hands out."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.plan.clock import Pace
from config.plan.points import Point
from config.plan.reading import Quality, Reading, Value
from controller.consumption.log import NOTHING
from controller.consumption.meters import Meter, boundary_age_ms, meters_of
from controller.consumption.records import Flag
from drivers.api import Unchanged
from tests.controller.consumption.bench import PLAN, START, Bench


def test_a_meter_is_named_by_its_device_or_by_its_point() -> None:
    assert [(meter.name, meter.key) for meter in meters_of(PLAN)] == [
        ("main", "main.energy"),
        ("twin.export", "twin.export"),
        ("twin.import", "twin.import"),
    ]


@pytest.mark.parametrize(
    ("value", "quanta"),
    [
        (12.34, 1234),
        (12.340000000000002, 1234),
        (0.1 + 0.2, 30),
        (9999.99, 999_999),
        (7, 700),
        (0.0, 0),
        (None, None),
        (True, None),
        ("12", None),
        (math.nan, None),
        (math.inf, None),
        (-0.01, None),
    ],
)
def test_a_reading_becomes_whole_quanta(value: Value | None, quanta: int | None) -> None:
    assert meters_of(PLAN)[0].quanta(value) == quanta


@given(st.integers(0, 10**12), st.sampled_from(["0.01", "0.001", "1", "0.25", "10"]))
def test_quanta_survive_floating_point(quanta: int, quantum: str) -> None:
    meter = replace(meters_of(PLAN)[0], quantum=quantum, modulus=None)
    assert meter.quanta(quanta * float(quantum)) == quanta


@pytest.mark.parametrize(
    ("speed", "poll_s", "age_s"),
    [(1.0, 10.0, 60), (0.5, 10.0, 60), (2.0, 5.0, 60), (60.0, 10.0, 300), (600.0, 10.0, 3000)],
)
def test_a_boundary_count_may_be_older_when_the_wire_cannot_keep_up(
    speed: float, poll_s: float, age_s: int
) -> None:
    assert boundary_age_ms(Pace(speed), poll_s) == age_s * 1000


def test_a_cycle_without_anything_new_hands_out_nothing() -> None:
    bench = Bench()
    assert bench.after(1) is NOTHING
    assert dict(bench.after(1, main_energy=10.0).marks).keys() == {"main"}
    assert bench.after(1, main_energy=10.01, lamp_level=80.0) == NOTHING
    assert bench.log.next_ms == START + 900_000


def test_rows_and_their_marks_come_together() -> None:
    bench = Bench()
    for _ in range(91):
        bench.after(10, main_energy=10.0, twin_import=2.0, main_power=3.5)
    assert {row.meter for row in bench.rows} == {"main", "twin.import"}
    assert bench.marks["main"].slot_ms == START + 900_000
    assert [row.peak for row in bench.rows if row.meter == "main"] == [3500]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e300, 10**400, "4", True, None])
def test_a_power_that_is_no_number_is_no_peak(value: Value | None) -> None:
    bench = Bench()
    bench.after(1, main_energy=1.0)
    bench.log.step(bench.now(), [(1, bench.reading(value))])
    bench.after(900)
    assert [row.peak for row in bench.rows] == [None]


def test_readings_that_are_not_good_do_not_count() -> None:
    bench = Bench()
    for quality, value in ((Quality.BAD, None), (Quality.STALE, 5.0)):
        assert bench.log.step(bench.now(), [(0, bench.reading(value, quality))]) == NOTHING
    assert bench.log.marks() == {}


def test_a_dead_meter_does_not_hold_up_the_others() -> None:
    bench = Bench()
    bench.after(1, main_energy=1.0, twin_import=1.0)
    for _ in range(90):
        bench.after(10, twin_import=1.0)
    assert sorted((row.meter, row.consumption) for row in bench.rows) == [("main", None), ("twin.import", 0)]


def test_sped_up_time_gives_the_same_rows() -> None:
    bench = Bench(speed=60.0)
    for number in range(46):
        bench.after(60, main_energy=10 + number / 100)
    assert [(row.consumption, row.flags & Flag.RECOVERED) for row in bench.rows] == [
        (14, 0),
        (15, 0),
        (15, 0),
    ]


def test_a_new_log_goes_on_from_the_marks() -> None:
    bench = Bench()
    for number in range(91):
        bench.after(10, main_energy=10 + number / 100)
    again = Bench(marks=bench.log.marks(), mono_s=3.0)
    again.wall_ms = bench.wall_ms
    for number in range(90):
        again.after(10, main_energy=11 + number / 100)
    assert [row.start_ms for row in bench.rows + again.rows] == [START, START + 900_000]
    assert sum(row.consumption or 0 for row in bench.rows + again.rows) == 1188 - 1000


def test_all_of_a_site_costs_little() -> None:
    """A cycle in which nothing was read must not look at each meter."""
    bench = Bench()
    bench.after(1, main_energy=1.0)
    log = next(iter(bench.log._logs.of.values()))
    calls: list[int] = []
    log.advance = calls.append  # type: ignore[assignment, method-assign]
    for _ in range(100):
        bench.after(1)
    assert calls == []


def test_meters_know_what_they_are_made_of() -> None:
    meter = meters_of(PLAN)[0]
    assert isinstance(meter, Meter)
    terms = meter.terms(Pace())
    assert (terms.meter, terms.modulus, terms.max_rate, terms.age_ms) == ("main", 1_000_000, 3600.0, 60_000)


@pytest.mark.parametrize(
    "value",
    [
        1.8446744073709552e19,
        1e30,
        1.7e307,
        math.inf,
        -math.inf,
        math.nan,
        -1.0,
        2**63,
        2**64,
        10**400,
        -(10**400),
    ],
)
def test_what_cannot_be_a_count_is_none(value: float) -> None:
    meter = replace(meters_of(PLAN)[0], quantum="0.01", modulus=None)
    assert meter.quanta(value) is None


def test_a_count_at_or_above_the_modulus_is_none() -> None:
    meter = replace(meters_of(PLAN)[0], quantum="1", modulus=1000)
    assert [meter.quanta(value) for value in (999, 1000, 5000)] == [999, None, None]


@pytest.mark.parametrize("value", [2**62, 2**64, 10**400, math.inf, math.nan])
def test_a_count_that_is_no_count_costs_a_reading_and_nothing_else(value: float) -> None:
    bench = Bench()
    bench.after(10, main_energy=10.0, twin_import=1.0)
    bench.after(10, main_energy=value, main_power=value, twin_import=1.0)
    for _ in range(90):
        bench.after(10, main_energy=10.1, main_power=value, twin_import=1.0)
    assert sorted((row.meter, row.consumption, row.peak) for row in bench.rows) == [
        ("main", 10, None),
        ("twin.import", 0, None),
    ]


@given(
    st.lists(
        st.tuples(
            st.sampled_from([1.0, 10.0, 40.0, 70.0, 500.0, 1500.0]),
            st.lists(
                st.tuples(st.sampled_from(list(PLAN.points)), st.sampled_from([0.0, 1.5, 2.0, 2.01, None])),
                max_size=4,
            ),
        ),
        max_size=30,
    )
)
def test_what_comes_again_counts_like_what_comes_anew(
    cycles: list[tuple[float, list[tuple[Point, float | None]]]],
) -> None:
    plain, folded = Bench(), Bench()
    last: dict[int, tuple[float | None, Quality]] = {}
    for seconds, readings in cycles:
        for bench in (plain, folded):
            bench.mono_s += seconds
            bench.wall_ms += round(seconds * 1000)
        now = plain.now()
        samples: list[tuple[int, Reading] | Unchanged] = []
        for point, value in readings:
            state = (value, Quality.BAD if value is None else Quality.GOOD)
            if last.get(point.id) == state:
                samples.append(Unchanged((4, point.id), now.wall_ms, now.mono_ns))
            else:
                last[point.id] = state
                samples.append((point.id, plain.reading(*state)))
        anew = [
            (point.id, plain.reading(value, Quality.BAD if value is None else Quality.GOOD))
            for point, value in readings
        ]
        assert folded.log.step(now, samples) == plain.log.step(now, anew)
