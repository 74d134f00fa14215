"""A line's last resort: a mistake in what speaks on it costs a turn, never the line."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

import pytest

from config.plan.lines import Line
from drivers.api import DeviceState, Fate, Inbox, NoAnswer, Write, WriteReport
from drivers.backoff import Manners
from drivers.batching import Block, Part
from drivers.line import LineWorker
from drivers.speaking import Errand, Polled
from drivers.turns import Agenda
from tests.drivers.build import MachineClock

BLOCK = Block("holding", 0, 1, 0.02, (Part(0, 0, 1),))


class Speaker:
    """Answers every poll, but stumbles where a mistake is planted."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self.requests = self.timeouts = self.opened = 0
        self.connected = False
        self.stumbles: set[str] = set()
        self.trouble: NoAnswer | None = None

    def _stumble(self, where: str) -> None:
        if where in self.stumbles:
            self.stumbles.discard(where)
            raise ZeroDivisionError(where)

    async def connect(self) -> None:
        self._stumble("connect")
        if self.trouble is not None:
            raise self.trouble
        self.opened += 1
        self.connected = True

    def close(self) -> None:
        self.connected = False

    async def poll(self, device: int, block: Block, patience_s: float) -> Polled:
        await asyncio.sleep(0)
        self._stumble("poll")
        if self.trouble is not None:
            raise self.trouble
        self.requests += 1
        return Polled()

    def goes_with(self, writes: Sequence[Write], write: Write) -> bool:
        return False

    def write(self, writes: Sequence[Write]) -> Errand:
        (write,) = writes
        self._stumble("write")

        async def run() -> None:
            self._stumble("run")
            self._inbox.put(WriteReport(write.seq, write.point, Fate.READ_BACK, write.value, ""))

        return Errand(0, run, lambda why: self.unsent(write, why))

    def set_up(self, device: int) -> Errand | None:
        return None

    def device_of(self, point: int) -> int:
        return 0

    def alone(self, point: int) -> Block:
        return BLOCK

    def unsent(self, write: Write, why: str) -> None:
        self._inbox.put(WriteReport(write.seq, write.point, Fate.NOT_SENT, None, why))


@pytest.mark.parametrize("where", ["connect", "poll", "write", "run"])
async def test_a_mistake_costs_a_turn_and_is_told(where: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    inbox, clock = Inbox(), MachineClock()
    speaker = Speaker(inbox)
    speaker.stumbles.add(where)
    manners = Manners(timeout_s=0.1, reconnect_s=(0.05,))
    agenda = Agenda({0: [(BLOCK, 0.02)]}, manners, clock.now().mono_ns / 1e9)
    worker = LineWorker(Line(0, "L", "", "modbus-tcp"), speaker, agenda, inbox, clock)
    worker.submit(Write(1, 0, True, 15))
    await worker.start()
    reports: list[WriteReport] = []
    states: list[bool] = []
    async with asyncio.timeout(10):
        while not (reports and speaker.requests > 5):
            await asyncio.sleep(0.01)
            for event in inbox.take():
                if isinstance(event, WriteReport):
                    reports.append(event)
                elif isinstance(event, DeviceState):
                    states.append(event.online)
        worker.submit(Write(2, 0, False, 15))
        while len(reports) < 2:
            await asyncio.sleep(0.01)
            reports += [event for event in inbox.take() if isinstance(event, WriteReport)]
    await worker.stop()
    assert [report.seq for report in reports] == [1, 2], "exactly one report a write"
    assert reports[1].fate is Fate.READ_BACK, "and the line works again"
    assert states[-1]
    assert [record.levelno for record in caplog.records] == [logging.ERROR], "told once"


async def test_an_error_is_shown_while_it_stands() -> None:
    inbox, clock = Inbox(), MachineClock()
    speaker = Speaker(inbox)
    manners = Manners(timeout_s=0.1, reconnect_s=(0.05,))
    agenda = Agenda({0: [(BLOCK, 0.02)]}, manners, clock.now().mono_ns / 1e9)
    worker = LineWorker(Line(0, "L", "", "modbus-tcp"), speaker, agenda, inbox, clock)
    seen = set()

    async def until(error: str) -> None:
        for _ in range(2000):
            if worker.status().last_error == error:
                seen.add(error)
                return
            await asyncio.sleep(0.005)
        raise TimeoutError(error)

    speaker.trouble = NoAnswer("no connection: Connection refused")
    await worker.start()
    await until("no connection: Connection refused")
    speaker.trouble = None
    await until("")
    speaker.trouble = NoAnswer("time-out")
    await until("time-out")
    speaker.trouble = None
    await until("")
    await worker.stop()
    assert len(seen) == 3
