"""Which samples of a point are kept: at boundaries, on change, and at once where its quality changes."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from config.plan.clock import Pace
from config.plan.metering import Trend
from config.plan.reading import NEVER, Quality, Reading, Value
from controller.clock import VirtualClock
from controller.consumption.slots import Slots
from controller.trends import Kept, Number, Trends

TEN = 1_772_676_000_000
"""10:00, a boundary."""
SLOTS = Slots("Asia/Shanghai", 900)


class Bench:
    """Trends on a clock of their own: seconds of site time since a moment after 10:00."""

    def __init__(self, *trends: Trend, speed: float = 1.0, after_ms: int = 60_000) -> None:
        self.clock = VirtualClock(TEN + after_ms, speed)
        self.trends = Trends(trends or (Trend(0, 0.5, 10.0),), SLOTS, Pace(speed))
        self.readings = [NEVER] * 3
        self.kept = self.trends.step(self.clock.now(), (), self.readings)

    def after(
        self, site_s: float, value: Value | None = None, quality: Quality = Quality.GOOD, point: int = 0
    ) -> list[tuple[int, Number | None]]:
        """Time passes, then a cycle; with `value`, or a quality that is not good, a reading changes. Returns
        (milliseconds since 10:00, value) of what is kept of point 0."""
        now = self.clock.advance(site_s / self.clock.speed)
        changed = []
        if value is not None or quality is not Quality.GOOD:
            self.readings[point] = Reading(value, quality, "", now.wall_ms, now.mono_ns)
            changed.append(point)
        kept = self.trends.step(now, changed, self.readings)
        self.kept += kept
        return [(one.time_ms - TEN, one.value) for one in kept if one.point == 0]


def test_a_run_begins_with_nothing_known() -> None:
    bench = Bench()
    assert bench.kept == [Kept(0, TEN + 60_000, None)]
    assert bench.after(1, 20.0) == [(61_000, 20)]


def test_a_change_beyond_the_deadband_is_kept_not_more_often_than_it_may() -> None:
    bench = Bench()
    bench.after(1, 20.0)
    assert bench.after(20, 20.5) == []
    assert bench.after(20, 20.75) == [(101_000, 20.75)]
    assert bench.after(2, 30.0) == []
    assert bench.after(2, 40.0) == []
    assert bench.after(5) == []
    assert bench.after(2) == [(112_000, 40)]
    assert bench.after(2, 50.0) == []
    assert bench.after(2, 40.25) == [], "it has come back"
    assert bench.after(60) == []


def test_a_change_of_quality_is_kept_at_once_as_missing_and_never_as_a_number() -> None:
    bench = Bench()
    bench.after(1, 20.0)
    assert bench.after(1, 20.0, Quality.STALE) == [(62_000, None)]
    assert bench.after(1, None, Quality.BAD) == []
    assert bench.after(1, 20.0) == [(64_000, 20)]
    assert bench.after(1, None, Quality.BAD) == [(65_000, None)]


def test_every_boundary_has_a_sample_with_the_value_then() -> None:
    bench = Bench()
    bench.after(1, 20.0)
    assert bench.after(839.5) == [(900_000, 20)]
    assert bench.after(899) == []
    assert bench.after(3, 20.25) == [(1_800_000, 20)], "a change after the boundary is not the boundary's"
    assert bench.after(897.6) == [(2_700_000, 20.25)]
    bench.after(10, None, Quality.BAD)
    assert bench.after(900) == [(3_600_000, None)]


def test_a_reading_from_before_the_boundary_comes_before_it() -> None:
    bench = Bench()
    bench.after(1, 20.0)
    now = bench.clock.advance(838.0)
    reading = Reading(30.0, Quality.GOOD, "", now.wall_ms, now.mono_ns)
    bench.readings[0] = reading
    now = bench.clock.advance(2.0)
    kept = bench.trends.step(now, [0], bench.readings)
    assert [(one.time_ms - TEN, one.value) for one in kept] == [(899_000, 30), (900_000, 30)]


def test_switches_enums_and_whole_numbers_are_integers() -> None:
    bench = Bench(Trend(0, 0.0, 1.0))
    for value, kept in ((True, 1), (False, 0), (7, 7), (21.0, 21), (21.25, 21.25), (2.0**60, 2.0**60)):
        ((_, found),) = bench.after(5, value)
        assert (found, type(found)) == (kept, type(kept))
    assert bench.after(5, "text") == [(95_000, None)]


def test_other_points_cost_nothing() -> None:
    bench = Bench()
    assert bench.after(5, 3.0, point=1) == []
    assert len(bench.kept) == 1


def test_a_clock_that_was_set_back_has_its_boundaries_again() -> None:
    bench = Bench()
    bench.after(1, 20.0)
    bench.after(900)
    bench.clock.set_wall(TEN - 7_200_000)
    assert bench.after(20, 30.0) == [(-7_180_000, 30)]
    assert bench.after(880) == [(-6_300_000, 30)]


def test_sped_up_time_keeps_as_often_in_site_time() -> None:
    bench = Bench(Trend(0, 0.0, 30.0), speed=60.0)
    bench.after(1, 20.0)
    assert bench.after(20, 21.0) == []
    assert bench.after(20) == [(101_000, 21)]


STEPS = st.lists(
    st.tuples(
        st.sampled_from([0.25, 1.0, 3.0, 300.0, 901.0]),
        st.sampled_from([None, 0.0, 0.25, 0.5, 1.0, 20.0]),
        st.sampled_from([Quality.GOOD, Quality.GOOD, Quality.STALE, Quality.BAD]),
    ),
    max_size=60,
)


@settings(max_examples=200)
@given(STEPS)
def test_what_was_kept_tells_the_course_to_within_the_deadband(
    steps: list[tuple[float, float | None, Quality]],
) -> None:
    """Held from one sample to the next, but for `every_s` after a change; quality always."""
    bench, since_s = Bench(), 0.0
    for pause_s, value, quality in steps:
        before = bench.readings[0]
        if (value, quality) == (before.value, before.quality):
            value, quality = None, Quality.GOOD  # no change
        good = quality is Quality.GOOD
        bench.after(pause_s, value if good else None, quality)
        reading = bench.readings[0]
        held = next(one.value for one in reversed(bench.kept))
        moved = reading is not before and reading.value != before.value
        since_s = 0.0 if moved else since_s + pause_s
        assert (held is None) == (reading.quality is not Quality.GOOD)
        if held is not None and since_s >= 10.0:
            assert isinstance(reading.value, float)
            assert abs(held - reading.value) <= 0.5
    times = [one.time_ms for one in bench.kept]
    assert times == sorted(times)
    assert len(set(times)) == len(times)
