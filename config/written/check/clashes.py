"""Two devices where only one can be."""

from __future__ import annotations

from collections.abc import Mapping

from config.language import text
from config.plan.lines import Line
from config.written.gather import Written
from config.written.model.devices import DeviceWritten
from config.written.problems import Findings


def check_devices(written: Written, lines: Mapping[str, Line], findings: Findings) -> None:
    """Tell devices of one unit, instance or address on one line."""
    taken: dict[tuple[str, str, object], str] = {}
    for named in written.devices.values():
        line = lines.get(named.written.line)
        if line is None:
            continue
        for key, value in _places(named.written, line):
            first = taken.setdefault((line.name, key, value), named.name)
            if first != named.name:
                findings.problem(
                    named.entry.place([key]),
                    text(
                        '{key} {value} on line "{line}" is taken by "{other}"',
                        key=key,
                        value=value,
                        line=line.name,
                        other=first,
                    ),
                )


def _places(device: DeviceWritten, line: Line) -> list[tuple[str, object]]:
    keys = ("instance", "address") if line.transport == "bacnet-ip" else ("unit",)
    return [(key, value) for key in keys if (value := getattr(device, key)) is not None]
