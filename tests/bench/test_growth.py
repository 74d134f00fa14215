"""What bench.growth says of costs: the exponent by which they grow, and a picture of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench.figures import read
from bench.growth import TIMES, Cost
from bench.growth_chart import Curve, draw
from bench.growth_parts import grown_log, month_ms, open_ms

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("power", "met"), [(0.0, True), (0.5, True), (1.0, True), (1.3, False), (2.0, False)]
)
def test_a_cost_that_grows_faster_than_its_size_is_found(power: float, met: bool) -> None:
    cost = Cost("a cost", "s", {})
    cost.rounds = {times: [3.0 * times**power, 5.0 * times**power] for times in TIMES}
    assert cost.exponents() == pytest.approx([power, power])
    assert cost.figure().met is met


def test_the_picture_has_each_curve_with_its_costs() -> None:
    drawn = ET.fromstring(draw([
        Curve("polls & more", "ms", {1: 1.5, 2: 3.0, 4: 6.0, 8: 12.0}),
        Curve("a step", "µs", {1: 20.0, 2: 19.0, 4: 21.0, 8: 20.0}),
    ]))  # fmt: skip
    said = "".join(drawn.itertext())
    assert "polls & more" in said
    assert "1.5 to 12 ms" in said
    lines = [one.attrib["points"].split() for one in drawn.iter("{http://www.w3.org/2000/svg}polyline")]
    rises = [[float(corner.split(",")[1]) for corner in line] for line in lines]
    assert [len(line) for line in lines] == [4, 4]
    assert rises[0] == sorted(rises[0], reverse=True)
    assert max(rises[1]) - min(rises[1]) < (rises[0][0] - rises[0][1]) / 2


def test_a_log_grows_and_is_measured(tmp_path: Path) -> None:
    folder = grown_log(tmp_path / "log", 2, 0.1)
    assert month_ms(folder) > 0
    assert open_ms(folder) > 0


@pytest.mark.slow
@pytest.mark.parametrize(("bench", "count"), [("growth", 7), ("rehearse", 2)])
def test_the_bench_works(tmp_path: Path, bench: str, count: int) -> None:
    file = tmp_path / "figures.json"
    command = [sys.executable, "-m", f"bench.{bench}", "--quick", "--figures", str(file)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, timeout=300)
    assert len(read(file)) == count
