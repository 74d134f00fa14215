"""The Driver port: what the cycle may ask of a line, and what comes back."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence
from enum import Enum
from typing import NamedTuple, Protocol, Self, TypeVar

from config.plan.devices import Device
from config.plan.points import Point
from config.plan.reading import Reading, Value

T_co = TypeVar("T_co", covariant=True)


class ById(Protocol[T_co]):
    """Records by their id."""

    def __getitem__(self, number: int, /) -> T_co: ...


class Write(NamedTuple):
    """One command on its way to a device.

    The driver refuses (REJECTED) what the point's `Command` does not allow; it never clips a value.
    """

    seq: int
    """The cycle's number for it; comes back in exactly one WriteReport."""
    point: int
    value: Value | None
    """None relinquishes `slot` (BACnet only)."""
    slot: int
    """Priority array slot (BACnet); kept in the daemon only (Modbus)."""
    null_slots: tuple[int, ...] = ()
    """BACnet: after `value` stands in `slot`, null these (the slots our earlier winners used)."""
    reassert: bool = False
    """The device held this already, as far as was known: for the ledger, which counts these."""


class Fate(Enum):
    """What became of a write, as far as the driver can know."""

    READ_BACK = "read-back"
    """The device answers with what was written."""
    ACKNOWLEDGED = "acknowledged"
    """Accepted; the profile has no read-back for it."""
    MISMATCH = "mismatch"
    """Accepted, but reads back as something else."""
    REJECTED = "rejected"
    """The device (exception, error PDU) or the driver's own fence refused it."""
    NO_ANSWER = "no-answer"
    """Time-out or broken line after it was sent: whether it acted is unknown."""
    NOT_SENT = "not-sent"
    """Nothing of it went on the wire, so the device did not act: lost, line down, held back, or the driver
    stopped before its turn."""


class Sample(NamedTuple):
    """A point was read (GOOD or BAD)."""

    point: int
    reading: Reading


class Unchanged(NamedTuple):
    """Points were read again and said what their last Sample said, value, quality and reason; for some, that
    may be a Sample of this very moment, so that a block stays one and the same whatever in it has changed.

    Only of points that had a Sample from the same driver before. Most of what is polled stands still: one of
    these stands for a whole block of readings, which then costs the cycle next to nothing.
    """

    points: tuple[int, ...]
    wall_ms: int
    mono_ns: int


class WriteReport(NamedTuple):
    """The one answer to a Write."""

    seq: int
    point: int
    fate: Fate
    value: Value | None
    """What was read back, where something was."""
    detail: str
    """Short English: "exception 2", "time-out", "read back 30 instead of 80", …"""


class DeviceState(NamedTuple):
    """A device was lost or came back; once at each change, never at each poll."""

    device: int
    online: bool
    detail: str
    restarted: bool = False
    """A sign that it restarted (BACnet I-Am, uptime, our slot empty): outputs must be asserted anew."""


class SlotState(NamedTuple):
    """BACnet: a point's priority array as seen by the slow poll or after a write."""

    point: int
    slots: tuple[tuple[int, Value], ...]
    """(slot, value) of every slot that is not null."""


class SetUp(NamedTuple):
    """A set-up register (`Device.unheard.set_up`) did not hold its value and was written, or could not be.

    Nothing is said of one that was found right. The driver tries again at each return of the device and, when
    a poll shows another value, not more often than every 5 min.
    """

    device: int
    point: int
    value: Value
    """What it has to hold."""
    fate: Fate
    detail: str
    """Short English, as in WriteReport."""


class Clash(NamedTuple):
    """BACnet: other devices answer with this one's instance. Once at each change, and when it is
    found."""

    device: int
    at: tuple[str, ...]
    """Their addresses."""


Event = Sample | Unchanged | WriteReport | DeviceState | SlotState | SetUp | Clash


class Inbox:
    """The box between line workers and the cycle.

    Workers put, the step takes all at once; both run in the daemon's one event loop, so nothing is locked.
    """

    __slots__ = ("_events",)

    def __init__(self) -> None:
        self._events: deque[Event] = deque()

    def put(self, event: Event) -> None:
        self._events.append(event)

    def take(self) -> list[Event]:
        """Everything put since the last take, in order."""
        events = list(self._events)
        self._events.clear()
        return events

    def __len__(self) -> int:
        return len(self._events)


class LineStatus(NamedTuple):
    """For people: how a line is doing."""

    line: int
    connected: bool
    requests: int
    timeouts: int
    queue: int
    """Writes waiting."""
    last_error: str
    """What went wrong last and still stands; "" when everything answers."""


class Served(NamedTuple):
    """A device and its points, by the ids that their driver knows them by."""

    device: Device
    points: tuple[Point, ...]


class Heard(Protocol):
    """Who wants the registers behind readings, as they came: for commissioning, where decoding is doubted."""

    def __call__(self, point: int, raw: Sequence[int], /) -> None: ...


class Driver(Protocol):
    """One line's worker. Made by the composition root; all methods are called from the event loop."""

    async def start(self) -> None:
        """Begin polling. Returns at once; a dead peer or missing serial device is a DeviceState, not an
        error."""

    async def stop(self) -> None:
        """Finish the request on the wire, drop the rest, close the transport. Within 2 s; every Write still
        queued is reported NOT_SENT."""

    def submit(self, write: Write) -> None:
        """Queue a command ahead of polling. Never blocks, never raises for a device's sake."""

    def read_now(self, point: int) -> None:
        """Read a point ahead of its turn; its Sample, or Unchanged, comes through the inbox."""

    def take(self, gone: Collection[int], new: Sequence[Served]) -> None:
        """Serve other devices from now on: those of `gone` (ids) no more, and `new` ones too, whose ids it
        has never had before. What stays is not disturbed, nor is the line. Every Write of those that go is
        reported all the same, and what must be done for them (the end of a pulse) is."""

    def status(self) -> LineStatus: ...

    def late_s(self) -> float:
        """Machine seconds by which its worker, or the latest of several, has failed to move on: 0 when all is
        well, dead devices and lines included; infinity when one has ended without being told to."""


class DriverError(Exception):
    """Root of what may go wrong on a line; nothing else escapes a driver."""

    sent = True
    """False where nothing of the request can have gone on the wire."""

    def unsent(self) -> Self:
        """It is certain that nothing was sent."""
        self.sent = False
        return self


class NoAnswer(DriverError):
    """Time-out, closed connection, missing serial device."""


class BadFrame(DriverError):
    """An answer that is not the answer to our request: CRC, unit, function, count, length, transaction."""


class Refused(DriverError):
    """The device answered with an exception or error PDU; `code` is its number or name."""

    def __init__(self, code: int | str) -> None:
        super().__init__(f"exception {code}")
        self.code = code
