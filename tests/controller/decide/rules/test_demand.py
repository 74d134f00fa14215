"""Demand and what is expected of it, reckoned by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.decide.rules.demand import Minutes, above, calm_in, demand, expected, later, packed, unpacked

FLAT: Minutes = (60.0,) * 15


@pytest.mark.parametrize(
    ("minutes", "mean"),
    [
        (FLAT, 60.0),
        ((*(60.0,) * 10, *(90.0,) * 5), 70.0),
        ((30.0,) * 3, 30.0),
        ((90.0, None, None, 30.0), 60.0),
        ((500.0, *FLAT), 60.0),
        ((None, None), None),
        ((), None),
    ],
)
def test_the_demand_of_a_window(minutes: Minutes, mean: float | None) -> None:
    assert demand(minutes) == mean


@pytest.mark.parametrize(
    ("minutes", "kw", "ahead", "kw_expected"),
    [
        # 10 × 60 + 5 × 120 = 1200, over 15 minutes
        (FLAT, 120.0, 5, 80.0),
        (FLAT, 120.0, 15, 120.0),
        # less power makes the next window the highest: 14 × 60 + 30 = 870
        (FLAT, 30.0, 5, 58.0),
        # 5 × 20, 10 × 100, then 100 for 3 minutes: 2 × 20 + 13 × 100 = 1340
        ((*(20.0,) * 5, *(100.0,) * 10), 100.0, 3, 1340 / 15),
        # low minutes fall out of the window though the power is low again: 10 × 99 + 5 × 48 = 1230
        ((*(0.0,) * 5, *(99.0,) * 10), 48.0, 15, 82.0),
        # five minutes are known: (5 × 60 + 90) / 6
        ((60.0,) * 5, 90.0, 1, 65.0),
        ((), 90.0, 5, 90.0),
        ((None,) * 15, 90.0, 1, 90.0),
    ],
)
def test_what_is_expected(minutes: Minutes, kw: float, ahead: int, kw_expected: float) -> None:
    assert expected(minutes, kw, ahead) == pytest.approx(kw_expected)


KW = st.one_of(st.sampled_from([0.1, 0.7, 33.3, 60.0]), st.floats(-10.0, 200.0))


@given(
    st.lists(st.one_of(st.none(), KW, KW, KW), max_size=15),
    KW,
    st.integers(1, 15),
    st.one_of(st.none(), KW),
)
def test_what_is_expected_is_above_a_limit_or_not(
    known: list[float | None], kw: float, ahead: int, limit: float | None
) -> None:
    minutes = tuple(known)
    for most in (expected(minutes, kw, ahead) if limit is None else limit, kw):
        assert above(minutes, kw, ahead, most) is (expected(minutes, kw, ahead) > most)


@pytest.mark.parametrize(
    ("kw", "most", "after"),
    [(60.0, 60.0, 0), (60.0, 59.0, None), (45.0, 59.0, 0), (30.0, 50.0, 4), (30.0, 31.0, 14)],
)
def test_when_there_will_be_room(kw: float, most: float, after: int | None) -> None:
    """At 30 kW the window after the next loses 2 kW a minute: 60, 58, 56, 54, 52, 50."""
    assert calm_in(FLAT, kw, most) == after


MINUTES = st.lists(st.none() | st.floats(-50, 5000), max_size=15).map(tuple)


@given(MINUTES, st.floats(-50, 5000), st.integers(1, 15))
def test_what_is_expected_comes_true_if_the_power_stays(minutes: Minutes, kw: float, ahead: int) -> None:
    highest, now = [], minutes
    for _ in range(ahead):
        now = later(now, (kw,))
        assert len(now) <= 15
        found = demand(now)
        assert found is not None
        highest.append(found)
    assert expected(minutes, kw, ahead) == pytest.approx(max(highest))


@given(MINUTES)
def test_minutes_are_remembered_to_a_tenth(minutes: Minutes) -> None:
    assert unpacked(packed(minutes)) == tuple(None if kw is None else float(f"{kw:.1f}") for kw in minutes)
