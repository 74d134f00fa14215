"""A made-up site of as many panels as are asked for, each a Modbus TCP device of 100 points at 1 Hz in one
block of registers: 4 counters, 4 powers, 10 outputs, 82 analogues. Over them programmes and rules."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

POINTS = 100
COUNTERS, OUTPUTS, ANALOGUES = 4, 10, 82
POWERS_AT, OUTPUTS_AT, ANALOGUES_AT = 8, 12, 22
REGISTERS = ANALOGUES_AT + ANALOGUES
_ACCEPTED = {"holds_last": True, "accepted": "bench"}


def write_site(
    folder: Path,
    ports: Sequence[int],
    *,
    programmes: dict[str, Any] | None = None,
    rules: int = 0,
    interval: str = "1 min",
    sinks: dict[str, Any] | None = None,
) -> None:
    """The site's files; JSON is YAML. A panel at each of `ports` of this machine."""
    names = [f"p{number}" for number in range(len(ports))]
    (folder / "profiles").mkdir(parents=True)
    site = {
        "name": "panels",
        "label": "panels",
        "place": {"time_zone": "Asia/Shanghai", "latitude": 30.574, "longitude": 103.923},
        "language": "en",
        "calendar": "none",
        "log": {"interval": interval},
        "override": {"at_most": "24 h"},
    }
    _put(folder / "site.yaml", {"site": site, **({"sinks": sinks} if sinks else {})})
    _put(folder / "profiles" / "bench-panel.yaml", profile())
    lines = {
        f"L{number}": {"transport": "modbus-tcp", "host": "127.0.0.1", "port": port, "timeout": "1 s"}
        for number, port in enumerate(ports)
    }
    devices = {
        name: {
            "profile": "bench-panel",
            "line": f"L{number}",
            "unit": 1,
            "label": name,
            "if_unheard": _ACCEPTED,
        }
        for number, name in enumerate(names)
    }
    _put(folder / "devices.yaml", {"lines": lines, "devices": devices})
    lamps = {
        f"lamp-{name}-{number}": {
            "kind": "lamp-group",
            "label": f"{name} {number}",
            "switch": f"{name}.out{number}",
        }
        for name in names
        for number in range(1, OUTPUTS + 1)
    }
    _put(folder / "equipment.yaml", {"equipment": lamps})
    if programmes:
        (folder / "schedules").mkdir()
        _put(folder / "schedules" / "all.yaml", programmes)
    if rules:
        made = dict(islice(_rules(names), rules))
        alarms = {name: rule for name, rule in made.items() if "kind" not in rule}
        _put(folder / "rules.yaml", {"rules": {name: made[name] for name in made if name not in alarms}})
        _put(folder / "alarms.yaml", {"alarms": alarms})


def lamps_of(panels: int) -> list[str]:
    """The names of all lamps, panel by panel."""
    return [f"lamp-p{panel}-{number}" for panel in range(panels) for number in range(1, OUTPUTS + 1)]


def office_programmes(panels: int, count: int) -> dict[str, Any]:
    """So many programmes over all lamps, with working hours that differ by minutes."""
    lamps = lamps_of(panels)
    return {
        f"office-{number}": {
            "label": f"office {number}",
            "targets": lamps[number::count],
            "default": "off",
            "untrusted_clock": "off",
            "week": {
                "everyday": [
                    {"from": f"07:{number % 60:02}", "to": f"12:{number % 60:02}", "value": "on"},
                    {"from": f"13:{number % 60:02}", "to": f"18:{number % 60:02}", "value": "on"},
                ]
            },
        }
        for number in range(count)
    }


def profile() -> dict[str, Any]:
    """The panel's."""
    points: dict[str, Any] = {}
    for number in range(1, COUNTERS + 1):
        counter = {"quantity": "electricity", "quantum": 0.01, "max_rate": 100000, "power": f"p{number}"}
        at = f"holding {2 * (number - 1)}"
        energy = {"label": f"energy {number}", "at": at, "type": "uint32", "scale": 0.01, "unit": "kWh"}
        points[f"e{number}"] = {**energy, "poll": "1 s", "counter": counter}
        points[f"p{number}"] = _number(f"power {number}", POWERS_AT + number - 1, "kW")
    for number in range(1, OUTPUTS + 1):
        at = f"holding {OUTPUTS_AT + number - 1}"
        switch = {"label": f"output {number}", "at": at, "type": "bool", "on": [1], "off": [0]}
        points[f"out{number}"] = {**switch, "poll": "1 s", "command": {"function": 16}}
    for number in range(1, ANALOGUES + 1):
        points[f"a{number}"] = _number(f"analogue {number}", ANALOGUES_AT + number - 1, "°C")
    return {
        "profile": "bench-panel",
        "label": "bench panel",
        "maker": "bench",
        "kind": "panel",
        "protocol": "modbus",
        "source": "made up for benches",
        "addresses": "wire",
        "limits": {"max_registers": 125, "max_bits": 2000, "max_gap": 0},
        "points": points,
    }


def _number(label: str, at: int, unit: str) -> dict[str, Any]:
    return {
        "label": label,
        "at": f"holding {at}",
        "type": "uint16",
        "scale": 0.1,
        "unit": unit,
        "poll": "1 s",
    }


def _rules(names: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Of each panel in turn: two alarms and two interlocks on its analogues, a level control."""
    number = 0
    while True:
        for name in names:
            number += 1
            lamp, at = f"lamp-{name}-{number % OUTPUTS + 1}", number % (ANALOGUES - 5) + 1
            hot = {"label": "hot", "when": f"{name}.a{at} above 24 °C", "on_delay": "5 s"}
            yield f"hot-{number}", {**hot, "deadband": "1 K", "priority": "low"}
            cold = {"label": "cold", "when": f"{name}.a{at + 1} below 2 °C", "on_delay": "1 min"}
            yield f"cold-{number}", {**cold, "deadband": "1 K", "priority": "low"}
            bad = {"on_bad_input": "hold 5 min then release"}
            when = f"{name}.a{at + 2} above 25 °C for 10 s and not {name}.a{at + 3} below 5 °C"
            stop = {"kind": "interlock", "slot": 10, "label": "stop", "when": when, "reset": "auto", **bad}
            until = f"{name}.a{at + 2} below 20 °C for 10 s"
            yield f"stop-{number}", {**stop, "then": [{"target": lamp, "value": "off"}], "until": until}
            fill = {"kind": "level", "slot": 11, "label": "fill", "level": f"{name}.a{at + 4}", **bad}
            on = [{"target": lamp, "value": "on"}]
            yield f"fill-{number}", {**fill, "start": "below 5 °C", "stop": "above 20 °C", "then": on}


def _put(file: Path, content: dict[str, Any]) -> None:
    file.write_text(json.dumps(content, ensure_ascii=False) + "\n", encoding="utf-8")
