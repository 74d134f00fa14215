"""What is wrong at the site at this moment, and since when: what a judge must know to be fair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

_LONG_AGO_S = -1_000_000.0


@dataclass(slots=True)
class Troubles:
    """Seconds are true ones since the beginning; devices go by their names, points by their keys."""

    open: dict[str, int] = field(default_factory=dict)
    """Device -> how many things are wrong with it."""
    ended_s: dict[str, float] = field(default_factory=dict)
    """Device -> when the last of them ended."""
    silences: dict[str, int] = field(default_factory=dict)
    """Device -> how many of them make it silent."""
    silent_since_s: dict[str, float] = field(default_factory=dict)
    foreign: dict[str, set[int]] = field(default_factory=dict)
    """Point -> BACnet slots that somebody else has written."""
    jumped: set[str] = field(default_factory=set)
    """Devices whose counters have jumped."""

    def begin(self, device: str, now_s: float, *, silent: bool = False) -> None:
        """Something is wrong with a device."""
        self.open[device] = self.open.get(device, 0) + 1
        if silent:
            self.silences[device] = self.silences.get(device, 0) + 1
            self.silent_since_s.setdefault(device, now_s)

    def end(self, device: str, now_s: float, *, silent: bool = False) -> None:
        """It is over."""
        self.open[device] -= 1
        self.ended_s[device] = now_s
        if silent:
            self.silences[device] -= 1
            if not self.silences[device]:
                del self.silent_since_s[device]

    def happened(self, device: str, now_s: float) -> None:
        """Something that is over at once."""
        self.ended_s[device] = now_s

    def calm_s(self, device: str, now_s: float) -> float:
        """For how long nothing has been wrong with it."""
        return 0.0 if self.open.get(device) else now_s - self.ended_s.get(device, _LONG_AGO_S)

    @property
    def silent(self) -> Mapping[str, float]:
        """Devices that hear and say nothing, and since when."""
        return self.silent_since_s
