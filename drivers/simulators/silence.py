"""Which devices hear nothing and answer nothing, and when that is noticed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from collections.abc import Set as AbstractSet

from config.plan.site import Plan
from drivers.api import DeviceState
from drivers.simulators.unwired import UnwiredDevice

NOTICED_S = 3.0
"""A device that is silent for so long, machine seconds, is lost: about what three time-outs take."""


class Silence:
    """Of all devices of a plan; `units` by device id. Times are machine seconds."""

    def __init__(self, plan: Plan, units: Sequence[UnwiredDevice]) -> None:
        self._units = units
        self._bacnet = {line.id for line in plan.lines if line.transport == "bacnet-ip"}
        self._since: dict[int, float] = {}
        self._until: dict[int, float] = {}
        self._lost: set[int] = set()
        self._restarted: set[int] = set()
        """BACnet devices that will announce themselves: that is how their driver learns of it."""

    @property
    def devices(self) -> AbstractSet[int]:
        """Those that are silent, as it is whenever one looks into it."""
        return self._since.keys()

    def lost(self, device: int) -> bool:
        """It is known to be silent."""
        return device in self._lost

    def starting(self, device: int, now_s: float, seconds: float) -> None:
        """It restarts, and hears nothing for so long."""
        self._until[device] = max(now_s + seconds, self._until.get(device, 0.0))
        self._since.setdefault(device, now_s)
        if self._units[device].device.line in self._bacnet:
            self._restarted.add(device)

    def changed(self, now_s: float) -> None:
        """Faults were switched: who is silent by them."""
        for unit in self._units:
            faults = unit.twin.faults
            if faults.has("freeze") or faults.has("unplug"):
                self._since.setdefault(unit.device.id, now_s)
                self._until[unit.device.id] = float("inf")
            elif self._until.get(unit.device.id) == float("inf"):
                self._until[unit.device.id] = now_s

    def forget(self, devices: Collection[int], now_s: float) -> None:
        """Whoever talked to these is gone: another one has yet to notice."""
        self._lost -= set(devices)
        self._restarted -= set(devices)
        for device in self._since.keys() & set(devices):
            self._since[device] = now_s

    def look(self, now_s: float) -> Iterator[DeviceState]:
        """Devices that were found to be silent, or that answer again."""
        for device in sorted(self._since):
            if self._until[device] <= now_s:
                del self._since[device], self._until[device]
                restarted = device in self._restarted
                if restarted or device in self._lost:
                    self._lost.discard(device)
                    self._restarted.discard(device)
                    said = "announced itself again" if restarted else "answers"
                    yield DeviceState(device, True, said, restarted)
            elif device not in self._lost and now_s - self._since[device] >= NOTICED_S:
                self._lost.add(device)
                yield DeviceState(device, False, "time-out")
