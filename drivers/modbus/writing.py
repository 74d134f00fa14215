"""A Write from the driver's fence to its one report: read-modify-write, pulse, read-back."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Sequence

from config.plan.clock import Clock
from config.plan.devices import Device
from config.plan.points import Point, Register
from config.plan.reading import Value
from drivers.api import BadFrame, ById, DriverError, Fate, Inbox, NoAnswer, Refused, Write, WriteReport
from drivers.backoff import OFF_TRIES, off_again_s
from drivers.codec import Absent, EncodeError, decode_point, encode_point
from drivers.modbus.asking import Asking, write_request, written_register
from drivers.modbus.requests import Request
from drivers.modbus.sampling import Sampler
from drivers.permit import refusal
from drivers.speaking import Errand


class Writer:
    """Makes Errands of Writes, for the devices of one line."""

    def __init__(
        self,
        asking: Asking,
        points: ById[Point],
        devices: ById[Device],
        sampler: Sampler,
        inbox: Inbox,
        clock: Clock,
    ) -> None:
        self.asking = asking
        self.points = points
        self.devices = devices
        self.sampler = sampler
        self.inbox = inbox
        self.clock = clock
        self.latest: dict[int, int] = {}
        """Point → number of the latest Write sent to it: an older one's read-back would judge the newer
        value."""

    def errand(self, write: Write) -> Errand | None:
        """The write as something to do; None when it must not be sent, which is reported."""
        point = self.points[write.point]
        if write.value is None:
            why = "there is no slot to release on Modbus"
        else:
            why = refusal(point, write.value)
        if why or write.value is None:
            self.report(write, Fate.REJECTED, None, why)
            return None
        job = self.job(write)
        return Errand(point.device, job.send, job.abandon)

    def job(self, write: Write) -> Job:
        """The write, which the fence lets through, under way."""
        point = self.points[write.point]
        assert write.value is not None
        return Job(self, write, point, self.devices[point.device].unit, write.value)

    def report(self, write: Write, fate: Fate, value: Value | None, detail: str) -> None:
        self.inbox.put(WriteReport(write.seq, write.point, fate, value, detail))

    def now_s(self) -> float:
        return self.clock.now().mono_ns / 1e9


class Job:
    """One Write under way. Reports exactly once."""

    def __init__(self, writer: Writer, write: Write, point: Point, unit: int, value: Value) -> None:
        assert point.command is not None
        self.point = point
        self.sent = False
        """It may have gone on the wire."""
        self._writer = writer
        self._write = write
        self._command = point.command
        self._unit = unit
        self._value = value
        self._register = written_register(point)
        self._expected: Value = value
        self._acknowledged = False
        self._reported = False
        self._off: Request | None = None
        self._off_failures = 0

    async def send(self) -> Errand | None:
        """Write it."""
        self.begins()
        try:
            raw = None
            if self._command.bit_in_word:
                raw = await self._writer.asking.register(self._unit, self._register)
            request = self._request(self._value, raw)
            pulse = self._command.pulse_s is not None and self._value is True
            if pulse:
                self._off = self._request(False, raw)
            self.sent = True
            await self._ask(request)
        except (EncodeError, ValueError, ArithmeticError) as error:
            self._report(Fate.REJECTED, None, str(error))
            return None
        except Refused as error:
            self._report(Fate.REJECTED, None, str(error))
            return None
        except (NoAnswer, BadFrame) as error:
            self.unanswered(error)
            if self._off is not None and self.sent:
                # It may have heard the on all the same.
                return self._later(0.0, self.off, must=True)
            raise
        self.acknowledged()
        if pulse:
            assert self._command.pulse_s is not None
            return self._later(self._command.pulse_s, self.off, must=True)
        return self._verify()

    async def off(self) -> Errand | None:
        """End a pulse; tried until the device says so."""
        assert self._off is not None
        try:
            if self._command.bit_in_word:
                # Other bits of the word may be others by now.
                raw = await self._writer.asking.register(self._unit, self._register)
                self._off = self._request(False, raw)
            await self._ask(self._off)
        except (NoAnswer, BadFrame, Refused) as error:
            pause_s = off_again_s(self._off_failures)
            self._off_failures += 1
            if self._off_failures == OFF_TRIES:
                self._report(Fate.NO_ANSWER, None, f"the pulse may not have ended: {error}")
            return self._later(pause_s, self.off, must=True)
        return None if self._reported else self._verify()

    async def read_back(self) -> Errand | None:
        """See what became of it."""
        if self.superseded():
            return None
        if self._command.verify == "point" and self._command.verify_point is not None:
            target = self._writer.points[self._command.verify_point]
        else:
            target = self.point
        assert isinstance(target.source, Register)
        try:
            raw = await self._writer.asking.register(self._writer.devices[target.device].unit, target.source)
        except (Refused, NoAnswer, BadFrame) as error:
            self.not_read_back(error)
            if isinstance(error, Refused):
                return None
            raise
        self.judge(target, raw)
        return None

    def abandon(self, why: str) -> Errand | None:
        """Give it up; a pulse's way back is not given up with it."""
        if self._acknowledged and self._off is None:
            self._report(Fate.ACKNOWLEDGED, None, f"not read back: {why}")
        else:
            self._report(Fate.NO_ANSWER if self.sent else Fate.NOT_SENT, None, why)
        return self._later(0.0, self.off, must=True) if self._off is not None and self.sent else None

    # What several under way as one have in common

    def begins(self) -> None:
        """It is sent now: an older one's read-back tells nothing of it."""
        self._writer.latest[self.point.id] = self._write.seq

    def encoded(self) -> list[int]:
        """What is to be written. Raises EncodeError, ValueError, ArithmeticError."""
        words = encode_point(self.point, self._register, self._value, None)
        self._expect(words)
        return words

    def unanswered(self, error: DriverError) -> None:
        """Nothing has answered to it."""
        self.sent = self.sent and error.sent
        self._report(Fate.NO_ANSWER if self.sent else Fate.NOT_SENT, None, str(error))

    def acknowledged(self) -> None:
        self._acknowledged = True

    def superseded(self) -> bool:
        """Whether a newer one was sent since, whose value would be read back; reported then."""
        newer = self._writer.latest.get(self.point.id) != self._write.seq
        if newer:
            self._report(Fate.ACKNOWLEDGED, None, "a newer command was sent before the read-back")
        return newer

    def not_read_back(self, error: DriverError) -> None:
        """It was acknowledged, and that is all that is known."""
        if isinstance(error, Refused):
            self._report(Fate.ACKNOWLEDGED, None, f"read-back: {error}")
        else:
            self._report(Fate.NO_ANSWER, None, f"acknowledged; read-back: {error}")

    def judge(self, target: Point, raw: Sequence[int]) -> bool:
        """`target`, which tells, reads so. Whether it was taken."""
        found = self._writer.sampler.one(target, raw)
        if isinstance(found, Absent):
            self._report(Fate.MISMATCH, None, f"reads back as {found.value}")
        elif self._same(found, target):
            self._report(Fate.READ_BACK, found, "")
            return True
        else:
            self._report(Fate.MISMATCH, found, f"read back {found} instead of {self._expected}")
        return False

    # Inside

    def _verify(self) -> Errand | None:
        self._off = None
        if self._command.verify == "none":
            self._report(Fate.ACKNOWLEDGED, None, "")
            return None
        return self._later(self._command.verify_after_s, self.read_back, tells=True)

    async def _ask(self, request: Request) -> None:
        await self._writer.asking.ask(request, self._writer.asking.timeout_s)

    def _request(self, value: Value, raw: Sequence[int] | None) -> Request:
        words = encode_point(self.point, self._register, value, raw)
        if value is self._value:
            self._expect(words)
        return write_request(self._unit, self._command, self._register, words)

    def _expect(self, words: Sequence[int]) -> None:
        """What it should read as: steps of the register may be coarser than what was asked for."""
        understood = decode_point(self.point, self._register, words)
        self._expected = self._value if isinstance(understood, Absent) else understood

    def _same(self, found: Value, target: Point) -> bool:
        expected = self._expected
        if isinstance(found, str) or isinstance(expected, str):
            return found == expected
        if target.kind != "number":
            return found == expected
        allowed = self._command.tolerance
        return found == expected or math.isclose(found, expected, rel_tol=1e-9, abs_tol=allowed + 1e-9)

    def _later(
        self,
        after_s: float,
        run: Callable[[], Awaitable[Errand | None]],
        *,
        must: bool = False,
        tells: bool = False,
    ) -> Errand:
        at_s = self._writer.now_s() + after_s
        return Errand(self.point.device, run, self.abandon, at_s, must, tells)

    def _report(self, fate: Fate, value: Value | None, detail: str) -> None:
        if not self._reported:
            self._reported = True
            self._writer.report(self._write, fate, value, detail)
