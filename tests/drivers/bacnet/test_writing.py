"""The writes of one device in memory: each is answered exactly once, and no pulse is left on."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.plan.points import Command, Point
from drivers.api import BadFrame, DriverError, Fate, NoAnswer, Refused, Write, WriteReport
from drivers.bacnet import tags
from drivers.bacnet.commanding import Commander
from drivers.bacnet.names import Service
from drivers.bacnet.reader import Reader
from drivers.bacnet.writing import Writing
from tests.drivers.bacnet.bench import LEVEL, NUMBER, Spec, plan

BELL = Spec("bell", "binary-output 2", kind="bool", command=Command(pulse_s=0.001, reassert_s=None))
BLIND = replace(LEVEL, name="blind", at="analog-output 3", command=replace(NUMBER, verify="none"))
OUTCOMES = st.sampled_from(["good", "good", "silent", "junk", "refused", "unsent", "mistake"])
STEPS = st.one_of(
    st.tuples(st.just("write"), st.sampled_from([0, 1, 2]), st.booleans(), st.sampled_from([(), (8,)])),
    st.tuples(st.just("turn"), OUTCOMES, OUTCOMES),
    st.tuples(st.just("lock"), st.booleans()),
    st.tuples(st.just("lost")),
    st.tuples(st.just("wait")),
)


class Line:
    """What a Writing talks to: a device whose next answers are told, and what was reported."""

    def __init__(self) -> None:
        self.points: Sequence[Point] = plan({"a": [LEVEL, BELL, BLIND]}).points
        self.outcomes: list[str] = []
        self.reports: list[WriteReport] = []
        self.slots: dict[tuple[int, int], bool] = {}
        """What the device holds by (object, slot): it acts on all that reaches it."""
        self.locked = False
        shared: Any = SimpleNamespace(may_write=lambda _: not self.locked, put=self.reports.append)
        watch: Any = SimpleNamespace(written=lambda *_: None)
        poller: Any = SimpleNamespace(read=self._read)
        exchange: Any = SimpleNamespace(lost=False)
        commander = Commander(self.ask, Reader(self.ask, 1))
        points = {point.id: point for point in self.points}
        self.writing = Writing(points, exchange, commander, watch, poller, shared)

    async def _read(self, points: Sequence[Point]) -> None:
        pass

    async def ask(self, service: int, payload: bytes) -> bytes:
        outcome = self.outcomes.pop(0) if self.outcomes else "good"
        if outcome == "unsent":
            raise NoAnswer("not found yet").unsent()
        if outcome == "refused":
            raise Refused("write-access-denied")
        if service == Service.WRITE_PROPERTY:
            found = tags.walk(payload)
            key = (tags.unsigned(found[0].data) & 0x3FFFFF, tags.unsigned(found[-1].data))
            self.slots[key] = tags.atom(found[3]) is not None
        if outcome == "mistake":
            raise ZeroDivisionError
        if outcome == "junk":
            raise BadFrame("junk")
        if outcome == "silent":
            raise NoAnswer("time-out")
        return b""


async def live(steps: list[tuple[Any, ...]]) -> None:
    line = Line()
    seq = 0
    for step in steps:
        match step:
            case ("write", number, on, nulls):
                seq += 1
                value = (on if line.points[number].kind == "bool" else 50.0) if on else None
                line.writing.add(Write(seq, number, value, 15, nulls))
            case ("turn", *outcomes):
                line.outcomes = outcomes
                with contextlib.suppress(DriverError, ZeroDivisionError):
                    await line.writing.turn()
                line.outcomes = []
            case ("lock", on):
                line.locked = on
            case ("lost",):
                line.writing.lost("time-out")
            case _:
                await asyncio.sleep(0.002)
    line.writing.drop("stopped")
    await line.writing.farewell()
    assert Counter(report.seq for report in line.reports) == Counter(range(1, seq + 1))
    assert not line.slots.get((2, 15)), "no pulse is left on"


@settings(max_examples=300, deadline=None)
@given(st.lists(STEPS, max_size=30))
def test_every_write_is_answered_once_and_no_pulse_left_on(steps: list[tuple[Any, ...]]) -> None:
    asyncio.run(live(steps))


async def test_a_queued_write_is_held_back_by_a_lock_taken_meanwhile() -> None:
    line = Line()
    line.writing.add(Write(1, 0, 50.0, 15))
    line.locked = True
    await line.writing.turn()
    assert [(report.fate, report.detail) for report in line.reports] == [(Fate.NOT_SENT, "held back")]
    assert line.slots == {}


@pytest.mark.parametrize("number", [0, 2])
async def test_a_refused_null_is_a_slot_still_held(number: int) -> None:
    """With read-back and without: the write is not taken for done, so that the slot is nulled again."""
    line = Line()
    line.writing.add(Write(1, number, 50.0, 8, (15,)))
    # Both at once, then each by itself.
    line.outcomes = ["refused", "good", "refused"]
    await line.writing.turn()
    (report,) = line.reports
    assert (report.fate, report.detail) == (Fate.MISMATCH, "slot 15 not released: write-access-denied")
    line.writing.add(Write(2, number, None, 15))
    line.outcomes = ["refused"]
    await line.writing.turn()
    assert (line.reports[1].fate, line.reports[1].detail) == (Fate.REJECTED, "write-access-denied")
