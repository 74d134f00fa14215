"""What meters measured, hour by hour."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from controller.rehearsal.hourly import HOUR_MS, Hourly

FROM_MS = 1_772_676_000_000 + 1_800_000
QUARTER_MS = 900_000


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 10**9))))
def test_it_says_what_a_table_of_sums_would(rows: list[tuple[int, int]]) -> None:
    hours, table = Hourly("0.01", FROM_MS), dict[int, Decimal]()
    for quarter, quanta in rows:
        start_ms = FROM_MS + quarter * QUARTER_MS
        hours.add(start_ms, quanta)
        hour_ms = start_ms - start_ms % HOUR_MS
        table[hour_ms] = table.get(hour_ms, Decimal(0)) + quanta * Decimal("0.01")
    assert dict(hours.items()) == table
    assert [str(amount) for _, amount in hours.items()] == [str(table[hour]) for hour in sorted(table)]
    first_ms = FROM_MS - FROM_MS % HOUR_MS
    for hour_ms in range(first_ms - HOUR_MS, first_ms + 60 * HOUR_MS, HOUR_MS):
        assert hours.get(hour_ms) == table.get(hour_ms)


def test_a_time_that_is_no_beginning_of_an_hour_has_nothing() -> None:
    hours = Hourly("0.01", FROM_MS)
    hours.add(FROM_MS, 7)
    assert hours.get(FROM_MS) is None
    assert hours.get(FROM_MS - 1_800_000) == Decimal("0.07")
