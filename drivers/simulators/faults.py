"""Faults by name, switched while a simulation runs.

What a fault means is the business of the part it happens in: bytes on the wire in `modbus.answers`, values in
`device`, sockets and terminals in the servers. Here is the list of names, what each may be aimed at and
its numbers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Number = int | float | str | bool


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fault: what it is aimed at, its numbers with their defaults, and what happens."""

    aim: Literal["device", "line", "either"]
    says: str
    numbers: Mapping[str, Number] = field(default_factory=dict)
    once: bool = False
    """Happens at the moment it is given and leaves nothing to take back."""


KINDS: Mapping[str, Kind] = {
    "freeze": Kind("either", "hears nothing and answers nothing"),
    "slow": Kind("either", "answers late, by machine seconds", {"seconds": 2.0}),
    "busy": Kind("either", "answers every request with exception 6"),
    "exception": Kind("either", "answers every request with this exception", {"code": 4}),
    "crc": Kind("either", "damages the check sum of a reply (TCP: its protocol number)", {"share": 1.0}),
    "wrong-unit": Kind("either", "answers in the name of the next unit"),
    "wrong-function": Kind("either", "answers with another function's code"),
    "short": Kind("either", "answers a read with one register or byte of bits too few"),
    "long": Kind("either", "answers a read with one register or byte of bits too many"),
    "clash": Kind("device", "another unit has its number: both answer, one somewhat later", {"late": 2}),
    "babble": Kind("either", "sends junk before its replies; a line also without being asked", {"bytes": 12}),
    "stuck": Kind("device", "its values stand still while the plant goes on", {"point": ""}),
    "frozen-counter": Kind("device", "its counters stand still"),
    "counter-jump": Kind("device", "its counters jump by this much", {"by": 1000.0, "point": ""}, once=True),
    "lying-write": Kind("device", "acknowledges writes and ignores them"),
    "restart": Kind(
        "device",
        "restarts: outputs and set-up at their defaults, silent for machine seconds",
        {"seconds": 1.0},
        once=True,
    ),
    "failed-machine": Kind("device", "one of its motors is broken", {"machine": ""}),
    "leak": Kind("device", "one of its tanks loses so many m³/h", {"tank": "", "flow": 5.0}),
    "unplug": Kind("either", "TCP closed and refused, terminal gone; a device: without power"),
}


BACNET: Mapping[str, str] = {
    "freeze": "hears nothing and answers nothing",
    "slow": "answers late, by machine seconds",
    "refuse-writes": "refuses every write",
    "lying-write": "acknowledges writes and ignores them",
    "segmentation-refusal": "cannot answer with more than this many properties",
    "abort": "breaks off every request for want of buffers, or about one of so many",
    "no-multiple": "refuses to be asked for several properties at once",
    "no-cov": "refuses subscriptions to changes",
    "restart": "restarts: commands and subscriptions are gone",
    "moves": "restarts under another address and announces itself from there",
    "instance-clash": "another device has its instance and announces itself",
    "reliability": "one of its points says that it has no sensor",
    "out-of-service": "one of its points says that it is out of service",
    "unplug": "is without power",
}
"""Faults of a BACnet device and what happens, beside OF_VALUES."""

OF_VALUES = ("stuck", "frozen-counter", "counter-jump", "failed-machine", "leak")
"""Faults that happen before the wire: the same on every protocol."""


class FaultError(ValueError):
    """No such fault, or not of this kind of target, or numbers it does not take."""


class Faults:
    """What is wrong with one device or line at this moment."""

    __slots__ = ("_active", "_behind", "front", "some")

    def __init__(self, behind: Faults | None = None) -> None:
        """`behind`: faults of the line the device hangs on, which hold for it too."""
        self._active: dict[str, dict[str, Number]] = {}
        self._behind = behind
        self.front: list[Faults] = []
        """Those that this one's hold for, too."""
        self.some = False
        """Whether anything is wrong; asked of each device with each step of the plant."""
        if behind is not None:
            behind.front.append(self)
            self.count()

    def switch(self, name: str, on: bool, numbers: Mapping[str, Number] | None = None) -> None:
        """Begin or end a fault. Raises FaultError for numbers it does not take."""
        kind = KINDS[name]
        check(name, kind.numbers, numbers or {})
        if on:
            self._active[name] = {**kind.numbers, **(numbers or {})}
        else:
            self._active.pop(name, None)
        self.count()

    def raise_flag(self, name: str, on: bool) -> None:
        """Begin or end one that has no numbers, of whatever list."""
        if on:
            self._active[name] = {}
        else:
            self._active.pop(name, None)
        self.count()

    def has(self, name: str) -> bool:
        return name in self._active or (self._behind is not None and self._behind.has(name))

    def number(self, name: str, key: str) -> float:
        """A number of an active fault; the device's own goes before its line's."""
        numbers = self._active.get(name)
        if numbers is None:
            return self._behind.number(name, key) if self._behind is not None else 0.0
        return float(numbers[key])

    def word(self, name: str, key: str) -> str:
        """A text of an active fault; "" when there is none."""
        numbers = self._active.get(name)
        return "" if numbers is None else str(numbers[key])

    def names(self) -> tuple[str, ...]:
        """Those active here, sorted; a line's are told with the line."""
        return tuple(sorted(self._active))

    def __bool__(self) -> bool:
        return self.some

    def count(self) -> None:
        """Look anew whether anything is wrong, here and in front."""
        self.some = bool(self._active) or (self._behind is not None and self._behind.some)
        for one in self.front:
            one.count()


def check(name: str, known: Mapping[str, Number], given: Mapping[str, Number]) -> None:
    """Whether a fault takes these numbers. Raises FaultError."""
    unknown = sorted(set(given) - set(known))
    if unknown:
        if not known:
            raise FaultError(f"{name} takes no numbers, not {', '.join(unknown)}")
        raise FaultError(f"{name} takes {', '.join(sorted(known))}, not {', '.join(unknown)}")
    for key, value in given.items():
        if not isinstance(known[key], str) and not _is_number(value):
            raise FaultError(f"{name}: {key} is {value}, which is no number")


def given(name: str, numbers: Mapping[str, Number]) -> dict[str, Number]:
    """The numbers of a device's fault, those left out as they are then. Raises FaultError."""
    known = kind_of(name, "device").numbers
    check(name, known, numbers)
    return {**known, **numbers}


def _is_number(value: Number) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def kind_of(name: str, target: Literal["device", "line"]) -> Kind:
    """The fault `name` aimed at a `target`. Raises FaultError when there is none."""
    kind = KINDS.get(name)
    if kind is None:
        raise FaultError(f"no fault {name!r}; there are {', '.join(KINDS)}")
    if kind.aim not in (target, "either"):
        raise FaultError(f"{name} is a fault of a {kind.aim}, not of a {target}")
    return kind
