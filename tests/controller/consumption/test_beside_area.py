"""What a counter should have counted at the least, by the power beside it, at random."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.consumption.beside import Beside
from controller.consumption.judging import may_have_risen, most
from controller.consumption.records import Terms


@settings(max_examples=60)
@given(
    readings=st.lists(
        st.tuples(st.integers(1, 90_000), st.integers(-50, 9000), st.booleans()), min_size=1, max_size=30
    )
)
def test_what_a_counter_should_have_counted_is_the_area_below_both_readings(
    readings: list[tuple[int, int, bool]],
) -> None:
    beside, slot_ms, age_ms = Beside(Terms("meter", None, 100.0, 60_000, 0.1)), 40_000, 60_000
    area, wall_ms, before = 0, 0, None
    for later_ms, thousandths, unbroken in readings:
        last_ms, wall_ms = wall_ms, wall_ms + later_ms
        beside.take(wall_ms, thousandths, slot_ms, unbroken=unbroken)
        if before is not None and (unbroken or later_ms <= age_ms):
            lasted_ms = wall_ms - max(last_ms, slot_ms)
            area += max(min(before, thousandths), 0) * max(lasted_ms, 0)
        before = thousandths
        assert beside._area == area


STEPS = st.lists(
    st.tuples(st.integers(0, 90_000), st.integers(1, 90_000), st.integers(-50, 9000)), min_size=1, max_size=20
)


@settings(max_examples=60)
@given(steps=STEPS)
def test_a_run_and_what_is_read_after_it_are_booked_in_one_as_one_by_one(
    steps: list[tuple[int, int, int]],
) -> None:
    plain, short = (Beside(Terms("meter", None, 100.0, 60_000, 0.1)) for _ in range(2))
    slot_ms, wall_ms, stood = 40_000, 0, 700
    for run_ms, later_ms, thousandths in steps:
        stood_ms, wall_ms = wall_ms + run_ms, wall_ms + run_ms + later_ms
        plain.take(stood_ms, stood, slot_ms, unbroken=True)
        plain.take(wall_ms, thousandths, slot_ms)
        short.take_after(stood_ms, stood, wall_ms, thousandths, slot_ms)
        assert (short._area, short._last) == (plain._area, plain._last)
        stood = thousandths


@given(st.floats(0.001, 1e9), st.integers(0, 2**40), st.floats(0, 1e9))
def test_what_may_have_risen_is_twice_what_can_be_counted_and_one(
    rate: float, rise: int, since_ms: float
) -> None:
    terms = Terms("meter", None, rate, 60_000, 0.1)
    twice = 2 * most(terms, since_ms)
    for risen in (rise, twice, twice + 1, twice + 2):
        assert may_have_risen(terms, risen, since_ms) is (risen <= twice + 1)
