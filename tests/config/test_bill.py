"""Bills: a line for each period, rounded half up to the fen, and a total that is the sum of its lines."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.plan.bill import line, price, total
from config.plan.tariff import TARIFF_PERIODS, Tariff

FLAT = Tariff(
    name="t",
    label="t",
    document="",
    since="2025-01-01",
    seasons=(),
    factors=(("peak", 1.6), ("valley", 0.4)),
    flat_price=0.72,
    by_period=True,
)
KWH = st.decimals(0, 10_000_000, places=4)
PRICES = st.integers(1, 30_000).map(lambda number: number / 10_000)


@pytest.mark.parametrize(
    ("tariff", "period", "kwh", "yuan"),
    [
        (FLAT, "flat", "1", "0.72"),
        (FLAT, "peak", "1652", "1903.10"),
        (FLAT, "valley", "1068", "307.58"),
        (replace(FLAT, by_period=False), "peak", "1652", "1189.44"),
        # Half a fen is a fen, whatever stands before it.
        (replace(FLAT, flat_price=0.5), "flat", "0.01", "0.01"),
        (replace(FLAT, flat_price=0.5), "flat", "0.05", "0.03"),
        (replace(FLAT, flat_price=1.005), "flat", "1", "1.01"),
        (FLAT, "flat", "0", "0.00"),
    ],
)
def test_a_line_by_hand(tariff: Tariff, period: str, kwh: str, yuan: str) -> None:
    assert line(tariff, period, Decimal(kwh)) == Decimal(yuan)


def test_without_a_price_there_is_no_bill() -> None:
    nobody_said = replace(FLAT, flat_price=None)
    assert line(nobody_said, "flat", Decimal(1)) is None
    assert total([None, Decimal(1)]) is None
    assert total([]) is None


@given(each=PRICES, used=st.fixed_dictionaries(dict.fromkeys(TARIFF_PERIODS, KWH)))
def test_the_total_is_the_sum_of_lines_that_are_right_to_half_a_fen(
    each: float, used: dict[str, Decimal]
) -> None:
    tariff = replace(FLAT, flat_price=each)
    lines = [line(tariff, period, kwh) for period, kwh in used.items()]
    for found, (period, kwh) in zip(lines, used.items(), strict=True):
        asked = price(tariff, period)
        assert found is not None
        assert asked is not None
        assert found == found.quantize(Decimal("0.01"))
        assert Decimal("-0.005") <= kwh * asked - found < Decimal("0.005")
    assert total(lines) == sum(found for found in lines if found is not None)
