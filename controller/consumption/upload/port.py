"""The Sink port: what a runner may ask of the other side of an upload, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import Enum
from typing import NamedTuple, Protocol

from config.language import Text, text
from config.language.details import detail


class Row(NamedTuple):
    """One interval of one meter on its way to a sink.

    (site, meter, start_ms, revision) names it for ever: the other side may get it more than once and keeps
    it once. `id` is its place in the feed and means nothing to anybody else.
    """

    id: int
    meter: str
    quantity: str
    """electricity, water, gas, heat."""
    unit: str
    """Of counts and consumption: kWh, m³, …"""
    quantum: str
    """What one whole number of counts and consumption stands for: decimal text in `unit`."""
    start_ms: int
    end_ms: int
    revision: int
    """0 as logged; higher ones are corrections and replace lower ones."""
    from_ms: int | None
    count_start: int | None
    count_end: int | None
    consumption: int | None
    """In quanta. None = unknown, never 0 for missing."""
    peak: int | None
    """Highest power or flow, in thousandths of its unit."""
    covered_s: int
    flags: int

    def exact(self, quanta: int | None) -> Decimal | None:
        """A number of quanta in `unit`, to the last digit."""
        return None if quanta is None else Decimal(self.quantum) * quanta


class Stream(Enum):
    """Which of a sink's two streams a batch belongs to. Order holds per meter within each."""

    LIVE = "live"
    """What was logged since the sink was last reached."""
    BACKFILL = "backfill"
    """What waited from before."""


class Batch(NamedTuple):
    """What is sent in one go."""

    key: str
    """The same for the same rows, sent again: the other side may tell a repeat by it."""
    stream: Stream
    rows: Sequence[Row]


class Outcome(NamedTuple):
    """What the other side said of a batch. Rows in neither are sent again."""

    accepted: frozenset[int]
    """Ids the other side says it has, now or before."""
    refused: Mapping[int, str]
    """Ids it will never take, and why: set aside for a person, the rest goes on."""


class Sink(Protocol):
    """One other side. Made by the composition root; called from the event loop, one stream at a time.

    Raises SinkError, nothing else. Cancelled at any moment when the daemon stops: what was sent and not
    answered is sent again.
    """

    @property
    def most_rows(self) -> int:
        """Rows it takes in one batch."""

    async def send(self, batch: Batch) -> Outcome:
        """Deliver, and wait for what the other side says, at most the sink's own time-out."""

    async def idle(self) -> None:
        """Called now and then while nothing is to be sent: heartbeats. May do nothing."""

    async def close(self) -> None:
        """Let go of the connection; `send` may be called again."""


class DeliveryFailed(Exception):
    """Our own side: the feed cannot be read, or what was delivered cannot be noted. Tried again; rows that
    were delivered meanwhile are sent again."""


class SinkError(Exception):
    """Root of what may go wrong with a sink; made of a Text, or of words that somebody else has said."""

    @property
    def words(self) -> Text | str:
        """What went wrong, for people: what a library or the system says as they read it."""
        said = self.args[0] if self.args else ""
        return said if isinstance(said, Text) else detail(str(self) or type(self).__name__)


class Unreachable(SinkError):
    """No connection, time-out, an answer that is none, a server's own fault: tried again after a while."""


class Throttled(SinkError):
    """The other side asks for patience."""

    def __init__(self, after_s: float) -> None:
        super().__init__(text("asked to wait {seconds} s", seconds=f"{after_s:g}"))
        self.after_s = after_s


class Denied(SinkError):
    """It does not accept who we are: a person must look. Tried again slowly, nothing is given up."""


class TooLarge(SinkError):
    """The batch is too large for the other side: sent again in halves."""


class BatchRefused(SinkError):
    """The whole batch was refused for what is in it: sent again in halves, to find the row at fault."""
