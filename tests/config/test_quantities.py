"""Numbers with units, times of day and dates, as people type them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.plan.programmes import DateRange, NthWeekday, SomeDates, TimeMark, YearlyRange
from config.plan.units import UNITS
from config.written.lower.numbers import decimal_text
from config.written.problems import Wrong, nearest
from config.written.quantities import amount, duration, inside, ratio
from config.written.recurring import recurring_dates
from config.written.times import date_ranges, time_mark

FULL = str.maketrans("0123456789:%,.-+", "０１２３４５６７８９：％，．－＋")


@pytest.mark.parametrize(
    ("written", "unit", "value"),
    [
        ("80 %", "%", "80"),
        ("80%", "%", "80"),
        ("８０ ％", "%", "80"),
        ("1,200 W", "kW", "1.2"),
        ("1，200 W", "kW", "1.2"),
        ("3 kW", "kW", "3"),
        ("0.1 MWh", "kWh", "100"),
        ("100 L", "m³", "0.1"),
        ("5 m3", "m³", "5"),
        ("-5 ℃", "°C", "-5"),
        ("26°C", "°C", "26"),
        (".5 h", "s", "1800"),
        ("0.72 元/度", "yuan/kWh", "0.72"),
        ("2 GB", "MB", "2000"),
        ("500 kB", "MB", "0.5"),
        ("5　min", "s", "300"),
        (400, "", "400"),
        (0.1, "", "0.1"),
    ],
)
def test_inside(written: object, unit: str, value: str) -> None:
    assert inside(written, unit) == Decimal(value)


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        (80, "%"),
        ("80", "%"),
        ("80 kW", "%"),
        ("1,5 kW", "kW"),
        ("80 percent", "%"),
        ("x", ""),
        (True, ""),
        ("5 %", ""),
        (None, "s"),
        ([], "s"),
        ("", "s"),
        ("1 2 s", "s"),
        ("1e400 s", "%"),
        ("12,34 kW", "kW"),
    ],
)
def test_inside_refuses(written: object, unit: str) -> None:
    with pytest.raises(Wrong):
        inside(written, unit)


@given(st.decimals(-100_000, 100_000, places=3), st.sampled_from(sorted(UNITS)))
def test_every_unit_converts_exactly(number: Decimal, unit: str) -> None:
    factor = Decimal(repr(UNITS[unit].factor))
    assert inside(f"{number} {unit}", UNITS[unit].inside) == number * factor
    assert amount(f"{number}{unit}".translate(FULL)).number == number


@pytest.mark.parametrize(
    ("written", "seconds"), [("500 ms", 0.5), ("30 s", 30), ("15 min", 900), ("1 d", 86400), (0, 0)]
)
def test_duration(written: object, seconds: float) -> None:
    assert duration(written) == seconds


@pytest.mark.parametrize("written", [30, "30", "-3 s", "3 kW", "3 minutes", "1:30", True, None])
def test_duration_refuses(written: object) -> None:
    with pytest.raises(Wrong):
        duration(written)


@pytest.mark.parametrize(
    ("written", "value"),
    [("2000/5", 400), ("200／5", 40), (40, 40), ("0.1", Fraction(1, 10)), ("1000 / 3", Fraction(1000, 3))],
)
def test_ratio(written: object, value: Fraction) -> None:
    assert ratio(written) == value


@given(st.decimals(-(10**6), 10**6, places=6))
def test_decimal_text_is_exact(number: Decimal) -> None:
    shown = decimal_text(Fraction(number))
    assert shown is not None
    assert Decimal(shown) == number
    assert "e" not in shown.lower()


def test_a_third_has_no_decimal() -> None:
    assert decimal_text(Fraction(1, 3)) is None


@pytest.mark.parametrize(
    ("written", "mark"),
    [
        ("22:30", TimeMark("clock", 81_000)),
        ("8:05", TimeMark("clock", 29_100)),
        ("00:00", TimeMark("clock", 0)),
        ("24:00", TimeMark("clock", 86_400)),
        ("07:30:15", TimeMark("clock", 27_015)),
        ("２２：３０", TimeMark("clock", 81_000)),
        ("sunset", TimeMark("sunset", 0)),
        ("sunset + 10 min", TimeMark("sunset", 600)),
        ("sunrise-1h", TimeMark("sunrise", -3600)),
        ("sunset ＋ １０ min", TimeMark("sunset", 600)),
    ],
)
def test_time_mark(written: str, mark: TimeMark) -> None:
    assert time_mark(written) == mark


@pytest.mark.parametrize(
    "written",
    [
        "24:01",
        "12:60",
        "7",
        7,
        7.5,
        "sunset +",
        "sunset + 10",
        "noon",
        "",
        None,
        "sunset * 2",
        "sunset + 13 h",
    ],
)
def test_time_mark_refuses(written: object) -> None:
    with pytest.raises(Wrong):
        time_mark(written)


@given(st.integers(0, 86_400), st.booleans())
def test_clock_times_round_trip(seconds: int, full: bool) -> None:
    written = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    assert time_mark(written.translate(FULL) if full else written) == TimeMark("clock", seconds)


@pytest.mark.parametrize(
    ("written", "ranges"),
    [
        ("2026-10-01", [("2026-10-01", "2026-10-01")]),
        ("2026-10-1..2026-10-7", [("2026-10-01", "2026-10-07")]),
        (
            "2026-10-01 .. 2026-10-07，2026-12-31",
            [("2026-10-01", "2026-10-07"), ("2026-12-31", "2026-12-31")],
        ),
        (
            ["2026-10-01", "2026-10-03..2026-10-04"],
            [("2026-10-01", "2026-10-01"), ("2026-10-03", "2026-10-04")],
        ),
    ],
)
def test_dates(written: object, ranges: list[tuple[str, str]]) -> None:
    assert date_ranges(written) == tuple(DateRange(*item) for item in ranges)


@pytest.mark.parametrize(
    "written", ["2026-02-29", "26-01-01", "2026-10-07..2026-10-01", [], "", 20261001, None, {}]
)
def test_dates_refuse(written: object) -> None:
    with pytest.raises(Wrong):
        date_ranges(written)


@pytest.mark.parametrize(
    ("written", "dates"),
    [
        ("12-24..1-2", [YearlyRange("12-24", "01-02")]),
        ("10-01，2026-10-01", [YearlyRange("10-01", "10-01"), DateRange("2026-10-01", "2026-10-01")]),
        ("First Monday", [NthWeekday(1, 0, None)]),
        (["last friday of march", "fifth sunday"], [NthWeekday(-1, 4, 3), NthWeekday(5, 6, None)]),
    ],
)
def test_dates_that_come_again(written: object, dates: list[SomeDates]) -> None:
    assert recurring_dates(written) == tuple(dates)


@pytest.mark.parametrize(
    "written", ["02-30", "13-01", "sixth monday", "first mondey", "first monday of mai", 1001]
)
def test_dates_that_come_again_refuse(written: object) -> None:
    with pytest.raises(Wrong):
        recurring_dates(written)


def test_guesses_are_near_or_none() -> None:
    assert nearest("corrider", ["corridor", "street"]) == "corridor"
    assert nearest("KW", ["kW", "kWh"]) == "kW"
    assert nearest("xyzzy", ["corridor", "street"]) is None
