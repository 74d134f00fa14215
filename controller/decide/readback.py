"""What commands read of themselves, as far as that says what is so now. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from config.plan.points import Point
from config.plan.reading import Quality, Reading


class Readback:
    """Of all commands. What a device read before it was lost says nothing of what it does now."""

    def __init__(self, points: Sequence[Point], readings: Sequence[Reading]) -> None:
        """`readings`: the image itself."""
        self._points = points
        self._readings = readings
        self._lost_ns: dict[int, int] = {}

    def follow(self, former: Readback, devices: Mapping[int, int]) -> None:
        """Go on from another Plan's. `devices`: ids there and here."""
        self._lost_ns = {devices[device]: at for device, at in former._lost_ns.items() if device in devices}

    def lost(self, device: int, mono_ns: int) -> None:
        """A device was lost, or has restarted."""
        self._lost_ns[device] = mono_ns

    def stands(self, command: int) -> bool | None:
        """Whether it is on; None: nobody knows."""
        reading = self._readings[command]
        value, lost_ns = reading.value, self._lost_ns.get(self._points[command].device)
        if reading.quality is not Quality.GOOD or value is None or isinstance(value, str):
            return None
        return None if lost_ns is not None and reading.mono_ns <= lost_ns else value > 0

    def off(self, command: int) -> bool | float:
        """The least that may be commanded."""
        point = self._points[command]
        if point.kind == "bool":
            return False
        low = None if point.command is None else point.command.low
        return 0.0 if low is None else max(0.0, low)
