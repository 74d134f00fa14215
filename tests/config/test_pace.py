"""How a demo's speed changes what waits for the wire."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.plan.clock import Pace

DECLARED = st.floats(0.5, 86_400)
SPEEDS = st.floats(1.0, 600.0)


@pytest.mark.parametrize(
    ("declared_s", "machine_s"), [(1, 1), (2, 2), (5, 2), (10, 2), (40, 4), (360, 12), (86_400, 1440)]
)
def test_polls_at_speed_60(declared_s: float, machine_s: float) -> None:
    assert Pace(60.0, 2.0).poll_s(declared_s) == machine_s


@given(declared_s=DECLARED)
def test_at_speed_1_everything_is_as_declared(declared_s: float) -> None:
    assert Pace().poll_s(declared_s) == declared_s
    assert Pace().age_s(declared_s, 1.0) == declared_s


@given(declared_s=DECLARED, speed=SPEEDS)
def test_never_faster_than_the_floor_nor_slower_than_declared(declared_s: float, speed: float) -> None:
    machine_s = Pace(speed, 2.0).poll_s(declared_s)
    assert machine_s <= declared_s
    assert machine_s >= min(declared_s, 2.0)
    assert machine_s >= declared_s / speed - 1e-9


@given(declared_s=DECLARED, speed=SPEEDS)
def test_a_reading_outlives_three_polls(declared_s: float, speed: float) -> None:
    pace = Pace(speed, 2.0)
    age_s = max(3 * declared_s, 5.0)
    assert pace.age_s(age_s, declared_s) >= 3 * pace.poll_s(declared_s) - 1e-9
