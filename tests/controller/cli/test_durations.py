"""Lengths of time as typed."""

from __future__ import annotations

import pytest

from controller.cli.durations import parse_duration


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("2h", 7200),
        ("90 min", 5400),
        ("90min", 5400),
        ("1h30m", 5400),
        ("45s", 45),
        ("60s", 60),
        ("1.5h", 5400),
        ("1d", 86400),
        ("2小时", 7200),
        ("30分钟", 1800),
        ("2 hours 5 minutes", 7500),
    ],
)
def test_lengths(written: str, seconds: float) -> None:
    assert parse_duration(written) == seconds


@pytest.mark.parametrize(
    "written", ["", "2", "h", "-2h", "0s", "2h x", "18:00", "two hours", "2h-5m", "next"]
)
def test_not_lengths(written: str) -> None:
    assert parse_duration(written) is None
