"""Amounts as people read them."""

from __future__ import annotations

import pytest

from config.plan.amounts import amount


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (34_560_000.0, "s", "400 d"),
        (172_800.0, "s", "2 d"),
        (86_400.0, "s", "24 h"),
        (7200, "s", "2 h"),
        (5400, "s", "90 min"),
        (90, "s", "90 s"),
        (-7200, "s", "-2 h"),
        (400_000.0, "Pa", "0.4 MPa"),
        (2500, "Pa", "2.5 kPa"),
        (320, "Pa", "320 Pa"),
        (80.0, "%", "80 %"),
        (-0.001, "°C", "0 °C"),
        (100.0, "", "100"),
    ],
)
def test_amounts(value: float, unit: str, shown: str) -> None:
    assert amount(value, unit) == shown
