"""What is asked of a Modbus unit, in our own words: no frame, no library."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from config.plan.points import Space

READS: dict[Space, int] = {"coil": 1, "discrete": 2, "holding": 3, "input": 4}
"""Function code that reads each table."""

BIT_FUNCTIONS = frozenset({1, 2})
READ_FUNCTIONS = frozenset(READS.values())


class Shape(NamedTuple):
    """All by which one unit's answers can be told apart on a wire without transaction ids."""

    function: int
    length: int
    """Bytes of data in a read's answer; 4 for the echo of a write."""


class Request(NamedTuple):
    """One transaction. `values` is empty for a read, else the words (0 to 65535) or bits (0, 1) to write."""

    unit: int
    function: int
    address: int
    size: int
    """Registers or bits read or written."""
    values: tuple[int, ...] = ()

    @property
    def shape(self) -> Shape:
        return Shape(self.function, 4 if self.values else data_length(self.function, self.size))


def read(unit: int, space: Space, address: int, size: int) -> Request:
    return Request(unit, READS[space], address, size)


def data_length(function: int, size: int) -> int:
    """Bytes of data that answer a read of `size` bits or registers."""
    return (size + 7) // 8 if function in BIT_FUNCTIONS else 2 * size


class Link(Protocol):
    """One way to a group of units, one transaction at a time. Nothing but DriverError escapes it."""

    @property
    def connected(self) -> bool: ...

    async def connect(self) -> None:
        """Open it. Raises NoAnswer."""

    async def ask(self, request: Request, patience_s: float) -> bytes:
        """The data of a read, as it lies on the wire; b"" for a write that was echoed rightly.

        `patience_s` is the time the unit may think; the time on the wire is added. Raises NoAnswer, BadFrame
        or Refused; only an answer that is provably the one to `request` comes back.
        """

    def close(self) -> None: ...


Late = Callable[[int, float], None]
"""(unit, seconds): an answer came after its time-out: a sign of life, never a value."""
