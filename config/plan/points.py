"""Points: one value of a device, where it lies on the wire and how it is commanded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from config.plan.reading import Value

Space = Literal["coil", "discrete", "holding", "input"]
"""The four Modbus tables (FC01, FC02, FC03, FC04)."""

RawType = Literal[
    "bool", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float16", "float32", "float64", "string"
]

Order = Literal["ABCD", "DCBA", "BADC", "CDAB"]
"""Byte and word order, as Telegraf names it: ABCD big-endian; DCBA all reversed; BADC bytes swapped inside
each word; CDAB words swapped."""

Kind = Literal["bool", "number", "enum", "text"]


@dataclass(frozen=True, slots=True)
class Register:
    """Where a value lies on a Modbus device and what its bits mean. engineering = raw × scale + offset."""

    space: Space
    address: int
    """0-based, as on the wire."""
    type: RawType
    count: int = 1
    """Registers (holding, input) or bits (coil, discrete) it takes."""
    order: Order = "ABCD"
    bit: int | None = None
    """Lowest bit of a field in the (unsigned, order-applied) raw integer; bit 0 is the least significant."""
    bits: int = 1
    """Width of that field."""
    scale: float = 1.0
    offset: float = 0.0
    not_available: tuple[int, ...] = ()
    """Raw unsigned integers (of the whole type's width) that mean "no value"."""
    on_raw: tuple[int, ...] = ()
    """For a bool: raw values that mean on/active; empty = any non-zero. The first is the one written."""
    off_raw: tuple[int, ...] = ()
    """For a bool: raw values that mean off; empty = everything that is not `on_raw`. The first is the one
    written (0 when empty). A raw value in neither, when both are given, is BAD."""


@dataclass(frozen=True, slots=True)
class BacnetObject:
    """Which BACnet object a point is. Always its present-value; status-flags and reliability go with it."""

    object_type: str
    """As bacpypes3 and the standard spell it: "analog-input", "binary-output", "multi-state-value", …"""
    instance: int
    cov_increment: float | None = None
    """Subscribe to changes (0 for binary and multi-state); None = poll only."""
    scale: float = 1.0
    """engineering = present-value × scale (e.g. 100 for 0..1 to percent)."""
    commandable: bool = False
    """Has a priority array."""


@dataclass(frozen=True, slots=True)
class Command:
    """How a point is commanded. Without this record a point is read-only and no write to it can be built."""

    low: float | None = None
    high: float | None = None
    """Inclusive bounds for numbers, in engineering units."""
    states: tuple[int, ...] = ()
    """Allowed enum states; empty = all of the point's states."""
    function: Literal[0, 5, 6, 15, 16] = 0
    """Modbus write function; 0 on BACnet."""
    register: Register | None = None
    """Where it is written, if not where it is read."""
    bit_in_word: bool = False
    """The field shares a register: fresh read, modify and write in one turn."""
    pulse_s: float | None = None
    """Momentary output: on, then off again after this time; never re-asserted."""
    reassert_s: float | None = 900.0
    """Written again this often even if unchanged; None = never."""
    verify: Literal["same", "point", "none"] = "same"
    """Read back: what was written, another point, or not at all."""
    verify_point: int | None = None
    verify_after_s: float = 0.0
    """Machine seconds to wait before the read-back."""
    tolerance: float = 0.0
    """Allowed difference of a read-back number, in engineering units."""
    targetable: bool = True
    """False for set-up registers (communication time-out …): written by the driver's set-up only."""


@dataclass(frozen=True, slots=True)
class Counter:
    """This point is a cumulative counter (meter). Counts are kept as integers of `quantum`."""

    quantity: Literal["electricity", "water", "gas", "heat"]
    quantum: str
    """Decimal text in the point's unit, e.g. "0.01"; count = round(value / quantum)."""
    modulus: int | None
    """In quanta: the count after which it starts at 0 again; None = does not roll over in practice."""
    max_rate: float
    """Most it can count in an hour, in the point's unit."""
    power_point: int | None = None
    """Point id of the instantaneous power or flow beside it, for the interval's peak."""


@dataclass(frozen=True, slots=True)
class Point:
    """One value of one device. `id` is its index in `Plan.points`: of this Plan only, never persisted."""

    id: int
    key: str
    """"device.point": what lasts over edits."""
    name: str
    label: str
    device: int
    kind: Kind
    unit: str
    """Inside unit, "" for none."""
    source: Register | BacnetObject
    poll_s: float
    """Declared poll period, site seconds."""
    max_age_s: float
    """Declared age after which a reading is stale, site seconds; already max(3 × poll, 5 s) where not
    declared."""
    normally_closed: bool = False
    """A contact that is closed (raw on) when all is well: the value is `active` = not raw. A BAD input stays
    BAD."""
    states: tuple[tuple[int, str], ...] = ()
    """Enum: (state number, name)."""
    valid_low: float | None = None
    valid_high: float | None = None
    """A reading outside is BAD, "out of range"."""
    command: Command | None = None
    counter: Counter | None = None
    life_safety: bool = False
    """Fire or gas: read-only for ever, whatever a profile or site says."""

    def state_name(self, value: Value) -> str | None:
        """The enum state's name, or None for an unknown state or another kind of point."""
        return next((name for number, name in self.states if number == value), None)
