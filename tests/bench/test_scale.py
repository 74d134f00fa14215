"""docs/scale.md has the tables that bench.scale works out, and what it reckons with is so."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import scale
from config.plan.lines import Line
from config.written.limits import CPU_S, MEMORY_MB
from drivers.modbus.frames import rtu_answer_size, rtu_request
from drivers.modbus.requests import Request

PAGE = (Path(__file__).parents[2] / "docs" / "scale.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("made", [scale.of_boxes, scale.of_lines, scale.of_logs])
def test_the_page_has_the_tables(made: scale.Tables) -> None:
    for row in made()[1]:
        assert f"| {' | '.join(row)} |" in PAGE


@pytest.mark.parametrize("registers", [1, 10, 125])
@pytest.mark.parametrize("baud", [9600, 115_200])
def test_time_on_the_wire_is_that_of_the_frames(registers: int, baud: int) -> None:
    line, request = Line(0, "S1", "", "modbus-rtu", baud=baud), Request(1, 3, 0, registers)
    bits = 9 + line.stop_bits
    frames = len(rtu_request(request)) + rtu_answer_size(request)
    assert scale.Serial(baud).wire_s(registers) == pytest.approx(frames * bits / baud)


def test_the_compilers_limits_are_those_of_the_compiler() -> None:
    assert scale.CHECK_LIMIT_S == CPU_S
    assert f"{MEMORY_MB} MB" in PAGE


def test_a_slower_box_takes_less_and_never_more_than_the_check() -> None:
    fast, slow = scale.BOXES
    assert scale.requests_a_second(slow) < slow.speed * scale.requests_a_second(fast)
    for speed in (0.1, 0.2, 1.0, 10.0):
        box = scale.Box("", speed)
        took_s = (scale.CHECK_FIXED_S + scale.points_checked(box) * scale.CHECK_POINT_S) / speed
        assert took_s <= CPU_S
        assert scale.points_checked(box) <= scale.CHECK_POINTS
