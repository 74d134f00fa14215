"""Faults of a simulated BACnet device, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from drivers.simulators.faults import FaultError, check

NAMES: Final[Mapping[str, Mapping[str, float]]] = {
    "freeze": {},
    "slow": {"seconds": 2.0},
    "refuse-writes": {},
    "lying-write": {},
    "segmentation-refusal": {"properties": 8},
    "abort": {"every": 1},
    "no-multiple": {},
    "no-cov": {},
    "restart": {},
    "reliability": {},
    "out-of-service": {},
}
"""Name and numbers with their defaults. `restart` happens once; `reliability` and `out-of-service` are of
one point."""


class Faults:
    """What is wrong with the device at this moment, but for the faults of single points."""

    def __init__(self) -> None:
        self._active: dict[str, dict[str, float]] = {}

    def switch(self, name: str, on: bool, numbers: Mapping[str, float]) -> None:
        """Begin or end a fault. Raises FaultError for an unknown one, or numbers it does not take."""
        known = NAMES.get(name)
        if known is None:
            raise FaultError(f"no fault {name}; there are {', '.join(NAMES)}")
        check(name, known, numbers)
        if on:
            self._active[name] = {**known, **numbers}
        else:
            self._active.pop(name, None)

    def has(self, name: str) -> bool:
        return name in self._active

    def number(self, name: str, key: str) -> float:
        return self._active[name][key]
