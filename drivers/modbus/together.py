"""Writes to neighbouring registers of one device: one transaction there, and one to read what became of them.

What is due at once is sent at once: ten outputs of a panel take two requests, not twenty. Only what the
profile writes by a function for many (15, 16), where it is read, and reads back at once is put together. A
device that does not take such a write as a whole is told one by one, at once and for an hour.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from config.plan.points import Point, Register
from drivers.api import BadFrame, NoAnswer, Refused, Write
from drivers.codec import EncodeError, items_of, width
from drivers.modbus.requests import Request, read
from drivers.modbus.writing import Job, Writer
from drivers.permit import refusal
from drivers.speaking import Errand

APART_S = 3600.0
"""Machine seconds in which a device that has not taken several at once is told one by one."""
_MOST = {"holding": 123, "coil": 1968}
"""Of registers or coils that one write can carry."""


class Together:
    """Makes one Errand of several Writes, for the devices of one line."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._apart: dict[int, float] = {}
        """Device → until when it is told one by one."""

    def goes_with(self, writes: Sequence[Write], write: Write) -> bool:
        """Whether `write` may be sent in one with those before it, which are waiting too."""
        points = self._writer.points
        first, last, point = points[writes[0].point], points[writes[-1].point], points[write.point]
        if point.device != last.device or not (_joins(last) and _joins(point)):
            return False
        start, end, here = first.source, last.source, point.source
        assert isinstance(start, Register)
        assert isinstance(end, Register)
        assert isinstance(here, Register)
        if here.space != end.space or here.address != end.address + width(end):
            return False
        limits = self._writer.devices[point.device].limits
        most = min(_MOST[here.space], limits.max_registers if here.space == "holding" else limits.max_bits)
        if here.address + width(here) - start.address > most:
            return False
        return not self._is_apart(point.device) and _may(point, write) and _may(last, writes[-1])

    def errand(self, writes: Sequence[Write]) -> Errand:
        """All of them, each of which goes with those before it."""
        batch = _Batch(self, self._writer, [self._writer.job(write) for write in writes])
        return Errand(batch.device, batch.send, batch.abandon)

    def keep_apart(self, device: int) -> None:
        """It has not taken several at once."""
        self._apart[device] = self._writer.now_s() + APART_S

    def _is_apart(self, device: int) -> bool:
        return bool(self._apart) and self._writer.now_s() < self._apart.get(device, 0.0)


class _Batch:
    """Several Writes under way as one; each is reported once, by its own Job."""

    def __init__(self, together: Together, writer: Writer, jobs: Sequence[Job]) -> None:
        self._together = together
        self._writer = writer
        self._jobs = jobs
        self._sizes: list[int] = []
        """How many items each of them takes."""
        self._alone = deque(jobs)
        """Those that are still to be sent one by one, should it come to that."""
        self._read_backs: deque[Errand] = deque()
        point = jobs[0].point
        assert isinstance(point.source, Register)
        self.device = point.device
        self._unit = writer.devices[point.device].unit
        self._source = point.source

    async def send(self) -> Errand | None:
        """Write them."""
        try:
            words = [job.encoded() for job in self._jobs]
        except (EncodeError, ValueError, ArithmeticError):
            return await self._one_by_one()  # whose it is says so itself
        self._sizes = [len(part) for part in words]
        values = tuple(word for part in words for word in part)
        function = 15 if self._source.space == "coil" else 16
        for job in self._jobs:
            job.begins()
            job.sent = True
        try:
            await self._ask(Request(self._unit, function, self._source.address, len(values), values))
        except Refused:
            for job in self._jobs:
                job.sent = False
            self._together.keep_apart(self.device)
            return await self._one_by_one()
        except (NoAnswer, BadFrame) as error:
            if error.sent:
                self._together.keep_apart(self.device)
            for job in self._jobs:
                job.unanswered(error)
            raise
        for job in self._jobs:
            job.acknowledged()
        return self._next(self._read_back, tells=True)

    def abandon(self, why: str) -> Errand | None:
        """Give up those that are not answered for."""
        for job in self._jobs:
            job.abandon(why)
        return None

    async def _read_back(self) -> Errand | None:
        """See what became of them."""
        space = self._source.space
        try:
            said = await self._ask(read(self._unit, space, self._source.address, sum(self._sizes)))
        except (Refused, NoAnswer, BadFrame) as error:
            for job in self._jobs:
                job.not_read_back(error)
            if isinstance(error, Refused):
                return None
            raise
        raw = items_of(space, said, sum(self._sizes))
        taken, at = True, 0
        for job, size in zip(self._jobs, self._sizes, strict=True):
            if not job.superseded():
                taken = job.judge(job.point, raw[at : at + size]) and taken
            at += size
        if not taken:
            self._together.keep_apart(self.device)
        return None

    async def _one_by_one(self) -> Errand | None:
        """The first of them by itself, then the others, then their read-backs; in the line's turn each."""
        try:
            following = await self._alone.popleft().send()
        except (NoAnswer, BadFrame) as error:
            self.abandon(f"not sent after: {error}")
            raise
        if following is not None:
            self._read_backs.append(following)
        return self._next(self._one_by_one) if self._alone else self._read_one_back()

    async def _one_back(self) -> Errand | None:
        try:
            await self._read_backs.popleft().run()
        except (NoAnswer, BadFrame) as error:
            self.abandon(str(error))
            raise
        return self._read_one_back()

    def _read_one_back(self) -> Errand | None:
        return self._next(self._one_back, tells=True) if self._read_backs else None

    def _next(self, run: Callable[[], Awaitable[Errand | None]], *, tells: bool = False) -> Errand:
        return Errand(self.device, run, self.abandon, self._writer.now_s(), tells=tells)

    async def _ask(self, request: Request) -> bytes:
        return await self._writer.asking.ask(request, self._writer.asking.timeout_s)


def _joins(point: Point) -> bool:
    command = point.command
    return (
        isinstance(point.source, Register)
        and command is not None
        and command.function == _of_many(point.source)
        and command.register in (None, point.source)
        and command.verify == "same"
        and not (command.bit_in_word or command.pulse_s is not None or command.verify_after_s)
    )


def _of_many(source: Register) -> int:
    return {"coil": 15, "holding": 16}.get(source.space, -1)


def _may(point: Point, write: Write) -> bool:
    return write.value is not None and not refusal(point, write.value)
