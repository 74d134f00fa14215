"""Mean loads by what was commanded."""

from __future__ import annotations

import pytest

from config.plan.reading import Value
from controller.consumption.loads import LEAST_H, Commanded, Used, mean_loads, used_at

HOUR = 3_600_000


def hours(first: float, last: float, each_kwh: float) -> list[Used]:
    """By the quarter of an hour."""
    quarters = range(round(first * 4), round(last * 4))
    return [Used(number * HOUR // 4, (number + 1) * HOUR // 4, each_kwh) for number in quarters]


@pytest.mark.parametrize(
    ("commanded", "used", "found"),
    [
        ([], hours(0, 4, 1.0), {}),
        ([Commanded(0, 4 * HOUR, True)], [], {}),
        ([Commanded(0, 4 * HOUR, True)], hours(0, 4, 1.0), {True: 4.0}),
        # What was used across two values is neither's; a quarter in the gap is nobody's.
        (
            [Commanded(0, 2 * HOUR + 1, False), Commanded(3 * HOUR - 1, 6 * HOUR, True)],
            [*hours(0, 2, 0.1), *hours(2, 3, 99.0), *hours(3, 6, 1.0)],
            {False: 0.4, True: 4.0},
        ),
        # The same value again and again is one mean, by time and not by row.
        (
            [Commanded(0, HOUR, 80.0), Commanded(HOUR, 2 * HOUR, 30.0), Commanded(2 * HOUR, 9 * HOUR, 80.0)],
            [Used(0, HOUR, 2.0), Used(HOUR, 2 * HOUR, 1.0), Used(2 * HOUR, 4 * HOUR, 7.0)],
            {80.0: 3.0},
        ),
        ([Commanded(0, round(LEAST_H * HOUR) - 1, True)], hours(0, LEAST_H, 1.0), {}),
    ],
)
def test_means(commanded: list[Commanded], used: list[Used], found: dict[Value, float]) -> None:
    assert mean_loads(commanded, used) == pytest.approx(found)


def test_a_power_holds_until_its_next_sample_and_not_over_a_gap() -> None:
    samples = [(0, 2.0), (HOUR, 4.0), (2 * HOUR, None), (3 * HOUR, 1.0), (9 * HOUR, 1.0), (9 * HOUR, 3.0)]
    assert list(used_at(samples, HOUR)) == [Used(0, HOUR, 2.0), Used(HOUR, 2 * HOUR, 4.0)]
