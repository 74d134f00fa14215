"""Sites written as files, compiled and served by our simulators, for peers to talk to."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from config.plan import codec
from config.plan.site import Plan
from tests.peers.programs import TIMEOUT_S, Talker, program

NEARLY_STILL = 0.01
"""Site seconds a second: what is read now and what is true a second later differ by nothing."""
WORKDAY_MORNING = "2026-03-05T10:00:00+08:00"
HEAD = """\
site: {name: bench, label: bench, language: en,
  place: {time_zone: Asia/Shanghai, latitude: 30.574, longitude: 103.923}}
"""
"""The part every site.yaml begins with."""


def written(folder: Path, files: dict[str, str]) -> Path:
    """A site directory with these files; what is in site.yaml comes after `HEAD`."""
    site = folder / "site"
    for name, content in files.items():
        path = site / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEAD + content if name == "site.yaml" else content, encoding="utf-8")
    return site


def compiled(site: Path) -> Plan:
    """Its Plan, by the compiler as a program."""
    return codec.load(_said_of("compile", site))


class Simulated(Talker):
    """Running simulators."""

    def truth(self, device: str) -> dict[str, Any]:
        """What a device's points really are, in engineering units."""
        values: dict[str, Any] = self.ask(truth=True)["truth"]["devices"][device]
        return values

    def line(self, name: str) -> str:
        """Where a line is: HOST:PORT, or the path of a terminal."""
        where = self.ready["overlay"]["lines"][name]
        return str(where["path"]) if "path" in where else f"{where['host']}:{where['port']}"

    def address(self, device: str) -> str:
        """Where a BACnet device is, HOST:PORT."""
        return str(self.ready["overlay"]["devices"][device]["address"])


@contextmanager
def simulated(site: Path) -> Iterator[Simulated]:
    """The simulated devices of a site directory, with time nearly standing still."""
    plan, plant = site / "plan.json", site / "plant.json"
    plan.write_text(_said_of("compile", site), encoding="utf-8")
    plant.write_text(_said_of("plant", site), encoding="utf-8")
    files = ["--plan", str(plan), "--plant", str(plant)]
    time = ["--speed", str(NEARLY_STILL), "--tick", "0.1", "--start", WORKDAY_MORNING]
    with program(sys.executable, "-m", "drivers.simulators", *files, *time) as child:
        yield Simulated(child)


def _said_of(what: str, site: Path) -> str:
    command = [sys.executable, "-m", "config.written", what, str(site)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
