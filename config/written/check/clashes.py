"""Two devices where only one can be."""

from __future__ import annotations

from collections.abc import Mapping

from config.language import text
from config.plan.devices import Device
from config.plan.lines import Line
from config.written.lower.devices import Made
from config.written.problems import Findings


def check_devices(made: Mapping[str, Made], lines: Mapping[str, Line], findings: Findings) -> None:
    """Tell devices of one unit, instance or address on one line."""
    taken: dict[tuple[str, str, object], Made] = {}
    for device in made.values():
        line = lines.get(device.named.written.line)
        if line is None:
            continue
        for key, value in _places(device.device, line):
            first = taken.setdefault((line.name, key, value), device)
            if first is not device:
                findings.problem(
                    device.named.entry.place([key]),
                    text(
                        '{key} {value} on line "{line}" is taken by "{other}"',
                        key=key,
                        value=value,
                        line=line.name,
                        other=first.name,
                    ),
                )


def _places(device: Device, line: Line) -> list[tuple[str, object]]:
    if line.transport != "bacnet-ip":
        return [("unit", device.unit)]
    places: list[tuple[str, object]] = [("instance", device.instance)] if device.instance >= 0 else []
    return [*places, ("address", device.address)] if device.address else places
