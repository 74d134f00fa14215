"""What the log keeps beside the counters that devices have: meters made of power, meters made of others,
which meter hangs below which, and points whose course is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from config.plan.devices import Source

Quantity: TypeAlias = Literal["electricity", "water", "gas", "heat"]


@dataclass(frozen=True, slots=True)
class IntegratedMeter:
    """A meter for what has no counter: power, or flow, added up over time. Logged like any meter; its
    intervals are estimates, and time without good readings counts nothing."""

    name: str
    """What the log knows it by; shares the namespace of devices and equipment."""
    label: str
    point: int
    """Point id of the power (kW) or flow (m³/h)."""
    quantity: Quantity
    unit: str
    """kWh or m³."""
    quantum: str
    """Decimal text in `unit`."""
    max_rate: float
    """Most that can be used in an hour, in `unit`; a reading above it is not believed."""
    source: Source


@dataclass(frozen=True, slots=True)
class Part:
    """One logged meter in a sum."""

    meter: str
    sign: Literal[1, -1]


@dataclass(frozen=True, slots=True)
class VirtualMeter:
    """A sum and difference of logged meters, worked out from their intervals when it is asked for. Never
    stored, so that it follows every correction; a difference may be negative."""

    name: str
    label: str
    quantity: Quantity
    unit: str
    """That of all its parts."""
    parts: tuple[Part, ...]
    """Down to meters that are logged; none twice."""
    source: Source


@dataclass(frozen=True, slots=True)
class Submeter:
    """`meter` measures some of what `of` measures (Haystack: submeterOf). Either may be virtual."""

    meter: str
    of: str
    source: Source


@dataclass(frozen=True, slots=True)
class Metering:
    """All of it. The remainder of a meter is what it measures less what its submeters do."""

    integrated: tuple[IntegratedMeter, ...] = ()
    virtual: tuple[VirtualMeter, ...] = ()
    submeters: tuple[Submeter, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    """(name, label) of meters that were given another than their device's."""


NO_METERING = Metering()


@dataclass(frozen=True, slots=True)
class Trend:
    """A point whose course is kept: at every boundary of the log, and when it changes."""

    point: int
    """Point id; a number, a switch or an enum."""
    deadband: float
    """A number is kept when it differs from what was kept last by more than this, in the point's unit; 0 =
    whenever it changes."""
    every_s: float
    """Not more often than this, site seconds, but for a change of quality."""
