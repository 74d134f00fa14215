"""`python -m drivers.simulators`: ready line, overlay, commands on stdin, its ends."""

from __future__ import annotations

import json
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config.plan import codec
from drivers import overlay as overlays
from tests.drivers.simulators import sites

pytestmark = pytest.mark.timeout(60)


class Program:
    def __init__(self, folder: Path, *more: str) -> None:
        plan, facts = sites.example("shuangliu")
        (folder / "plan.json").write_text(codec.dump(plan), encoding="utf-8")
        (folder / "plant.json").write_text(json.dumps(facts), encoding="utf-8")
        self.plan = plan
        self.overlay_file = folder / "overlay.json"
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "drivers.simulators", "--plan", str(folder / "plan.json"),
                "--plant", str(folder / "plant.json"), "--overlay-out", str(self.overlay_file),
                "--speed", "60", "--seed", "1", "--start", "2026-03-31T10:00:00+08:00", *more,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=sites.ROOT,
        )  # fmt: skip
        self.ready = self.line()

    def line(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        said: dict[str, Any] = json.loads(self.process.stdout.readline())
        return said

    def ask(self, **wish: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(wish) + "\n")
        self.process.stdin.flush()
        return self.line()

    def end(self) -> tuple[int, str]:
        """Exit status and stderr, after stdin was closed."""
        _, errors = self.process.communicate(timeout=10)
        return self.process.returncode, errors


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    started = Program(tmp_path)
    yield started
    if started.process.poll() is None:
        started.process.kill()
        started.process.communicate()


def test_whole_site_is_served_and_told_of(program: Program) -> None:
    overlay = json.loads(program.overlay_file.read_text(encoding="utf-8"))
    assert program.ready["ready"] is True
    assert program.ready["devices"] == len(program.plan.devices)
    assert program.ready["overlay"] == overlay
    assert overlay.pop("clock")["speed"] == 60
    served = overlays.apply(program.plan, overlay)
    assert {line.host for line in served.lines if line.transport == "modbus-tcp"} == {"127.0.0.1"}
    assert all(Path(line.path).exists() for line in served.lines if line.transport == "modbus-rtu")
    street = next(line for line in served.lines if line.name == "T1")
    with socket.create_connection((street.host, street.port), timeout=5) as connection:
        connection.sendall(struct.pack(">HHHBBHH", 7, 0, 6, 1, 3, 0, 3))
        assert struct.unpack(">HHHBBB3H", connection.recv(64)) == (7, 0, 9, 1, 3, 6, 100, 100, 100)
    truth = program.ask(truth=True)["truth"]
    assert truth["devices"]["street"]["group1_level"] == 100
    assert truth["environment"]["workday"] is True
    assert program.ask(status=True)["status"]["devices"]["street"]["requests"] == 1
    assert program.end() == (0, "")


def test_faults_by_line_of_text(program: Program) -> None:
    assert program.ask(fault="freeze", device="main-1") == {"ok": True}
    assert program.ask(fault="slow", device="corridor-1", seconds=1) == {"ok": True}
    assert program.ask(fault="unplug", line="S1") == {"ok": True}
    status = program.ask(status=True)["status"]
    assert status["devices"]["main-1"]["faults"] == ["freeze"]
    assert status["lines"]["S1"] == ["unplug"]
    assert not Path(program.ready["overlay"]["lines"]["S1"]["path"]).exists()
    assert program.ask(fault="unplug", line="S1", on=False) == {"ok": True}
    assert program.ask(fault="unplug", line="B1") == {"ok": True}
    assert program.ask(fault="unplug", line="B1", on=False) == {"ok": True}
    assert program.ask(force="gas-alarm.high_alarm", value=True) == {"ok": True}
    assert program.ask(force="gas-alarm.nothing", value=True)["ok"] is False
    assert "no fault" in program.ask(fault="gremlins", device="main-1")["error"]
    assert "no fault crc" in program.ask(fault="crc", device="corridor-1")["error"]
    assert program.ask(nonsense=1)["ok"] is False
    assert "freeze" in program.ask(faults=True)["faults"]
    program.process.send_signal(signal.SIGTERM)
    assert program.end() == (0, "")


def test_wrong_use(tmp_path: Path) -> None:
    for content in ("{}", "not json"):
        (tmp_path / "plan.json").write_text(content, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "drivers.simulators", "--plan", str(tmp_path / "plan.json")],
            capture_output=True, text=True, cwd=sites.ROOT, timeout=30, check=False,
        )  # fmt: skip
        assert done.returncode == 2
        assert done.stderr.startswith("simulators: ")


def test_counters_go_on_in_the_next_run(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    stood = []
    for words in ((), ("--seed", "2", "--start", "2026-03-31T12:00:00+08:00")):
        running = Program(tmp_path, "--state", str(state), *words)
        stood.append(running.ask(truth=True)["truth"]["devices"]["main-1"]["energy_import"])
        running.process.send_signal(signal.SIGTERM)
        assert running.end() == (0, "")
        kept = json.loads(state.read_text(encoding="utf-8"))["counters"]["main-1"]["total"]
        assert kept >= stood[-1]
    assert 0 <= stood[1] - stood[0] < 200
