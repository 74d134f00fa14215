"""Plans that the compiler makes: one device of each profile, and the example sites."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from config.plan import codec
from config.plan.site import Plan

ROOT = Path(__file__).parents[3]
PROFILES = sorted(path.stem for path in (ROOT / "config/profiles").glob("*.yaml"))


@cache
def profile(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(
        (ROOT / f"config/profiles/{name}.yaml").read_text(encoding="utf-8")
    )
    return loaded


def _written(program: str, site: Path) -> str:
    command = [sys.executable, "-m", "config.written", program, str(site)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def compiled(site: Path) -> tuple[Plan, dict[str, Any]]:
    """A site's Plan and plant facts."""
    return codec.load(_written("compile", site)), json.loads(_written("plant", site))


@cache
def example(name: str) -> tuple[Plan, dict[str, Any]]:
    return compiled(ROOT / "config/sites" / name)


def one_of_each(folder: Path, names: Iterable[str] = PROFILES) -> tuple[Plan, dict[str, Any]]:
    """A site with one device of each profile, named as it: Modbus ones on one TCP line, BACnet ones on
    theirs."""
    devices: dict[str, Any] = {}
    for number, name in enumerate(names, start=1):
        written = profile(name)
        bacnet = written["protocol"] == "bacnet"
        device: dict[str, Any] = {"profile": name, "label": name, "line": "B1" if bacnet else "T1"}
        device |= {"instance": number} if bacnet else {"unit": number}
        if any("command" in point for point in written["points"].values()):
            device["if_unheard"] = {"holds_last": True, "accepted": "test"}
        required = {key: of for key, of in written.get("params", {}).items() if of.get("required")}
        if required:
            device["params"] = {key: f"10 {of['unit']}" for key, of in required.items()}
        devices[f"of-{name}"] = device
    site = {
        "site": {
            "name": "each",
            "label": "each",
            "place": {"time_zone": "Asia/Shanghai", "latitude": 30.574, "longitude": 103.923},
        },
        "lines": {
            "T1": {"transport": "modbus-tcp", "host": "10.0.0.1"},
            "B1": {"transport": "bacnet-ip", "bind": "10.0.0.2", "networks": ["10.0.0.255"]},
        },
        "devices": devices,
    }
    (folder / "site.yaml").write_text(yaml.safe_dump(site, allow_unicode=True), encoding="utf-8")
    return compiled(folder)


def only(plan: Plan, name: str) -> Plan:
    """The Plan of one of its devices alone."""
    device = next(device for device in plan.devices if device.name == name)
    points = [plan.points[number] for number in device.points]
    return replace(
        plan,
        lines=(replace(plan.lines[device.line], id=0),),
        devices=(replace(device, id=0, line=0, points=tuple(range(len(points)))),),
        points=tuple(replace(point, id=number, device=0) for number, point in enumerate(points)),
        equipment=(),
        programmes=(),
    )
