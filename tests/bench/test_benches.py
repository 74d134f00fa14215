"""The benches of whole programs work and see what is there. Their figures are judged by people, on a quiet
machine: docs/performance.md."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from config.plan.site import Plan
from controller.accepted import compiled

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SHUANGLIU = ROOT / "config" / "sites" / "shuangliu"


def said_by(bench: str, *words: str) -> str:
    """What a bench prints."""
    command = [sys.executable, "-m", f"bench.{bench}", "--quick", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def figure(said: str, row: str, column: int = 0) -> float:
    """A row's figure in a printed table, its unit dropped."""
    (line,) = [line for line in said.splitlines() if line.startswith(row)]
    return float(re.findall(r" ([\d.]+)(?: (?:ms|s|MiB|B))?(?=  |$)", line.removeprefix(row))[column])


def test_check_of_the_example_site_is_within_its_target() -> None:
    said = said_by("check")
    row = "louguan check shuangliu"
    assert figure(said, row, 2) < 2000, "CPU, whatever else the machine does"
    assert figure(said, row) >= figure(said, "the compiler alone") > figure(said, "python -c pass") > 0
    assert 10 < figure(said, row, 4) < 150, "MiB"


def test_every_line_of_the_example_site_gets_its_first_complete_cycle() -> None:
    said = said_by("start", "--site", str(SHUANGLIU))
    _, plan = compiled(SHUANGLIU, "en")
    names = re.findall(r"^line (\S+), (\S+), (\d+) devices", said, re.MULTILINE)
    assert sorted(names) == sorted(
        (line.name, line.transport, str(devices_on(plan, line.id))) for line in plan.lines
    )
    last = max(
        figure(said, f"line {name}, {transport}, {count} devices", 1) for name, transport, count in names
    )
    assert figure(said, "all lines", 1) == last
    assert 0 < figure(said, "code imported", 1) < figure(said, "first cycle", 1) <= last
    assert figure(said, "99 % of points good", 1) >= last
    assert figure(said, "first cycle", 1) < figure(said, "first cycle"), "nothing had to be compiled"
    assert 20 < figure(said, "resident memory") < 200, "MiB"


def test_a_log_is_written_read_verified_started_on_and_sent() -> None:
    said = said_by("log_year")
    assert int(figure(said, "rows  ")) == 20 * 96
    assert 40 < figure(said, "bytes a row, with its feed") < 200
    assert re.search(r"^on this log +500 ", said, re.MULTILINE)
    assert re.search(r"^on an empty one +0 ", said, re.MULTILINE)
    assert "backlog: 500 rows to a receiver on this machine" in said


def test_the_example_site_is_rehearsed() -> None:
    said = said_by("rehearse")
    assert "1380 points, 0.0833333 days, a cycle each 10 s, the plant every 30 s" in said
    parts = [float(found) for found in re.findall(r"(\d+) µs a cycle", said)]
    assert len(parts) == 4
    assert sum(parts[:3]) == pytest.approx(parts[3], abs=3)
    assert 100 < float(re.findall(r"electricity: ([\d.]+) kWh", said)[0]) < 300, "two hours of a night"


def test_a_step_costs_what_it_may() -> None:
    said = said_by("step")
    assert "5000 points, 200 programmes, 200 rules" in said
    assert figure(said, "step, 5,000 points, 200 programmes, 200 rules: idle") < 2
    assert figure(said, "the same, 1 % of points changing") < 30, "with ten times what is allowed"


def test_points_go_from_the_wire_to_the_log() -> None:
    said = said_by("pipeline")
    assert "1000 points: 1000 good, 0 cycles missed" in said
    assert 0 < figure(said, "10 devices × 100 points at 1 Hz, from the wire to the log: CPU") < 0.25


def test_cycles_come_while_people_apply() -> None:
    said = said_by("jitter")
    assert re.search(r"^applied, exported, applied, replayed: \[[1-9]", said, re.MULTILINE)
    assert figure(said, "cycles late with upload, apply and export going on, p99") > 0


def test_outputs_are_written_when_they_are_due() -> None:
    said = said_by("writes")
    late = figure(said, "100 outputs due at once over 10 connections: first byte of the write, p99")
    assert late >= figure(said, "the same, half of them") > 0


def devices_on(plan: Plan, line: int) -> int:
    return sum(1 for device in plan.devices if device.line == line)


def test_modbus_is_measured_beside_its_floor() -> None:
    said = said_by("modbus_tcp")
    assert 2 < figure(said, "Modbus TCP, 125 registers, CPU a request") < 500, "µs"
    for row in ("the same, over the floor", "pymodbus's client, over the floor"):
        assert re.search(rf"^{row} .*bare asyncio, uvloop$", said, re.MULTILINE)


def test_no_poll_of_many_devices_is_missed() -> None:
    said = said_by("modbus_many")
    assert re.search(r"^the same: polls missed +0\.0000 ", said, re.MULTILINE)
    assert re.search(r"^the same: points good +2,000 ", said, re.MULTILINE)
    assert re.search(r"^one register a request, over the same ", said, re.MULTILINE)


def test_a_serial_line_keeps_its_silences() -> None:
    said = said_by("modbus_rtu")
    shortest = re.findall(r"^the same: shortest silence +([\d.]+) ×", said, re.MULTILINE)
    assert len(shortest) == 2
    assert all(float(times) >= 1 for times in shortest)
