"""Whatever happens on a line, every write is answered exactly once, and what may be on is switched off."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from config.plan.lines import Line
from drivers.api import BadFrame, Fate, Inbox, NoAnswer, Write, WriteReport
from drivers.backoff import Manners
from drivers.batching import Block, Part
from drivers.line import LineWorker
from drivers.speaking import Errand, Polled
from drivers.turns import Agenda
from tests.drivers.build import MachineClock

BLOCKS = {device: Block("holding", device, 1, 0.005, (Part(device, 0, 1),)) for device in (0, 1)}
_SOON = 0.003
KINDS = st.sampled_from(["plain", "read", "later", "pulse"])
OUTCOMES = st.sampled_from(["good", "good", "silent", "junk", "mistake", "mistake before"])
ACTIONS = st.one_of(
    st.tuples(st.just("write"), st.tuples(KINDS, OUTCOMES, OUTCOMES), st.integers(0, 1)),
    st.tuples(st.just("poll"), st.tuples(OUTCOMES), st.just(0)),
    st.tuples(st.just("line"), st.tuples(st.sampled_from(["down", "up"])), st.just(0)),
    st.tuples(st.just("lock"), st.tuples(st.sampled_from(["on", "off"])), st.just(0)),
    st.tuples(st.just("turns"), st.just(()), st.integers(1, 8)),
    st.tuples(st.just("time"), st.just(()), st.integers(1, 8)),
)
Action = tuple[str, tuple[str, ...], int]


class Speaker:
    """Two devices. What a write meets is told with it: its kind, then the outcome of what it says first and
    second; all further is good."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self.requests = self.timeouts = 0
        self.connected = self.connected_at_end = False
        self.down = False
        self.next_poll = "good"
        self.plans: dict[int, list[str]] = {}
        self.said: list[tuple[int, str]] = []
        """(write's number, "on" or "off") in the order they went out."""

    async def connect(self) -> None:
        if self.down:
            raise NoAnswer("no connection")
        self.connected = True

    def close(self) -> None:
        self.connected_at_end, self.connected = self.connected, False

    async def poll(self, device: int, block: Block, patience_s: float) -> Polled:
        outcome, self.next_poll = self.next_poll, "good"
        await self._meet(outcome)
        return Polled()

    def goes_with(self, writes: Sequence[Write], write: Write) -> bool:
        plain = all(self.plans[one.seq][0] == "plain" for one in (writes[-1], write))
        return plain and writes[-1].point == write.point

    def write(self, writes: Sequence[Write]) -> Errand:
        if any(self.plans[write.seq][1] == "mistake before" for write in writes):
            raise ZeroDivisionError
        jobs = [Job(self, write, self.plans[write.seq].pop(0)) for write in writes]
        several = Several(self, jobs)
        job = jobs[0] if len(jobs) == 1 else several
        return Errand(self.device_of(writes[0].point), job.send, job.abandon)

    def set_up(self, device: int) -> Errand | None:
        return None

    def device_of(self, point: int) -> int:
        return point

    def alone(self, point: int) -> Block:
        return BLOCKS[point]

    def unsent(self, write: Write, why: str) -> None:
        self.report(write, Fate.NOT_SENT)

    def report(self, write: Write, fate: Fate) -> None:
        self._inbox.put(WriteReport(write.seq, write.point, fate, None, ""))

    async def say(self, what: str, *seqs: int) -> None:
        self.said += [(seq, what) for seq in seqs]
        plan = self.plans[seqs[0]]
        await self._meet(plan.pop(0) if plan else "good")

    async def _meet(self, outcome: str) -> None:
        await asyncio.sleep(0)
        if self.down:
            self.connected = False
            raise NoAnswer("closed")
        if outcome == "silent":
            raise NoAnswer("time-out")
        if outcome == "junk":
            raise BadFrame("junk")
        if outcome.startswith("mistake"):
            raise ZeroDivisionError


class Job:
    """One write, as a real speaker has it: done at once, read back, read back later, or a pulse."""

    def __init__(self, speaker: Speaker, write: Write, kind: str) -> None:
        self._speaker, self.write, self._kind = speaker, write, kind
        self.sent = self._reported = False

    async def send(self) -> Errand | None:
        self.sent = True
        try:
            await self._speaker.say("on", self.write.seq)
        except (NoAnswer, BadFrame):
            self.report(Fate.NO_ANSWER)
            if self._kind == "pulse":
                return self._off()
            raise
        if self._kind == "plain":
            self.report(Fate.READ_BACK)
            return None
        if self._kind == "pulse":
            return self._off()
        if self._kind == "read":
            return Errand(self.write.point, self._back, self.abandon, time.monotonic(), tells=True)
        return Errand(self.write.point, self._back, self.abandon, _SOON + time.monotonic())

    def abandon(self, why: str) -> Errand | None:
        self.report(Fate.NO_ANSWER if self.sent else Fate.NOT_SENT)
        return self._off() if self._kind == "pulse" and self.sent else None

    def _off(self) -> Errand:
        return Errand(self.write.point, self._end, self.abandon, _SOON + time.monotonic(), must=True)

    async def _end(self) -> Errand | None:
        try:
            await self._speaker.say("off", self.write.seq)
        except (NoAnswer, BadFrame):
            return self._off()
        self.report(Fate.ACKNOWLEDGED)
        return None

    async def _back(self) -> Errand | None:
        try:
            await self._speaker.say("read", self.write.seq)
        except (NoAnswer, BadFrame):
            self.report(Fate.NO_ANSWER)
            raise
        self.report(Fate.READ_BACK)
        return None

    def report(self, fate: Fate) -> None:
        if not self._reported:
            self._reported = True
            self._speaker.report(self.write, fate)


class Several:
    """Plain writes that are one thing on the wire: it meets what the first of them does."""

    def __init__(self, speaker: Speaker, jobs: Sequence[Job]) -> None:
        self._speaker, self._jobs = speaker, jobs

    async def send(self) -> Errand | None:
        for job in self._jobs:
            job.sent = True
        try:
            await self._speaker.say("on", *(job.write.seq for job in self._jobs))
        except (NoAnswer, BadFrame):
            self._report(Fate.NO_ANSWER)
            raise
        self._report(Fate.READ_BACK)
        return None

    def abandon(self, why: str) -> Errand | None:
        for job in self._jobs:
            job.abandon(why)
        return None

    def _report(self, fate: Fate) -> None:
        for job in self._jobs:
            job.report(fate)


async def live(actions: list[Action]) -> None:
    inbox, clock = Inbox(), MachineClock()
    speaker = Speaker(inbox)
    locked = False
    manners = Manners(timeout_s=0.01, step_s=0.005, longest_s=0.01, reconnect_s=(0.002,))
    agenda = Agenda({number: [(block, 0.005)] for number, block in BLOCKS.items()}, manners, 0.0)
    line = Line(0, "L", "", "modbus-tcp")
    worker = LineWorker(line, speaker, agenda, inbox, clock, lambda _: not locked)
    await worker.start()
    kinds: list[str] = []
    for what, how, number in actions:
        match what:
            case "write":
                kinds.append(how[0])
                speaker.plans[len(kinds)] = list(how)
                worker.submit(Write(len(kinds), number, True, 15))
            case "poll":
                speaker.next_poll = how[0]
            case "line":
                speaker.down = how == ("down",)
            case "lock":
                locked = how == ("on",)
            case _:
                for _ in range(number):
                    await asyncio.sleep(0 if what == "turns" else 0.001)
    speaker.down = False
    await worker.stop()
    reports = [event for event in inbox.take() if isinstance(event, WriteReport)]
    assert Counter(report.seq for report in reports) == Counter(range(1, len(kinds) + 1))
    said: dict[int, list[str]] = {}
    for seq, words in speaker.said:
        said.setdefault(seq, []).append(words)
    for report in reports:
        assert (report.seq in said) is (report.fate is not Fate.NOT_SENT), report
    if speaker.connected_at_end:
        assert all(words[-1] == "off" for seq, words in said.items() if kinds[seq - 1] == "pulse")


@settings(max_examples=150, deadline=None)
@given(st.lists(ACTIONS, min_size=4, max_size=40))
def test_every_write_is_answered_once_and_every_pulse_ended(actions: list[Action]) -> None:
    logging.disable(logging.CRITICAL)
    try:
        asyncio.run(live(actions))
    finally:
        logging.disable(logging.NOTSET)


async def test_a_queued_write_is_held_back_by_a_lock_taken_meanwhile() -> None:
    inbox, clock = Inbox(), MachineClock()
    speaker = Speaker(inbox)
    locked: set[int] = set()
    agenda = Agenda({}, Manners(timeout_s=0.1), 0.0)
    worker = LineWorker(
        Line(0, "L", "", "modbus-tcp"), speaker, agenda, inbox, clock, lambda point: point not in locked
    )
    for seq, point in ((1, 0), (2, 1)):
        speaker.plans[seq] = ["plain", "good"]
        worker.submit(Write(seq, point, True, 15))
    locked.add(0)
    await worker.start()
    async with asyncio.timeout(5):
        while len(inbox) < 2:  # noqa: ASYNC110 - an inbox tells nobody
            await asyncio.sleep(0.001)
    await worker.stop()
    fates = {event.seq: event.fate for event in inbox.take() if isinstance(event, WriteReport)}
    assert fates == {1: Fate.NOT_SENT, 2: Fate.READ_BACK}
    assert speaker.said == [(2, "on")]
