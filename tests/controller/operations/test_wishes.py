"""What people write on a command line, as values and ends."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.plan.points import Command, Point, Register
from config.plan.reading import Value
from controller.decide.records import Refused
from controller.operations.wishes import clock_end, value_of
from schedules.local import LocalTime

STATES = ((0, "stop"), (1, "auto"), (2, "forced"))


def point(kind: str, unit: str = "") -> Point:
    return Point(
        0, "it.is", "is", "", 0, kind, unit, Register("holding", 0, "uint16"), 5.0, 15.0,  # type: ignore[arg-type]
        states=STATES if kind == "enum" else (), command=Command(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "unit", "written", "value"),
    [
        ("bool", "", "on", True),
        ("bool", "", " ON ", True),
        ("bool", "", "开", True),
        ("bool", "", "关", False),
        ("bool", "", "0", False),
        ("enum", "", "auto", 1),
        ("enum", "", "自动", 1),
        ("enum", "", "2", 2),
        ("number", "%", "80 %", 80.0),
        ("number", "%", "80", 80.0),
        ("number", "%", "８０％", 80.0),
        ("number", "°C", "26 ℃", 26.0),
        ("number", "°C", "-3.5", -3.5),
        ("number", "kW", "1500 W", 1.5),
        ("number", "s", "2 min", 120.0),
        ("number", "m³/h", "3 m³/h", 3.0),
    ],
)
def test_values(kind: str, unit: str, written: str, value: Value) -> None:
    found = value_of(point(kind, unit), written)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("kind", "unit", "written", "says"),
    [
        ("bool", "", "80 %", "on or off"),
        ("bool", "", "", "on or off"),
        ("enum", "", "automatic", "one of stop, auto, forced"),
        ("enum", "", "7", "one of stop, auto, forced"),
        ("number", "%", "on", "a number"),
        ("number", "%", "nan", "a number"),
        ("number", "%", "1e400", "is in %, not e400"),
        ("number", "%", "80 °C", "is in %, not °C"),
        ("number", "%", "80 percents", "is in %, not percents"),
        ("number", "", "80 %", "is in -, not %"),
    ],
)
def test_values_refused(kind: str, unit: str, written: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        value_of(point(kind, unit), written)


@given(st.text(max_size=30))
def test_whatever_is_written_is_a_value_or_refused(written: str) -> None:
    for kind, unit in (("bool", ""), ("enum", ""), ("number", "%")):
        try:
            found = value_of(point(kind, unit), written)
        except Refused:
            continue
        assert isinstance(found, bool | int | float)


LOCAL = LocalTime("Asia/Shanghai")
BERLIN = LocalTime("Europe/Berlin")


@pytest.mark.parametrize(
    ("local", "now", "written", "end"),
    [
        (LOCAL, "2026-03-05T13:00+08:00", "18:00", "2026-03-05T18:00+08:00"),
        (LOCAL, "2026-03-05T13:00+08:00", "１８：００", "2026-03-05T18:00+08:00"),
        (LOCAL, "2026-03-05T18:00+08:00", "18:00", "2026-03-06T18:00+08:00"),
        (LOCAL, "2026-03-05T23:59+08:00", "7:05", "2026-03-06T07:05+08:00"),
        (LOCAL, "2026-03-05T13:00+08:00", "24:00", "2026-03-06T00:00+08:00"),
        (LOCAL, "2026-03-05T13:00+08:00", "00:00", "2026-03-06T00:00+08:00"),
        # 02:30 does not exist in that night.
        (BERLIN, "2026-03-29T00:30+01:00", "02:30", "2026-03-29T03:00+02:00"),
    ],
)
def test_the_next_time_clocks_show_it(local: LocalTime, now: str, written: str, end: str) -> None:
    found = clock_end(written, round(datetime.fromisoformat(now).timestamp() * 1000), local)
    assert datetime.fromtimestamp(found / 1000, local.zone) == datetime.fromisoformat(end)


@pytest.mark.parametrize("written", ["", "6pm", "25:00", "18:60", "18", "tomorrow", "24:01"])
def test_no_time_of_day(written: str) -> None:
    with pytest.raises(Refused, match="is not a time of day"):
        clock_end(written, 0, LOCAL)
