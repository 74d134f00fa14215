"""Faults that need no wire, by the names that `simulate` has for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from config.plan.site import Plan
from drivers.simulators.faults import BACNET, KINDS, OF_VALUES, FaultError, Faults, Number, given, kind_of
from drivers.simulators.silence import Silence
from drivers.simulators.unwired import UnwiredDevice

_BUSY = 6
_SILENT = ("freeze", "unplug")
_OF_POINT = {"reliability": "no-sensor", "out-of-service": "out of service"}
WIRELESS = (*_SILENT, *OF_VALUES, "busy", "exception", "lying-write", "restart", "refuse-writes", *_OF_POINT)
"""Those there are here."""


class UnwiredFaults:
    """Switches them; `units` by device id, `lines` by name."""

    def __init__(
        self, plan: Plan, units: Sequence[UnwiredDevice], lines: Mapping[str, Faults], silence: Silence
    ) -> None:
        self._plan = plan
        self._units = units
        self._lines = lines
        self._silence = silence
        self._by_name = {unit.device.name: unit for unit in units}

    def switch(
        self, name: str, on: bool, device: str, line: str, numbers: Mapping[str, Number], now_s: float
    ) -> None:
        """Raises FaultError."""
        if name not in WIRELESS:
            known = name in KINDS or name in BACNET
            raise FaultError(
                f"{name} needs a wire; without one there are {', '.join(WIRELESS)}"
                if known
                else f"no fault {name!r}; there are {', '.join(WIRELESS)}"
            )
        if line:
            self._of_line(name, on, line, numbers)
        else:
            unit = self._by_name.get(device)
            if unit is None:
                raise FaultError(f"no device {device!r}")
            self._of_device(name, on, unit, numbers, now_s)
        self._silence.changed(now_s)

    def _of_line(self, name: str, on: bool, line: str, numbers: Mapping[str, Number]) -> None:
        if line not in self._lines:
            raise FaultError(f"no line {line!r}")
        kind_of(name, "line")
        self._lines[line].switch(name, on, numbers)
        for unit in self._units:
            if self._plan.lines[unit.device.line].name == line:
                self._after(name, on, unit)

    def _of_device(
        self, name: str, on: bool, unit: UnwiredDevice, numbers: Mapping[str, Number], now_s: float
    ) -> None:
        twin = unit.twin
        if name in _OF_POINT:
            named = str(numbers.get("point", ""))
            point = twin.points.get(named)
            if point is None:
                raise FaultError(
                    f"{unit.device.name} has no point {named}" if named else f"{name} needs a point"
                )
            unit.mask([point.id], _OF_POINT[name] if on else "")
            return
        if name == "refuse-writes":
            if not unit.bacnet:
                raise FaultError("refuse-writes is a fault of BACnet devices")
            twin.faults.raise_flag(name, on)
            return
        full = given(name, numbers)
        twin.suffer(name, on, full)
        if name == "restart" and on:
            unit.restart()
            self._silence.starting(unit.device.id, now_s, float(full["seconds"]))
        elif not kind_of(name, "device").once:
            back = name == "unplug" and not on and twin.faults.has(name)
            twin.faults.switch(name, on, numbers)
            if back:
                unit.restart()
            self._after(name, on, unit)

    def _after(self, name: str, on: bool, unit: UnwiredDevice) -> None:
        """What reads of the device say under it."""
        if name in ("busy", "exception"):
            code = _BUSY if name == "busy" else int(unit.twin.faults.number(name, "code"))
            unit.mask(unit.device.points, f"exception {code}" if on else "")
