"""What simulators wrote down for the daemon: where they are, and what time it is there."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, NamedTuple

from config.language import Text, text
from config.language.details import detail
from config.plan.regular import read_regular
from config.plan.site import Plan
from controller.options import NotStarted
from drivers import overlay

_ADDRESS = {"modbus-rtu": ("path",)}
_ANY_ADDRESS = ("host", "port")
_CLOCK = ("start_ms", "mono_ns", "speed")


class SimulatedTime(NamedTuple):
    """Site time of a simulation: it was `start_ms` at machine monotonic `mono_ns` and runs at `speed`."""

    start_ms: int
    mono_ns: int
    speed: float

    def now_ms(self) -> int:
        """Site time now, UTC milliseconds."""
        return self.start_ms + round((time.monotonic_ns() - self.mono_ns) * self.speed / 1e6)


class Overlay(NamedTuple):
    """A file of simulators, read but not yet put over a Plan."""

    file: Path
    addresses: dict[str, Any]
    time: SimulatedTime | None

    def still_over(self, plan: Plan) -> Plan:
        """The same for an edited Plan, which may lack lines and devices that are simulated."""
        names = {
            "lines": {line.name for line in plan.lines},
            "devices": {device.name for device in plan.devices},
        }
        addresses = {
            part: {name: own for name, own in found.items() if name in names.get(part, ())}
            for part, found in self.addresses.items()
        }
        return self._replace(addresses=addresses).over(plan)

    def over(self, plan: Plan) -> Plan:
        """`plan` with the simulators' addresses. Raises NotStarted; also where one is missing: the daemon
        would speak to the real device instead."""
        try:
            changed = overlay.apply(plan, self.addresses)
        except overlay.OverlayError as error:
            raise _unusable(self.file, error.text) from error
        lines, devices = self.addresses.get("lines", {}), self.addresses.get("devices", {})
        bacnet = {line.id for line in plan.lines if line.transport == "bacnet-ip"}
        for line in plan.lines:
            if any(key not in lines.get(line.name, {}) for key in _ADDRESS.get(line.transport, _ANY_ADDRESS)):
                raise _unusable(self.file, text("it has no address for line {name}", name=line.name))
        for device in plan.devices:
            searched = not device.address and lines.get(plan.lines[device.line].name, {}).get("networks")
            if device.line in bacnet and not searched and "address" not in devices.get(device.name, {}):
                raise _unusable(self.file, text("it has no address for device {name}", name=device.name))
        return changed


def read_overlay(file: Path) -> Overlay:
    """What simulators wrote to `file`. Raises NotStarted."""
    try:
        data = json.loads(read_regular(file).decode("utf-8"))
    except OSError as error:
        raise _unusable(file, detail(error.strerror or str(error))) from error
    except (ValueError, RecursionError) as error:
        raise _unusable(file, text("it is not JSON ({problem})", problem=detail(str(error)))) from error
    if not isinstance(data, dict):
        raise _unusable(file, text("it is not what louguan simulate writes"))
    clock = data.pop("clock", None)
    return Overlay(file, data, None if clock is None else _time(file, clock))


def _time(file: Path, clock: Any) -> SimulatedTime:
    found = [clock.get(key) if isinstance(clock, dict) else None for key in _CLOCK]
    numbers = [part for part in found if isinstance(part, int | float) and not isinstance(part, bool)]
    if len(numbers) != len(_CLOCK):
        raise _unusable(file, text("its clock has the wrong form"))
    start_ms, mono_ns, speed = numbers
    if not (0 < speed < 1e6 and abs(start_ms) <= 1e14 and abs(mono_ns) <= 1e19):
        raise _unusable(file, text("its clock has the wrong form"))
    return SimulatedTime(round(start_ms), round(mono_ns), speed)


def _unusable(file: Path, reason: Text | str) -> NotStarted:
    return NotStarted(text("the overlay {file} cannot be used: {reason}", file=str(file), reason=reason))
