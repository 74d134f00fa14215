"""Devices: one unit on a line, of one profile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from config.plan.reading import Value


@dataclass(frozen=True, slots=True)
class Source:
    """Where in the site files something was written (file relative to the site, 1-based line and column)."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a device's makers let one ask of it at once."""

    max_registers: int = 125
    max_bits: int = 2000
    max_gap: int = 0
    """Unwanted registers (or bits) that may be read between two wanted ones; 0 = never read a gap."""
    max_properties: int = 25
    """BACnet: properties in one ReadPropertyMultiple; 1 = the device has none, read singly."""


@dataclass(frozen=True, slots=True)
class Unheard:
    """What the device does by itself when nobody talks to it.

    `mechanism` "timer": it goes to `goes_to` after `after_s`, because `set_up` was written to it.
    "holds-last": it keeps its outputs; `accepted` says why that is acceptable here.
    """

    mechanism: Literal["timer", "holds-last"]
    after_s: float = 0.0
    goes_to: Value | None = None
    accepted: str = ""
    set_up: tuple[tuple[int, Value], ...] = ()
    """(point id, value) to be held in the device: read after each (re)connection, written if different."""


@dataclass(frozen=True, slots=True)
class StopAction:
    """What is done with one commanded point when the daemon stops in order, or the point leaves the Plan."""

    point: int
    action: Literal["hold", "release", "write"]
    value: Value | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """One unit. Known across edits by line and unit (Modbus) or instance (BACnet)."""

    id: int
    name: str
    label: str
    profile: str
    line: int
    unit: int = 0
    """Modbus unit, 1-247 (0-255 on TCP)."""
    instance: int = -1
    """BACnet device instance, -1 on Modbus."""
    address: str = ""
    """BACnet: static "host:port", "" = found by Who-Is."""
    points: tuple[int, ...] = ()
    limits: Limits = Limits()
    on_stop: tuple[StopAction, ...] = ()
    unheard: Unheard | None = None
    tags: tuple[str, ...] = ()
    place: str = ""
    observe: bool = False
    """Decide and record, send nothing."""
    hand_s: float = 0.0
    """A held value that changed by itself counts as a person's hand and is left alone for so long; 0 = it is
    asserted again. Of an equipment that says something of its own, that holds."""
    turnaround_s: float = 0.0
    """Silence this device needs after answering, machine seconds."""
    quirks: tuple[str, ...] = ()
    params: tuple[tuple[str, float], ...] = ()
    """Numbers the site gave to the profile (ct, pt, pulse …); the plant model reads them too."""
    source: Source = Source("", 0, 0)
