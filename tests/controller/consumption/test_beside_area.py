"""What a counter should have counted at the least, by the power beside it, at random."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.consumption.beside import Beside
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
