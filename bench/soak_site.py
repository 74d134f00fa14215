"""A made-up site for the soak: a campus of as many points as are asked for, over every kind of line.

What is on a line fits it: at 9,600 baud some twenty devices at their profiles' own polls, behind a gateway
more. Programmes switch a tenth of the outputs every five minutes, so that the hour has decisions in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

POINTS = 5000
_ACCEPTED = {"holds_last": True, "accepted": "bench"}
_TIMER = {"after": "5 min", "goes_to": "presence"}


class Group(NamedTuple):
    """Lines of one kind, and what hangs on each: profile → how many."""

    name: str
    transport: str
    lines: int
    devices: dict[str, int]


_GROUPS = (
    Group("G", "modbus-tcp", 4, {"acrel-dtsd1352": 20, "relay-16": 4, "input-16": 4, "water-purifier": 3}),
    Group("L", "modbus-tcp", 4, {"street-concentrator": 1}),
    Group("S", "modbus-rtu", 6, {"restroom-node": 8, "chint-dtsu666": 8, "pulse-water": 2}),
    Group("B", "bacnet-ip", 1, {"bacnet-lighting": 12, "bacnet-air-handler": 8}),
)
"""5,012 points at their full number; fewer lines and devices for fewer points."""
_FULL = 5012
_TIMED = ("restroom-node",)
_COMMANDED = (
    "relay-16", "water-purifier", "street-concentrator", "restroom-node", "bacnet-lighting",
    "bacnet-air-handler",
)  # fmt: skip
_MEASURING = ("acrel-dtsd1352", "chint-dtsu666")


def write_site(folder: Path, points: int = POINTS) -> None:
    """The site's files, of about so many points. JSON is YAML."""
    lines: dict[str, Any] = {}
    devices: dict[str, Any] = {}
    for line, device, entry in _devices(points / _FULL, lines):
        devices[device] = {**entry, "line": line}
    folder.mkdir(parents=True)
    site = {
        "name": "soak",
        "label": "soak",
        "place": {"time_zone": "Asia/Shanghai", "latitude": 30.574, "longitude": 103.923},
        "language": "en",
        "calendar": "none",
        "log": {"interval": "15 min"},
        "override": {"at_most": "24 h"},
    }
    _put(folder / "site.yaml", {"site": site})
    _put(folder / "devices.yaml", {"lines": lines, "devices": devices})
    lamps = {f"lamps-{name}": _lamp(name) for name in _of(devices, "relay-16")}
    lights = _of(devices, "bacnet-lighting")
    zones = {f"zone-{name}-{zone}": _zone(name, zone) for name in lights for zone in range(1, 9)}
    _put(folder / "equipment.yaml", {"equipment": {**lamps, **zones}})
    switched: dict[str, Any] = {
        "label": "switched",
        "targets": [*lamps],
        "default": "off",
        "untrusted_clock": "off",
        "week": {"everyday": [*_every_ten_minutes("on")]},
    }
    dimmed: dict[str, Any] = {
        "label": "dimmed",
        "targets": [*zones],
        "default": "30 %",
        "untrusted_clock": "60 %",
        "week": {"everyday": [*_every_ten_minutes("80 %")]},
    }
    nodes: dict[str, Any] = {
        "label": "nodes",
        "targets": [f"{name}.light_switch" for name in _of(devices, "restroom-node")],
        "default": "on",
        "untrusted_clock": "on",
    }
    held = {"switched": switched, "nodes": nodes, **({"dimmed": dimmed} if zones else {})}
    (folder / "schedules").mkdir()
    _put(folder / "schedules" / "all.yaml", {name: one for name, one in held.items() if one["targets"]})
    lighting = {
        "kind": "lighting",
        "lamps": {"tag": "zones"},
        "at_least": "10 %",
        "present": "60 %",
        "run_on": "3 min",
        "dark": "below 120 lx for 2 min",
        "bright": "above 350 lx for 10 min",
        "when_bright": "10 %",
    }
    high = {name: _high(name) for name in _of(devices, "acrel-dtsd1352")}
    _put(folder / "rules.yaml", {"rules": {"lighting": lighting}})
    _put(folder / "alarms.yaml", {"alarms": {f"high-{name}": one for name, one in high.items()}})
    powers = [f"{name}.p_total" for profile in _MEASURING for name in _of(devices, profile)]
    _put(folder / "trends.yaml", {"trends": {"power": {"points": powers, "every": "1 min"}}})
    loads = {f"load-{name}": {"curve": "office", "night": 2, "day": 20} for name in _meters(devices)}
    behind = {name: {"of": [f"load-{name}"]} for name in _meters(devices)}
    _put(folder / "plant.yaml", {"loads": loads, "meters": behind})


def _devices(share: float, lines: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(line, name, entry) of each device; its line is put among `lines`."""
    instance = 1000
    for group in _GROUPS:
        for number in range(1, max(1, round(group.lines * share)) + 1):
            line = f"{group.name}{number}"
            lines[line] = _line(group.transport, number, len(lines))
            unit = 0
            for profile, count in group.devices.items():
                # One line of a kind stays when fewer than one is due: it has fewer devices then.
                few = min(1.0, group.lines * share)
                for _ in range(max(1, round(count * few))):
                    unit, instance = unit + 1, instance + 1
                    name = f"{line.lower()}-{unit}"
                    yield line, name, _device(group.transport, profile, unit, instance)


def _line(transport: str, number: int, before: int) -> dict[str, Any]:
    if transport == "modbus-rtu":
        return {"transport": transport, "path": f"/dev/ttyS{number}", "baud": 9600, "timeout": "300 ms"}
    if transport == "bacnet-ip":
        return {"transport": transport, "bind": "10.0.0.2", "port": 47808}
    return {"transport": transport, "host": f"10.0.1.{1 + before}", "port": 502, "timeout": "1 s"}


def _device(transport: str, profile: str, unit: int, instance: int) -> dict[str, Any]:
    entry: dict[str, Any] = {"profile": profile, "label": profile}
    if transport == "bacnet-ip":
        entry |= {"instance": instance, "address": f"10.0.0.{10 + unit}"}
    else:
        entry["unit"] = unit
    if profile == "pulse-water":
        entry["params"] = {"pulse": "10 L"}
    if profile in _COMMANDED:
        entry["if_unheard"] = _TIMER if profile in _TIMED else _ACCEPTED
    return entry


def _of(devices: dict[str, Any], profile: str) -> list[str]:
    return [name for name, entry in devices.items() if entry["profile"] == profile]


def _meters(devices: dict[str, Any]) -> list[str]:
    return [name for profile in _MEASURING for name in _of(devices, profile)]


def _lamp(name: str) -> dict[str, Any]:
    return {"kind": "lamp-group", "label": name, "switch": f"{name}.ch1"}


def _zone(name: str, number: int) -> dict[str, Any]:
    of = {role: f"{name}.zone{number}_{role}" for role in ("level", "presence", "lux")}
    return {"kind": "lamp-group", "label": f"{name} {number}", "tags": ["zones"], **of}


def _high(meter: str) -> dict[str, str]:
    return {"label": meter, "when": f"{meter}.p_total above 12 kW", "deadband": "0.1 kW", "priority": "low"}


def _every_ten_minutes(value: str) -> Iterator[dict[str, str]]:
    """Half of each ten minutes of a day."""
    for minute in range(0, 24 * 60, 10):
        hour, rest = divmod(minute, 60)
        yield {"from": f"{hour:02}:{rest:02}", "to": f"{hour:02}:{rest + 5:02}", "value": value}


def _put(file: Path, content: dict[str, Any]) -> None:
    file.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
