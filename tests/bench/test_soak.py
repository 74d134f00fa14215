"""The soak's site is what it says, its slopes are slopes, and a soak of seconds works."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench.soak import Sample, judged, slope
from bench.soak_site import write_site
from config.plan.site import Plan
from controller.accepted import compiled

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    site = tmp_path_factory.mktemp("soak") / "site"
    write_site(site)
    return compiled(site, "en")[1]


def sample(at_s: float, mib: float, missed: int = 0, handles: int = 60, written: int = 0) -> Sample:
    kib = round(mib * 1024)
    return Sample(at_s, kib, kib, kib, handles, 5, written, at_s / 20, int(at_s), missed, 99.0, 3, 9, 7, 4.0)


def test_the_site_has_as_many_points_as_it_says_on_every_kind_of_line(plan: Plan) -> None:
    assert len(plan.points) == 5012
    assert {line.transport for line in plan.lines} == {"modbus-tcp", "modbus-rtu", "bacnet-ip"}
    assert len({target for programme in plan.programmes for target in programme.targets}) > 100
    assert plan.rules
    assert plan.trends


def test_slopes_are_by_the_hour() -> None:
    found = slope([(at * 60.0, 50 + at / 60 * 3) for at in range(61)])
    assert found.an_hour == pytest.approx(3.0)
    assert found.first == pytest.approx(50.225)
    assert found.last == pytest.approx(52.775)


def test_what_grows_and_what_is_missed_is_told(plan: Plan) -> None:
    flat = [sample(at * 10.0, 60.0 + at % 2) for at in range(361)]
    found = judged(plan, flat, 600.0)
    assert found.complaints == []
    assert "| its own alone (private) | 60.5 MiB | 60.5 MiB |" in found.report
    grown = [
        sample(at * 10.0, 60.0 + at / 90, at // 200, 60 + at // 100, at * 10_000_000) for at in range(361)
    ]
    assert len(judged(plan, grown, 600.0).complaints) == 4


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_soak_of_half_a_minute(tmp_path: Path) -> None:
    words = ["--points", "400", "--minutes", "0.5", "--warm", "0.1", "--every", "3", "--dir", str(tmp_path)]
    command = [sys.executable, "-m", "bench.soak", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)
    assert re.search(r"^\| devices online, least \| 21 of 21 \|$", done.stdout, re.MULTILINE), done
    assert re.search(r"^\| points good, least \| 580 of 580 \|$", done.stdout, re.MULTILINE)
    assert re.search(r"^\| cycles \| 2\d in 2\d s", done.stdout, re.MULTILINE)
