"""The port between a line's worker, which knows turns, and a protocol, which knows words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from drivers.api import Write
from drivers.batching import Block


@dataclass(slots=True, eq=False)
class Errand:
    """Something to be done on the line at or after a time: a write, an output's way back, a read-back, a
    set-up.

    `run` does it, reports to the inbox, and gives what is to be done next for the same purpose; it may
    raise NoAnswer or BadFrame after its report, which counts as a failed turn of the device. `abandon`
    reports that it is not done, and gives what must be done all the same: the way back of an output that
    may have heard its "on".
    """

    device: int
    run: Callable[[], Awaitable[Errand | None]]
    abandon: Callable[[str], Errand | None]
    at_s: float = 0.0
    must: bool = False
    """Done in time whoever waits, and even while the driver stops."""
    tells: bool = False
    """It only tells what became of a write: what waits to be written goes first."""


class Polled(NamedTuple):
    """What a poll brought beside its Samples."""

    split: tuple[Block, ...] = ()
    """Reads to use in place of this one from now on."""
    set_up: bool = False
    """A set-up register has lost its value."""


class Speaker(Protocol):
    """One protocol's words on one line. Raises nothing but NoAnswer and BadFrame."""

    @property
    def requests(self) -> int: ...
    @property
    def timeouts(self) -> int: ...
    @property
    def connected(self) -> bool: ...
    async def connect(self) -> None: ...
    def close(self) -> None: ...

    async def poll(self, device: int, block: Block, patience_s: float) -> Polled:
        """Read it and put the Samples in the inbox."""

    def goes_with(self, writes: Sequence[Write], write: Write) -> bool:
        """Whether `write` can be one thing on the wire with those before it."""

    def write(self, writes: Sequence[Write]) -> Errand | None:
        """What is to be done for a write, or for several each of which goes with those before it; None when
        it is refused, and reported so."""

    def set_up(self, device: int) -> Errand | None:
        """What is to be done for a device that was just heard again."""

    def device_of(self, point: int) -> int: ...
    def alone(self, point: int) -> Block:
        """The read of one point that is not polled."""

    def unsent(self, write: Write, why: str) -> None:
        """Report that nothing was sent."""
